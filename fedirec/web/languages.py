"""What the pages say in people's languages: which one, and the words of its catalogue.

English is in the templates and the code; `translations/{language}.po` has the others, and what one
of them lacks reads English. A catalogue is compiled when first asked for, so that starting reads
none and no compiled file has to be kept in step with its source.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Final, Protocol

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

ENGLISH: Final = "en"
LANGUAGES: Final[Mapping[str, str]] = {
    ENGLISH: "English",
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "cs": "Čeština",
    "ar": "العربية",
}
"""Every language the pages have, by its own name."""

PSEUDO: Final = "en-XA"
"""What is translated, wrapped in brackets: whatever shows without them can never be translated."""

_RIGHT_TO_LEFT: Final = frozenset({"ar"})
_FOLDER: Final = Path(__file__).resolve().parent.parent / "translations"
_MOST_ASKED: Final = 512
_HEADER_CHARACTERS: Final = 200
_current: ContextVar[str] = ContextVar("language", default=ENGLISH)


class Later(str):
    """A message that is known before the language is: `str()` of it is its translation now.

    A `str` so that it goes wherever labels and errors go; templates and `%s` ask for `str()`.
    """

    __slots__ = ()

    def __str__(self) -> str:
        return gettext(self[:])


class _Catalogue(Protocol):
    """What this room uses of gettext."""

    def gettext(self, message: str) -> str:
        """Return a message in this language."""
        ...

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        """Return the form of a message for so many."""
        ...


class _Pseudo:
    """A language of brackets, for tests."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return f"⟦{singular if number == 1 else plural}⟧"


def gettext(message: str, /, **parts: object) -> str:
    """Return a message in the language of this page, `%(name)s` filled in from `parts`."""
    found = _catalogue(_current.get()).gettext(message)
    return found % parts if parts else found


def ngettext(singular: str, plural: str, number: int, /, **parts: object) -> str:
    """Return the form of a message for `number`, which fills in `%(num)s`."""
    found = _catalogue(_current.get()).ngettext(singular, plural, number)
    return found % {"num": number, **parts}


def later(message: str) -> Later:
    """Mark a message of a table that is made before anybody asks, for the catalogues."""
    return Later(message)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in `language` for the block."""
    token = _current.set(language)
    try:
        yield
    finally:
        _current.reset(token)


def spoken() -> str:
    """Return the language that is spoken now, as a tag of BCP 47."""
    return _current.get()


def direction_of(language: str) -> str:
    """Return `rtl` or `ltr`, as HTML's `dir` has it."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


@lru_cache(_MOST_ASKED)
def choose_language(accepted: str, otherwise: str) -> str:
    """Return the language of ours that an Accept-Language header likes best (RFC 9110 §12.5.4)."""
    wishes = []
    for place, part in enumerate(accepted[:_HEADER_CHARACTERS].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            continue
        wishes.append((-weight, place, tag.strip().lower().partition("-")[0]))
    for weight, _, tag in sorted(wishes):
        if tag in LANGUAGES and weight < 0:
            return tag
    return otherwise if otherwise in LANGUAGES else ENGLISH


@cache
def _catalogue(language: str) -> _Catalogue:
    if language == PSEUDO:
        return _Pseudo()
    path = _FOLDER / f"{language}.po"
    if language == ENGLISH or not path.is_file():
        return NullTranslations()
    compiled = BytesIO()
    with path.open("rb") as source:
        write_mo(compiled, read_po(source, locale=language))
    compiled.seek(0)
    return Translations(compiled)
