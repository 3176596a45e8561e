"""ActivityPub's client side: what a member's own application posts to their outbox (§6).

Ids that the client made are ignored. What only our vocabulary knows goes through the same rules as
the pages: an Offer of an endorsement asks first, an Accept answers.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from fedirec.activitypub.documents import JsonObject
from fedirec.activitypub.parse import kind_of
from fedirec.activitypub.vocabulary import TAKING_BACK, ActivityType, ObjectKind
from fedirec.community import client_acts, client_notes
from fedirec.community.client_submission import Submission, read_submission
from fedirec.community.membership import get_acting_member
from fedirec.community.repeats import do_once
from fedirec.domain.actors import ActivityId, Actor
from fedirec.errors import UnsupportedActionError
from fedirec.federation.context import Federation

_ACTS: Final[dict[str, Callable[[Federation, Submission], Awaitable[ActivityId]]]] = {
    ActivityType.ACCEPT: client_acts.accept,
    ActivityType.ADD: client_acts.pin,
    ActivityType.ANNOUNCE: client_acts.announce,
    ActivityType.BLOCK: client_acts.block,
    ActivityType.CREATE: client_notes.create,
    ActivityType.DELETE: client_notes.delete,
    ActivityType.FOLLOW: client_acts.follow,
    ActivityType.LIKE: client_acts.like,
    ActivityType.OFFER: client_acts.offer,
    ActivityType.REJECT: client_acts.reject,
    ActivityType.REMOVE: client_acts.pin,
    ActivityType.UNDO: client_acts.undo,
    ActivityType.UPDATE: client_notes.update,
}


async def submit(
    federation: Federation, member: str, document: JsonObject, *, key: str | None = None
) -> ActivityId:
    """Do what the client's activity says; return the id of the activity that came of it.

    What was done by the same idempotency key in the last 30 days is not done again: its id is
    returned. Another body under such a key raises InvalidInputError.
    An object that is no activity is wrapped in a Create (§6.2.1). Raises InvalidInputError for what
    lacks an object or target, UnsupportedActionError for what is not done here, and whatever the
    act itself raises, unless the same POST was done meanwhile: what is deleted, answered or taken
    back by a twin can be so no more, and to whoever asked that is no refusal.
    """
    actor = await get_acting_member(federation, member)
    if key is None:
        return await _act(federation, member, actor, document)

    async def act(means: Federation) -> ActivityId:
        return await _act(means, member, actor, document)

    return await do_once(federation, actor, key=key, body=document, act=act, found=_itself)


async def _itself(activity_id: ActivityId) -> ActivityId:
    return activity_id


async def _act(
    federation: Federation, member: str, actor: Actor, document: JsonObject
) -> ActivityId:
    activity = document
    if kind_of(document) is ObjectKind.NOTE:
        activity = {"type": "Create", "object": document}
    act = _ACTS.get(str(activity.get("type")))
    if act is None:
        message = f"a client cannot {activity.get('type')} here; it can {', '.join(sorted(_ACTS))}"
        raise UnsupportedActionError(message)
    if activity.get("type") not in TAKING_BACK:
        federation.space.check()
    return await act(federation, read_submission(member, actor, activity))
