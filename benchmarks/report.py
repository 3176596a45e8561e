"""The table: for the terminal, for docs/performance.md, and as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.drawing import draw
from benchmarks.results import Result, shown

BEGIN: Final = "<!-- written by python -m benchmarks --markdown -->"
END: Final = "<!-- end of what it wrote -->"
_HEAD: Final = ("what", "value", "rounds", "goal", "met")


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
    """Return the table for the documentation, and under it how each line was measured."""
    head = ("what", "median", "least to most", "goal", "met")
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    lines += [f"| {' | '.join(_plain(cell) for cell in _row(result))} |" for result in results]
    for result in results:
        lines += ["", f"**{result.name}**", ""]
        lines += [f"- {_plain(line)}" for line in _explained(result)]
    return "\n".join(lines) + "\n"


def write_markdown(page: Path, results: Sequence[Result], machine: str) -> None:
    """Put the table between the marks of a page, and the picture into a file beside it.

    Raises ValueError for a page without the marks.
    """
    before, found, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, also_found, after = rest.partition(END)
    if not (found and also_found):
        message = f"{page} has no {BEGIN} and {END} to put a table between"
        raise ValueError(message)
    made = f"{BEGIN}\n{machine}\n\n{as_markdown(results)}{END}"
    page.write_text(before + made + after, encoding="utf-8")
    curves = [result.curve for result in results if result.curve is not None]
    if curves:
        page.with_suffix(".svg").write_text(draw(curves), encoding="utf-8")


def _plain(cell: str) -> str:
    return cell.replace("|", "/")


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
