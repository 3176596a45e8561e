"""Activities as we send them, against the vocabulary and against our own reader."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.collections import render_collection, render_page
from fedirec.activitypub.documents import dump
from fedirec.activitypub.parse import parse_activity
from fedirec.activitypub.render import (
    render_accept_follow,
    render_announce,
    render_block,
    render_create,
    render_delete,
    render_follow,
    render_like,
    render_pin,
    render_reject,
    render_reject_follow,
    render_undo,
    render_update,
    with_proof_context,
)
from fedirec.activitypub.vocabulary import AS_CONTEXT, NOTE_CONTEXT, PROOF_CONTEXT
from fedirec.domain.audience import Audience, public_audience
from fedirec.domain.public import PUBLIC
from tests.unit.activitypub.samples import (
    BEA,
    CAROL,
    FOLLOWERS,
    GUILD,
    GUILD_ACTOR,
    LIMITS,
    NOTE_ID,
    NOW,
    payload,
)

ID = "https://guild.example/activities/01K9ZQ4T9A0E4S6R8T2Y5W7K1J"
NOTE: Any = {"id": NOTE_ID, "type": "Note", "attributedTo": CAROL.id, "to": ["x"], "cc": ["y"]}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_a_guilds_boost_is_as_the_vocabulary_says():
    assert payload("fedirec/guild_announce.json") == render_announce(
        id="https://guild.example/activities/01K9ZV8M6N9Q2R5T8V1X4Y7Z0A",
        actor=GUILD.guild_id,
        object_id=NOTE_ID,
        audience=public_audience(str(GUILD_ACTOR.followers), (CAROL.id,)),
        published=at("2026-05-05T07:33:00Z"),
    )


def test_a_withdrawn_endorsement_is_deleted_as_the_vocabulary_says():
    sample = payload("fedirec/endorsement_delete.json")

    assert sample == render_delete(
        id=sample["id"],
        actor=CAROL.id,
        object_id=NOTE_ID,
        audience=Audience(to=tuple(sample["to"]), cc=tuple(sample["cc"])),
        published=at("2026-07-01T09:00:20Z"),
    )


def test_a_withdrawn_stamp_is_deleted_as_the_vocabulary_says():
    sample = payload("fedirec/stamp_delete.json")

    assert sample == render_delete(
        id=sample["id"],
        actor=BEA.id,
        object_id=sample["object"]["id"],
        audience=Audience(to=tuple(sample["to"])),
        published=at("2026-07-01T09:00:00Z"),
        former_type=None,
    )


def test_an_offer_is_taken_back_as_the_vocabulary_says():
    assert payload("fedirec/undo_offer.json") == render_undo(
        id="https://guild.example/activities/01K9ZQ4T9A0E4S6R8T2Y5W7K1K",
        actor=CAROL.id,
        activity=payload("fedirec/offer.json"),
    )


def test_a_create_and_its_object_have_the_same_audience():
    create = render_create(
        id=ID,
        actor=CAROL.id,
        object_=NOTE,
        audience=Audience(to=(PUBLIC,), cc=(FOLLOWERS,)),
        published=NOW,
        context=NOTE_CONTEXT,
    )

    activity = parse_activity(dump(create), limits=LIMITS)
    assert create["@context"] == NOTE_CONTEXT
    assert activity.addressees == activity.to + activity.cc == (PUBLIC, FOLLOWERS)
    assert activity.object_ == {**NOTE, "to": [PUBLIC], "cc": [FOLLOWERS]}


def test_nobody_in_cc_is_no_cc():
    create = render_create(
        id=ID, actor=CAROL.id, object_=NOTE, audience=Audience(to=(BEA.id,)), published=NOW
    )

    assert "cc" not in create
    assert create["object"] == {
        "id": NOTE_ID,
        "type": "Note",
        "attributedTo": CAROL.id,
        "to": [BEA.id],
    }


def test_an_actor_is_updated_with_its_own_terms_and_no_audience_of_its_own():
    actor = payload("fedirec/actor_endorser.json")

    update = render_update(
        id=ID, actor=CAROL.id, object_=actor, audience=public_audience(FOLLOWERS), published=NOW
    )

    assert update["@context"] == actor.pop("@context")
    assert update["object"] == actor


def test_an_answer_to_a_follow_embeds_it_under_its_own_id():
    follow = payload("mastodon/follow.json")
    rest = {name: follow[name] for name in ("id", "type", "actor", "object")}

    for render, type_ in ((render_accept_follow, "Accept"), (render_reject_follow, "Reject")):
        answer = render(id=ID, actor=CAROL.id, follow=follow)
        activity = parse_activity(dump(answer), limits=LIMITS)

        assert activity.type == type_
        assert activity.object_id == follow["id"]
        assert activity.object_ == rest
        assert activity.to == (follow["actor"],)


RENDERED = {
    "Follow": render_follow(id=ID, actor=CAROL.id, object_id=BEA.id),
    "Reject": render_reject(id=ID, actor=CAROL.id, object_=BEA.id, to=BEA.id, published=NOW),
    "Like": render_like(id=ID, actor=CAROL.id, object_id=NOTE_ID, to=BEA.id),
    "Block": render_block(id=ID, actor=CAROL.id, object_id=BEA.id),
    "Add": render_pin(id=ID, type_="Add", actor=CAROL, object_id=NOTE_ID, published=NOW),
    "Remove": render_pin(id=ID, type_="Remove", actor=CAROL, object_id=NOTE_ID, published=NOW),
}


@pytest.mark.parametrize("type_", RENDERED)
def test_what_is_rendered_is_read_as_the_same(type_):
    document = RENDERED[type_]

    activity = parse_activity(dump(document), limits=LIMITS)

    assert (activity.id, activity.type) == (ID, type_)
    assert activity.actor == document["actor"]
    assert activity.object_id is not None
    assert activity.document == document
    assert document["@context"] == AS_CONTEXT
    assert None not in document.values()


def test_a_block_is_told_to_nobody():
    assert parse_activity(dump(RENDERED["Block"]), limits=LIMITS).addressees == ()


@pytest.mark.parametrize("type_", RENDERED)
def test_an_undo_embeds_what_it_undoes_by_its_id(type_):
    undo = render_undo(id=f"{ID}-undo", actor=CAROL.id, activity=RENDERED[type_], published=NOW)

    activity = parse_activity(dump(undo), limits=LIMITS)

    assert activity.object_id == ID
    assert activity.object_ is not None
    assert activity.object_["type"] == type_
    assert activity.object_owner == CAROL.id
    assert activity.addressees == parse_activity(dump(RENDERED[type_]), limits=LIMITS).addressees
    assert activity.published_at == NOW


def test_an_undo_of_what_has_no_object_has_none_either():
    undo = render_undo(id=ID, actor=CAROL.id, activity={"id": NOTE_ID, "type": "Arrive"})

    assert undo["object"] == {"id": NOTE_ID, "type": "Arrive"}


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (AS_CONTEXT, [AS_CONTEXT, PROOF_CONTEXT]),
        ([AS_CONTEXT], [AS_CONTEXT, PROOF_CONTEXT]),
        ([AS_CONTEXT, {"a": "b"}], [AS_CONTEXT, PROOF_CONTEXT, {"a": "b"}]),
        ([AS_CONTEXT, PROOF_CONTEXT], [AS_CONTEXT, PROOF_CONTEXT]),
    ],
)
def test_the_context_of_proofs_stands_second_and_once(context, expected):
    assert with_proof_context({"@context": context, "id": ID}) == {"@context": expected, "id": ID}


uris = st.integers(0, 99).map(lambda number: f"https://a.example/{number}")
audiences = st.builds(
    Audience, to=st.lists(uris, unique=True).map(tuple), cc=st.lists(uris, unique=True).map(tuple)
)


@given(audiences, uris, st.booleans())
def test_every_audience_rendered_is_read_as_the_same(audience, object_id, is_edit):
    render = render_update if is_edit else render_create
    note = {"id": object_id, "type": "Note", "attributedTo": CAROL.id}

    document = render(id=ID, actor=CAROL.id, object_=note, audience=audience, published=NOW)

    activity = parse_activity(dump(document), limits=LIMITS)
    assert (activity.to, activity.cc) == (audience.to, audience.cc)
    assert activity.addressees == audience.everyone
    assert activity.published_at == NOW


# Collections

URL = "https://a.example/c"


@pytest.mark.spec("ActivityPub 5", level="MUST")
def test_a_collection_is_ordered_and_has_an_id():
    url = "https://guild.example/users/carol/outbox"

    assert render_collection(id=url, first=f"{url}?page=true", total=3) == {
        "@context": AS_CONTEXT,
        "id": url,
        "type": "OrderedCollection",
        "totalItems": 3,
        "first": f"{url}?page=true",
    }


def test_a_collection_without_pages_holds_its_items_and_counts_them():
    collection = render_collection(id="https://a.example/c", items=["https://a.example/1"])

    assert collection["totalItems"] == 1
    assert collection["orderedItems"] == ["https://a.example/1"]
    assert render_collection(id="https://a.example/c", items=[])["orderedItems"] == []


def test_a_hidden_collection_shows_neither_pages_nor_numbers():
    collection = render_collection(id="https://a.example/c")

    assert set(collection) == {"@context", "id", "type"}


@pytest.mark.spec("ActivityStreams 2.0 5.2", level="MUST")
@pytest.mark.parametrize(
    ("following", "more"), [(None, {}), (f"{URL}?page=3", {"next": f"{URL}?page=3"})]
)
def test_a_page_says_whose_it_is_and_where_the_next_one_is(following, more):
    page = render_page(id=f"{URL}?page=2", part_of=URL, items=[NOTE_ID], next_=following)

    assert page == {
        "@context": AS_CONTEXT,
        "id": f"{URL}?page=2",
        "type": "OrderedCollectionPage",
        "partOf": URL,
        "orderedItems": [NOTE_ID],
        **more,
    }
