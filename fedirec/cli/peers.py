"""`fedirec peer`: the other servers, what we know of them, and whom we speak with."""

import argparse
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, add_group, show

if TYPE_CHECKING:
    from datetime import datetime

    from fedirec.storage.peers import Peer

PAGE = 500


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    group = add_group(commands, "peer", says="see other servers, block and allow them")
    add_command(group, "list", _list, says="list the servers met, and those blocked or allowed")
    for name, run, says in (
        ("show", _show, "show what is known of a server"),
        ("allow", _allow, "take a block back, and list it as allowed"),
        ("probe", _probe, "ask a server whether it answers, and what it is"),
        ("forget", _forget, "forget how to speak with a server, and whether it answered"),
    ):
        parser = add_command(group, name, run, says=says)
        parser.add_argument("host", metavar="HOST")
    parser = add_command(group, "block", _block, says="refuse everything from a server")
    parser.add_argument("host", metavar="HOST", help="its subdomains are blocked too")
    parser.add_argument("--reason", metavar="T", help="kept for you and your fellow keepers")


async def _list(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.cli.paging import all_of
    from fedirec.storage.blocks import allowed_hosts, blocked_hosts
    from fedirec.storage.peers import list_peers

    met = set()
    async with open_here() as federation, federation.database.reading() as reader:
        blocked, allowed = await blocked_hosts(reader), await allowed_hosts(reader)
        async for peer in all_of(lambda cursor: list_peers(reader, after=cursor, limit=PAGE)):
            _show_peer(arguments, peer, blocked, federation.now())
            met.add(peer.host)
    for host in sorted((blocked | allowed) - met):
        standing = "blocked" if host in blocked else "allowed"
        show(arguments, {"id": host, "standing": standing}, f"{host:40} {standing}, never met")


async def _show(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.moderation import check_host
    from fedirec.errors import NotFoundError
    from fedirec.storage.blocks import blocked_hosts
    from fedirec.storage.peers import find_peer

    async with open_here() as federation:
        host = check_host(federation, arguments.host)
        async with federation.database.reading() as reader:
            peer, blocked = await find_peer(reader, host), await blocked_hosts(reader)
    if peer is None:
        message = f"never met {host}: `fedirec peer probe {host}` asks whether it is there"
        raise NotFoundError(message)
    _show_peer(arguments, peer, blocked, federation.now(), is_in_full=True)


async def _block(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.moderation import block_host

    async with open_here() as federation:
        host = await block_host(federation, arguments.host, reason=arguments.reason)
        show(arguments, {"id": host, "standing": "blocked"}, f"{host} is blocked")


async def _allow(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.moderation import allow_host

    async with open_here() as federation:
        host = await allow_host(federation, arguments.host)
        show(arguments, {"id": host, "standing": "allowed"}, f"{host} is allowed, and not blocked")


async def _probe(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.moderation import probe_host

    async with open_here() as federation:
        probed = await probe_host(federation, arguments.host)
        text = f"{probed.host} answers: {probed.status} from {probed.url}"
        if probed.is_left_alone:
            text += f"\n`fedirec peer forget {probed.host}` lets go what waits for it"
        record = {"id": probed.host, "url": probed.url, "status": probed.status}
        show(arguments, record, text)


async def _forget(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.moderation import forget_host

    async with open_here() as federation:
        host = await forget_host(federation, arguments.host)
        show(arguments, {"id": host}, f"{host} is forgotten; blocks stay")


def _show_peer(
    arguments: argparse.Namespace,
    peer: "Peer",
    blocked: frozenset[str],
    now: "datetime",
    *,
    is_in_full: bool = False,
) -> None:
    """Print a host and how it stands; `is_in_full` adds what it last said, or what went wrong."""
    from fedirec.cli.escaping import on_one_line
    from fedirec.domain.circuits import standing
    from fedirec.domain.delivery_words import host_in_words
    from fedirec.domain.moderation import HostVerdict, admit_host

    is_blocked = admit_host(peer.host, blocked=blocked, allowed=None) is not HostVerdict.ADMIT
    words = "blocked" if is_blocked else host_in_words(peer.health, now)
    record = {
        "id": peer.host,
        "standing": "blocked" if is_blocked else standing(peer.health, now),
        "says": words,
        "scheme": peer.scheme,
        "failures": peer.failures,
        "first_seen_at": peer.first_seen_at,
        "last_seen_at": peer.last_seen_at,
        "last_success_at": peer.last_success_at,
        "last_failure_at": peer.last_failure_at,
        "last_status": peer.last_status,
        "last_detail": peer.last_detail,
        "next_probe_at": peer.next_probe_at,
    }
    text = f"{on_one_line(peer.host):40} {words}; heard of {peer.last_seen_at:%Y-%m-%d %H:%M}"
    if is_in_full and (peer.last_status or peer.last_detail):
        status = f"{peer.last_status} " if peer.last_status else ""
        text += f"\n{'':40} last trouble: {status}{on_one_line(peer.last_detail or '')}".rstrip()
    show(arguments, record, text)
