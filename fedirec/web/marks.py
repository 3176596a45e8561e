"""Maker's marks: what stands for an actor without a portrait, as masons marked their stones.

A staff and three strokes across it, chosen by the actor's id alone: the same everywhere, drawn as
one SVG path, and nothing is fetched from anywhere (PA-08).
"""

import hashlib
from typing import Final

_STAFF: Final = "M24 5V43"
# Strokes around the point where they cross the staff; {y} is the height, {u} and {d} above, below.
_STROKES: Final = (
    "M12 {d}L24 {u}L36 {d}",
    "M12 {u}L24 {d}L36 {u}",
    "M12 {y}H36",
    "M14 {u}L34 {d}M34 {u}L14 {d}",
    "M24 {u}H38V{d}H24",
    "M24 {u}H10V{d}H24",
    "M24 {u}L34 {y}L24 {d}L14 {y}Z",
    "M12 {u}V{d}M36 {u}V{d}M12 {y}H36",
    "M14 {d}L24 {y}L34 {u}",
    "M34 {d}L24 {y}L14 {u}",
    "M24 {u}L37 {y}L24 {d}",
    "M24 {u}L11 {y}L24 {d}",
)
_HEIGHTS: Final = (12, 24, 36)
_REACH: Final = 6
_FOOT: Final = ("", "M16 43H32", "M24 43L15 38M24 43L33 38")


def mark_path(actor_id: str) -> str:
    """Return the `d` of the mark's path, in a box of 48 by 48; letters, digits and spaces only."""
    digest = hashlib.sha256(actor_id.encode()).digest()
    parts = [_STAFF, _FOOT[digest[0] % len(_FOOT)]]
    before = -1
    for place, y in enumerate(_HEIGHTS):
        choice = digest[place + 1] % len(_STROKES)
        if choice == before:
            choice = (choice + 1) % len(_STROKES)
        before = choice
        parts.append(_STROKES[choice].format(y=y, u=y - _REACH, d=y + _REACH))
    return "".join(parts)
