"""Whether colours can be told apart: the contrast of WCAG 2, and the nearest one that can. Pure.

Sources: WCAG 2.2, "relative luminance" and "contrast ratio", and its 1.4.3 for text.
"""

import colorsys
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fedirec.errors import InvalidInputError

TEXT: Final = 4.5
"""What text needs against what it stands on (WCAG 2.2, 1.4.3, level AA)."""

LIGHT_GROUNDS: Final = ("#f4f6f3", "#ffffff", "#e9ede8")
DARK_GROUNDS: Final = ("#111714", "#19211d", "#0c110e")
"""What an accent stands on: `bg`, `card` and `sunk` of tokens.css."""

_COLOUR: Final = re.compile(r"#?[0-9a-fA-F]{6}|#?[0-9a-fA-F]{3}", re.ASCII)
_SHORT: Final = 3
_STEPS: Final = 256
_KNEE: Final = 0.04045
_ON: Final = ("#ffffff", "#000000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accent:
    """A guild's colour by day and by night; each can be read on the grounds of its time."""

    light: str
    dark: str


def parse_colour(text: str) -> str:
    """Return a colour as `#rrggbb`, in small letters; raise InvalidInputError for anything else."""
    given = text.strip()
    if _COLOUR.fullmatch(given) is None:
        message = f"expected a colour such as #0a6650, found {given[:40]!r}"
        raise InvalidInputError(message)
    digits = given.removeprefix("#").lower()
    if len(digits) == _SHORT:
        digits = "".join(digit * 2 for digit in digits)
    return f"#{digits}"


def luminance(colour: str) -> float:
    """Return the relative luminance of `#rrggbb`, from 0 (black) to 1 (white)."""
    red, green, blue = (_linear(part) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def least_contrast(colour: str, grounds: Iterable[str]) -> float:
    """Return how well a colour stands out where it does so least."""
    return min(contrast(colour, ground) for ground in grounds)


def nearest_readable(colour: str, grounds: tuple[str, ...]) -> str:
    """Return the colour itself if it can be read on all grounds, else its nearest shade that can.

    The hue stays; on light grounds it is darkened, on dark ones lightened.
    """
    hue, lightness, saturation = colorsys.rgb_to_hls(*_parts(colour))
    end = 0.0 if luminance(grounds[0]) > 0.5 else 1.0  # noqa: PLR2004 - half way to white
    shade = colour
    for step in range(_STEPS + 1):
        if least_contrast(shade, grounds) >= TEXT:
            break
        shifted = lightness + (end - lightness) * step / _STEPS
        shade = _written(colorsys.hls_to_rgb(hue, shifted, saturation))
    return shade


def ink_on(colour: str) -> str:
    """Return white or black, whichever can be read better on a colour; one of them always can."""
    return max(_ON, key=lambda ink: contrast(ink, colour))


def _parts(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= _KNEE else ((part + 0.055) / 1.055) ** 2.4


def _written(parts: Iterable[float]) -> str:
    return "#" + "".join(f"{round(part * 255):02x}" for part in parts)
