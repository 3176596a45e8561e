"""Asking a person's own server who they are, by OAuth 2 and Mastodon's API.

All of it goes through the one guarded client, within the gate and the budget of its host; every
address used is on the origin that was asked first, and a redirect away from it ends the matter.
The server may say only which of its own accounts it is: never an account of another host.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlencode

import structlog

from fedirec.activitypub.documents import JsonObject, as_list, load_document
from fedirec.domain.actors import Actor, Host
from fedirec.domain.handles import Handle
from fedirec.errors import (
    FedirecError,
    InvalidInputError,
    NotFoundError,
    RemoteRefusedError,
    UnauthenticatedError,
)
from fedirec.federation.answers import raise_unless_ok
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.fetching import is_same_origin, parse_remote_url
from fedirec.federation.gate import Gate, open_gate
from fedirec.federation.webfinger import resolve_handle
from fedirec.transport.protocol import Request, Response

_JSON: Final = "application/json"
_FORM: Final = "application/x-www-form-urlencoded"
_PROFILE: Final = "profile"
_READ_ACCOUNTS: Final = "read:accounts"
_PATIENCE: Final = timedelta(seconds=10)  # somebody waits for the page
_REQUESTS: Final = 12  # one crossing, redirects included
_MAX_TEXT: Final = 4_096
_MAX_NAME: Final = 255

_log: Final = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Where a server does what, all on its one origin, and the least that we may ask for."""

    host: Host
    registration_url: str
    authorization_url: str
    token_url: str
    revocation_url: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """What a server knows us as."""

    id: str
    secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who a server says it is: the account's id there, its name, and its actor's id if told."""

    id: str
    name: str
    uri: str | None


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a code verifier (RFC 7636)."""
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def authorization_link(
    ways: Ways, client: Client, *, redirect_uri: str, state: str, challenge: str
) -> str:
    """Return the page of their own server where somebody says yes."""
    query = urlencode(
        {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": redirect_uri,
            "scope": ways.scope,
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
    )
    return f"{ways.authorization_url}?{query}"


class OwnServer:
    """One person's server for one crossing: what is asked of it counts against one allowance."""

    def __init__(self, federation: Federation, host: Host, gate: Gate) -> None:
        self._federation = federation
        self._gate = gate
        self.host = host
        self.origin = f"{federation.instance.scheme}://{host}"

    async def find_ways(self) -> Ways:
        """Return where the server does what (RFC 8414), as Mastodon does where it does not say.

        Raises BlockedError, RemoteUnavailableError, and RemoteRefusedError for a host that may not
        be asked at all or leads elsewhere.
        """
        try:
            said = await self._get("/.well-known/oauth-authorization-server")
        except NotFoundError:
            said = {}
        except RemoteRefusedError as error:
            if error.status is None:
                raise
            said = {}
        scopes = as_list(said.get("scopes_supported"))
        return Ways(
            host=self.host,
            registration_url=self._own(said.get("app_registration_endpoint"), "/api/v1/apps"),
            authorization_url=self._own(said.get("authorization_endpoint"), "/oauth/authorize"),
            token_url=self._own(said.get("token_endpoint"), "/oauth/token"),
            revocation_url=self._own(said.get("revocation_endpoint"), "/oauth/revoke"),
            scope=_PROFILE if _PROFILE in scopes else _READ_ACCOUNTS,
        )

    async def register(self, ways: Ways, *, redirect_uri: str) -> Client:
        """Tell the server who we are. Raises RemoteRefusedError where it lets no app in."""
        instance = self._federation.instance
        said = await self._post(
            ways.registration_url,
            {
                "client_name": instance.title,
                "redirect_uris": redirect_uri,
                "scopes": ways.scope,
                "website": instance.origin,
            },
        )
        return Client(
            id=_text(said, "client_id", "an app"), secret=_text(said, "client_secret", "an app")
        )

    async def redeem(
        self, client: Client, token_url: str, *, code: str, verifier: str, redirect_uri: str
    ) -> str:
        """Return the token that a code is good for.

        Raises UnauthenticatedError when the server no longer knows us, or takes no such code.
        """
        said = await self._post(
            token_url,
            {
                "grant_type": "authorization_code",
                "code": code,
                "client_id": client.id,
                "client_secret": client.secret,
                "redirect_uri": redirect_uri,
                "code_verifier": verifier,
            },
        )
        if str(said.get("token_type", "Bearer")).lower() != "bearer":
            raise RemoteRefusedError(f"{token_url} gave a token of an unknown type")
        return _text(said, "access_token", "a token")

    async def ask_whose(self, token: str) -> Account:
        """Return whose token it is. Raises RemoteRefusedError for anything but an account there."""
        said = await self._get(
            "/api/v1/accounts/verify_credentials", {"authorization": f"Bearer {token}"}
        )
        name = _text(said, "username", "an account")
        acct, uri = said.get("acct", name), said.get("uri")
        if acct not in {name, f"{name}@{self.host}"} or len(name) > _MAX_NAME:
            raise RemoteRefusedError(f"{self.host} speaks of {acct!r:.200}, not of its own account")
        account_id = said.get("id")
        if not isinstance(account_id, str | int) or isinstance(account_id, bool):
            raise RemoteRefusedError(f"{self.host} gave an account without an id")
        if not 0 < len(str(account_id)) <= _MAX_NAME:
            raise RemoteRefusedError(f"{self.host} gave an account id that cannot be kept")
        return Account(id=str(account_id), name=name, uri=uri if isinstance(uri, str) else None)

    async def revoke(self, client: Client, revocation_url: str, token: str) -> None:
        """Have the token forgotten there; what hinders that is told to the log alone."""
        fields = {"client_id": client.id, "client_secret": client.secret, "token": token}
        try:
            await self._ask_to(revocation_url, fields)
        except FedirecError as error:
            _log.info("own_server.token_not_revoked", host=self.host, reason=str(error))

    async def find_actor(self, account: Account) -> Actor:
        """Return the actor of an account, fetched from its own id on this very host.

        WebFinger may lead to another host, which then speaks for itself: this one's word does not
        count for it, so that is refused. Raises RemoteRefusedError, and as `resolve_handle`.
        """
        try:
            handle = Handle(account.name, self.host)
            actor = await resolve_handle(self._federation, handle)
        except InvalidInputError as error:
            raise RemoteRefusedError(f"{self.host} has no such handle: {error}") from error
        if not is_same_origin(actor.id, self.origin):
            raise RemoteRefusedError(f"{self.host} cannot say who {actor.id} is")
        if account.uri is not None and account.uri != actor.id:
            message = f"{self.host} names {account.uri!r:.200} for {handle}, which is {actor.id}"
            raise RemoteRefusedError(message)
        return actor

    def _own(self, told: object, otherwise: str) -> str:
        """Return an address that the server told, if it is on its own origin and plain."""
        if isinstance(told, str) and is_same_origin(told, self.origin):
            parsed = parse_remote_url(self._federation, told)
            if not parsed.query:
                return parsed.document
        return self.origin + otherwise

    async def _get(self, path: str, headers: Mapping[str, str] | None = None) -> JsonObject:
        def check_hop(request: Request) -> dict[str, str]:
            self._gate.pass_fetch(request.url)
            return {}

        asked = parse_remote_url(self._federation, self.origin + path).document
        response = await self._federation.transport.fetch(
            Request(
                method="GET",
                url=asked,
                headers={"accept": _JSON, **(headers or {})},
                sign=check_hop,
            )
        )
        if not is_same_origin(response.url, self.origin):
            raise RemoteRefusedError(f"expected {self.origin}, was sent to {response.url}")
        raise_unless_ok(response, asked, self._federation.now())
        return self._read(response, asked)

    async def _post(self, url: str, fields: Mapping[str, str]) -> JsonObject:
        response = await self._ask_to(url, fields)
        if response.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED}:
            raise UnauthenticatedError(f"{url} refused with {response.status}")
        if response.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            raise RemoteRefusedError(f"there is no {url}", status=response.status)
        if response.status != HTTPStatus.CREATED:
            raise_unless_ok(response, url, self._federation.now())
        return self._read(response, url)

    async def _ask_to(self, url: str, fields: Mapping[str, str]) -> Response:
        self._gate.pass_fetch(url)
        return await self._federation.transport.post(
            Request(
                method="POST",
                url=url,
                headers={"accept": _JSON, "content-type": _FORM},
                body=urlencode(fields).encode(),
                within=_PATIENCE,
            )
        )

    def _read(self, response: Response, asked: str) -> JsonObject:
        try:
            return load_document(response.body, limits=self._federation.limits)
        except InvalidInputError as error:
            message = f"expected JSON from {asked}: {error}"
            raise RemoteRefusedError(message, status=response.status) from error


async def open_own_server(federation: Federation, host: Host) -> OwnServer:
    """Return a server to be asked, for one crossing. Raises BlockedError for one that is blocked.

    Raises InvalidInputError for ourselves.
    """
    if host in {federation.instance.host, federation.instance.domain}:
        message = "this is that server: sign in with your name here"
        raise InvalidInputError(message, field="handle")
    gate = await open_gate(federation, allowance=Allowance(requests=_REQUESTS))
    gate.admit(host)
    return OwnServer(federation, host, gate)


def _text(said: JsonObject, name: str, what: str) -> str:
    """Return a text that goes into headers and forms: visible ASCII, and no more of it than is."""
    found = said.get(name)
    is_usable = isinstance(found, str) and 0 < len(found) <= _MAX_TEXT
    if not is_usable or not all("!" <= character <= "~" for character in str(found)):
        raise RemoteRefusedError(f"expected {what} with a {name}")
    return str(found)
