"""What others wrote, made harmless for a terminal: nothing moves the cursor or turns the text."""

import re

_STEERING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def escape(text: str) -> str:
    """Return text with its control characters and marks of direction written out, as in JSON.

    Line ends and tabs stay: who prints one line takes them out before.
    """
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def on_one_line(text: str) -> str:
    """Return text on one line, every run of spaces as one, and nothing that steers."""
    return escape(" ".join(text.split()))
