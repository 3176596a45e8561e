"""Posts of every software, as notes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.notes import Note, parse_note
from fedirec.domain.public import PUBLIC
from fedirec.errors import MalformedActivityError
from tests.unit.activitypub.samples import JSON_VALUES, LIMITS, changed, mutated, payload

BEA = "https://mastodon.example/ap/users/115000000000000001"
CAROL = "https://guild.example/users/carol"
NOTES = [
    "mastodon/create_note_public.json",
    "mastodon/create_note_direct.json",
    "mastodon/create_question.json",
    "mastodon/update_note.json",
    "gotosocial/create_note.json",
    "misskey/create_note.json",
    "takahe/create_note.json",
    "bookwyrm/create_review.json",
    "badgefed/create_badge_note.json",
    "lemmy/announce_page_compat.json",
    "fedify/create_note_with_proof.json",
    "fedirec/endorsement_create.json",
    "fedirec/job_create.json",
]
PLAIN = {
    "id": "https://a.example/notes/1",
    "type": "Note",
    "attributedTo": "https://a.example/users/ada",
    "content": "<p>hi</p>",
    "to": [PUBLIC],
}


def note_in(name: str) -> Note:
    return parse_note(payload(name)["object"], limits=LIMITS)


def test_a_public_post_of_mastodon_is_read_in_full():
    note = note_in("mastodon/create_note_public.json")

    assert note.id == f"{BEA}/statuses/115100000000000001"
    assert note.attributed_to == BEA
    assert note.text == "@carol thanks for the #joinery lesson"
    assert note.answer_text == "thanks for the #joinery lesson"
    assert note.language == "en"
    assert note.to == (PUBLIC,)
    assert note.mentions == (CAROL,)
    assert note.hashtags == ("joinery",)
    assert note.has_attachment
    assert not note.has_quote
    assert note.summary is None
    assert note.in_reply_to is None
    assert note.url == "https://mastodon.example/@bea/115100000000000001"
    assert note.published_at == datetime(2026, 5, 4, 10, tzinfo=UTC)


def test_an_edit_says_when():
    assert note_in("mastodon/update_note.json").updated_at is not None


def test_single_values_of_gotosocial_are_read_as_lists():
    note = note_in("gotosocial/create_note.json")

    assert note.to == (PUBLIC,)
    assert note.mentions == (CAROL,)


def test_the_short_public_of_takahe_is_public():
    assert note_in("takahe/create_note.json").to == (PUBLIC,)


def test_an_answer_from_mastodon_is_one_word():
    note = note_in("fedirec/yes_reply_from_mastodon.json")

    assert note.answer_text == "Yes."
    assert note.in_reply_to == "https://guild.example/notes/01KA0B3D8E1F4G7H0J3K6M9N2P"


def test_a_badge_in_an_attachment_is_an_ordinary_post():
    note = note_in("badgefed/create_badge_note.json")

    assert note.endorsement is None
    assert note.endorsement_error is None
    assert note.has_attachment
    assert note.text.startswith("Safe tool use\n")


def test_a_page_and_a_review_are_posts_with_a_name():
    assert note_in("lemmy/announce_page_compat.json").name == "Which glue?"
    assert note_in("bookwyrm/create_review.json").name == "A fine manual"


def test_our_own_kinds_are_told_from_posts():
    endorsement = note_in("fedirec/endorsement_create.json")
    job = note_in("fedirec/job_create.json")
    post = note_in("takahe/create_note.json")

    assert endorsement.endorsement is not None
    assert endorsement.job is None
    assert job.job is not None
    assert job.endorsement is None
    assert (post.endorsement, post.job) == (None, None)


def test_a_bad_endorsement_or_job_leaves_an_ordinary_post_and_the_reason():
    document = changed(PLAIN, endorsement={"type": "Endorsement"}, job={"type": "JobNote"})

    note = parse_note(document, limits=LIMITS)

    assert note.endorsement is None
    assert "actor id" in str(note.endorsement_error)
    assert note.job is None
    assert "closes" in str(note.job_error)


def test_without_content_the_first_of_the_texts_counts():
    note = parse_note(
        changed(PLAIN, content=None, contentMap={"de": "<p>hallo</p>", "en": "<p>hi</p>"}),
        limits=LIMITS,
    )

    assert note.text == "hallo"
    assert note.language == "de"


@pytest.mark.parametrize("language", ["<script>", "x" * 200, ""])
def test_a_language_that_is_none_is_left_out(language):
    document = changed(PLAIN, contentMap={language: "<p>hi</p>"})

    assert parse_note(document, limits=LIMITS).language is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.example/@ada/1", "https://a.example/@ada/1"),
        (["https://a.example/@ada/1", "https://a.example/2"], "https://a.example/@ada/1"),
        (
            [
                {"type": "Link", "href": "https://a.example/1.mp4", "mediaType": "video/mp4"},
                {"type": "Link", "href": "https://a.example/watch", "mediaType": "text/html"},
            ],
            "https://a.example/watch",
        ),
        ("https://evil.example/login", "https://a.example/notes/1"),
        ("javascript:alert(1)", "https://a.example/notes/1"),
        (None, "https://a.example/notes/1"),
    ],
)
def test_the_page_of_a_post_is_where_the_post_is(url, expected):
    assert parse_note(changed(PLAIN, url=url), limits=LIMITS).url == expected


def test_nulls_and_odd_types_of_members_are_as_absent():
    document = changed(
        PLAIN,
        summary=None,
        inReplyTo=None,
        cc=None,
        tag=None,
        attachment=None,
        updated=5,
        endTime={},
        contentMap=[],
        name=["x"],
    )

    note = parse_note(document, limits=LIMITS)

    assert (note.summary, note.in_reply_to, note.cc, note.mentions) == (None, None, (), ())
    assert (note.updated_at, note.ends_at, note.language) == (None, None, None)


@pytest.mark.parametrize("member", ["quote", "quoteUri", "quoteUrl", "_misskey_quote"])
def test_a_quote_is_noticed_under_each_of_its_names(member):
    assert parse_note(changed(PLAIN, **{member: "https://a.example/2"}), limits=LIMITS).has_quote


@pytest.mark.parametrize(
    "change",
    [
        {"id": ...},
        {"id": None},
        {"id": "tag:a.example,2026:1"},
        {"id": ["https://a.example/notes/1"]},
        {"attributedTo": ...},
        {"attributedTo": []},
        {"type": "Follow"},
        {"type": "x:Endorsement"},
        {"type": None},
    ],
)
def test_a_post_without_id_author_or_a_type_of_post_is_refused(change):
    with pytest.raises(MalformedActivityError):
        parse_note(changed(PLAIN, **change), limits=LIMITS)


@pytest.mark.rule("RX-03")
@pytest.mark.parametrize(("member", "cap"), [("tag", 64), ("attachment", 16), ("to", 500)])
def test_lists_at_their_cap_are_read_and_over_it_refused(member, cap):
    at_cap = changed(PLAIN, **{member: ["https://a.example/x"] * cap})
    over = changed(PLAIN, **{member: ["https://a.example/x"] * (cap + 1)})

    parse_note(at_cap, limits=LIMITS)
    with pytest.raises(MalformedActivityError, match=str(cap)):
        parse_note(over, limits=LIMITS)


@pytest.mark.rule("RX-03")
@pytest.mark.parametrize("factor", [1, 2, 1_000])
def test_texts_over_their_cap_are_cut(factor):
    document = changed(
        PLAIN, name="n" * 300 * factor, summary="s" * 4_096, content="c" * 65 * factor
    )

    note = parse_note(document, limits=LIMITS)

    assert note.name == "n" * 300
    assert note.summary == "s" * 4_096
    assert note.content == "c" * min(65 * factor, 65_536)


def test_blind_recipients_are_not_kept():
    note = parse_note(changed(PLAIN, bto=[CAROL], bcc=[CAROL]), limits=LIMITS)

    assert not {"bto", "bcc"} & set(note.document)


@pytest.mark.rule("HT-01", "HT-06")
def test_what_is_shown_of_a_post_is_safe():
    document = changed(
        PLAIN, content="<img src=x onerror=alert(1)>hi", name="\u202eAda", summary="<b>x</b>"
    )

    note = parse_note(document, limits=LIMITS)

    assert (note.content, note.name, note.summary) == ("hi", "Ada", "x")


@given(st.dictionaries(st.sampled_from([*PLAIN, "tag", "endorsement", "job"]), JSON_VALUES))
def test_any_json_is_a_post_or_malformed(document):
    try:
        parse_note({**PLAIN, **document}, limits=LIMITS)  # type: ignore[dict-item]  # loose on purpose
    except MalformedActivityError:
        return


@given(st.sampled_from(NOTES).flatmap(mutated))
def test_any_mutation_of_a_real_post_is_a_post_or_malformed(document):
    inner = document.get("object")
    if not isinstance(inner, dict):
        return
    try:
        note = parse_note(inner, limits=LIMITS)
    except MalformedActivityError:
        return
    assert note.url.startswith("http")
