"""QR codes as one SVG path, made here: a printed page leads back to what stands today."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import segno

_BORDER: Final = 4  # modules of quiet zone (ISO/IEC 18004)
_REMEMBERED: Final = 256  # a code takes two milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class QrCode:
    """A square of `size` modules with its border; `path` fills the dark ones."""

    size: int
    path: str


@lru_cache(_REMEMBERED)
def qr_of(url: str) -> QrCode:
    """Return the code of an address, out of memory if it was drawn lately."""
    return draw_qr(url)


def draw_qr(text: str) -> QrCode:
    """Return the code of a text, level M: readable with 15 percent of it spoiled."""
    rows = [list(row) for row in segno.make_qr(text, error="m").matrix_iter(border=_BORDER)]
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            start = x
            while x < len(row) and row[x]:
                x += 1
            if x > start:
                parts.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            x += 1
    return QrCode(size=len(rows), path="".join(parts))
