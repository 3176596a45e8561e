"""Which passwords are taken (AC-01): long ones that are not everybody's, and nothing else is asked.

No rules of composition, and no end after some months: both make worse passwords (NIST SP 800-63B).
Pure: the list of common passwords is handed in.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable
from typing import Final

from fedirec.errors import InvalidInputError

SHORTEST: Final = 12
LONGEST: Final = 256
_OWN_WORD: Final = 4
_UNIT: Final = 6
_RUN: Final = 3
_DIFFERENT: Final = 5
_FAR: Final = 4 * LONGEST
_APART: Final = re.compile(r"[\W_]+")
# Rows of keyboards, the alphabet and the digits: walked through, they are guessed first.
_ROWS: Final = tuple(
    walked
    for row in (
        "abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "qwertzuiop", "azertyuiop",
        "asdfghjkl", "qsdfghjklm", "zxcvbnm", "yxcvbnm", "wxcvbn", "йцукенгшщзхъ", "фывапролджэ",
        "ячсмитьбю",
    )
    for walked in (row, row[::-1])
)  # fmt: skip


def normalize_password(text: str) -> str:
    """Return a password as it is counted and hashed: NFC, so that every keyboard writes the same.

    Raises InvalidInputError with field `password` for what is no text, or longer than any password.
    """
    if len(text) > _FAR:
        raise _refusal(f"a password has at most {LONGEST} characters")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _refusal("a password is made of characters") from error
    return unicodedata.normalize("NFC", text)


def check_password(text: str, *, common: Collection[str], own_words: Iterable[str]) -> str:
    """Return a new password as it is hashed.

    Args:
        text: As it was typed.
        common: Passwords that many people have, in lower case.
        own_words: What a guesser tries first here: the guild's names, the domain, the member's own.

    Raises:
        InvalidInputError: With field `password`; the message says what to change.
    """
    password = normalize_password(text)
    if len(password) < SHORTEST:
        raise _refusal(f"a password has at least {SHORTEST} characters; a few words do well")
    if len(password) > LONGEST:
        raise _refusal(f"a password has at most {LONGEST} characters")
    folded = password.casefold()
    if folded in common:
        raise _refusal("this password is among those that are tried first; choose another")
    if _is_monotonous(folded):
        raise _refusal("this password repeats itself or walks along the keyboard; choose another")
    if _holds_any(folded, own_words):
        raise _refusal("leave your own name and the guild's name out of the password")
    return password


def _is_monotonous(folded: str) -> bool:
    """Whether a password is one short piece again and again, or nothing but walks along rows."""
    if len(set(folded)) < _DIFFERENT:
        return True
    unit = (folded + folded).find(folded, 1)
    return unit <= _UNIT or _is_walked(_APART.sub("", folded))


def _is_walked(text: str) -> bool:
    """Whether a text falls into runs of at least three neighbours in a row."""
    place = 0
    while place < len(text):
        run = _run_at(text, place)
        if run < _RUN:
            return False
        place += run
    return True


def _run_at(text: str, start: int) -> int:
    """Return how many characters from `start` on follow one of the rows."""
    longest = 0
    for row in _ROWS:
        length = 1
        while start + length < len(text) and text[start : start + length + 1] in row:
            length += 1
        longest = max(longest, length)
    return longest


def _holds_any(folded: str, own_words: Iterable[str]) -> bool:
    bare = _APART.sub("", folded)
    words = (_APART.sub("", unicodedata.normalize("NFC", word).casefold()) for word in own_words)
    return any(word in bare for word in words if len(word) >= _OWN_WORD)


def _refusal(message: str) -> InvalidInputError:
    return InvalidInputError(message, field="password")
