"""What makes an ordinary post of a Note with an endorsement, and nothing of an Offer."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.endorsements import (
    core_digest,
    parse_endorsement,
    why_not_endorsement,
    why_not_offer,
)
from fedirec.domain.endorsements import (
    ShownTo,
)
from fedirec.domain.public import PUBLIC
from fedirec.errors import InvalidInputError
from tests.unit.activitypub.samples import (
    BEA,
    FOLLOWERS,
    GUILD,
    JSON_VALUES,
    LIMITS,
    NOTE_ID,
    changed,
    mutated,
    payload,
    published,
    with_member,
)


@pytest.mark.parametrize("name", ["endorsement_create", "endorsement_create_on_behalf", "offer"])
def test_endorsements_of_the_vocabulary_are_endorsements(name):
    note = payload(f"fedirec/{name}.json")["object"]

    assert why_not_endorsement(note, limits=LIMITS) is None


@pytest.mark.parametrize(
    "change",
    [
        {"attachment": [{"type": "Image", "url": "https://a.example/1.png"}]},
        {"summary": "Read this first"},
        {"summaryMap": {"en": "x"}},
        {"name": "A title"},
        {"nameMap": {"en": "x"}},
        {"inReplyTo": "https://a.example/1"},
        {"image": {"type": "Image", "url": "https://a.example/1.png"}},
        {"icon": {"type": "Image", "url": "https://a.example/1.png"}},
        {"quote": "https://a.example/1"},
        {"quoteUri": "https://a.example/1"},
        {"quoteUrl": "https://a.example/1"},
        {"_misskey_quote": "https://a.example/1"},
        {"contentMap": {"en": "<p>Something else entirely, and at least forty characters.</p>"}},
        {"url": "https://evil.example/login"},
        {"url": ["https://guild.example/x", {"type": "Link"}]},
        {"type": ["Note", "x:Endorsement"]},
        {"type": "Article"},
        {"tag": [{"type": "Mention", "href": "https://a.example/users/ada", "name": "@ada"}]},
        {"tag": [{"type": "Emoji", "name": ":x:", "icon": {"url": "https://a.example/1.png"}}]},
        {"tag": [{"type": ["Mention", "Emoji"], "href": BEA.id}]},
        {"tag": ["https://a.example"]},
        {"tag": [{"type": "Hashtag", "name": "#a"}, {"type": "Hashtag", "name": "#b"}]},
        {"padding": "x" * 16_384},
        {"id": "x"},
    ],
)
def test_a_note_that_shows_more_than_was_agreed_is_an_ordinary_post(change):
    note = changed(published(), **change)

    assert (
        why_not_endorsement(note, followers=FOLLOWERS, guild=GUILD.guild_id, limits=LIMITS)
        is not None
    )


def test_a_second_language_shows_words_that_nobody_agreed_to():
    note = published()
    note["contentMap"]["de"] = note["content"]

    assert why_not_endorsement(note, limits=LIMITS) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"attachment": [], "summary": None, "name": "", "inReplyTo": None},
        {"tag": ...},
        {"url": ...},
        {"sensitive": False},
        {"tag": {"type": "Mention", "href": BEA.id, "name": "@bea@weavers.example"}},
    ],
)
def test_empty_and_harmless_members_change_nothing(change):
    assert why_not_endorsement(changed(published(), **change), limits=LIMITS) is None


@pytest.mark.parametrize("shown_to", list(ShownTo))
def test_each_audience_is_as_wide_as_it_says(shown_to):
    note = published(shown_to)

    assert (
        why_not_endorsement(note, followers=FOLLOWERS, guild=GUILD.guild_id, limits=LIMITS) is None
    )
    assert why_not_endorsement(note, limits=LIMITS) is None


@pytest.mark.parametrize("member", ["to", "cc", "bto", "bcc", "audience"])
@pytest.mark.parametrize("who", [PUBLIC, "as:Public", "https://a.example/users/ada"])
@pytest.mark.parametrize("shown_to", [ShownTo.FOLLOWERS, ShownTo.GUILD])
@pytest.mark.parametrize("is_known", [True, False])
def test_more_readers_than_it_says_make_an_ordinary_post(member, who, shown_to, is_known):
    note = published(shown_to)
    note[member] = [*note.get(member, []), who]

    refusal = (
        why_not_endorsement(note, followers=FOLLOWERS, guild=GUILD.guild_id, limits=LIMITS)
        if is_known
        else why_not_endorsement(note, limits=LIMITS)
    )

    assert refusal is not None
    assert shown_to in refusal


def test_a_bad_shape_is_a_reason_too():
    assert "relation" in str(why_not_endorsement(with_member(relation="admires"), limits=LIMITS))


def test_the_offer_of_the_vocabulary_can_be_agreed_to():
    assert why_not_offer(payload("fedirec/offer.json"), limits=LIMITS) is None


@pytest.mark.parametrize(
    "change",
    [
        {"to": [BEA.id, "https://a.example/users/ada"]},
        {"to": ["https://a.example/users/ada"]},
        {"cc": [PUBLIC]},
        {"to": ...},
        {"endTime": ...},
        {"endTime": "2026-06-04T10:00:00Z"},
        {"published": ...},
        {"actor": "https://a.example/users/ada"},
        {"object": NOTE_ID},
        {"object": ...},
    ],
)
def test_an_offer_to_others_of_others_or_without_end_asks_nothing(change):
    offer = changed(payload("fedirec/offer.json"), **change)
    if change == {"to": ...}:
        del offer["object"]["to"]

    assert why_not_offer(offer, limits=LIMITS) is not None


def test_an_offer_whose_note_is_for_more_than_the_endorsed_asks_nothing():
    offer = payload("fedirec/offer.json")
    offer["object"]["cc"] = [PUBLIC]

    assert why_not_offer(offer, limits=LIMITS) is not None


@given(st.dictionaries(st.sampled_from(list(published())), JSON_VALUES))
def test_any_json_is_an_endorsement_or_is_not(members):
    note = {**published(), **members}
    try:
        parse_endorsement(note, limits=LIMITS)
        core_digest(note)
    except InvalidInputError:
        pass
    why_not_endorsement(note, limits=LIMITS)
    why_not_offer({"object": note}, limits=LIMITS)


@given(st.sampled_from(["fedirec/offer.json", "fedirec/endorsement_create.json"]).flatmap(mutated))
def test_any_mutation_of_an_endorsement_is_one_or_is_not(document):
    why_not_offer(document, limits=LIMITS)
    if isinstance(document.get("object"), dict):
        why_not_endorsement(document["object"], limits=LIMITS)


def test_the_limits_of_the_instance_decide_how_many_words_are_enough():
    demanding = replace(LIMITS, words_min=LIMITS.note_bytes)

    refusal = why_not_offer(payload("fedirec/offer.json"), limits=demanding)

    assert refusal is not None
    assert refusal.startswith("words")
