"""The picture beside a profile: the person in the middle, whoever recognised them around the rim.

One sector for each context, one mark for each who said something there, one line for each
endorsement. Size and distance mean nothing. Only numbers come out of here; the template draws.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fedirec.storage.cards import Person
from fedirec.web.pages.cards import EndorsementView

MOST: Final = 40
BOX: Final = 400
_MIDDLE: Final = BOX / 2
_RIM: Final = 150.0
_EDGE: Final = 192.0
_APART: Final = 7.0  # between the lines of one who said several things
_GAP: Final = 0.25  # of a place, at both ends of a sector

_Group = list[EndorsementView]
_Key = Callable[[EndorsementView], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One endorsement, from the middle to the rim."""

    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Somebody at the rim, or a whole context where there are too many; `x`, `y` is its middle."""

    x: int
    y: int
    hue: int
    person: Person | None
    where: str | None
    slug: str | None
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What is drawn in a square of `BOX`, and the same as rows; `arcs` are hue and path."""

    nodes: tuple[Node, ...]
    arcs: tuple[tuple[int, str], ...]
    rows: tuple[EndorsementView, ...]
    is_grouped: bool


def picture_of(views: Sequence[EndorsementView]) -> Picture | None:
    """Return the picture of what is said about one person, newest first; None for nothing."""
    if not views:
        return None
    contexts = _grouped(views, lambda view: view.slug)
    sectors = [_grouped(context, lambda view: view.endorser.id) for context in contexts]
    is_grouped = sum(map(len, sectors)) > MOST
    if is_grouped:
        sectors = [[context] for context in contexts[:MOST]]
    nodes, arcs = _place(sectors, is_grouped=is_grouped)
    rows = tuple(view for context in contexts for view in context)
    return Picture(nodes=nodes, arcs=arcs, rows=rows, is_grouped=is_grouped)


def _grouped(views: Sequence[EndorsementView], key: _Key) -> list[_Group]:
    """Return the views of one key together, the key of the first first."""
    groups: dict[str | None, _Group] = {}
    for view in views:
        groups.setdefault(key(view), []).append(view)
    return list(groups.values())


def _place(
    sectors: Sequence[Sequence[_Group]], *, is_grouped: bool
) -> tuple[tuple[Node, ...], tuple[tuple[int, str], ...]]:
    places = sum(len(sector) + 1 for sector in sectors)
    turn = math.tau / places
    nodes, arcs, at = [], [], 0
    for sector in sectors:
        hue = sector[0][0].hue
        for group in sector:
            at += 1
            nodes.append(_node(group, at * turn, is_grouped=is_grouped))
        start, end = at - len(sector) + _GAP, at + 1 - _GAP
        arcs.append((hue, _arc(start * turn, end * turn)))
        at += 1
    return tuple(nodes), tuple(arcs)


def _node(group: _Group, angle: float, *, is_grouped: bool) -> Node:
    first = group[0]
    x, y = _point(angle, _RIM)
    count = 1 if is_grouped else len(group)
    return Node(
        x=x,
        y=y,
        hue=first.hue,
        person=None if is_grouped else first.endorser,
        where=first.where,
        slug=first.slug,
        lines=tuple(_line(angle, place - (count - 1) / 2) for place in range(count)),
    )


def _line(angle: float, beside: float) -> Line:
    """Return a line that runs `beside` steps beside the one through the middle."""
    across_x, across_y = math.cos(angle) * beside * _APART, math.sin(angle) * beside * _APART
    x2, y2 = _point(angle, _RIM)
    return Line(
        x1=round(_MIDDLE + across_x),
        y1=round(_MIDDLE + across_y),
        x2=round(x2 + across_x),
        y2=round(y2 + across_y),
    )


def _arc(start: float, end: float) -> str:
    (x1, y1), (x2, y2) = _point(start, _EDGE), _point(end, _EDGE)
    is_large = int(end - start > math.pi)
    radius = round(_EDGE)
    return f"M{x1} {y1}A{radius} {radius} 0 {is_large} 1 {x2} {y2}"


def _point(angle: float, radius: float) -> tuple[int, int]:
    """Return the point at an angle, clockwise from the top."""
    return (
        round(_MIDDLE + math.sin(angle) * radius),
        round(_MIDDLE - math.cos(angle) * radius),
    )
