"""Contexts: the project, course or crew of an endorsement, told by the text of its `setting` alone.

Whoever writes the same words, in any case and spacing, means the same context. Pure.
"""

import base64
import hashlib
import re
import unicodedata
from typing import Final

HUES: Final = 5
NO_CONTEXT: Final = 6
SLUG_PATTERN: Final = "[a-z0-9-]{8,60}"
_READABLE: Final = 50
_DIGEST: Final = 5  # bytes, eight letters: no two contexts of a guild share them by chance
_NOT_PLAIN: Final = re.compile(r"[^a-z0-9]+")


def hue_of(setting: str | None) -> int:
    """Return the hue of a context, 1 to 5 by its text alone; 6 is grey, for none."""
    return NO_CONTEXT if setting is None else _digest(setting)[0] % HUES + 1


def slug_of(setting: str) -> str:
    """Return the name of a context in addresses: what ASCII can say of it, and who it is for sure.

    Two settings have one slug exactly when they are the same but for case and spaces; letters of
    other scripts are in the last eight characters alone.
    """
    plain = unicodedata.normalize("NFKD", _folded(setting)).encode("ascii", "ignore").decode()
    words = _NOT_PLAIN.sub("-", plain).strip("-")[:_READABLE].strip("-")
    sure = base64.b32encode(_digest(setting)[:_DIGEST]).decode().lower()
    return f"{words}-{sure}" if words else sure


def _folded(setting: str) -> str:
    return " ".join(setting.casefold().split())


def _digest(setting: str) -> bytes:
    return hashlib.sha256(_folded(setting).encode(errors="replace")).digest()
