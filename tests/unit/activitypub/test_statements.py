"""What people read: the text of endorsements, questions and answers."""

from dataclasses import replace
from string import Formatter
from typing import Any

import pytest

from fedirec.activitypub.content import answer_text, clean_html, plain_text
from fedirec.activitypub.documents import dump, ids_of
from fedirec.activitypub.endorsements import render_endorsement_note
from fedirec.activitypub.notes import parse_note
from fedirec.activitypub.parse import parse_activity
from fedirec.activitypub.phrasebook import PHRASES, phrases_in
from fedirec.activitypub.phrases import period_words
from fedirec.activitypub.questions import ConsentQuestion, render_explanation, render_question
from fedirec.activitypub.vocabulary import QUESTION_CONTEXT
from fedirec.domain.actors import Actor
from fedirec.domain.consent_words import WORDS, Answer
from fedirec.domain.endorsements import EndorsementDraft, Period, Relation, ShownTo, Skill
from fedirec.domain.job_notes import PayPer, Remote
from fedirec.domain.public import PUBLIC
from tests.unit.activitypub.samples import (
    BEA,
    CAROL,
    DAN,
    GUILD,
    GUILD_ACTOR,
    LIMITS,
    NOTE_ID,
    NOW,
    ROOF,
    make_actor,
    offered,
    payload,
)

QUESTION_ID = "https://guild.example/notes/01KA0B3D8E1F4G7H0J3K6M9N2P"
DETAILS = "https://guild.example/mine/offers/01K9ZQ4T7M3V8N2C6X5B1D0FGH"
ACTIVITY_ID = "https://guild.example/activities/01KA0B3E2F5G8H1J4K7M0N3P6Q"


def text_of(draft: EndorsementDraft) -> list[str]:
    return plain_text(offered(draft)["content"]).split("\n")


def test_a_reader_without_markup_sees_who_for_what_the_words_how_and_where():
    assert text_of(ROOF) == [
        "@bea did good work: green-oak joinery",
        (
            "She cut and fitted every joint of the frame, taught two of us as she went, and we were"
            " done a week early."
        ),
        (
            "Carol worked with Bea from March to September 2024. In: restoration of the village"
            " hall. #GreenOakJoinery"
        ),
        "guild.example/endorsements/01K9ZQ4T7M3V8N2C6X5B1D0FGH",
    ]


def test_a_reader_of_mastodon_sees_the_same_since_only_common_markup_is_used():
    content = offered()["content"]

    cleaned = clean_html(content).replace(' rel="nofollow noopener noreferrer ugc"', "")

    assert cleaned == content.replace(' rel="tag"', "")
    assert 'class="u-url mention"' in content


def test_without_skills_or_setting_the_text_is_still_whole():
    lines = text_of(replace(ROOF, skills=(), setting=None))

    assert lines[0] == "@bea did good work."
    assert lines[2] == "Carol worked with Bea from March to September 2024."


def test_all_skills_are_named_and_at_most_three_become_hashtags():
    skills = tuple(Skill(name=name) for name in ("a b", "c d", "2024", "e f", "g h"))

    note = offered(replace(ROOF, skills=skills))

    assert (
        text_of(replace(ROOF, skills=skills))[0] == "@bea did good work: a b, c d, 2024, e f, g h"
    )
    assert [tag["name"] for tag in note["tag"][1:]] == ["#AB", "#CD", "#EF"]


@pytest.mark.rule("HT-02")
def test_names_words_and_skills_are_text_and_never_markup():
    eve = make_actor("eve", display_name="<img src=x onerror=alert(1)>")
    draft = replace(
        ROOF,
        words="<script>alert(1)</script> & {endorsed} forty characters of it, at the very least",
        setting="<b>{setting}</b>",
        skills=(Skill(name="<i>{skills}</i>"),),
    )

    note = render_endorsement_note(
        instance=GUILD, id=NOTE_ID, endorser=eve, endorsed=BEA, draft=draft, published=NOW
    )

    content = str(note["content"])
    for markup in ("<img", "<script", "<b>", "<i>"):
        assert markup not in content
    assert "{endorsed} forty" in content
    assert "{setting}" in content


def test_the_words_keep_their_paragraphs():
    words = "First of all, she came every day.\n\nAnd she stayed until the roof was on."

    assert text_of(replace(ROOF, words=words))[1:3] == words.split("\n\n")


def test_the_language_of_the_words_is_the_only_one():
    note = offered(replace(ROOF, language="de"))

    assert note["contentMap"] == {"de": note["content"]}


@pytest.mark.parametrize("relation", list(Relation))
@pytest.mark.parametrize("language", PHRASES)
def test_every_relation_is_said_in_words_with_both_names_and_the_period(relation, language):
    sentence = phrases_in(language).relations[relation]

    named = {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}
    assert named == {"endorser", "endorsed", "period"}


@pytest.mark.parametrize("language", PHRASES)
@pytest.mark.parametrize("answer", [Answer.YES, Answer.NO, Answer.STOP, Answer.WITHDRAW])
def test_the_words_that_a_question_names_are_those_that_count(language, answer):
    phrases = phrases_in(language)

    for said in (phrases.how_to_answer, phrases.explanation):
        assert any(word in said.split("{person}")[-1].lower() for word in WORDS[language][answer])


@pytest.mark.parametrize("language", PHRASES)
def test_every_language_has_all_its_words(language):
    phrases = PHRASES[language]

    assert len(phrases.months) == 12
    assert set(phrases.shown_to) == set(ShownTo)
    assert set(phrases.pay_per) == set(PayPer)
    assert set(phrases.remote) == set(Remote)


def test_a_language_without_phrases_reads_english():
    assert phrases_in("xx-YY") is phrases_in("en") is phrases_in("EN-gb")


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (Period(start="2024"), "in 2024"),
        (Period(start="2024-03"), "in March 2024"),
        (Period(start="2024-03-08"), "on 8 March 2024"),
        (Period(start="2024", end="2024"), "in 2024"),
        (Period(start="2024-03-08", end="2024-03-08"), "on 8 March 2024"),
        (Period(start="2024", end="2025"), "from 2024 to 2025"),
        (Period(start="2024-03", end="2024-09"), "from March to September 2024"),
        (Period(start="2024-03", end="2025-01"), "from March 2024 to January 2025"),
        (Period(start="2024-03-08", end="2024-04"), "from 8 March to April 2024"),
        (Period(start="2024", end="2024-09"), "from 2024 to September 2024"),
        (Period(start="2024-03", end="2024"), "from March 2024 to 2024"),
    ],
)
def test_a_period_is_said_as_people_say_it(period, words):
    assert period_words(period, phrases_in("en")) == words


# Questions


def question(shown_to: ShownTo = ShownTo.PUBLIC, asker: Actor = GUILD_ACTOR) -> Any:
    draft = replace(ROOF, shown_to=shown_to, relation=Relation.LED_BY)
    asked = ConsentQuestion(asker=asker, endorser=CAROL, endorsed=DAN, draft=draft, details=DETAILS)
    return render_question(asked, activity_id=ACTIVITY_ID, id=QUESTION_ID, published=NOW)


def test_a_question_is_as_the_vocabulary_says():
    sample = payload("fedirec/consent_request.json")
    asked = question()
    text = {"content": "…", "contentMap": {"en": "…"}, "published": "…"}
    note = {**asked.pop("object"), **text}
    expected = {**sample.pop("object"), **text}

    assert note == expected
    assert {**asked, "published": "…"} == {**sample, "published": "…"}
    assert dump({"c": asked["@context"]}) == dump({"c": sample["@context"]})


def test_a_question_shows_the_whole_text_who_asks_and_how_to_answer():
    lines = plain_text(question()["object"]["content"]).split("\n")

    assert lines == [
        "@dan Carol (carol at guild.example) would like to publish this about you:",
        "Dan did good work: green-oak joinery",
        ROOF.words,
        "Carol was led by Dan from March to September 2024. In: restoration of the village hall.",
        (
            "Public, with your name, on guild.example and on the servers of those who follow Carol."
            " Nothing is published unless you agree."
        ),
        (
            "To agree, reply to this message with the one word: yes. To refuse: no, or just ignore"
            " it; Carol is not told which, and there is no reminder. For no more such messages:"
            " stop. You can take a yes back at any time with: withdraw."
        ),
        (
            "Details, after signing in with your own server:"
            " guild.example/mine/offers/01K9ZQ4T7M3V8N2C6X5B1D0FGH"
        ),
    ]


@pytest.mark.parametrize("shown_to", list(ShownTo))
def test_a_question_says_where_the_text_would_appear(shown_to):
    content = question(shown_to)["object"]["content"]

    assert "Nothing is published unless you agree." in content
    assert "guild.example" in plain_text(content)


@pytest.mark.parametrize("asker", [GUILD_ACTOR, CAROL])
def test_a_question_is_for_one_person_alone_and_notifies_them(asker):
    activity = parse_activity(dump(question(asker=asker)), limits=LIMITS)
    note = parse_note(activity.object_ or {}, limits=LIMITS)

    assert activity.actor == note.attributed_to == asker.id
    assert activity.addressees == note.to == note.mentions == (DAN.id,)
    assert PUBLIC not in ids_of(note.document.get("to"))
    assert note.document["directMessage"] is True
    assert activity.document["@context"] == QUESTION_CONTEXT


def test_a_question_may_answer_what_the_person_wrote():
    asked = ConsentQuestion(asker=CAROL, endorser=CAROL, endorsed=DAN, draft=ROOF, details=DETAILS)

    create = render_question(
        asked,
        activity_id=ACTIVITY_ID,
        id=QUESTION_ID,
        published=NOW,
        in_reply_to="https://mastodon.example/1",
    )

    activity = parse_activity(dump(create), limits=LIMITS)
    assert parse_note(activity.object_ or {}, limits=LIMITS).in_reply_to == (
        "https://mastodon.example/1"
    )


def test_an_explanation_says_which_words_are_answers_and_is_none_itself():
    create = render_explanation(
        activity_id=ACTIVITY_ID,
        id=QUESTION_ID,
        asker=GUILD_ACTOR,
        endorsed=DAN,
        in_reply_to="https://mastodon.example/1",
        published=NOW,
    )

    activity = parse_activity(dump(create), limits=LIMITS)
    note = parse_note(activity.object_ or {}, limits=LIMITS)
    assert activity.addressees == (DAN.id,)
    assert note.in_reply_to == "https://mastodon.example/1"
    assert "the one word: yes" in note.text
    assert len(answer_text(note.content).split()) > 1
