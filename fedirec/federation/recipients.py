"""Who here an activity reaches: its audience met with our actors and our followers (OR-15).

Only the followers of the *verified* actor count, whatever the document says.
"""

from collections.abc import Iterable

from fedirec.activitypub.parse import Activity
from fedirec.domain.actors import ActorId
from fedirec.domain.public import PUBLIC
from fedirec.federation.handling import Case
from fedirec.storage import actors, blocks, follows
from fedirec.storage.database import Transaction


async def addressed_here(transaction: Transaction, activity: Activity) -> tuple[ActorId, ...]:
    """Return our actors that the activity or its object names in its audience."""
    return tuple(await actors.local_of(transaction, activity.addressees))


async def reached_here(
    transaction: Transaction, case: Case, addressed: Iterable[ActorId]
) -> tuple[ActorId, ...]:
    """Return every actor of ours whose inbox the activity belongs in, without its own actor.

    Those are the addressed, those in whose personal inbox it was put, and, if its audience holds
    Public or the actor's followers, the followers here.
    """
    activity, actor = case.activity, case.actor
    reached = [*addressed, *case.recipients]
    audience = set(activity.addressees)
    if PUBLIC in audience or (actor.followers is not None and actor.followers in audience):
        reached += await follows.local_followers(transaction, actor.id)
    return tuple(owner for owner in dict.fromkeys(reached) if owner != actor.id)


async def who_hears(
    transaction: Transaction, actor_id: ActorId, owners: Iterable[ActorId]
) -> tuple[ActorId, ...]:
    """Return those of `owners`, once each, who do not block the actor."""
    wanted = dict.fromkeys(owners)
    if not wanted:
        return ()
    blockers = await blocks.list_blockers(transaction, actor_id)
    return tuple(owner for owner in wanted if owner not in blockers)
