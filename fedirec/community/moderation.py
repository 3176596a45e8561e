"""Whom this instance speaks with, and whom it hears. Serves `fedirec peer` and the keeper's pages.

Every act is written down with who did it: `by` is a keeper's name, None for the commands.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from fedirec.activitypub.content import clean_line, clean_text
from fedirec.community.keepers import record
from fedirec.domain.actors import ActorId, Host
from fedirec.domain.origins import parse_url
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.storage import blocks, deliveries, peers, reports, silences
from fedirec.storage.consequences import sever_actor, sever_host
from fedirec.storage.database import Transaction
from fedirec.transport.protocol import Request

_REASON_CHARACTERS = 500
_NOTE_CHARACTERS = 2_000


class TargetKind(StrEnum):
    """What a block or a silence is about."""

    HOST = "host"
    ACTOR = "actor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A server by its name, or an actor by its id."""

    kind: TargetKind
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """What a server answered; `is_left_alone`: what waits for it goes on once it is forgotten."""

    host: Host
    url: str
    status: int
    is_left_alone: bool


def check_host(federation: Federation, text: str) -> Host:
    """Return a host as it is stored; raises InvalidInputError for anything but a host name."""
    try:
        host = parse_url(f"https://{text.strip()}/", allow_http=False).host
    except InvalidInputError as error:
        message = f"expected a host such as peer.example, not {text!r}"
        raise InvalidInputError(message, field="host") from error
    if host == federation.instance.host:
        raise InvalidInputError("that is this instance itself", field="host")
    return host


def check_target(federation: Federation, text: str) -> Target:
    """Return what a keeper named: an actor when it is an address, else a host.

    Raises InvalidInputError for neither, and for what is ours.
    """
    if "/" not in text.strip():
        return Target(kind=TargetKind.HOST, name=check_host(federation, text))
    url = parse_url(text.strip(), allow_http=federation.instance.scheme == "http")
    if federation.instance.owns(url.text):
        raise InvalidInputError("that is somebody here", field="host")
    return Target(kind=TargetKind.ACTOR, name=url.text)


async def block_host(
    federation: Federation, text: str, *, reason: str | None = None, by: str | None = None
) -> Host:
    """Refuse everything from a host and its subdomains, and drop what waits for it (PA-10)."""
    host = check_host(federation, text)
    target = Target(kind=TargetKind.HOST, name=host)
    await block_all(federation, [(target, reason)], by=by)
    return host


async def block_all(
    federation: Federation, targets: Sequence[tuple[Target, str | None]], *, by: str | None
) -> int:
    """Refuse everything from hosts and actors, and cut what ties us to them; return the follows.

    All in one transaction: what waits in the queue can never be quicker (PA-10).
    """
    cut = 0
    async with federation.database.transaction() as transaction:
        for target, reason in targets:
            shown = clean_line(reason or "", limit=_REASON_CHARACTERS) or None
            severed = await _block(transaction, federation, target, shown)
            cut += severed
            detail = {"reason": shown, "follows": severed}
            await record(transaction, federation, by, "block.add", target.name, **detail)
    federation.memory.forget()
    return cut


async def _block(
    transaction: Transaction, federation: Federation, target: Target, reason: str | None
) -> int:
    now = federation.now()
    await blocks.block(
        transaction, blocks.INSTANCE, target.name, kind=target.kind, reason=reason, now=now
    )
    if target.kind is TargetKind.ACTOR:
        return await sever_actor(transaction, ActorId(target.name))
    await deliveries.cancel_to(transaction, target.name, now=now)
    return await sever_host(transaction, target.name)


async def unblock_host(federation: Federation, text: str, *, by: str | None = None) -> Host:
    """Take a block back."""
    host = check_host(federation, text)
    await unblock(federation, host, by=by)
    return host


async def unblock(federation: Federation, target: str, *, by: str | None) -> bool:
    """Take a block of a host or an actor back; return whether there was one."""
    async with federation.database.transaction() as transaction:
        was_there = await blocks.unblock(transaction, blocks.INSTANCE, target)
        await record(transaction, federation, by, "block.remove", target)
    federation.memory.forget()
    return was_there


async def silence_all(
    federation: Federation, targets: Sequence[tuple[Target, str | None]], *, by: str | None
) -> None:
    """Let members hear nothing of hosts and actors unless they follow them."""
    async with federation.database.transaction() as transaction:
        for target, reason in targets:
            shown = clean_line(reason or "", limit=_REASON_CHARACTERS) or None
            await silences.silence(
                transaction, target.name, kind=target.kind, reason=shown, now=federation.now()
            )
            await record(transaction, federation, by, "silence.add", target.name, reason=shown)


async def end_silence(federation: Federation, target: str, *, by: str | None) -> bool:
    """Take a silence back; return whether there was one."""
    async with federation.database.transaction() as transaction:
        was_there = await silences.end_silence(transaction, target)
        await record(transaction, federation, by, "silence.remove", target)
    return was_there


async def allow_host(federation: Federation, text: str, *, by: str | None = None) -> Host:
    """List a host as one that may speak to us in allow-list mode; also takes a block of it back."""
    host = check_host(federation, text)
    async with federation.database.transaction() as transaction:
        await blocks.unblock(transaction, blocks.INSTANCE, host)
        await blocks.allow_host(transaction, host, federation.now())
        await record(transaction, federation, by, "peer.allow", host)
    federation.memory.forget()
    return host


async def disallow_host(federation: Federation, text: str, *, by: str | None = None) -> Host:
    """Take a host off the list."""
    host = check_host(federation, text)
    async with federation.database.transaction() as transaction:
        await blocks.disallow_host(transaction, host)
        await record(transaction, federation, by, "peer.disallow", host)
    federation.memory.forget()
    return host


async def probe_host(federation: Federation, text: str, *, by: str | None = None) -> Probed:
    """Ask a server for its NodeInfo index, the one address that every kind of server has.

    Network. Raises RemoteError when it does not answer.
    """
    host = check_host(federation, text)
    url = f"{federation.instance.scheme}://{host}/.well-known/nodeinfo"
    async with federation.database.transaction() as transaction:
        await record(transaction, federation, by, "peer.probe", host)
    request = Request(method="GET", url=url, headers={"accept": "application/json"})
    response = await federation.transport.fetch(request)
    async with federation.database.reading() as reader:
        peer = await peers.find_peer(reader, host)
    is_left_alone = peer is not None and peer.circuit != "closed"
    return Probed(host=host, url=url, status=response.status, is_left_alone=is_left_alone)


async def forget_host(federation: Federation, text: str, *, by: str | None = None) -> Host:
    """Forget how to speak with a host, and whether it answered; what waits for it goes on."""
    host = check_host(federation, text)
    async with federation.database.transaction() as transaction:
        await peers.forget_peer(transaction, host, federation.now())
        await record(transaction, federation, by, "peer.forget", host)
    federation.wake()
    return host


async def resolve_report(
    federation: Federation, report_id: str, *, note: str, by: str | None
) -> bool:
    """Note that a report is dealt with, and how; return whether it was open."""
    async with federation.database.transaction() as transaction:
        was_open = await reports.resolve_report(
            transaction,
            report_id,
            by=by,
            note=clean_text(note, limit=_NOTE_CHARACTERS),
            now=federation.now(),
        )
        if was_open:
            await record(transaction, federation, by, "report.resolve", report_id)
    return was_open
