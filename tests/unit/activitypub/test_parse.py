"""Activities of every software we know, and of none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.parse import kind_of, parse_activity, parse_activity_document
from fedirec.activitypub.vocabulary import ActivityType, ObjectKind
from fedirec.domain.public import PUBLIC
from fedirec.errors import MalformedActivityError
from tests.unit.activitypub.samples import (
    JSON_VALUES,
    LIMITS,
    bytes_of,
    changed,
    mutated,
    payload,
    raw,
)

BEA = "https://mastodon.example/ap/users/115000000000000001"
FOLLOW: Any = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": "https://a.example/1",
    "type": "Follow",
    "actor": "https://a.example/users/ada",
    "object": "https://guild.example/users/carol",
}

# type, object id, kind of the embedded object
EXPECTED: dict[str, tuple[str, str | None, ObjectKind | None]] = {
    "mastodon/accept_follow.json": (
        "Accept",
        "https://guild.example/follows/77",
        ObjectKind.ACTIVITY,
    ),
    "mastodon/accept_quote_request.json": (
        "Accept",
        "https://guild.example/quote_requests/1",
        ObjectKind.ACTIVITY,
    ),
    "mastodon/add_pin.json": ("Add", f"{BEA}/statuses/115100000000000001", None),
    "mastodon/announce.json": ("Announce", "https://guild.example/notes/9", None),
    "mastodon/block.json": ("Block", "https://guild.example/users/carol", None),
    "mastodon/create_question.json": (
        "Create",
        f"{BEA}/statuses/115100000000000004",
        ObjectKind.NOTE,
    ),
    "mastodon/delete_actor.json": ("Delete", "https://mastodon.example/users/gone", None),
    "mastodon/delete_note.json": (
        "Delete",
        f"{BEA}/statuses/115100000000000001",
        ObjectKind.TOMBSTONE,
    ),
    "mastodon/flag.json": ("Flag", "https://guild.example/users/carol", None),
    "mastodon/follow.json": ("Follow", "https://guild.example/users/carol", None),
    "mastodon/like.json": ("Like", "https://guild.example/notes/9", None),
    "mastodon/move.json": ("Move", "https://mastodon.example/users/alice", None),
    "mastodon/quote_request.json": ("QuoteRequest", "https://guild.example/notes/9", None),
    "mastodon/undo_like.json": ("Undo", f"{BEA}#likes/321", ObjectKind.ACTIVITY),
    "mastodon/update_note.json": (
        "Update",
        f"{BEA}/statuses/115100000000000001",
        ObjectKind.NOTE,
    ),
    "mastodon/vote.json": ("Create", f"{BEA}#votes/555", ObjectKind.NOTE),
    "gotosocial/delete.json": (
        "Delete",
        "https://gts.example/users/dan/statuses/01FF25D5Q0DH7CHD57CTRS6WK0",
        None,
    ),
    "gotosocial/create_note.json": (
        "Create",
        "https://gts.example/users/dan/statuses/01FF25D5Q0DH7CHD57CTRS6WK0",
        ObjectKind.NOTE,
    ),
    "misskey/accept.json": ("Accept", "https://guild.example/follows/79", ObjectKind.ACTIVITY),
    "misskey/like_reaction.json": ("Like", "https://guild.example/notes/9", None),
    "akkoma/emoji_react.json": ("EmojiReact", "https://guild.example/notes/9", None),
    "lemmy/announce_create_page.json": (
        "Announce",
        "https://lemmy.example/activities/create/2807c9ec-0000-4000-8000-000000000001",
        ObjectKind.ACTIVITY,
    ),
    "lemmy/announce_page_compat.json": (
        "Announce",
        "https://lemmy.example/post/7",
        ObjectKind.NOTE,
    ),
    "bookwyrm/create_review.json": (
        "Create",
        "https://books.example/user/hana/review/2",
        ObjectKind.NOTE,
    ),
    "relay/follow_public.json": ("Follow", PUBLIC, None),
    "fedirec/offer.json": (
        "Offer",
        "https://guild.example/endorsements/01K9ZQ4T7M3V8N2C6X5B1D0FGH",
        ObjectKind.NOTE,
    ),
    "fedirec/undo_offer.json": (
        "Undo",
        "https://guild.example/activities/01K9ZQ4T9A0E4S6R8T2Y5W7K1J",
        ObjectKind.ACTIVITY,
    ),
    "fedirec/pass_on_offer.json": (
        "Offer",
        "https://guild.example/jobs/01KA2C5E8G1J4M7N0Q3S6V9X2Z",
        None,
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_an_activity_is_read_as_its_software_means_it(name):
    activity = parse_activity(raw(name), limits=LIMITS)

    assert (activity.type, activity.object_id, activity.object_kind) == EXPECTED[name]
    assert activity.actor == payload(name)["actor"]
    assert activity.id == payload(name).get("id")


def test_pins_of_mastodon_have_no_id_and_name_their_collection():
    activity = parse_activity(raw("mastodon/add_pin.json"), limits=LIMITS)

    assert activity.id is None
    assert activity.target_id == f"{BEA}/collections/featured"


def test_an_answer_to_an_offer_names_offer_and_stamp():
    activity = parse_activity(raw("fedirec/accept_with_stamp.json"), limits=LIMITS)

    assert activity.object_id == "https://guild.example/activities/01K9ZQ4T9A0E4S6R8T2Y5W7K1J"
    assert activity.result_id == "https://weavers.example/stamps/01K9ZV7P3H6J9K2M5N8Q1R4S7T"


def test_an_answer_with_embedded_objects_says_the_same():
    plain = payload("fedirec/accept_with_stamp.json")
    embedded = changed(plain, object={"id": plain["object"]}, result={"id": plain["result"]})

    activity = parse_activity(bytes_of(embedded), limits=LIMITS)

    assert (activity.object_id, activity.result_id) == (plain["object"], plain["result"])


def test_votes_of_gotosocial_are_several_objects():
    activity = parse_activity(raw("gotosocial/create_votes.json"), limits=LIMITS)

    assert len(activity.objects) == 2
    assert activity.addressees == ("https://guild.example/users/carol",)


def test_a_first_hop_is_kept_whole_with_its_proof_and_context():
    activity = parse_activity(raw("fedirec/pass_on_offer.json"), limits=LIMITS)

    assert activity.instrument == payload("fedirec/pass_on_offer_first.json")
    assert activity.content == (
        "Not for me, but it sounds like you. I have known Carol for six years."
    )


def test_a_proof_is_noticed():
    assert parse_activity(raw("fedify/create_note_with_proof.json"), limits=LIMITS).has_proof
    assert not parse_activity(raw("mastodon/follow.json"), limits=LIMITS).has_proof


def test_the_owner_of_an_object_is_its_author_or_its_actor():
    note = parse_activity(raw("mastodon/create_note_public.json"), limits=LIMITS)
    like = parse_activity(raw("mastodon/undo_like.json"), limits=LIMITS)
    follow = parse_activity(raw("mastodon/follow.json"), limits=LIMITS)

    assert (note.object_owner, like.object_owner, follow.object_owner) == (BEA, BEA, None)


def test_scalars_and_lists_mean_the_same():
    scalar = changed(FOLLOW, to="https://guild.example/users/carol", cc=None, type=["Follow"])
    listed = changed(FOLLOW, to=["https://guild.example/users/carol"], object=[FOLLOW["object"]])

    first = parse_activity_document(scalar, limits=LIMITS)
    second = parse_activity_document(listed, limits=LIMITS)

    assert first.to == second.to == ("https://guild.example/users/carol",)
    assert first.type == second.type
    assert first.object_id == second.object_id


def test_of_several_types_the_first_known_one_counts():
    activity = parse_activity_document(changed(FOLLOW, type=["x:Ask", "Follow"]), limits=LIMITS)

    assert activity.type == "Follow"


def test_an_unknown_type_is_read_as_it_is():
    activity = parse_activity_document(changed(FOLLOW, type="x:Ask"), limits=LIMITS)

    assert activity.type == "x:Ask"


def test_an_object_without_id_has_none():
    document = changed(FOLLOW, type="Create", object={"type": "Note", "content": "x"})

    assert parse_activity_document(document, limits=LIMITS).object_id is None


@pytest.mark.spec("ActivityPub 6", level="MUST")
def test_blind_recipients_are_told_apart_and_leave_the_document():
    document = changed(
        FOLLOW,
        type="Create",
        bto="https://a.example/users/eve",
        object={"type": "Note", "bcc": ["https://a.example/users/fay"], "to": [PUBLIC]},
    )

    activity = parse_activity_document(document, limits=LIMITS)

    assert activity.blind == ("https://a.example/users/eve", "https://a.example/users/fay")
    assert "bto" not in activity.document
    assert activity.object_ == {"type": "Note", "to": [PUBLIC]}
    assert set(activity.addressees) == {PUBLIC, *activity.blind}


def test_only_of_a_create_or_update_the_audience_of_the_object_counts():
    lemmy = payload("lemmy/announce_page_compat.json")

    announce = parse_activity_document(lemmy, limits=LIMITS)
    create = parse_activity_document(changed(lemmy, type="Create"), limits=LIMITS)

    assert "https://lemmy.example/c/joinery" not in announce.addressees
    assert "https://lemmy.example/c/joinery" in create.addressees


@pytest.mark.parametrize(
    "change",
    [
        {"type": ...},
        {"type": []},
        {"type": 5},
        {"type": ""},
        {"actor": ...},
        {"actor": None},
        {"actor": "as:Public"},
        {"actor": ["https://a.example/1", "https://a.example/2"]},
        {"actor": "https://user:password@a.example/"},
        {"actor": "https://a.example\\@b.example/"},
        {"id": "urn:uuid:1"},
        {"id": {"id": "https://a.example/1"}},
        {"id": "https://a.example/" + "x" * 2_048},
    ],
)
def test_an_activity_without_type_actor_or_a_usable_id_is_refused(change):
    with pytest.raises(MalformedActivityError):
        parse_activity(bytes_of(changed(FOLLOW, **change)), limits=LIMITS)


@pytest.mark.rule("RX-03")
@pytest.mark.parametrize("is_inside", [False, True])
@pytest.mark.parametrize(("count", "is_refused"), [(500, False), (501, True), (15_000, True)])
def test_recipients_are_counted(count, is_refused, is_inside):
    ids = [f"https://a.example/{number}" for number in range(count)]
    inner = {"type": "Note", "to": ids[: count // 2], "cc": ids[count // 2 :]}
    document = changed(FOLLOW, object=inner) if is_inside else changed(FOLLOW, to=ids)

    if is_refused:
        with pytest.raises(MalformedActivityError, match="500"):
            parse_activity_document(document, limits=LIMITS)
    else:
        parse_activity_document(document, limits=LIMITS)


@pytest.mark.rule("RX-03")
def test_objects_are_counted_and_comments_are_cut():
    many = changed(FOLLOW, type="Flag", object=["https://a.example/1"] * 501)
    long = changed(FOLLOW, type="Flag", content="x" * 60_000)

    with pytest.raises(MalformedActivityError, match="500"):
        parse_activity_document(many, limits=LIMITS)
    assert len(parse_activity_document(long, limits=LIMITS).content or "") == 5_000


def test_a_comment_is_plain_text():
    document = changed(FOLLOW, type="Flag", content="<p>Spam &amp; <b>lies</b><script>x()</script>")

    assert parse_activity_document(document, limits=LIMITS).content == "Spam & lies"


@pytest.mark.parametrize("kind", list(ObjectKind))
def test_every_kind_of_object_is_told_by_its_type(kind):
    example = {
        ObjectKind.ACTOR: "Person",
        ObjectKind.NOTE: "Question",
        ObjectKind.TOMBSTONE: "Tombstone",
        ObjectKind.COLLECTION: "OrderedCollectionPage",
        ObjectKind.ACTIVITY: "Follow",
        ObjectKind.STAMP: "EndorsementConsent",
        ObjectKind.OTHER: "toot:Emoji",
    }

    assert kind_of({"type": ["x:Other", example[kind]]}) is kind


def test_every_activity_type_but_question_is_known_as_an_activity():
    kinds = {type_: kind_of({"type": type_.value}) for type_ in ActivityType}

    assert kinds.pop(ActivityType.QUESTION) is ObjectKind.NOTE
    assert set(kinds.values()) == {ObjectKind.ACTIVITY}


@given(st.dictionaries(st.text(max_size=8), JSON_VALUES, max_size=6))
def test_any_json_is_an_activity_or_malformed(document):
    try:
        parse_activity_document(document, limits=LIMITS)
    except MalformedActivityError:
        return


@given(st.sampled_from(sorted(EXPECTED)).flatmap(mutated))
def test_any_mutation_of_a_real_activity_is_an_activity_or_malformed(document):
    try:
        activity = parse_activity_document(document, limits=LIMITS)
    except MalformedActivityError:
        return
    _ = activity.addressees, activity.object_kind, activity.object_owner, activity.has_proof


@given(JSON_VALUES.map(bytes_of))
def test_any_json_text_is_an_activity_or_malformed(raw_bytes):
    try:
        parse_activity(raw_bytes, limits=LIMITS)
    except MalformedActivityError:
        return
