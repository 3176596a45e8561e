"""The load is real: signatures that verify, ids that are new, sizes as promised."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from benchmarks.mail import (
    BODY_BYTES,
    Pen,
    Place,
    Signer,
    badly_signed,
    make_signers,
    signed,
    undigested,
    unsigned,
)
from benchmarks.neighbourhood import address
from fedirec.domain.limits import Limits
from fedirec.errors import FedirecError
from fedirec.signatures.messages import SignedRequest
from fedirec.signatures.schemes import read_signature

PLACE = Place(authority="127.0.0.1:8080")


@pytest.fixture(scope="module")
def signers():
    return make_signers(["http://127.0.1.1:9000", "http://127.0.1.2:9000"])


def parsed(request: bytes) -> SignedRequest:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    headers = tuple(tuple(line.split(": ", 1)) for line in lines)
    return SignedRequest(
        method=method,
        target=target,
        url=f"http://{PLACE.authority}{target}",
        headers=headers,  # type: ignore[arg-type]  # pairs, as the split makes them
        body=body,
    )


def verifies(request: bytes, signers: Sequence[Signer]) -> bool:
    keys = {signer.key_id: signer.key.public() for signer in signers}
    try:
        signature = read_signature(parsed(request))
        signature.check_coverage()
        signature.check_time(datetime.now(UTC), Limits())
    except FedirecError:
        return False
    return signature.verify(keys[signature.key_id])


def test_what_is_signed_verifies(signers):
    assert all(verifies(request, signers) for request in signed(Pen(signers).creates(6), PLACE))


@pytest.mark.parametrize("spoil", [badly_signed, undigested, unsigned])
def test_what_is_spoilt_does_not(signers, spoil):
    requests = spoil(Pen(signers).creates(4), PLACE)

    assert not any(verifies(request, signers) for request in requests)
    assert all(
        int(dict(parsed(request).headers)["content-length"]) == len(parsed(request).body)
        for request in requests
    )


def test_no_id_is_used_twice_and_every_create_has_its_size(signers):
    pen = Pen(signers)

    letters = [*pen.creates(20), *pen.creates(20, replies_to=["http://127.0.0.1:8080/notes/1"])]

    assert len({json.loads(letter.body)["id"] for letter in letters}) == 40
    assert {len(letter.body) for letter in letters} == {BODY_BYTES}


def test_likes_repeat_no_pair_of_actor_and_note_before_all_were_had(signers):
    notes = ["http://127.0.0.1:8080/notes/1", "http://127.0.0.1:8080/notes/2"]

    likes = [json.loads(letter.body) for letter in Pen(signers).likes(4, of=notes)]

    assert len({(like["actor"], like["object"]) for like in likes}) == 4


def test_the_hosts_elsewhere_are_loopback_addresses_of_their_own():
    addresses = [address(place) for place in range(1_000)]

    assert len(set(addresses)) == 1_000
    assert addresses[0] == "127.0.1.1"
    assert addresses[-1] == "127.0.4.250"
    with pytest.raises(ValueError, match="no number 1000"):
        address(1_000)
