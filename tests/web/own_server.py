"""A server of somebody without an account here: Mastodon's API, OAuth 2 with PKCE, on loopback.

It plays by the rules as Mastodon does; a test changes what it says, or what it answers to a path.
"""

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from tests.peers import Peer, PeerActor

APPS = "/api/v1/apps"
AUTHORIZE = "/oauth/authorize"
TOKEN = "/oauth/token"
REVOKE = "/oauth/revoke"
VERIFY = "/api/v1/accounts/verify_credentials"
METADATA = "/.well-known/oauth-authorization-server"


@dataclass(slots=True)
class OwnServer:
    """What makes a peer such a server. `account` is who is signed in there, and what it says."""

    peer: Peer
    account: dict[str, Any] = field(default_factory=dict)
    apps: dict[str, dict[str, str]] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    revoked: list[str] = field(default_factory=list)
    given: int = 0

    def open(self, person: PeerActor) -> None:
        """Answer from now on, with `person` signed in."""
        self.sign_in(person)
        self.peer.behaves(APPS, self._register)
        self.peer.behaves(TOKEN, self._redeem)
        self.peer.behaves(REVOKE, self._revoke)
        self.peer.behaves(VERIFY, self._verify)

    def sign_in(self, person: PeerActor, **changes: Any) -> None:
        """Let `person` be who says yes from now on; `changes` is what their account says else."""
        self.account = {
            "id": str(len(person.name)),
            "username": person.name,
            "acct": person.name,
            "uri": person.id,
            "url": f"{self.peer.origin}/@{person.name}",
            "email": "somebody@mail.example",
            **changes,
        }

    def say_yes(self, link: str) -> str:
        """Do what its page does when somebody agrees there: return where the browser is sent."""
        parts = urlsplit(link)
        asked = {name: each[0] for name, each in parse_qs(parts.query).items()}
        app = self.apps[asked["client_id"]]
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == self.peer.origin + AUTHORIZE
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        assert (asked["redirect_uri"], asked["scope"]) == (app["redirect_uris"], app["scopes"])
        code = f"code-{self.given}"
        self.given += 1
        self.codes[code] = asked
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    async def _register(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(each) for name, each in (await request.post()).items()}
        client_id = f"client-{len(self.apps)}"
        self.apps[client_id] = form
        return _json(
            {
                **form,
                "client_id": client_id,
                "client_secret": f"secret of {client_id}".replace(" ", "-"),
            }
        )

    async def _redeem(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(each) for name, each in (await request.post()).items()}
        asked = self.codes.pop(form["code"], None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or form["grant_type"] != "authorization_code"
            or form["client_secret"] != f"secret-of-{form['client_id']}"
            or form["redirect_uri"] != asked["redirect_uri"]
            or challenge != asked["code_challenge"]
        ):
            return _json({"error": "invalid_grant"}, status=400)
        token = f"token-{len(self.tokens)}"
        self.tokens[token] = dict(self.account)
        return _json({"access_token": token, "token_type": "Bearer", "scope": asked["scope"]})

    async def _verify(self, request: web.Request) -> web.StreamResponse:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.tokens or token in self.revoked:
            return _json({"error": "The access token is invalid"}, status=401)
        return _json(self.tokens[token])

    async def _revoke(self, request: web.Request) -> web.StreamResponse:
        self.revoked.append(str((await request.post())["token"]))
        return _json({})


def _json(document: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=json.dumps(document).encode(), content_type="application/json"
    )
