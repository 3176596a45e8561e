"""Who is told of what. Pure; which notice follows from which activity is said by its handler."""

from dataclasses import dataclass
from enum import StrEnum

from fedirec.domain.actors import ActorId


class NoticeKind(StrEnum):
    """What a member here is told about. `ANSWER` is "published", or "not published" and no more."""

    OFFER = "offer"
    ANSWER = "answer"
    WITHDRAWN = "withdrawn"
    MENTION = "mention"
    REPLY = "reply"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    LIKE = "like"
    ANNOUNCE = "announce"
    JOB_ANSWER = "job_answer"
    MOVED = "moved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """`owner` is told that `actor_id` did something, to or with `object_id` if there is one."""

    owner: ActorId
    kind: NoticeKind
    actor_id: ActorId
    object_id: str | None = None
