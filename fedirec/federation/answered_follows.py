"""Which Follow an Accept or Reject answers: by its id, or by the two actors of an embedded one."""

from fedirec.activitypub.parse import Activity
from fedirec.domain.actors import ActorId
from fedirec.storage import follows
from fedirec.storage.database import Reader
from fedirec.storage.follows import Follow


async def find_answered(reader: Reader, activity: Activity) -> Follow | None:
    """Return the stored Follow that its addressee answers; nobody else's answer finds one (OR-06).

    Mastodon echoes the exact id, others embed the Follow under an id of their own making.
    """
    follow = None
    if activity.object_id is not None:
        follow = await follows.find_follow_by_activity(reader, activity.object_id)
    embedded = activity.object_ or {}
    follower = embedded.get("actor")
    if follow is None and embedded.get("type") == "Follow" and isinstance(follower, str):
        follow = await follows.find_follow(reader, ActorId(follower), activity.actor)
    is_theirs = follow is not None and follow.followed_id == activity.actor
    return follow if is_theirs else None
