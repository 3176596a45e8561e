"""Small plots, drawn here as SVG: lines over time, told apart by dashes and words as by colour.

Each goes with its table, which says the same. Coordinates are numbers of ours alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from fedirec.storage.history import Stretch
from fedirec.web.languages import Later, later

WIDTH: Final = 480
HEIGHT: Final = 96
_EDGE: Final = 4
_HOUR: Final = timedelta(hours=1)
_REASONS: Final = {
    "signature": later("wrong signature"),
    "blocked": later("blocked"),
    "forbidden": later("not theirs to say"),
    "malformed": later("malformed"),
    "too_large": later("too large"),
    "too_many": later("too many"),
    "no_key": later("key not to be had"),
    "storage": later("no room here"),
    "other": later("something else"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a plot: its words, its values, and the `d` of its path."""

    label: Later
    values: tuple[int, ...]
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A plot and its table: `heads` name the columns behind the time, `rows` are newest first.

    `highest` is the value at the top edge; nothing is drawn when it is 0.
    """

    id: str
    title: Later
    lines: tuple[Line, ...]
    highest: int
    heads: tuple[Later, ...]
    rows: tuple[tuple[str, tuple[int, ...]], ...]


def charts_of(history: Stretch) -> list[Chart]:
    """Return the four plots of a stretch of history."""
    failed = _sum(history, [name for name in _named(history, "delivery.") if name != "delivery.ok"])
    refusals = _named(history, "refused.")
    minutes = tuple(seconds // 60 for seconds in history.of("most.age"))
    return [
        _chart(
            history,
            "deliveries",
            later("Sent to other servers"),
            [(later("arrived"), history.of("delivery.ok")), (later("failed, a try each"), failed)],
        ),
        _chart(
            history,
            "inbox",
            later("Received from other servers"),
            [
                (later("taken"), _sum(history, _named(history, "inbox."))),
                (later("refused"), _sum(history, refusals)),
            ],
            [(_reason(name), history.of(name)) for name in refusals],
        ),
        _chart(
            history,
            "age",
            later("Age of the oldest that waits to be sent, in minutes"),
            [(later("minutes"), minutes)],
            [(later("how many waited"), history.of("most.waiting"))],
        ),
        _chart(
            history,
            "signatures",
            later("Signatures of what came"),
            [
                (later("RFC 9421"), history.of("signature.rfc9421")),
                (later("the older kind"), history.of("signature.cavage")),
            ],
        ),
    ]


def path_of(values: Sequence[int], highest: int) -> str:
    """Return the `d` of a line through values, from left to right; empty without a height."""
    if highest <= 0 or not values:
        return ""
    step = WIDTH / max(1, len(values) - 1)
    room = HEIGHT - 2 * _EDGE
    points = (
        f"{place * step:.1f} {HEIGHT - _EDGE - value * room / highest:.1f}"
        for place, value in enumerate(values)
    )
    return "M" + "L".join(points)


def _chart(
    history: Stretch,
    id_: str,
    title: Later,
    lines: Sequence[tuple[Later, tuple[int, ...]]],
    beside: Sequence[tuple[Later, tuple[int, ...]]] = (),
) -> Chart:
    highest = max((value for _, values in lines for value in values), default=0)
    columns = [*lines, *beside]
    rows = [
        (_moment(history, place), tuple(values[place] for _, values in columns))
        for place in reversed(range(history.count))
    ]
    return Chart(
        id=id_,
        title=title,
        lines=tuple(
            Line(label=label, values=values, path=path_of(values, highest))
            for label, values in lines
        ),
        highest=highest,
        heads=tuple(label for label, _ in columns),
        rows=tuple(rows),
    )


def _moment(history: Stretch, place: int) -> str:
    """Return when a bucket began, in UTC: hours of a day, or days."""
    at = history.since + place * history.width
    return f"{at:%m-%d %H:%M}" if history.width == _HOUR else f"{at:%Y-%m-%d}"


def _named(history: Stretch, prefix: str) -> list[str]:
    return [name for name in history.values if name.partition(".")[0] == prefix.rstrip(".")]


def _sum(history: Stretch, names: Sequence[str]) -> tuple[int, ...]:
    columns = [history.of(name) for name in names] or [(0,) * history.count]
    return tuple(sum(values) for values in zip(*columns, strict=True))


def _reason(name: str) -> Later:
    return _REASONS.get(name.partition(".")[2], _REASONS["other"])
