"""Endorsements and consent as we render them, and the digests that consent is for."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.documents import dump
from fedirec.activitypub.endorsements import (
    core_digest,
    core_of,
    parse_stamp,
    publishable_note,
    render_accept,
    render_offer,
    render_stamp,
)
from fedirec.activitypub.render import render_create, with_proof_context
from fedirec.activitypub.vocabulary import ENDORSEMENT_CONTEXT
from fedirec.domain.audience import Audience
from fedirec.domain.endorsements import (
    StampFacts,
    StampVerdict,
    judge_stamp,
)
from fedirec.domain.public import PUBLIC
from fedirec.errors import MalformedActivityError
from fedirec.signatures.keys import load_public_multibase
from fedirec.signatures.proofs import verify_proof
from tests.unit.activitypub.samples import (
    BEA,
    CAROL,
    FOLLOWERS,
    NOW,
    STAMP_ID,
    changed,
    mutated,
    offered,
    payload,
    published,
)


def same_but_text(document: Any, sample: Any) -> None:
    """Assert that two notes differ in nothing but their wording."""
    text = {"content": "…", "contentMap": {"en": "…"}}
    assert {**document, **text} == {**sample, **text}
    assert list(document["contentMap"].values()) == [document["content"]]


def test_an_offered_note_is_as_the_vocabulary_says():
    same_but_text(offered(), payload("fedirec/offer.json")["object"])


def test_an_offer_is_as_the_vocabulary_says():
    sample = payload("fedirec/offer.json")

    offer = render_offer(
        id=sample["id"],
        endorser=CAROL.id,
        endorsed=BEA.id,
        note=sample["object"],
        published=NOW,
        ends_at=NOW + timedelta(days=30),
    )

    assert offer == sample
    assert dump({"c": offer["@context"]}) == dump({"c": sample["@context"]})


def test_a_published_note_is_the_offered_one_with_consent():
    sample = payload("fedirec/endorsement_create.json")
    note = publishable_note(
        payload("fedirec/offer.json")["object"],
        audience=Audience(to=tuple(sample["to"]), cc=tuple(sample["cc"])),
        published=datetime(2026, 5, 5, 7, 31, tzinfo=UTC),
        consent=sample["object"]["endorsement"]["consent"],
    )

    del sample["object"]["endorsement"]["credential"]
    create = render_create(
        id=sample["id"],
        actor=CAROL.id,
        object_=note,
        audience=Audience(to=tuple(sample["to"]), cc=tuple(sample["cc"])),
        published=datetime(2026, 5, 5, 7, 31, tzinfo=UTC),
        context=ENDORSEMENT_CONTEXT,
    )

    assert note == sample["object"]
    assert create == sample
    assert dump({"c": create["@context"]}) == dump({"c": sample["@context"]})


def test_an_edited_note_keeps_its_first_date_and_says_when_it_was_edited():
    note = publishable_note(
        {**offered(), "updated": "2020-01-01T00:00:00Z", "cc": ["https://a.example/x"]},
        audience=Audience(to=(FOLLOWERS,)),
        published=NOW,
        updated=NOW + timedelta(days=1),
        consent=STAMP_ID,
    )

    assert (note["published"], note["updated"]) == ("2026-05-04T10:00:00Z", "2026-05-05T10:00:00Z")
    assert note["to"] == [FOLLOWERS]
    assert "cc" not in note


def test_publishing_never_touches_the_core():
    assert core_of(offered()) == core_of(published())
    assert core_digest(offered()) == core_digest(published())


def test_an_answer_is_as_the_vocabulary_says():
    sample = payload("fedirec/accept_with_stamp.json")

    assert sample == render_accept(
        id=sample["id"],
        actor=BEA.id,
        to=CAROL.id,
        offer_id=sample["object"],
        stamp_id=STAMP_ID,
        published=datetime(2026, 5, 5, 7, 30, tzinfo=UTC),
    )


@pytest.mark.parametrize("name", ["fedirec/stamp.json", "fedirec/stamp_on_behalf.json"])
def test_a_stamp_is_as_the_vocabulary_says_and_says_what_it_was_made_of(name):
    sample = payload(name)
    facts = parse_stamp(sample)

    stamp = render_stamp(
        id=sample["id"],
        facts=facts,
        published=datetime.fromisoformat(sample["published"]),
        instrument=sample.get("instrument"),
    )

    del sample["proof"]
    assert stamp == sample
    assert dump({"c": stamp["@context"]}) == dump({"c": sample["@context"]})
    assert with_proof_context(stamp) is stamp
    assert parse_stamp(stamp) == facts


@pytest.mark.parametrize(
    ("note", "stamp"),
    [
        ("fedirec/offer.json", "fedirec/stamp.json"),
        ("fedirec/endorsement_create.json", "fedirec/stamp.json"),
        ("fedirec/endorsement_create_on_behalf.json", "fedirec/stamp_on_behalf.json"),
    ],
)
def test_the_digest_of_the_core_is_the_one_in_the_stamp(note, stamp):
    assert core_digest(payload(note)["object"]) == payload(stamp)["digestMultibase"]


@pytest.mark.parametrize(
    ("signed", "signer"),
    [
        ("fedirec/stamp.json", "fedirec/actor_member.json"),
        ("fedirec/stamp_on_behalf.json", "fedirec/actor_guild.json"),
        ("fedirec/pass_on_offer_first.json", "fedirec/actor_endorser.json"),
    ],
)
def test_a_proof_verifies_with_the_key_of_its_signer_and_no_other(signed, signer):
    document, actor = payload(signed), payload(signer)
    key = load_public_multibase(actor["assertionMethod"][0]["publicKeyMultibase"])

    assert verify_proof(document, key)
    assert not verify_proof(changed(document, published="2026-01-01T00:00:00Z"), key)


def test_a_stamp_of_the_endorsed_is_consent_to_exactly_this_text():
    note = payload("fedirec/endorsement_create.json")["object"]
    facts = parse_stamp(payload("fedirec/stamp.json"))
    other = changed(note, content=note["content"].replace("week", "month"))

    def judged(document: Any) -> StampVerdict:
        return judge_stamp(
            facts,
            note_id=document["id"],
            endorsed=BEA.id,
            digest=core_digest(document),
            endorsed_origin_equals_stamp=True,
        )

    assert judged(note) is StampVerdict.CONSENT
    assert judged(other) is StampVerdict.MISMATCH


@pytest.mark.parametrize("member", ["id", "attributedTo", "content", "contentMap", "endorsement"])
def test_every_member_of_the_core_changes_the_digest(member):
    note = offered()
    value = note[member]
    other = changed(
        note, **{member: {**value, "x": "y"} if isinstance(value, dict) else f"{value}x"}
    )

    assert core_digest(other) != core_digest(note)


@pytest.mark.parametrize(
    "change",
    [{"to": [PUBLIC]}, {"published": "2020-01-01T00:00:00Z"}, {"tag": []}, {"url": "https://x"}],
)
def test_what_is_beside_the_core_does_not_change_the_digest(change):
    assert core_digest(changed(offered(), **change)) == core_digest(offered())


@pytest.mark.parametrize(
    "change",
    [
        {"id": ...},
        {"content": ...},
        {"content": ""},
        {"contentMap": None},
        {"attributedTo": ...},
        {"endorsement": ...},
        {"endorsement": []},
        {"contentMap": {"en": 1.0}},
        {"endorsement": {"relation": 5}},
        {"endorsement": {"relation": True}},
    ],
)
def test_a_core_with_a_hole_or_a_number_has_no_digest(change):
    with pytest.raises(MalformedActivityError):
        core_digest(changed(offered(), **change))


@pytest.mark.parametrize(
    "change",
    [
        {"type": "QuoteAuthorization"},
        {"attributedTo": ...},
        {"interactingObject": "x"},
        {"interactionTarget": None},
        {"digestMultibase": ...},
        {"digestMultibase": 5},
        {"onBehalfOf": "somebody"},
        {"@graph": []},
    ],
)
def test_a_stamp_with_a_hole_is_none(change):
    with pytest.raises(MalformedActivityError):
        parse_stamp(changed(payload("fedirec/stamp.json"), **change))


ids = st.integers(0, 999).map(lambda number: f"https://a.example/{number}")


@given(
    st.builds(
        StampFacts,
        attributed_to=ids,
        note_id=ids,
        endorsed=ids,
        digest=st.just("uEi"),
        on_behalf_of=st.none() | ids,
    )
)
def test_a_stamp_rendered_says_the_same(facts):
    assert parse_stamp(render_stamp(id=STAMP_ID, facts=facts, published=NOW)) == facts


@given(mutated("fedirec/stamp.json"))
def test_any_mutation_of_a_stamp_is_one_or_malformed(document):
    try:
        parse_stamp(document)
    except MalformedActivityError:
        return
