"""Which hosts we speak with at all: read once for a piece of work, asked again on every hop.

A blocked host is neither answered nor fetched from nor delivered to (PA-01), and fetching keeps to
its bounds per host and per received activity (RX-04).
"""

from dataclasses import dataclass

from fedirec.domain.actors import Host
from fedirec.domain.moderation import HostVerdict, admit_host
from fedirec.domain.origins import host_of
from fedirec.errors import BlockedError, RemoteRefusedError, RemoteUnavailableError
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.short_memory import HostLists
from fedirec.storage import blocks
from fedirec.storage.database import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The block lists as they stood when it was opened, and what may still be fetched."""

    federation: Federation
    blocked: frozenset[str]
    allowed: frozenset[str] | None
    allowance: Allowance | None = None

    def admit(self, host: Host) -> None:
        """Raise BlockedError unless `host` and this instance may speak with each other."""
        verdict = admit_host(host, blocked=self.blocked, allowed=self.allowed)
        if verdict is not HostVerdict.ADMIT:
            message = f"expected a host that we may speak with; {host} is {verdict.value}"
            raise BlockedError(message)

    def pass_delivery(self, url: str) -> None:
        """Let one POST through. Raises BlockedError."""
        self.admit(host_of(url))

    def pass_fetch(self, url: str) -> None:
        """Let one request of a fetch through, counting it; redirects and second knocks count too.

        Raises:
            BlockedError: the host is blocked, or not on the allow list.
            RemoteRefusedError: the URL is ours, or the activity's allowance is used up.
            RemoteUnavailableError: the host was asked too often in this hour.
        """
        federation, host = self.federation, host_of(url)
        if host == federation.instance.host:
            raise RemoteRefusedError(f"{url} is ours, which is never fetched")
        self.admit(host)
        if self.allowance is not None and not self.allowance.spend():
            raise RemoteRefusedError(f"{url} is one fetch too many for one activity")
        wait = federation.ledger.wait_for_turn(
            "fetch",
            host,
            per_hour=federation.limits.fetches_per_host_hour,
            now=federation.now(),
        )
        if wait is not None:
            message = f"{host} was asked {federation.limits.fetches_per_host_hour} times this hour"
            raise RemoteUnavailableError(message, retry_after=wait)


async def open_gate(federation: Federation, *, allowance: Allowance | None = None) -> Gate:
    """Take the block lists, as they stood at most a second ago, for one piece of work."""
    lists = federation.memory.find_lists()
    if lists is None:
        lists = await federation.database.read(lambda reader: read_lists(federation, reader))
        federation.memory.keep_lists(lists)
    return gate_of(federation, lists, allowance=allowance)


def gate_of(
    federation: Federation, lists: HostLists, *, allowance: Allowance | None = None
) -> Gate:
    """Return the gate that these lists make."""
    return Gate(
        federation=federation, blocked=lists.blocked, allowed=lists.allowed, allowance=allowance
    )


async def read_lists(federation: Federation, reader: Reader) -> HostLists:
    """Read the block lists."""
    return HostLists(
        blocked=await blocks.blocked_hosts(reader),
        allowed=await blocks.allowed_hosts(reader) if federation.is_allow_list else None,
    )
