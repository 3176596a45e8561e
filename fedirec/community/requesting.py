"""Asking somebody for an endorsement: one polite direct note, once per person in 30 days."""

from datetime import timedelta
from typing import Final
from urllib.parse import quote

from fedirec.activitypub.content import clean_text
from fedirec.activitypub.questions import EndorsementRequest, render_request
from fedirec.community.membership import get_acting_member
from fedirec.domain.actors import ActivityId, Actor
from fedirec.errors import ForbiddenError, InvalidInputError
from fedirec.federation.context import Federation
from fedirec.federation.handling import Publication
from fedirec.federation.outbox import publish_in, scene_of
from fedirec.storage import blocks, offers, requests

ASK_AGAIN_AFTER: Final = timedelta(days=30)
ASKED_A_DAY: Final = 5
WORDS_MAX: Final = 500
_DAY: Final = timedelta(days=1)


async def request_endorsement(
    federation: Federation, member: str, person: Actor, words: str, *, language: str
) -> ActivityId:
    """Ask somebody to say what the member did well; `words` remind them of what it was.

    Raises InvalidInputError for nothing to remind of, too much, or oneself, and ForbiddenError when
    they were asked lately, never want to be, or enough people were asked today.
    """
    federation.space.check()
    asker = await get_acting_member(federation, member)
    kept = clean_text(words, limit=len(words))
    if person.id == asker.id:
        raise InvalidInputError("nobody asks themselves", field="to")
    if not 1 <= len(kept) <= WORDS_MAX:
        message = f"the words have 1 to {WORDS_MAX} characters, found {len(kept)}"
        raise InvalidInputError(message, field="words")
    async with federation.database.transaction() as transaction:
        scene = scene_of(federation)
        if await offers.is_stopped(transaction, person.id) or await blocks.is_actor_blocked(
            transaction, asker.id, person.id
        ):
            message = f"{person.handle} does not want to be asked"
            raise ForbiddenError(message)
        if await requests.count_requests(transaction, asker.id, scene.now - _DAY) >= ASKED_A_DAY:
            message = f"{member} asked {ASKED_A_DAY} people today, which is enough"
            raise ForbiddenError(message)
        since = scene.now - ASK_AGAIN_AFTER
        is_due = await requests.note_request(
            transaction, asker.id, person.id, now=scene.now, since=since
        )
        if not is_due:
            message = f"{person.handle} was asked less than {ASK_AGAIN_AFTER.days} days ago"
            raise ForbiddenError(message)
        document = render_request(
            EndorsementRequest(
                asker=asker,
                asked=person,
                words=kept,
                link=_link(federation, asker, person),
                language=language,
            ),
            activity_id=scene.mint.activity_id(),
            id=scene.instance.note_id(scene.mint.ulid()),
            published=scene.now,
        )
        made = await publish_in(transaction, scene, Publication(actor=asker, document=document))
    federation.wake()
    return made


def _link(federation: Federation, asker: Actor, person: Actor) -> str:
    """Return where they can answer: here, or at the asker's page, from which they go home."""
    if person.is_local:
        return f"{federation.instance.origin}/endorse?to={quote(asker.handle, safe='')}"
    return asker.url
