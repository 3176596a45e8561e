"""What a member may know of how far their words have come: theirs alone, and an admin all."""

from dataclasses import dataclass

from fedirec.domain.actors import Host
from fedirec.domain.circuits import FRESH, Circuit
from fedirec.domain.delivery_words import Standing, in_words
from fedirec.domain.queue_states import DeliveryState
from fedirec.errors import NotFoundError
from fedirec.federation.context import Federation
from fedirec.storage import reach
from fedirec.storage.circuits import find_circuits
from fedirec.storage.database import Page
from fedirec.storage.members import Member
from fedirec.storage.reach import Missed, Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """A server that did not get it, and why and what next, in words."""

    host: Host
    state: DeliveryState
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """How far one activity or object has come: `38 of 41`, and a page of those missing."""

    reach: Reach
    missing: Page[Unreached]


async def find_reach(
    federation: Federation, member: Member, id_: str, *, after: str | None = None, limit: int = 40
) -> Reached:
    """Return how far a member's activity, or the newest about their object, has come.

    An admin may ask about anybody's here. Raises NotFoundError for what is not theirs, as for what
    is not there.
    """
    async with federation.database.reading() as reader:
        author = await reach.find_author(reader, id_)
        if author is None or not (member.is_admin or author == member.actor_id):
            message = f"{member.name} sent nothing called {id_}: see `fedirec outbox {member.name}`"
            raise NotFoundError(message)
        counted = await reach.count_reached(reader, id_)
        missed = await reach.list_missed(reader, id_, after=after, limit=limit)
        hosts = [each.host for each in missed.items]
        circuits = await find_circuits(reader, hosts) if hosts else {}
    now = federation.now()
    told = tuple(
        Unreached(
            host=each.host,
            state=each.state,
            reason=in_words(_standing(each, circuits.get(each.host, FRESH)), now),
        )
        for each in missed.items
    )
    return Reached(reach=counted, missing=Page(items=told, next_cursor=missed.next_cursor))


def _standing(missed: Missed, circuit: Circuit) -> Standing:
    return Standing(
        state=missed.state,
        attempt=missed.attempt,
        next_at=missed.next_at,
        expires_at=missed.expires_at,
        cls=missed.last_class,
        status=missed.last_status,
        circuit=circuit,
    )
