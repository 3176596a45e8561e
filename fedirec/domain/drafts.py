"""Checks that everything a member writes has in common. Pure; each error names its field."""

import re
from collections.abc import Sequence
from typing import Final

from fedirec.domain.origins import parse_url
from fedirec.errors import InvalidInputError

MAX_SKILLS: Final = 8
SKILL_CHARACTERS: Final = 100
LINE_CHARACTERS: Final = 300
"""How long a line may be: a title, a setting, a place, the name of a link."""

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}")  # BCP 47, roughly


def check_line(text: str, *, field: str) -> None:
    """Raise InvalidInputError for a line that is empty or too long."""
    if not 1 <= len(text.strip()) <= LINE_CHARACTERS:
        message = f"expected 1 to {LINE_CHARACTERS} characters, found {len(text.strip())}"
        raise InvalidInputError(message, field=field)


def check_language(language: str) -> None:
    """Raise InvalidInputError unless it looks like a language tag of BCP 47."""
    if not _LANGUAGE.fullmatch(language):
        message = f"a language is a tag such as en or pt-BR, found {language[:40]!r}"
        raise InvalidInputError(message, field="language")


def check_link(url: str, *, field: str) -> None:
    """Raise InvalidInputError unless it is a web address."""
    try:
        parse_url(url, allow_http=True)
    except InvalidInputError as error:
        message = f"expected a link such as https://guild.example/plans; {error}"
        raise InvalidInputError(message, field=field) from error


def check_skill_names(names: Sequence[str]) -> None:
    """Raise InvalidInputError for too many skills, an empty or long one, or one named twice."""
    if len(names) > MAX_SKILLS:
        message = f"at most {MAX_SKILLS} skills, found {len(names)}"
        raise InvalidInputError(message, field="skill")
    plain = [name.strip().casefold() for name in names]
    if not all(1 <= len(name) <= SKILL_CHARACTERS for name in plain):
        message = f"a skill has 1 to {SKILL_CHARACTERS} characters"
        raise InvalidInputError(message, field="skill")
    if len(set(plain)) < len(plain):
        raise InvalidInputError("each skill is named once", field="skill")
