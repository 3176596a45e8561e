"""Under which words an endorsement stands on the profile of whom it is about: theirs to choose."""

from fedirec.domain.actors import ActorId
from fedirec.storage.database import Reader, Transaction
from fedirec.storage.statements import MAX_PAGE, text


async def set_heading(
    transaction: Transaction, endorsed_id: ActorId, note_id: str, heading: str | None
) -> None:
    """Choose the words for one endorsement; None leaves it to what it is for."""
    if heading is None:
        await transaction.execute(
            "delete from headings where endorsed_id = :endorsed_id and note_id = :note_id",
            {"endorsed_id": endorsed_id, "note_id": note_id},
        )
        return
    await transaction.execute(
        "insert into headings (endorsed_id, note_id, heading)"
        " values (:endorsed_id, :note_id, :heading)"
        " on conflict (endorsed_id, note_id) do update set heading = excluded.heading",
        {"endorsed_id": endorsed_id, "note_id": note_id, "heading": heading},
    )


async def headings_of(reader: Reader, endorsed_id: ActorId) -> dict[str, str]:
    """Return the words that somebody chose, by the id of the endorsement; at most 500."""
    rows = await reader.fetch_all(
        "select note_id, heading from headings where endorsed_id = :endorsed_id"
        " order by note_id desc limit :most",
        {"endorsed_id": endorsed_id, "most": MAX_PAGE},
    )
    return {text(row, "note_id"): text(row, "heading") for row in rows}
