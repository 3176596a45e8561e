"""Who may follow whom. Pure; the edges themselves are `storage/follows.py`."""

from enum import StrEnum

from fedirec.domain.actors import Actor, ActorKind


class FollowState(StrEnum):
    """Only an accepted follow opens anything (PA-02)."""

    REQUESTED = "requested"
    ACCEPTED = "accepted"


class FollowAnswer(StrEnum):
    """What a `Follow` of one of our actors is answered. `WAIT` is for the member to decide."""

    ACCEPT = "accept"
    WAIT = "wait"
    REJECT = "reject"


def answer_follow(followed: Actor, *, is_blocked: bool, follower_has_moved: bool) -> FollowAnswer:
    """Return how one of our actors answers a follower.

    Nobody follows the instance's own actor, which says nothing; an actor that moved away keeps no
    new followers and makes none.
    """
    is_moot = follower_has_moved or followed.moved_to is not None
    if is_blocked or is_moot or followed.kind is ActorKind.APPLICATION:
        return FollowAnswer.REJECT
    return FollowAnswer.WAIT if followed.is_locked else FollowAnswer.ACCEPT
