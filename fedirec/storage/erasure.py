"""The words of offers that came to nothing, erased where they stand beside the offer itself.

That is the activity that asked, ours or theirs, which keeps who asked whom about which id, and the
inboxes that show it.
"""

from collections.abc import Sequence
from typing import Final

from fedirec.storage.database import Row, Transaction
from fedirec.storage.offers import Offer
from fedirec.storage.statements import as_json, in_chunks, listed, text, text_or_none

_OURS: Final = (
    "select id, id as key, actor_id, type, object_id from activities"
    " where type in ('Create', 'Offer') and "
)
_THEIRS: Final = (
    "select id, activity_key as key, actor_id, type, object_id from received"
    " where type = 'Offer' and activity_key in "
)
_EMPTY_OURS: Final = "update activities set body = :body where id = :id"
# It stays as long as any other, so that it is known when it comes again.
_EMPTY_THEIRS: Final = "update received set body = :body, is_shown = false where id = :id"


async def erase_asking(transaction: Transaction, offers: Sequence[Offer]) -> None:
    """Empty the activities that asked, and take them out of every inbox.

    One that was never sent goes out empty, which says nothing: what comes after it waits for it.
    """
    for chunk in in_chunks([offer.id for offer in offers]):
        await _erase_ours(transaction, "id", chunk)
        places, parameters = listed("id", chunk)
        for row in await transaction.fetch_all(f"{_THEIRS}{places}", parameters):
            await _empty(transaction, _EMPTY_THEIRS, row)
    questions = [offer.question_id for offer in offers if offer.question_id is not None]
    for chunk in in_chunks(questions):
        await _erase_ours(transaction, "object_id", chunk)


async def _erase_ours(transaction: Transaction, column: str, values: Sequence[str]) -> None:
    places, parameters = listed("id", values)
    for row in await transaction.fetch_all(f"{_OURS}{column} in {places}", parameters):
        await _empty(transaction, _EMPTY_OURS, row)


async def _empty(transaction: Transaction, statement: str, row: Row) -> None:
    body = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": text(row, "key"),
        "type": text(row, "type"),
        "actor": text(row, "actor_id"),
        "object": text_or_none(row, "object_id"),
    }
    row_id = text(row, "id")
    await transaction.execute(statement, {"id": row_id, "body": as_json(body)})
    await transaction.execute("delete from inbox_items where source_id = :id", {"id": row_id})
