"""Drafts: what a member typed and did not send stays theirs, to be gone on with or discarded."""

from collections.abc import Mapping

from fedirec.errors import ConflictError, NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import drafts, turns
from fedirec.storage.drafts import MOST_DRAFTS, Draft


async def keep_draft(
    federation: Federation, member: str, fields: Mapping[str, str], *, draft_id: str | None = None
) -> Draft:
    """Keep a form as it was typed, in place of the draft `draft_id` if that is the member's.

    Raises ConflictError when they have as many as are kept.
    """
    async with federation.database.transaction() as transaction:
        await turns.wait(transaction, f"drafts of {member}")
        known = None
        if draft_id is not None:
            known = await drafts.find_draft(transaction, member, draft_id)
        if known is None and await drafts.count_drafts(transaction, member) >= MOST_DRAFTS:
            message = f"{member} has {MOST_DRAFTS} drafts; at most so many are kept"
            raise ConflictError(message)
        draft = Draft(
            id=federation.mint().ulid() if known is None else known.id,
            member_name=member,
            fields=fields,
            updated_at=federation.now(),
        )
        await drafts.save_draft(transaction, draft)
    return draft


async def get_draft(federation: Federation, member: str, draft_id: str) -> Draft:
    """Return a draft of the member's; raise NotFoundError for another's and for none."""
    async with federation.database.reading() as reader:
        draft = await drafts.find_draft(reader, member, draft_id)
    if draft is None:
        message = f"{member} has no draft {draft_id}"
        raise NotFoundError(message)
    return draft


async def discard_draft(federation: Federation, member: str, draft_id: str) -> None:
    """Discard a draft of the member's; one that is gone already is no error."""
    async with federation.database.transaction() as transaction:
        await drafts.delete_draft(transaction, member, draft_id)
