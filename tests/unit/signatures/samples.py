"""Requests to sign and to verify, and the published vectors."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from fedirec.domain.limits import Limits
from fedirec.signatures import cavage, message_signatures
from fedirec.signatures.canonical import Json
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import ParsedSignature, read_signature
from tests.keys import rsa_pair

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
LIMITS = Limits()
KEY_ID = "https://peer.example/users/berta#main-key"
BODY = b'{"type":"Follow"}'
HOUR = timedelta(hours=1)

json_values: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


def load_vectors() -> dict[str, Any]:
    """The published vectors; their `_note` names the sources."""
    path = Path(__file__).parents[2] / "vectors.json"
    vectors: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return vectors


def make_post(target: str = "/inbox", body: bytes = BODY, **headers: str) -> SignedRequest:
    """An unsigned POST to guild.example."""
    return _make("POST", target, body, headers)


def make_get(target: str = "/users/ada/outbox?page=2", **headers: str) -> SignedRequest:
    """An unsigned GET from guild.example."""
    return _make("GET", target, b"", headers)


def add(request: SignedRequest, headers: dict[str, str]) -> SignedRequest:
    """The request with these headers, each in place of the one of its name."""
    kept = tuple(item for item in request.headers if item[0] not in headers)
    return replace(request, headers=kept + tuple(headers.items()))


def without(request: SignedRequest, name: str) -> SignedRequest:
    """The request without the header `name`."""
    return replace(request, headers=tuple(item for item in request.headers if item[0] != name))


def signed(request: SignedRequest, at: datetime = NOW) -> SignedRequest:
    """The request as our own server would sign it in draft-cavage."""
    return add(request, cavage.sign(request, key_id=KEY_ID, key=rsa_pair(), date=at))


def message_signed(request: SignedRequest, at: datetime = NOW) -> SignedRequest:
    """The request as our own server would sign it in RFC 9421."""
    return add(request, message_signatures.sign(request, key_id=KEY_ID, key=rsa_pair(), created=at))


def is_accepted(request: SignedRequest, now: datetime = NOW) -> bool:
    """All that a server asks of a signature, in order; refusals that raise are left to raise."""
    parsed: ParsedSignature = read_signature(request)
    parsed.check_coverage()
    parsed.check_time(now, LIMITS)
    return parsed.verify(rsa_pair().public())


def _make(method: str, target: str, body: bytes, headers: dict[str, str]) -> SignedRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return SignedRequest(
        method=method,
        target=target,
        url=f"https://guild.example{target}",
        headers=tuple(({"host": "guild.example"} | named).items()),
        body=body,
    )
