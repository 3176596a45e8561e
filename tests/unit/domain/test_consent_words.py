"""One word, or it is no answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.consent_words import WORDS, Answer, _plain, parse_answer

ALL = tuple(WORDS)
LISTED = [
    (language, word, answer)
    for language, answers in WORDS.items()
    for answer, words in answers.items()
    for word in words
]


@pytest.mark.parametrize(("language", "word", "answer"), LISTED)
def test_a_listed_word_counts_in_its_language(language, word, answer):
    assert parse_answer(word, languages=(language,)) is answer
    assert parse_answer(word.upper(), languages=(language,)) is answer
    assert parse_answer(f"\n  {word.title()}!  🎉\n", languages=ALL) is answer


def test_no_word_means_two_things():
    meanings: dict[str, set[Answer]] = {}
    for _language, word, answer in LISTED:
        meanings.setdefault(_plain(word), set()).add(answer)

    assert {word: kinds for word, kinds in meanings.items() if len(kinds) > 1} == {}


@pytest.mark.parametrize("language", WORDS)
def test_each_language_can_say_everything(language):
    assert set(WORDS[language]) == set(Answer) - {Answer.UNCLEAR}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes.", Answer.YES),
        ("YES!!!", Answer.YES),
        ("“yes”", Answer.YES),
        ("yes 👍🏽", Answer.YES),
        ("👨‍👩‍👧 yes ❤️ 🇨🇿", Answer.YES),
        ("\uff59\uff45\uff53", Answer.YES),
        ("ye\N{ZERO WIDTH SPACE}s", Answer.YES),
        ("— no —", Answer.NO),
        ("Stop", Answer.STOP),
        ("WITHDRAW…", Answer.WITHDRAW),
        ("¡Sí!", Answer.YES),
        ("si", Answer.YES),
        ("si\N{COMBINING ACUTE ACCENT}", Answer.YES),
        ("J\N{RIGHT SINGLE QUOTATION MARK}accepte", Answer.YES),
        ("Zurückziehen", Answer.WITHDRAW),
        ("zuruckziehen", Answer.WITHDRAW),
        ("SOUHLASIM", Answer.YES),
        ("نَعَم", Answer.YES),
        ("نعـــم", Answer.YES),
        ("اوافق", Answer.YES),
        ("\N{RIGHT-TO-LEFT MARK}لا\N{RIGHT-TO-LEFT MARK}.", Answer.NO),
    ],
)
def test_case_accents_punctuation_and_emoji_do_not_matter(text, answer):
    assert parse_answer(text, languages=ALL) is answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "👍",
        "!",
        "ok",
        "yes, but not the part about the roof",
        "yes but",
        "yes yes",
        "yes/no",
        "yes no",
        "not yes",
        "¬yes",
        "yes1",
        "yes 1️⃣",
        "yesterday",
        "I agree",
        "yes\N{NO-BREAK SPACE}please",
        "no thanks",
        "please stop",
        "ye s",
        "\N{CYRILLIC SMALL LETTER U}es",  # looks like yes
        "ja, aber",
        "oui mais",
    ],
)
def test_anything_else_is_not_an_answer(text):
    assert parse_answer(text, languages=ALL) is Answer.UNCLEAR


def test_a_word_of_a_language_that_the_guild_does_not_speak_is_not_an_answer():
    assert parse_answer("ano", languages=("de", "fr")) is Answer.UNCLEAR


def test_english_always_counts():
    assert parse_answer("yes", languages=("cs",)) is Answer.YES
    assert parse_answer("stop", languages=()) is Answer.STOP


def test_a_regional_language_is_its_language_and_an_unknown_one_is_passed_over():
    assert parse_answer("Ja", languages=("tlh", "de-AT")) is Answer.YES


@given(text=st.text(), languages=st.lists(st.sampled_from(ALL)).map(tuple))
def test_whatever_is_said_some_answer_comes_out(text, languages):
    assert parse_answer(text, languages=languages) in Answer


@given(
    word=st.sampled_from(["yes", "no", "stop", "withdraw"]),
    rest=st.text(st.characters(categories=["Lu", "Ll", "Lo", "Nd"]), min_size=1),
)
def test_one_word_more_makes_it_unclear(word, rest):
    assert parse_answer(f"{word} {rest}", languages=ALL) is Answer.UNCLEAR
