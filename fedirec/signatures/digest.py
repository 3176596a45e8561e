"""Digests of bodies and documents, in the spellings of the four standards that ask for one.

Checks are over the exact bytes of the wire (SG-03). What is not understood counts for nothing;
what is understood must match, every time it is said.
"""

import base64
import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from fedirec.errors import InvalidInputError
from fedirec.signatures.fields import parse_dictionary

_SUPPORTED: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_SHA256_MULTIHASH: Final = b"\x12\x20"  # the code of sha2-256, and 32 bytes


@lru_cache(16)  # one activity goes to many inboxes
def digest_header(body: bytes) -> str:
    """Return the value of `Digest` (RFC 3230), beside a draft-cavage signature.

    The name is in capitals: apkit 0.3.8 compares the text.
    """
    return f"SHA-256={_base64(hashlib.sha256(body).digest())}"


def check_digest(values: Sequence[str], body: bytes) -> bool:
    """Whether the values of `Digest` hold SHA-256 or SHA-512 of `body`, and none that differs.

    The algorithm's name may be in any case; others than those two are passed over.
    """
    stated = []
    for entry in ",".join(values).split(","):
        name, _, digest = entry.strip(" \t").partition("=")
        algorithm = _SUPPORTED.get(name.lower())
        if algorithm is not None:
            stated.append(digest == _base64(algorithm(body).digest()))
    return bool(stated) and all(stated)


@lru_cache(16)
def content_digest(body: bytes) -> str:
    """Return the value of `Content-Digest` (RFC 9530), beside an RFC 9421 signature."""
    return f"sha-256=:{_base64(hashlib.sha256(body).digest())}:"


def check_content_digest(values: Sequence[str], body: bytes) -> bool:
    """Whether the values of `Content-Digest` state sha-256 or sha-512 of `body`, none another."""
    try:
        members = parse_dictionary(values)
    except InvalidInputError:
        return False
    stated = [
        member == (algorithm(body).digest(), {})
        for name, algorithm in _SUPPORTED.items()
        if (member := members.get(name)) is not None
    ]
    return bool(stated) and all(stated)


def multibase_digest(data: bytes) -> str:
    """Return SHA-256 as a multihash in base64url multibase: `u`, then 46 characters.

    As `digestMultibase` has it (Verifiable Credentials 2.0 §5.3).
    """
    multihash = _SHA256_MULTIHASH + hashlib.sha256(data).digest()
    return "u" + base64.urlsafe_b64encode(multihash).decode().rstrip("=")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
