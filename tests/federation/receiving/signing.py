"""Requests signed by real keys in every way that a stranger might: too little, too late, askew."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from multidict import CIMultiDict

from fedirec.signatures.cavage import CavageSignature, signing_string
from fedirec.signatures.digest import content_digest, digest_header
from fedirec.signatures.fields import write_inner_list
from fedirec.signatures.instants import http_date
from fedirec.signatures.keys import PrivateKey
from fedirec.signatures.message_signatures import signature_base
from fedirec.signatures.messages import SignedRequest
from tests.peers import ACTIVITY_JSON, PeerActor

CAVAGE = ("(request-target)", "host", "date", "digest")
RFC9421 = ("@method", "@target-uri", "content-digest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A request to be signed. What is not told otherwise is as a good peer does it.

    `headers` are signed as they are here, `sent` replace them afterwards; a value of None leaves a
    header out. `parameters` come on top of the signature's own. `signed_url` is what is signed in
    place of `url`, `tampered` what is sent in place of `body`.
    """

    url: str
    body: bytes
    actor: PeerActor
    at: datetime
    scheme: str = "cavage"
    covered: tuple[str, ...] | None = None
    key: PrivateKey | None = None
    key_id: str | None = None
    algorithm: str | None = "rsa-sha256"
    headers: Mapping[str, str | None] = field(default_factory=dict)
    sent: Mapping[str, str | None] = field(default_factory=dict)
    extra: tuple[tuple[str, str], ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    signed_url: str | None = None
    tampered: bytes | None = None

    @property
    def sent_body(self) -> bytes:
        """What goes over the wire."""
        return self.body if self.tampered is None else self.tampered


def sign_draft(draft: Draft) -> CIMultiDict[str]:
    """All headers of the request, signed."""
    url = draft.signed_url or draft.url
    usual: dict[str, str | None] = {
        "host": url.split("/")[2],
        "date": http_date(draft.at),
        "content-type": ACTIVITY_JSON,
        "digest": digest_header(draft.body),
        "content-digest": content_digest(draft.body),
    }
    headers = _present(usual | dict(draft.headers))
    request = SignedRequest(
        method="POST",
        target="/" + url.split("/", 3)[3],
        url=url,
        headers=tuple(headers.items()),
        body=draft.body,
    )
    sign = _sign_cavage if draft.scheme == "cavage" else _sign_message
    complete: dict[str, str | None] = {**headers, **sign(draft, request), **draft.sent}
    all_headers = CIMultiDict(_present(complete))
    for name, value in draft.extra:
        all_headers.add(name, value)
    return all_headers


def _present(headers: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if value is not None}


def _sign_cavage(draft: Draft, request: SignedRequest) -> dict[str, str]:
    covered = draft.covered or CAVAGE
    said = {name: str(value) for name, value in draft.parameters.items()}
    signature = CavageSignature(
        key_id=draft.key_id or draft.actor.key_id,
        algorithm=draft.algorithm,
        headers=covered,
        signature=b"",
        created=said.get("created"),
        expires=said.get("expires"),
    )
    text = signing_string(request, signature, request.target)
    assert text is not None, covered
    made = base64.b64encode((draft.key or draft.actor.key).sign(text)).decode()
    parameters = {
        "keyId": signature.key_id,
        **({} if draft.algorithm is None else {"algorithm": draft.algorithm}),
        **said,
        "headers": " ".join(covered),
        "signature": made,
    }
    return {"signature": ",".join(f'{name}="{value}"' for name, value in parameters.items())}


def _sign_message(draft: Draft, request: SignedRequest) -> dict[str, str]:
    covered = draft.covered or RFC9421
    parameters: dict[str, Any] = {
        "created": int(draft.at.timestamp()),
        "keyid": draft.key_id or draft.actor.key_id,
    } | dict(draft.parameters)
    parameters = {name: value for name, value in parameters.items() if value is not None}
    text = signature_base(request, covered, parameters)
    assert text is not None, covered
    made = base64.b64encode((draft.key or draft.actor.key).sign(text)).decode()
    return {
        "signature-input": f"sig1={write_inner_list(covered, parameters)}",
        "signature": f"sig1=:{made}:",
    }
