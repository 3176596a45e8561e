"""Signing in without an account here, through one's own server.

Who it is is what that server says of its own account, (host, account id), and the actor that it
serves for it; an address, a name or a link in a profile decides nothing (AC-11). The state is bound
to the browser, and the way back is another one for each host, so that no server can hand us the
code of another. The token is used once and taken back; none is kept.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fedirec.community.attempts import Attempt, Kind, Visitor, count_attempt, forgive
from fedirec.community.secret_texts import digest_of, make_secret
from fedirec.domain.actors import Host
from fedirec.domain.handles import parse_handle
from fedirec.domain.origins import host_of, parse_host
from fedirec.errors import InvalidInputError, RemoteRefusedError, UnauthenticatedError
from fedirec.federation.context import Federation
from fedirec.federation.own_server import (
    Account,
    Client,
    OwnServer,
    Ways,
    authorization_link,
    challenge_of,
    open_own_server,
)
from fedirec.federation.webfinger import resolve_handle
from fedirec.storage import visitors
from fedirec.storage.visitors import RemoteApp, RemoteSignIn, VisitorSession

LONGEST: Final = timedelta(hours=12)
UNDER_WAY_FOR: Final = timedelta(minutes=10)
BACK: Final = "/sign-in/elsewhere/back"
_KNOWN_FOR: Final = timedelta(hours=20)  # Mastodon forgets apps without a token after a day
_LONGEST_CODE: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing:
    """Where somebody is to say yes: a page of `host`, for who asked in this browser alone."""

    host: Host
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came back with a browser: the server's code, our state, and its issuer, if it said."""

    host: Host
    code: str
    state: str
    issuer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorIn:
    """A new session. `session_id` goes into the cookie alone; `onward` is where they wanted."""

    session_id: str
    session: VisitorSession
    onward: str


async def begin(
    federation: Federation, typed: str, *, browser: str, onward: str, visitor: Visitor
) -> Crossing:
    """Prepare to send somebody to their own server, named by a handle, a host or a link.

    Raises InvalidInputError for what is none of these, or is here; TooManyRequestsError;
    NotFoundError when nobody has the handle; BlockedError; RemoteUnavailableError when the server
    does not answer; RemoteRefusedError when it takes no apps. Network.
    """
    await count_attempt(federation, Kind.ELSEWHERE, None, visitor)
    server = await open_own_server(federation, await _host_meant(federation, typed))
    ways = await server.find_ways()
    client = await _client_at(federation, server, ways)
    state, verifier = make_secret(federation), make_secret(federation)
    sign_in = RemoteSignIn(
        digest=digest_of(state),
        browser_digest=digest_of(browser),
        host=server.host,
        client_id=client.id,
        client_secret=client.secret,
        token_url=ways.token_url,
        revocation_url=ways.revocation_url,
        code_verifier=verifier,
        onward=onward,
        expires_at=federation.now() + UNDER_WAY_FOR,
    )
    async with federation.database.transaction() as transaction:
        await visitors.insert_sign_in(transaction, sign_in)
    link = authorization_link(
        ways,
        client,
        redirect_uri=_way_back(federation, server.host),
        state=state,
        challenge=challenge_of(verifier),
    )
    return Crossing(host=server.host, link=link)


async def finish(
    federation: Federation, returned: Returned, *, browser: str, visitor: Visitor
) -> VisitorIn:
    """Let in who is back from their own server, in the browser they left with.

    Raises UnauthenticatedError for a state that is not this browser's, too old or used, and for a
    code that the server does not take; TooManyRequestsError; RemoteRefusedError when the server
    says nothing that counts; RemoteUnavailableError; BlockedError. Network.
    """
    attempt = await count_attempt(federation, Kind.ELSEWHERE, None, visitor)
    async with federation.database.transaction() as transaction:
        sign_in = await visitors.take_sign_in(
            transaction,
            digest_of(returned.state),
            browser_digest=digest_of(browser),
            host=returned.host,
            now=federation.now(),
        )
    if sign_in is None or not 0 < len(returned.code) <= _LONGEST_CODE:
        raise UnauthenticatedError("this took too long, or began in another browser")
    server = await open_own_server(federation, sign_in.host)
    if returned.issuer is not None and returned.issuer.rstrip("/") != server.origin:
        raise UnauthenticatedError(f"{returned.issuer!r:.200} answered for {server.origin}")
    account = await _ask_once(federation, server, sign_in, returned.code)
    actor = await server.find_actor(account)
    session_id, now = make_secret(federation), federation.now()
    session = VisitorSession(
        digest=digest_of(session_id),
        actor_id=actor.id,
        host=server.host,
        account_id=account.id,
        created_at=now,
        expires_at=now + LONGEST,
    )
    await _keep(federation, session, attempt)
    return VisitorIn(session_id=session_id, session=session, onward=sign_in.onward)


async def _keep(federation: Federation, session: VisitorSession, attempt: Attempt) -> None:
    """Keep a session. Raises UnauthenticatedError for a person who is blocked here, or gone."""
    async with federation.database.transaction() as transaction:
        await visitors.insert_visitor(transaction, session)
        found = await visitors.find_visitor(transaction, session.digest, federation.now())
        if found is None:
            raise UnauthenticatedError(f"{session.actor_id} is blocked here, or gone")
        await forgive(transaction, attempt)
        await forgive(transaction, attempt)  # and the one of setting out


async def _host_meant(federation: Federation, typed: str) -> Host:
    """Return the host that somebody's accounts are on: for a handle, where their actor is."""
    text = typed.strip()
    try:
        if "://" in text:
            return host_of(text)
        if "@" not in text:
            return parse_host(text)
        handle = parse_handle(text)
    except InvalidInputError as error:
        message = "a handle such as @ada@social.example is expected, or its server alone"
        raise InvalidInputError(message, field="handle") from error
    if handle.domain in {federation.instance.domain, federation.instance.host}:
        return handle.domain
    return (await resolve_handle(federation, handle)).host


async def _client_at(federation: Federation, server: OwnServer, ways: Ways) -> Client:
    """Return what a server knows us as; told anew when that is long ago, or for another scope."""
    async with federation.ledger.alone(f"app {server.host}"):
        since = federation.now() - _KNOWN_FOR
        async with federation.database.reading() as reader:
            known = await visitors.find_app(reader, server.host, since=since)
        if known is not None and known.scope == ways.scope:
            return Client(id=known.client_id, secret=known.client_secret)
        try:
            client = await server.register(ways, redirect_uri=_way_back(federation, server.host))
        except UnauthenticatedError as error:
            raise RemoteRefusedError(str(error)) from error
        app = RemoteApp(
            host=server.host,
            client_id=client.id,
            client_secret=client.secret,
            scope=ways.scope,
            registered_at=federation.now(),
        )
        async with federation.database.transaction() as transaction:
            await visitors.save_app(transaction, app)
    return client


async def _ask_once(
    federation: Federation, server: OwnServer, sign_in: RemoteSignIn, code: str
) -> Account:
    """Ask whose code it is, and have the token that took forgotten again, whatever came of it."""
    client = Client(id=sign_in.client_id, secret=sign_in.client_secret)
    try:
        token = await server.redeem(
            client,
            sign_in.token_url,
            code=code,
            verifier=sign_in.code_verifier,
            redirect_uri=_way_back(federation, server.host),
        )
    except UnauthenticatedError:
        async with federation.database.transaction() as transaction:
            await visitors.forget_app(transaction, server.host, client.id)
        raise
    try:
        return await server.ask_whose(token)
    finally:
        await server.revoke(client, sign_in.revocation_url, token)


def _way_back(federation: Federation, host: Host) -> str:
    return f"{federation.instance.origin}{BACK}/{host}"
