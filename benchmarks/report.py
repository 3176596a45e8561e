"""The table: for the terminal, for docs/performance.md, and as JSON."""

import json
from collections.abc import Sequence

from benchmarks.results import Result, shown

_HEAD = ("what", "value", "rounds", "goal", "met")


def as_text(results: Sequence[Result]) -> str:
    """Return the table for a terminal."""
    rows = [_HEAD, *(_row(result) for result in results)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    lines = []
    for row, result in zip(rows, [None, *results], strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())
        if result is not None:
            lines += [f"    {line}" for line in _explained(result)]
    return "\n".join(lines)


def as_json(results: Sequence[Result]) -> str:
    """Return the list that `--json` writes (interface.md)."""
    return json.dumps([_record(result) for result in results], indent=2) + "\n"


def as_markdown(results: Sequence[Result]) -> str:
    """Return the table for the documentation."""
    head = ("what", "median", "least to most", "goal", "met", "yardstick", "how")
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    for result in results:
        name, value, rounds, goal, met = _row(result)
        how = "; ".join(f"{key}: {said}" for key, said in result.detail.items())
        cells = (name, value, rounds, goal, met, result.yardstick, how)
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _row(result: Result) -> tuple[str, ...]:
    rounds = result.samples
    return (
        result.name,
        "none" if result.value is None else shown(result.value),
        "" if rounds is None else f"{shown(rounds.least)} to {shown(rounds.most)}",
        "" if result.goal is None else str(result.goal),
        {True: "yes", False: "no", None: ""}[result.is_met],
    )


def _explained(result: Result) -> list[str]:
    said = [f"yardstick: {result.yardstick}"] if result.yardstick else []
    return said + [f"{key}: {value}" for key, value in result.detail.items()]


def _record(result: Result) -> dict[str, object]:
    return {
        "name": result.name,
        "value": result.value,
        "goal": None if result.goal is None else str(result.goal),
        "met": result.is_met,
        "yardstick": result.yardstick,
        "detail": dict(result.detail)
        if result.samples is None
        else {**result.detail, "least": result.samples.least, "most": result.samples.most},
    }
