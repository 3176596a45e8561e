"""The picture of cost against what is stored: SVG, in the colour of the text around it. Pure."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

from benchmarks.results import Curve, shown

_WIDTH: Final = 720
_HEIGHT: Final = 400
_LEFT: Final = 70
_RIGHT: Final = 560
_TOP: Final = 30
_BOTTOM: Final = 340
_DASHES: Final = ("none", "8 4", "2 3", "12 4 2 4", "4 8")
_STYLE: Final = """
  svg { color: #1b1b1b; font: 13px system-ui, sans-serif }
  @media (prefers-color-scheme: dark) { svg { color: #e6e6e6 } }
  text { fill: currentColor }
  path { stroke: currentColor; fill: none }
  .grid { opacity: 0.2 }
  .curve { stroke-width: 2 }
  circle { fill: currentColor }"""


def draw(curves: Sequence[Curve]) -> str:
    """Return a picture of curves over the same sizes, both axes logarithmic.

    Raises ValueError for no curves.
    """
    if not curves:
        message = "there is nothing to draw"
        raise ValueError(message)
    sizes = [size for size, _ in curves[0].points]
    costs = [cost for curve in curves for _, cost in curve.points]
    axes = _Axes(sizes, costs)
    parts = [axes.grid()]
    labels = _spread_out([axes.y(curve.points[-1][1]) for curve in curves])
    for curve, dashes, label_y in zip(curves, _DASHES, labels, strict=False):
        places = [(axes.x(size), axes.y(cost)) for size, cost in curve.points]
        parts.append(_curve(curve, places, dashes, label_y))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">\n'
        f"<title>Cost of one operation against what is stored</title>\n<style>{_STYLE}\n</style>\n"
        + "\n".join(parts)
        + "\n</svg>\n"
    )


class _Axes:
    """Where sizes and costs lie in the picture."""

    def __init__(self, sizes: Sequence[int], costs: Sequence[float]) -> None:
        self._sizes = sizes
        self._least = math.floor(math.log10(min(costs)))
        self._most = max(math.ceil(math.log10(max(costs))), self._least + 1)

    def x(self, size: float) -> float:
        """Return where a size lies."""
        first, last = math.log10(self._sizes[0]), math.log10(self._sizes[-1])
        share = (math.log10(size) - first) / ((last - first) or 1)
        return _LEFT + share * (_RIGHT - _LEFT)

    def y(self, cost: float) -> float:
        """Return where a cost lies."""
        share = (math.log10(cost) - self._least) / (self._most - self._least)
        return _BOTTOM - share * (_BOTTOM - _TOP)

    def grid(self) -> str:
        """Return the lines and the words of both axes."""
        parts = [
            f'<text x="{_LEFT}" y="{_TOP - 12}">CPU microseconds of one</text>',
            f'<text x="{_RIGHT}" y="{_HEIGHT - 14}" text-anchor="end">stored</text>',
        ]
        for power in range(self._least, self._most + 1):
            y = self.y(10**power)
            parts.append(
                f'<line class="grid" x1="{_LEFT}" x2="{_RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
            )
            label = shown(10**power)
            parts.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
        for size in self._sizes:
            x = self.x(size)
            parts.append(
                f'<text x="{x:.1f}" y="{_BOTTOM + 22}" text-anchor="middle">{size:,}</text>'
            )
        return "\n".join(parts)


def _curve(curve: Curve, places: Sequence[tuple[float, float]], dashes: str, label_y: float) -> str:
    path = " L".join(f"{x:.1f} {y:.1f}" for x, y in places)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in places)
    label = f"{curve.name}, {shown(curve.points[-1][1])} us"
    return (
        f'<path class="curve" stroke-dasharray="{dashes}" d="M{path}"/>{dots}'
        f'<text x="{_RIGHT + 12}" y="{label_y + 4:.1f}">{escape(label)}</text>'
    )


def _spread_out(places: Sequence[float], *, apart: float = 16) -> list[float]:
    """Return where labels go: as near to these places as they can stand without touching."""
    moved = list(places)
    order = sorted(range(len(moved)), key=lambda number: moved[number])
    for above, below in pairwise(order):
        moved[below] = max(moved[below], moved[above] + apart)
    return moved
