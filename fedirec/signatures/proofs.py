"""Integrity proofs (FEP-8b32): `eddsa-jcs-2022` over a whole document, and nothing else (SG-17).

Pure arithmetic and form. That the verification method is of the document's actor, on its origin and
listed by it as an assertionMethod, is the caller's to check before handing in the key.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

import base58

from fedirec.errors import InvalidInputError
from fedirec.signatures.canonical import Json, canonicalize
from fedirec.signatures.keys import Ed25519PrivateKey, Ed25519PublicKey, PublicKey

CRYPTOSUITE: Final = "eddsa-jcs-2022"
_MAX_PROOF_VALUE: Final = 100  # 64 bytes take 88 characters of base58
# XML Schema's dateTime with its zone, as Data Integrity §2.1 wants it
_DATE_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?(?:Z|[+-][0-9]{2}:[0-9]{2})"
)
_FORM: Final = {
    "type": "DataIntegrityProof",
    "cryptosuite": CRYPTOSUITE,
    "proofPurpose": "assertionMethod",
}


def add_proof(
    document: Mapping[str, Json],
    *,
    key: Ed25519PrivateKey,
    verification_method: str,
    created: datetime,
) -> dict[str, Json]:
    """Return a copy of `document` with a `proof` by `key`.

    Raises:
        InvalidInputError: if there is a proof or signature already, or no canonical form.
    """
    if "proof" in document or "signature" in document:
        raise InvalidInputError("expected a document without proof or signature")
    options: dict[str, Json] = {
        **_FORM,
        "verificationMethod": verification_method,
        "created": created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if "@context" in document:
        options = {"@context": document["@context"], **options}
    signature = key.sign(_signing_input(document, options))
    return {**document, "proof": {**options, "proofValue": _to_multibase(signature)}}


def verification_method(document: Mapping[str, Json]) -> str | None:
    """Return the id of the key that the document's proof names, or None without such a proof."""
    proof = _find_proof(document)
    method = proof.get("verificationMethod") if proof else None
    return method if isinstance(method, str) and method else None


def verify_proof(
    document: Mapping[str, Json], key: PublicKey, *, now: datetime | None = None
) -> bool:
    """Whether the document bears a proof in every respect right, made by `key`.

    A proof that `expires` holds only where `now` is given and before that. A JSON-LD `signature`
    beside the proof is not covered by it (FEP-8b32).
    """
    proof = _find_proof(document)
    if proof is None or not isinstance(key, Ed25519PublicKey):
        return False
    if not _is_dated(proof, now) or verification_method(document) is None:
        return False
    signature = _from_multibase(proof.get("proofValue"))
    if signature is None or not _has_context_of(document, proof):
        return False
    try:
        texts = [_signing_input(document, options) for options in _readings(document, proof)]
    except InvalidInputError:
        return False
    return any(key.verify(signature, text) for text in texts)


def _readings(document: Mapping[str, Json], proof: dict[str, Json]) -> list[dict[str, Json]]:
    """Return the proof as it stands and, if it names no context, with the document's.

    The specification hashes the options with the document's context in them; some then leave it out
    of the proof they attach (vc-di-eddsa §3.3.1, step 2 of proof creation).
    """
    if "@context" in proof or "@context" not in document:
        return [proof]
    return [proof, {"@context": document["@context"], **proof}]


def _signing_input(document: Mapping[str, Json], proof: Mapping[str, Json]) -> bytes:
    options = {name: value for name, value in proof.items() if name != "proofValue"}
    unsigned = {
        name: value for name, value in document.items() if name not in ("proof", "signature")
    }
    if "@context" in options:
        unsigned["@context"] = options["@context"]
    digests = (hashlib.sha256(canonicalize(part)).digest() for part in (options, unsigned))
    return b"".join(digests)


def _find_proof(document: Mapping[str, Json]) -> dict[str, Json] | None:
    proof = document.get("proof")
    proofs = proof if isinstance(proof, list) else [proof]
    ours = [one for one in proofs if isinstance(one, dict) and _FORM.items() <= one.items()]
    return ours[0] if len(ours) == 1 else None


def _is_dated(proof: Mapping[str, Json], now: datetime | None) -> bool:
    if _parse_instant(proof.get("created")) is None:
        return False
    if "expires" not in proof:
        return True
    expires_at = _parse_instant(proof["expires"])
    return expires_at is not None and now is not None and now < expires_at


def _parse_instant(value: Json) -> datetime | None:
    if not isinstance(value, str) or not _DATE_TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _has_context_of(document: Mapping[str, Json], proof: Mapping[str, Json]) -> bool:
    if "@context" not in proof:
        return True
    stated, whole = _as_list(proof["@context"]), _as_list(document.get("@context"))
    return bool(stated) and whole[: len(stated)] == stated


def _as_list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else [value]


def _to_multibase(raw: bytes) -> str:
    return "z" + base58.b58encode(raw).decode()


def _from_multibase(value: Json) -> bytes | None:
    if not isinstance(value, str) or not value.startswith("z") or len(value) > _MAX_PROOF_VALUE:
        return None
    try:
        return base58.b58decode(value[1:])
    except ValueError:
        return None
