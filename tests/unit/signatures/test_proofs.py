import copy
import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

import base58
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given

from fedirec.errors import InvalidInputError
from fedirec.signatures.canonical import Json, canonicalize
from fedirec.signatures.keys import Ed25519PrivateKey, load_public_multibase
from fedirec.signatures.proofs import add_proof, verification_method, verify_proof
from tests.keys import ed25519_pair, other_ed25519_pair, rsa_pair
from tests.unit.signatures.samples import NOW, json_values, load_vectors

METHOD = "https://peer.example/users/berta#ed25519-key"
VECTORS = load_vectors()["eddsa_jcs_2022"]
AS = "https://www.w3.org/ns/activitystreams"
DATA_INTEGRITY = "https://w3id.org/security/data-integrity/v2"


def make_document() -> dict[str, Json]:
    return {
        "@context": [AS, DATA_INTEGRITY],
        "id": "https://peer.example/activities/1",
        "type": "Create",
        "actor": "https://peer.example/users/berta",
        "object": {"type": "Note", "content": "Words", "sizes": [1, 2.5, None, True]},
    }


def prove(document: dict[str, Json], key: Ed25519PrivateKey | None = None) -> dict[str, Any]:
    return add_proof(document, key=key or ed25519_pair(), verification_method=METHOD, created=NOW)


def prove_with(changes: dict[str, Json], document: dict[str, Json] | None = None) -> dict[str, Any]:
    """A document whose proof has these members (None leaves one out), all of them signed over."""
    unsigned = document or make_document()
    members = dict(prove(unsigned)["proof"]) | changes
    options: dict[str, Json] = {
        name: value for name, value in members.items() if value is not None and name != "proofValue"
    }
    hashed = unsigned | ({"@context": options["@context"]} if "@context" in options else {})
    digests = [hashlib.sha256(canonicalize(part)).digest() for part in (options, hashed)]
    signature = ed25519_pair().sign(b"".join(digests))
    value = "z" + base58.b58encode(signature).decode()
    return unsigned | {"proof": options | {"proofValue": value}}


def is_proven(document: dict[str, Any]) -> bool:
    return verify_proof(document, ed25519_pair().public())


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
@pytest.mark.spec("FEP-8b32", level="MUST")
@pytest.mark.rule("SG-17")
def test_published_proofs_hold(case):
    document = case["document"] | {"proof": case["proof"]}
    key = load_public_multibase(VECTORS["publicKeyMultibase"])

    options = {name: value for name, value in case["proof"].items() if name != "proofValue"}
    assert hashlib.sha256(canonicalize(options)).hexdigest() == case["proof_hash_hex"]
    assert hashlib.sha256(canonicalize(case["document"])).hexdigest() == case["document_hash_hex"]
    assert verify_proof(document, key)
    assert verification_method(document) == case["proof"]["verificationMethod"]


def published_private_key() -> Ed25519PrivateKey:
    raw = base58.b58decode(VECTORS["secretKeyMultibase"][1:])
    assert raw.startswith(b"\x80\x26")
    return Ed25519PrivateKey(key=ed25519.Ed25519PrivateKey.from_private_bytes(raw[2:]))


@pytest.mark.parametrize("case", VECTORS["cases"], ids=lambda case: case["name"])
@pytest.mark.spec("FEP-8b32", level="MUST")
def test_published_proofs_are_made_again(case):
    proof = case["proof"]

    made = add_proof(
        case["document"],
        key=published_private_key(),
        verification_method=proof["verificationMethod"],
        created=datetime.fromisoformat(proof["created"]),
    )

    assert made == case["document"] | {"proof": proof}


def paths_of(value: Json, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The way to every part of a JSON value."""
    inner: list[tuple[str | int, Json]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [path, *(way for key, part in inner for way in paths_of(part, (*path, key)))]


def change_at(
    document: Any, path: tuple[str | int, ...], change: Callable[[Any, Any], None]
) -> Any:
    changed = copy.deepcopy(document)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    change(inner, path[-1])
    return changed


def replace_part(inner: Any, key: Any) -> None:
    inner[key] = "changed"


def remove_part(inner: Any, key: Any) -> None:
    del inner[key]


EVERY_PATH = [path for path in paths_of(prove(make_document())) if path]
LEFT_OUT = ("proof", "@context")  # may go missing: what is hashed is the document's, all the same


@pytest.mark.rule("SG-17")
def test_a_proof_that_leaves_the_documents_context_out_holds_for_that_context_alone():
    document = change_at(prove(make_document()), LEFT_OUT, remove_part)

    assert is_proven(document)
    assert not is_proven({**document, "@context": "https://other.example/context"})


@pytest.mark.parametrize(
    ("path", "change"),
    [
        pytest.param(path, change, id=f"{'/'.join(map(str, path))}-{change.__name__}")
        for path in EVERY_PATH
        for change in (replace_part, remove_part)
        if (path, change) != (LEFT_OUT, remove_part)
    ],
)
@pytest.mark.rule("SG-17")
def test_a_proof_does_not_survive_a_change_of_any_part(path, change):
    document = prove(make_document())
    assert is_proven(document)

    assert not is_proven(change_at(document, path, change))


@pytest.mark.rule("SG-17")
def test_a_part_added_breaks_the_proof():
    document = prove(make_document())

    assert not is_proven(document | {"summary": "added"})
    assert not is_proven(document | {"proof": document["proof"] | {"domain": "added"}})


@pytest.mark.rule("SG-17")
def test_a_proof_holds_by_its_key_alone():
    document = prove(make_document())

    assert not verify_proof(document, other_ed25519_pair().public())
    assert not verify_proof(document, rsa_pair().public())


@pytest.mark.parametrize(
    "changes",
    [
        {"cryptosuite": "eddsa-rdfc-2022"},
        {"cryptosuite": "ecdsa-jcs-2019"},
        {"cryptosuite": None},
        {"type": "Ed25519Signature2020"},
        {"type": ["DataIntegrityProof"]},
        {"proofPurpose": "authentication"},
        {"proofPurpose": None},
        {"verificationMethod": None},
        {"verificationMethod": ""},
        {"verificationMethod": {"id": METHOD}},
        {"created": None},
        {"created": "yesterday"},
        {"created": "2026-11-21T12:00:00"},
        {"created": "2026-11-31T12:00:00Z"},
        {"created": "2026-11-21"},
        {"created": 1},
    ],
)
@pytest.mark.rule("SG-17")
def test_a_proof_of_another_form_does_not_hold_even_if_it_is_signed(changes):
    assert is_proven(prove_with({}))

    assert not is_proven(prove_with(changes))


@pytest.mark.parametrize(
    "context",
    [AS, [AS], [AS, DATA_INTEGRITY]],
)
@pytest.mark.rule("SG-17")
def test_the_contexts_of_a_proof_may_begin_those_of_the_document(context):
    document = prove_with({"@context": context})

    assert is_proven(document)
    assert is_proven(document | {"@context": [AS, DATA_INTEGRITY, "https://added.example/"]})


@pytest.mark.parametrize(
    "context",
    [[], [DATA_INTEGRITY], [DATA_INTEGRITY, AS], [AS, DATA_INTEGRITY, AS], {}, {"a": AS}, [None]],
)
@pytest.mark.rule("SG-17")
def test_contexts_of_a_proof_that_do_not_begin_the_documents_break_it(context):
    assert not is_proven(prove_with({"@context": context}))


@pytest.mark.rule("SG-17")
def test_a_proof_without_contexts_holds_for_the_documents_own_alone():
    document = prove_with({"@context": None})

    assert is_proven(document)
    assert not is_proven(document | {"@context": [AS]})


def test_a_document_without_context_can_be_proven():
    document = prove({"id": "https://peer.example/1", "type": "Note"})

    assert "@context" not in document["proof"]
    assert is_proven(document)


@pytest.mark.parametrize(
    "value",
    [None, 1, "", "z", "zz", "m" + "A" * 86, "z0OIl", "z" + "1" * 64, "z" * 101, "ä"],
)
@pytest.mark.rule("SG-17")
def test_a_proof_value_that_is_no_signature_does_not_hold(value):
    document = prove(make_document())
    document["proof"]["proofValue"] = value

    assert not is_proven(document)


@pytest.mark.parametrize("proof", [None, "proof", 1, [], {}, ["proof"], [None]])
@pytest.mark.rule("SG-17")
def test_what_is_no_proof_does_not_hold_and_names_no_key(proof):
    document = make_document() | {"proof": proof}

    assert not is_proven(document)
    assert verification_method(document) is None
    assert verification_method(make_document()) is None


@pytest.mark.rule("SG-17")
def test_one_proof_of_ours_among_several_is_looked_at_and_two_are_not():
    document = prove(make_document())
    other = {"type": "DataIntegrityProof", "cryptosuite": "mldsa44-jcs-2024"}

    assert is_proven(document | {"proof": [other, document["proof"]]})
    assert not is_proven(document | {"proof": [document["proof"], document["proof"]]})


@pytest.mark.parametrize(
    ("expires", "is_fine"),
    [
        ("2026-11-21T12:00:01Z", True),
        ("2026-11-21T13:00:01+01:00", True),
        ("2026-11-21T12:00:00Z", False),
        ("2026-11-21T13:00:00+01:00", False),
        ("soon", False),
    ],
)
@pytest.mark.rule("SG-17")
def test_a_proof_that_expires_holds_until_then(expires, is_fine):
    document = prove_with({"expires": expires})
    key = ed25519_pair().public()

    assert verify_proof(document, key, now=NOW) is is_fine
    assert not verify_proof(document, key)


@pytest.mark.rule("SG-16")
def test_a_json_ld_signature_beside_the_proof_is_not_covered_by_it():
    document = prove(make_document())

    assert is_proven(document | {"signature": {"type": "RsaSignature2017"}})


@pytest.mark.parametrize("name", ["proof", "signature"])
def test_a_document_that_is_signed_already_gets_no_second_proof(name):
    with pytest.raises(InvalidInputError):
        prove(make_document() | {name: {}})


def test_what_has_no_canonical_form_is_neither_proven_nor_holds():
    document = make_document() | {"size": 2**60}

    with pytest.raises(InvalidInputError):
        prove(document)
    assert not is_proven(prove(make_document()) | {"size": 2**60})


@given(json_values, json_values)
@pytest.mark.rule("SG-17")
def test_any_document_that_we_prove_holds_and_none_else(content: Json, other: Json):
    document = prove(make_document() | {"content": content})

    assert is_proven(document)
    is_same = canonicalize(content) == canonicalize(other)
    assert is_proven(document | {"content": other}) is is_same


@given(json_values)
@pytest.mark.rule("SG-17")
def test_no_proof_at_all_raises(proof: Json):
    document = prove(make_document())

    assert not is_proven(document | {"proof": proof})
    assert not is_proven(document | {"proof": document["proof"] | {"other": proof}})
