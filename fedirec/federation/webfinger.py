"""Handles of remote actors: WebFinger both ways, since either side may claim too much (OR-11).

A handle is accepted when its host names an actor, and that actor's own host, asked for the actor's
name, names the same handle and the same actor. Split domains are two hosts that agree.
"""

from html.parser import HTMLParser
from typing import Final
from urllib.parse import quote

import structlog

from fedirec.activitypub.documents import load_document
from fedirec.activitypub.webfinger import Jrd, Wish, parse_jrd
from fedirec.domain.actors import Actor, Host
from fedirec.domain.handles import Handle, parse_handle
from fedirec.domain.origins import ParsedUrl
from fedirec.errors import GoneError, InvalidInputError, NotFoundError, RemoteRefusedError
from fedirec.federation.actor_documents import keep_handle
from fedirec.federation.answers import raise_unless_ok
from fedirec.federation.context import Federation
from fedirec.federation.fetching import parse_remote_url
from fedirec.federation.gate import Gate, open_gate
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.storage import actors
from fedirec.transport.protocol import Request, Response

_ACCEPT_JRD: Final = "application/jrd+json, application/json"
_ACCEPT_XRD: Final = "application/xrd+xml, application/xml, text/xml"

_log: Final = structlog.get_logger(__name__)


async def resolve_handle(federation: Federation, handle: Handle) -> Actor:
    """Return the actor that a handle names, ours from storage, others by WebFinger, and kept.

    Raises:
        NotFoundError: nobody has this handle (GoneError: nobody has it any more).
        BlockedError: a host on the way is blocked.
        RemoteUnavailableError: its server cannot be asked now.
        RemoteRefusedError: its server contradicts itself, or another one.
    """
    instance = federation.instance
    if handle.domain in {instance.domain, instance.host}:
        async with federation.database.reading() as reader:
            found = await actors.find_by_handle(reader, handle.name.lower(), instance.domain)
        if found is None:
            raise NotFoundError(f"nobody here is called {handle}")
        return found
    jrd = await _ask_settled(federation, handle)
    actor = await get_or_fetch_actor(
        federation, jrd.self_href, max_age=federation.limits.actor_max_age
    )
    named = _subject(jrd)
    if not _is_same(named, Handle(actor.name, actor.host)):
        await _check_way_back(federation, actor, named)
    if actor.handle_domain != named.domain:
        actor = await keep_handle(federation, actor, named.domain)
    _log.info("handle.resolved", handle=str(handle), actor_id=actor.id)
    return actor


async def find_way_home(
    federation: Federation, handle: Handle, wish: Wish, thing: str
) -> ParsedUrl | None:
    """Return where somebody's own server takes them to follow or answer `thing`; None for nowhere.

    Raises as `resolve_handle`, and RemoteRefusedError for an address that no link may have.
    """
    jrd = await _ask_settled(federation, handle)
    way = jrd.way_to(wish, thing)
    if way is None:
        return None
    url = parse_remote_url(federation, way)
    gate = await open_gate(federation)
    gate.admit(url.host)
    return url


async def _ask_settled(federation: Federation, handle: Handle) -> Jrd:
    """Ask for a handle; if the answer is about another one, ask for that, once."""
    jrd = await _ask(federation, handle)
    subject = _subject(jrd)
    if _is_same(subject, handle):
        return jrd
    settled = await _ask(federation, subject)
    is_agreed = settled.self_href == jrd.self_href
    if not _is_same(_subject(settled), subject) or not is_agreed:
        message = f"{handle} leads to {subject}, which leads on: expected the two hosts to agree"
        raise RemoteRefusedError(message)
    return settled


async def _check_way_back(federation: Federation, actor: Actor, named: Handle) -> None:
    """Raise RemoteRefusedError unless the actor's own host says that this is its handle."""
    own = Handle(actor.name, actor.host)
    jrd = await _ask(federation, own)
    if not _is_same(_subject(jrd), named) or jrd.self_href != actor.id:
        message = f"{named} claims {actor.id}, whose own host says {jrd.subject} of {own}"
        raise RemoteRefusedError(message)


async def _ask(federation: Federation, handle: Handle) -> Jrd:
    """Ask a host about a handle of its own; after a 404, where its host-meta says (RFC 6415)."""
    gate = await open_gate(federation)
    resource = quote(handle.acct, safe=":@")
    origin = f"{federation.instance.scheme}://{handle.domain}"
    url = f"{origin}/.well-known/webfinger?resource={resource}"
    try:
        response = await _get(federation, gate, url, accept=_ACCEPT_JRD)
    except GoneError:
        raise
    except NotFoundError as error:
        template = await _host_meta_template(federation, gate, handle.domain)
        if template is None or template.replace("{uri}", resource) == url:
            raise NotFoundError(f"{handle.domain} knows nobody called {handle}") from error
        elsewhere = template.replace("{uri}", resource)
        response = await _get(federation, gate, elsewhere, accept=_ACCEPT_JRD)
    try:
        return parse_jrd(load_document(response.body, limits=federation.limits))
    except InvalidInputError as error:
        raise RemoteRefusedError(f"{response.url} is no WebFinger answer: {error}") from error


async def _host_meta_template(federation: Federation, gate: Gate, domain: Host) -> str | None:
    url = f"{federation.instance.scheme}://{domain}/.well-known/host-meta"
    try:
        response = await _get(federation, gate, url, accept=_ACCEPT_XRD)
    except (NotFoundError, RemoteRefusedError):
        return None
    finder = _TemplateFinder()
    finder.feed(response.body.decode("utf-8", "replace"))
    return finder.template


async def _get(federation: Federation, gate: Gate, url: str, *, accept: str) -> Response:
    """GET without a signature, since WebFinger is public; each hop passes the gate all the same."""

    def check_hop(request: Request) -> dict[str, str]:
        gate.pass_fetch(request.url)
        return {}

    asked = parse_remote_url(federation, url)
    request = Request(method="GET", url=asked.document, headers={"accept": accept}, sign=check_hop)
    response = await federation.transport.fetch(request)
    raise_unless_ok(response, asked.document, federation.now())
    return response


class _TemplateFinder(HTMLParser):
    """Finds `Link[rel=lrdd]` in an XRD. No XML parser: nothing here expands entities."""

    def __init__(self) -> None:
        super().__init__()
        self.template: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the first template that has a place for the handle."""
        attributes = dict(attrs)
        template = attributes.get("template") or ""
        is_lrdd = tag == "link" and attributes.get("rel") == "lrdd"
        if is_lrdd and self.template is None and "{uri}" in template:
            self.template = template


def _subject(jrd: Jrd) -> Handle:
    try:
        return parse_handle(jrd.subject)
    except InvalidInputError as error:
        raise RemoteRefusedError(f"expected an acct subject in WebFinger: {error}") from error


def _is_same(first: Handle, second: Handle) -> bool:
    """Whether two handles are one: names are compared in any case, as peers do."""
    return first.name.lower() == second.name.lower() and first.domain == second.domain
