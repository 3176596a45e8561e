"""A person's one-word answer to "may this be published?", in the languages a guild speaks. Pure.

Consent is exactly one listed word and nothing else: "yes, but …" is not an answer. Words that only
acknowledge ("ok", a thumb) are not listed. No word may mean two things in two languages.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Answer(StrEnum):
    """What a reply says. `WITHDRAW` takes back an earlier yes; `STOP` ends all asking."""

    YES = "yes"
    NO = "no"
    STOP = "stop"
    WITHDRAW = "withdraw"
    UNCLEAR = "unclear"


# Spelled as people spell them; `_plain` makes both sides comparable.
WORDS: Final[Mapping[str, Mapping[Answer, tuple[str, ...]]]] = {
    "en": {
        Answer.YES: ("yes", "agree", "agreed"),
        Answer.NO: ("no", "decline", "refuse"),
        Answer.STOP: ("stop",),
        Answer.WITHDRAW: ("withdraw",),
    },
    "de": {
        Answer.YES: ("ja", "einverstanden"),
        Answer.NO: ("nein",),
        Answer.STOP: ("stopp",),
        Answer.WITHDRAW: ("widerrufen", "widerruf", "zurückziehen", "zurueckziehen"),
    },
    "es": {
        Answer.YES: ("sí", "acepto"),
        Answer.NO: ("no", "rechazo"),
        Answer.STOP: ("basta",),
        Answer.WITHDRAW: ("retirar", "retiro"),
    },
    "fr": {
        Answer.YES: ("oui", "j'accepte"),
        Answer.NO: ("non", "je-refuse"),
        Answer.STOP: ("arrêter", "arrêtez"),
        Answer.WITHDRAW: ("retirer",),
    },
    "cs": {
        Answer.YES: ("ano", "souhlasím"),
        Answer.NO: ("ne", "nesouhlasím"),
        Answer.STOP: ("dost", "přestaňte"),
        Answer.WITHDRAW: ("odvolat", "odvolávám"),
    },
    "ar": {
        Answer.YES: ("نعم", "أوافق", "موافق", "موافقة"),
        Answer.NO: ("لا", "كلا", "أرفض"),
        Answer.STOP: ("توقف", "توقفوا"),
        Answer.WITHDRAW: ("سحب", "أسحب"),
    },
}

_TATWEEL: Final = "\N{ARABIC TATWEEL}"  # stretches a word, and is a letter to Unicode


def parse_answer(text: str, *, languages: tuple[str, ...]) -> Answer:
    """Return what a reply says, its text given without mentions.

    English always counts, beside the languages given (`de` or `de-AT`; unknown ones are passed
    over). Case, accents, punctuation and emoji do not matter; a second word does.
    """
    words = _plain(text).split()
    if len(words) != 1:
        return Answer.UNCLEAR
    spoken = {"en", *(language.split("-")[0].lower() for language in languages)}
    return _meanings(spoken).get(words[0], Answer.UNCLEAR)


def _meanings(languages: Iterable[str]) -> dict[str, Answer]:
    return {
        _plain(word): answer
        for language in languages
        for answer, words in WORDS.get(language, {}).items()
        for word in words
    }


def _plain(text: str) -> str:
    """Drop what does not matter. Signs of arithmetic and money stay, so that `¬yes` is no yes."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", decomposed)
        if character != _TATWEEL and not _is_ornament(character)
    )


def _is_ornament(character: str) -> bool:
    """Whether it is an accent, punctuation, an emoji or an invisible joiner."""
    category = unicodedata.category(character)
    return category[0] in "MP" or category in {"So", "Sk", "Cf"}
