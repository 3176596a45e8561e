"""The one table of activity types: who handles what, and what is left alone and why.

A test demands that every type of the vocabulary stands here, and that FEDERATION.md says the same.
A new type is one file in `handlers/`, one line here, one captured payload, one row there.
"""

from typing import Final

from fedirec.activitypub.parse import Activity
from fedirec.activitypub.vocabulary import ActivityType, ObjectKind
from fedirec.federation.handlers import (
    accept,
    add,
    announce,
    block,
    create,
    delete,
    flag,
    follow,
    like,
    move,
    offer,
    quote_request,
    reject,
    undo,
    update,
)
from fedirec.federation.handling import Case, Handler, Outcome, Scene, ignore
from fedirec.storage.database import Transaction

HANDLERS: Final[dict[tuple[ActivityType, ObjectKind | None], Handler]] = {
    (ActivityType.ACCEPT, None): accept.HANDLER,
    (ActivityType.ADD, None): add.HANDLER,
    (ActivityType.ANNOUNCE, None): announce.HANDLER,
    (ActivityType.BLOCK, None): block.HANDLER,
    (ActivityType.CREATE, None): create.HANDLER,
    (ActivityType.DELETE, None): delete.HANDLER,
    (ActivityType.EMOJI_REACT, None): like.HANDLER,
    (ActivityType.FLAG, None): flag.HANDLER,
    (ActivityType.FOLLOW, None): follow.HANDLER,
    (ActivityType.LIKE, None): like.HANDLER,
    (ActivityType.MOVE, None): move.HANDLER,
    (ActivityType.OFFER, None): offer.HANDLER,
    (ActivityType.QUOTE_REQUEST, None): quote_request.HANDLER,
    (ActivityType.REJECT, None): reject.HANDLER,
    (ActivityType.REMOVE, None): add.HANDLER,
    (ActivityType.UNDO, None): undo.HANDLER,
    (ActivityType.UPDATE, ObjectKind.ACTOR): update.ACTOR_HANDLER,
    (ActivityType.UPDATE, None): update.NOTE_HANDLER,
}
"""By activity type and kind of object; None stands for every kind without a line of its own."""

IGNORED: Final[dict[ActivityType, str]] = {
    ActivityType.ANNOUNCE_REQUEST: "nothing here asks for approval of boosts",
    ActivityType.ARRIVE: "says nothing about work",
    ActivityType.DISLIKE: "no votes are kept here",
    ActivityType.FEATURE_REQUEST: "featured collections of people are not kept here",
    ActivityType.IGNORE: "what others do not read is theirs",
    ActivityType.INVITE: "there are no events here",
    ActivityType.JOIN: "a guild is joined on its own pages",
    ActivityType.LEAVE: "a guild is left on its own pages",
    ActivityType.LIKE_REQUEST: "nothing here asks for approval of likes",
    ActivityType.LISTEN: "says nothing about work",
    ActivityType.QUESTION: "a question is read as a post, not as an activity",
    ActivityType.READ: "nobody's reading is recorded here",
    ActivityType.REPLY_REQUEST: "nothing here asks for approval of replies",
    ActivityType.TENTATIVE_ACCEPT: "an offer is accepted or not",
    ActivityType.TENTATIVE_REJECT: "an offer is accepted or not",
    ActivityType.TRAVEL: "says nothing about work",
    ActivityType.VIEW: "nobody's reading is recorded here",
}


def find_handler(activity: Activity) -> Handler | str:
    """Return the handler of an activity, or the reason why it has none."""
    try:
        kind = ActivityType(activity.type)
    except ValueError:
        return f"{activity.type} is not an activity type known here"
    handler = HANDLERS.get((kind, activity.object_kind)) or HANDLERS.get((kind, None))
    return handler if handler is not None else IGNORED[kind]


async def apply(transaction: Transaction, case: Case, scene: Scene) -> Outcome:
    """Apply a case by its handler, or ignore it with a reason."""
    handler = find_handler(case.activity)
    if isinstance(handler, str):
        return ignore(handler)
    return await handler.apply(transaction, case, scene)
