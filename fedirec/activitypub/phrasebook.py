"""Which phrases a language has; whoever adds a language adds its file and its line here.

A language that is not here reads English.
"""

from collections.abc import Mapping
from typing import Final

from fedirec.activitypub.phrases import Phrases
from fedirec.activitypub.phrases_arabic import ARABIC
from fedirec.activitypub.phrases_czech import CZECH
from fedirec.activitypub.phrases_english import ENGLISH
from fedirec.activitypub.phrases_french import FRENCH
from fedirec.activitypub.phrases_german import GERMAN
from fedirec.activitypub.phrases_spanish import SPANISH

PHRASES: Final[Mapping[str, Phrases]] = {
    "ar": ARABIC,
    "cs": CZECH,
    "de": GERMAN,
    "en": ENGLISH,
    "es": SPANISH,
    "fr": FRENCH,
}


def phrases_in(language: str) -> Phrases:
    """Return the phrases of a language tag (`pt-BR` reads `pt`), English if there are none."""
    return PHRASES.get(language.partition("-")[0].lower(), ENGLISH)
