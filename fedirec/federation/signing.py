"""Signing what goes out, in the scheme its peer reads: knock with one, then with the other.

Draft-cavage first, since everybody reads it; RFC 9421 when that is refused, and what worked is
remembered per host for some days. Signed at send time, on each hop: dates expire and keys rotate.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Final

import structlog

from fedirec.domain.actors import ActorId, Host
from fedirec.domain.origins import parse_url
from fedirec.errors import ConfigurationError
from fedirec.federation.context import Federation
from fedirec.signatures.keys import PrivateKey
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import Scheme, sign_request
from fedirec.storage import keys, peers
from fedirec.storage.schemes import Habit, find_habits, set_scheme
from fedirec.transport.protocol import Request, Response, Signer

REMEMBERED_FOR: Final = timedelta(days=7)

# 400: Pleroma and Akkoma answer so to a POST whose signature they cannot read.
_REFUSALS: Final = {"GET": frozenset({401, 403}), "POST": frozenset({400, 401, 403})}

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to sign a request. `has_query` is False for peers that sign the path alone."""

    scheme: Scheme
    has_query: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What a delivery brings to signing: when it was written, and its host's habit, if known.

    What was written before a key was made is signed by the key before it, while there is one, since
    peers may know no other yet.
    """

    written_at: datetime
    habit: Habit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pen:
    """What an actor signs with, and the scheme remembered for the peer, if any."""

    key_id: str
    key: PrivateKey
    remembered: Scheme | None


async def knock(
    federation: Federation,
    request: Request,
    *,
    actor_id: ActorId,
    check_hop: Callable[[str], None],
    letter: Letter | None = None,
) -> Response:
    """Send a request signed by one of our actors, in another way while the signature is refused.

    `check_hop` is told the URL of each request before it leaves, redirects included, and raises to
    stop it. `letter` is what is delivered, if anything is. All of a POST's ways take no longer than
    its `within`. Returns the first answer that is no
    refusal, or else the first refusal. Remembers the scheme that worked. Raises as
    `Transport` does; ConfigurationError if the actor has no RSA key.
    """
    host = parse_url(request.url, allow_http=True).host
    letter = letter or await _read_letter(federation, host)
    pen = await _take_pen(federation, actor_id, letter)
    send = _fetch if request.method == "GET" else _post
    began_at = asyncio.get_running_loop().time()
    refusals: list[Response] = []
    for way in ways_to_sign(request, pen.remembered):
        if refusals and request.within is not None:
            spent = timedelta(seconds=asyncio.get_running_loop().time() - began_at)
            request = replace(request, within=max(request.within - spent, timedelta()))
        response = await send(federation, request, _signer(federation, pen, way), check_hop)
        if response.status not in _REFUSALS[request.method]:
            if refusals and response.status < HTTPStatus.MULTIPLE_CHOICES:
                await _remember(federation, host, pen.remembered, way.scheme)
            return response
        refusals.append(response)
    _log.info("signature.refused", host=host, status=refusals[0].status, actor_id=actor_id)
    await _remember(federation, host, pen.remembered, None)
    return refusals[0]


async def _fetch(
    federation: Federation, request: Request, sign: Signer, check_hop: Callable[[str], None]
) -> Response:
    """Fetch, each hop signed as it leaves."""

    def sign_hop(hop: Request) -> Mapping[str, str]:
        check_hop(hop.url)
        return sign(hop)

    return await federation.transport.fetch(replace(request, sign=sign_hop))


async def _post(
    federation: Federation, request: Request, sign: Signer, check_hop: Callable[[str], None]
) -> Response:
    """Post once, signed beside others that leave now."""
    check_hop(request.url)

    async def seal() -> Mapping[str, str]:
        return await federation.desk.sign(partial(sign, request))

    return await federation.transport.post(replace(request, seal=seal))


def ways_to_sign(request: Request, remembered: Scheme | None) -> list[Way]:
    """Return the ways to try, in order: what is remembered, or draft-cavage, then the rest.

    Misskey, BookWyrm and Takahē verify the path alone, and read draft-cavage alone.
    """
    has_query = request.method == "GET" and "?" in request.url
    old = [Way(scheme=Scheme.CAVAGE)]
    if has_query:
        old.append(Way(scheme=Scheme.CAVAGE, has_query=False))
    new = [Way(scheme=Scheme.RFC9421)]
    return new + old if remembered is Scheme.RFC9421 else old + new


async def _read_letter(federation: Federation, host: Host) -> Letter:
    """Return what stands for something that is asked now."""
    habits = await federation.database.read(lambda reader: find_habits(reader, [host]))
    return Letter(written_at=federation.now(), habit=habits.get(host))


async def _take_pen(federation: Federation, actor_id: ActorId, letter: Letter) -> _Pen:
    now = federation.now()
    stored = federation.memory.find_pens(actor_id)
    if stored is None:
        stored = await federation.database.read(
            lambda reader: keys.list_keys(reader, actor_id, now=now)
        )
        federation.memory.keep_pens(actor_id, stored)
    # RSA in both schemes: it is the one kind of key that every peer verifies.
    rsa = [key for key in stored if key.kind == "rsa"]
    older = (key for key in rsa if key.created_at < letter.written_at)
    newest = next(older, rsa[-1] if rsa else None)
    if newest is None:
        message = f"{actor_id} has no RSA key to sign with: run `fedirec member rotate-keys`"
        raise ConfigurationError(message)
    habit = letter.habit
    is_fresh = habit is not None and now - habit.learnt_at < REMEMBERED_FOR
    return _Pen(
        key_id=newest.id,
        key=federation.keys.private(newest),
        remembered=Scheme(habit.scheme) if habit is not None and is_fresh else None,
    )


def _signer(federation: Federation, pen: _Pen, way: Way) -> Signer:
    def sign(request: Request) -> Mapping[str, str]:
        message = SignedRequest(
            method=request.method,
            target=parse_url(request.url, allow_http=True).target,
            url=request.url,
            headers=tuple(request.headers.items()),
            body=request.body,
        )
        return sign_request(
            way.scheme,
            message,
            key_id=pen.key_id,
            key=pen.key,
            now=federation.now(),
            with_query=way.has_query,
        )

    return sign


async def _remember(
    federation: Federation, host: Host, before: Scheme | None, scheme: Scheme | None
) -> None:
    """Note what works, or that what was remembered does not; nothing is written for no change."""
    if scheme is before:
        return
    now = federation.now()
    async with federation.database.transaction() as transaction:
        await peers.see_peer(transaction, host, now)
        await set_scheme(transaction, host, scheme, now)
    _log.info("signature.scheme_learnt", host=host, scheme=scheme)
