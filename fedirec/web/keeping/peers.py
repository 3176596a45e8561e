"""The other servers: how each stands with us, and what a keeper can do about it."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote, urlencode

from aiohttp import web

from fedirec.community import moderation
from fedirec.domain.actors import Host
from fedirec.domain.delivery_words import host_in_words
from fedirec.domain.moderation import HostVerdict, admit_host
from fedirec.errors import InvalidInputError, NotFoundError, RemoteError
from fedirec.storage.blocks import allowed_hosts, blocked_hosts
from fedirec.storage.consequences import list_ties
from fedirec.storage.peers import Peer, find_peer, list_peers
from fedirec.web.doors import see_other
from fedirec.web.forms import Posted
from fedirec.web.keeping.pages import chosen, done_at, keeper_page
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext
from fedirec.web.viewers import viewer_of

PAGE: Final = "/admin/peers"
SHOWN: Final = 50
_ACTS: Final = frozenset({"probe", "forget", "block", "unblock", "allow", "disallow"})


async def peers_page(request: web.Request) -> web.Response:
    """List the servers, by name; a name that is asked for is opened."""
    federation, now = request.app[FEDERATION], request.app[FEDERATION].now()
    sought = request.query.get("host", "").strip()
    fault = ""
    if sought:
        try:
            host = moderation.check_host(federation, sought)
        except InvalidInputError:
            fault = gettext("This names no other server: a name looks like peer.example.")
        else:
            return see_other(f"{PAGE}/{quote(host)}")
    async with federation.database.reading() as reader:
        blocked, allowed = await blocked_hosts(reader), await allowed_hosts(reader)
        page = await list_peers(reader, after=request.query.get("after"), limit=SHOWN)
    cursor = page.next_cursor
    context = {
        "peers": [
            (peer, _is_blocked(peer.host, blocked), host_in_words(peer.health, now))
            for peer in page.items
        ],
        "allowed": sorted(allowed),
        "is_allow_list": federation.is_allow_list,
        "next_url": None if cursor is None else f"{PAGE}?{urlencode({'after': cursor})}",
        "sought": sought,
        "fault": fault,
    }
    return keeper_page(request, "admin_peers.html", context)


async def peer_page(request: web.Request) -> web.Response:
    """Show what is known of a server; one that was never met has a page too, to act on."""
    return await _page(request, {})


async def take_act(request: web.Request, posted: Posted) -> web.Response:
    """Do what a form asks for to one server."""
    federation, by = request.app[FEDERATION], viewer_of(request).name
    host = _host_here(request)
    act = chosen(posted.text("act"), _ACTS)
    if act == "probe":
        return await _probe(request, host, by)
    match act:
        case "forget":
            await moderation.forget_host(federation, host, by=by)
        case "block":
            await moderation.block_host(federation, host, reason=posted.text("reason"), by=by)
        case "unblock":
            await moderation.unblock_host(federation, host, by=by)
        case "allow":
            await moderation.allow_host(federation, host, by=by)
        case _:
            await moderation.disallow_host(federation, host, by=by)
    return see_other(done_at(f"{PAGE}/{quote(host)}", act))


async def _probe(request: web.Request, host: str, by: str) -> web.Response:
    """Ask the server, and say on its page what it answered."""
    try:
        probed = await moderation.probe_host(request.app[FEDERATION], host, by=by)
    except (RemoteError, InvalidInputError) as error:
        said = gettext("It did not answer: %(why)s", why=error)
        return await _page(request, {"probed": said, "is_answered": False})
    said = gettext("It answers: %(status)s from %(url)s", status=probed.status, url=probed.url)
    return await _page(request, {"probed": said, "is_answered": True})


async def _page(request: web.Request, more: Mapping[str, object]) -> web.Response:
    federation, host = request.app[FEDERATION], _host_here(request)
    async with federation.database.reading() as reader:
        peer: Peer | None = await find_peer(reader, host)
        blocked, allowed = await blocked_hosts(reader), await allowed_hosts(reader)
        ties = await list_ties(reader)
    context = {
        "host": host,
        "path": f"{PAGE}/{quote(host)}",
        "peer": peer,
        "words": None if peer is None else host_in_words(peer.health, federation.now()),
        "is_blocked": _is_blocked(host, blocked),
        "is_blocked_by_name": host in blocked,
        "is_allowed": host in allowed,
        "is_allow_list": federation.is_allow_list,
        "follows": tied(ties.follows, host),
        "deliveries": tied(ties.deliveries, host),
        "probed": None,
        "is_answered": False,
        **more,
    }
    return keeper_page(request, "admin_peer.html", context)


def tied(counts: Mapping[str, int], target: str) -> int:
    """Return how much of what is counted by host a block of `target` would cut."""
    return sum(count for host, count in counts.items() if _is_blocked(host, frozenset({target})))


def _host_here(request: web.Request) -> Host:
    try:
        return moderation.check_host(request.app[FEDERATION], request.match_info["host"])
    except InvalidInputError as error:
        raise NotFoundError(str(error)) from error


def _is_blocked(host: str, blocked: frozenset[str]) -> bool:
    from_here = admit_host(Host(host), blocked=blocked, allowed=None)
    return from_here is not HostVerdict.ADMIT
