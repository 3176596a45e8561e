"""HTTP signatures of draft-cavage-12, as the fediverse speaks them: read, verify and make.

Why the server does not use httpsig 1.3.0, which tests use as a second opinion: its HeaderVerifier
believes the `algorithm` of the request, so HMAC keyed with an actor's *public* PEM verifies, and
anybody can forge anybody. Here the kind of the key decides; there is no HMAC at all (SG-05).
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final

from fedirec.errors import InvalidInputError, UnauthenticatedError
from fedirec.signatures.digest import check_digest, digest_header
from fedirec.signatures.instants import http_date, parse_http_date, parse_seconds
from fedirec.signatures.keys import KeyKind, PrivateKey, PublicKey
from fedirec.signatures.messages import SignedRequest

MAX_LENGTH: Final = 8_192
TARGET: Final = "(request-target)"
# A parameter: a token, and a token or a quoted string (RFC 9110 §5.6), space allowed round `=`.
_PARAMETER: Final = re.compile(
    r"[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*"
    r'(?:"([^"\\\x00-\x1f\x7f]*(?:\\[ -~][^"\\\x00-\x1f\x7f]*)*)"'
    r"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))[ \t]*"
)
# As Mastodon and most others write it: read at once, and as the grammar reads it
_USUAL: Final = re.compile(
    r'keyId="(?P<keyId>[ !#-\[\]-~]*)",algorithm="(?P<algorithm>[ !#-\[\]-~]*)",'
    r'headers="(?P<headers>[ !#-\[\]-~]*)",signature="(?P<signature>[ !#-\[\]-~]*)"'
)
_ESCAPE: Final = re.compile(r"\\(.)")
_PREFIX: Final = re.compile(r"[ \t]*Signature[ \t]+(?![ \t=])", re.IGNORECASE)
# BookWyrm and microblog.pub split on commas, so none may be in what we send.
_KEY_ID: Final = re.compile(r"[!#-+\--\[\]-~]+")
_AGREEING: Final = {
    KeyKind.RSA: frozenset({None, "hs2019", "rsa-sha256"}),
    KeyKind.ED25519: frozenset({None, "hs2019", "ed25519"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CavageSignature:
    """The parameters of one signature; `headers` in order and lower case, nothing yet believed.

    `created` and `expires` are the texts as sent, for those are what was signed.
    """

    key_id: str
    algorithm: str | None
    headers: tuple[str, ...]
    signature: bytes
    created: str | None
    expires: str | None


def parse_signature(values: Sequence[str]) -> CavageSignature:
    """Read the values of the `Signature` header, or of `Authorization: Signature` (SG-11).

    Unknown parameters are passed over. Where `headers` is missing it is `(created)` for hs2019
    and `date` otherwise (§2.1.6; Mastodon).

    Raises:
        InvalidInputError: unless there is one value in the grammar, with each parameter once, a
            `keyId`, a `signature` in base64, and header names of which none is empty or repeated.
    """
    if len(values) != 1:
        raise InvalidInputError(f"expected one Signature, found {len(values)}")
    return _parse(values[0])


@lru_cache(64)  # who floods is told by the key id, before the rest of a request is read
def _parse(text: str) -> CavageSignature:
    parameters = _parse_parameters(text)
    key_id = parameters.get("keyId")
    if not key_id:
        raise InvalidInputError("expected a keyId in Signature")
    algorithm = parameters.get("algorithm")
    implied = "(created)" if algorithm == "hs2019" else "date"
    headers = tuple(parameters.get("headers", implied).lower().split(" "))
    if "" in headers or len(set(headers)) != len(headers):
        raise InvalidInputError("expected header names in Signature, each once")
    return CavageSignature(
        key_id=key_id,
        algorithm=algorithm,
        headers=headers,
        signature=_decode(parameters.get("signature")),
        created=parameters.get("created"),
        expires=parameters.get("expires"),
    )


def covers_enough(request: SignedRequest, signature: CavageSignature) -> str | None:
    """Say what the signature lacks to stand for this request, or None (SG-02, SG-03, SG-09).

    It must cover the request target, the host, the date or `(created)`, and with a body (or a
    method that has one) the digest; the host must be ours, and the digest that of the body.
    """
    lack = _find_uncovered(signature, needs_digest=request.needs_digest)
    if lack is not None:
        return lack
    if not request.is_to_own_host:
        return "host is another server's"
    if "digest" in signature.headers and not check_digest(request.values("digest"), request.body):
        return "digest is not that of the body"
    return None


def signed_at(request: SignedRequest, signature: CavageSignature) -> datetime:
    """Return when the request was signed: `(created)` if that is covered, else its `Date`.

    Raises:
        UnauthenticatedError: if it is missing, said twice or unreadable (SG-10).
    """
    if "(created)" in signature.headers:
        return parse_seconds(signature.created or "")
    dates = request.values("date")
    if "date" not in signature.headers or len(dates) != 1:
        raise UnauthenticatedError(f"expected one signed Date, found {len(dates)}")
    return parse_http_date(dates[0])


def expires_at(signature: CavageSignature) -> datetime | None:
    """Return the signed expiry, or None where none was signed.

    Raises:
        UnauthenticatedError: if it is missing or unreadable.
    """
    if "(expires)" not in signature.headers:
        return None
    return parse_seconds(signature.expires or "")


def signing_string(request: SignedRequest, signature: CavageSignature, target: str) -> bytes | None:
    """Return the text that was signed (§2.3), or None if a part of it is not in the request."""
    lines = []
    for name in signature.headers:
        value = _value_of(name, request, signature, target)
        if value is None or b"\n" in value or b"\r" in value:
            return None
        lines.append(name.encode() + b": " + value)
    return b"\n".join(lines)


def verify(request: SignedRequest, signature: CavageSignature, key: PublicKey) -> bool:
    """Whether `key` made this signature over this request.

    The algorithm is the key's; the parameter may only agree (SG-05). A GET is tried without its
    query too, as Misskey, Akkoma, BookWyrm and Takahē sign it; a POST never is (SG-12). Whether
    the covered parts are enough, and recent, is `covers_enough` and `signed_at`.
    """
    if signature.algorithm not in _AGREEING[key.kind]:
        return False
    targets = [request.target]
    if request.method in ("GET", "HEAD") and "?" in request.target and TARGET in signature.headers:
        targets.append(without_query(request.target))
    for target in targets:
        text = signing_string(request, signature, target)
        if text is not None and key.verify(signature.signature, text):
            return True
    return False


def sign(
    request: SignedRequest,
    *,
    key_id: str,
    key: PrivateKey,
    date: datetime,
    with_query: bool = True,
) -> dict[str, str]:
    """Return the headers that sign a request: host, date, signature, and digest with a body.

    The order and set every known receiver takes (GoToSocial's and BookWyrm's). `with_query=False`
    signs the bare path, for the second try where a GET with a query was refused.

    Raises:
        InvalidInputError: if `key_id` could not stand in a header every receiver can read.
    """
    if not _KEY_ID.fullmatch(key_id):
        raise InvalidInputError(f"expected a key id of plain characters, found {key_id!r}")
    added = {"host": request.authority, "date": http_date(date)}
    if request.needs_digest:
        added["digest"] = digest_header(request.body)
    target = request.target if with_query else without_query(request.target)
    lines = [f"{TARGET}: {request.method.lower()} {target}"]
    lines += [f"{name}: {value}" for name, value in added.items()]
    signature = base64.b64encode(key.sign("\n".join(lines).encode())).decode()
    algorithm = "rsa-sha256" if key.kind is KeyKind.RSA else "hs2019"
    names = " ".join((TARGET, *added))
    return added | {
        "signature": f'keyId="{key_id}",algorithm="{algorithm}",headers="{names}",'
        f'signature="{signature}"'
    }


def without_query(target: str) -> str:
    """Return the path of a request target, as it was written."""
    return target.partition("?")[0]


def _parse_parameters(text: str) -> Mapping[str, str]:
    if len(text) > MAX_LENGTH or not text.isascii():
        raise InvalidInputError(f"expected a Signature of at most {MAX_LENGTH} ASCII characters")
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        return usual.groupdict()
    prefix = _PREFIX.match(text)
    position = prefix.end() if prefix else 0
    parameters: dict[str, str] = {}
    while True:
        match = _PARAMETER.match(text, position)
        if match is None:
            raise InvalidInputError(f"expected a parameter at character {position} of Signature")
        name, quoted, token = match.groups()
        if name in parameters:
            raise InvalidInputError(f"parameter {name} twice in Signature")
        parameters[name] = token if quoted is None else _ESCAPE.sub(r"\1", quoted)
        position = match.end() + 1
        if match.end() == len(text):
            return parameters
        if text[match.end()] != ",":
            raise InvalidInputError(f"expected a comma at character {match.end()} of Signature")


def _decode(signature: str | None) -> bytes:
    try:
        decoded = base64.b64decode(signature or "", validate=True)
    except ValueError as error:
        raise InvalidInputError("expected base64 in Signature's signature") from error
    if not decoded:
        raise InvalidInputError("expected a signature in Signature")
    return decoded


def _find_uncovered(signature: CavageSignature, *, needs_digest: bool) -> str | None:
    for name in (TARGET, "host", "digest") if needs_digest else (TARGET, "host"):
        if name not in signature.headers:
            return f"{name} is not signed"
    if "date" not in signature.headers and "(created)" not in signature.headers:
        return "neither date nor (created) is signed"
    is_timed = "(created)" in signature.headers or "(expires)" in signature.headers
    if is_timed and (signature.algorithm or "").startswith("rsa"):  # §2.3
        return "(created) and (expires) are not for this algorithm"
    return None


def _value_of(
    name: str, request: SignedRequest, signature: CavageSignature, target: str
) -> bytes | None:
    try:
        if name == TARGET:
            return f"{request.method.lower()} {target}".encode("utf-8", "surrogateescape")
        if name == "(created)":
            values: Sequence[str] = [signature.created or ""]
        elif name == "(expires)":
            values = [signature.expires or ""]
        else:
            values = request.values(name)
        return ", ".join(values).encode("latin-1") if values else None
    except UnicodeEncodeError:
        return None
