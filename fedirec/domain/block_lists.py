"""Lists of blocked servers as files: Mastodon's columns, read leniently, written safely. Pure.

Source: Mastodon 4.5, `app/models/admin/domain_block.rb` and its CSV export.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fedirec.domain.actors import Host
from fedirec.domain.origins import parse_host
from fedirec.errors import InvalidInputError

COLUMNS: Final = (
    "#domain",
    "#severity",
    "#reject_media",
    "#reject_reports",
    "#public_comment",
    "#obfuscate",
)
MOST: Final = 5_000
_REASON_CHARACTERS: Final = 500
_RUNS: Final = ("=", "+", "-", "@", "\t", "\r")
"""What makes a spreadsheet run a cell that begins with it (HT-08)."""


class Severity(StrEnum):
    """What a list asks for; `NOOP` asks for nothing that we do."""

    SUSPEND = "suspend"
    SILENCE = "silence"
    NOOP = "noop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a list."""

    host: Host
    severity: Severity
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A line that names no server, such as one with a hidden name."""

    line: int
    text: str


def read_list(text: str) -> tuple[list[Listed], list[Unread]]:
    """Return the servers that a list names, once each, and the lines that could not be read.

    The first line may name the columns; else each line is a server, with a severity and a comment
    if it goes on as Mastodon's do. Raises InvalidInputError for more than 5,000 lines.
    """
    rows = list(_rows(text))
    if len(rows) > MOST:
        message = f"expected at most {MOST} lines, found {len(rows)}"
        raise InvalidInputError(message)
    names = {name: place for place, name in enumerate(COLUMNS)}
    heads = [f"#{cell.strip().lower().lstrip('#')}" for cell in rows[0][1]] if rows else []
    if "#domain" in heads:
        names = {head: place for place, head in enumerate(heads)}
        rows = rows[1:]
    found: dict[Host, Listed] = {}
    unread: list[Unread] = []
    for line, cells in rows:
        try:
            listed = _listed(cells, names)
        except InvalidInputError:
            unread.append(Unread(line=line, text=cells[0][:80]))
        else:
            found.setdefault(listed.host, listed)
    return list(found.values()), unread


def write_list(entries: Iterable[Listed]) -> str:
    """Return a list that spreadsheets show and never run; every cell is quoted (HT-08)."""
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        is_suspended = str(entry.severity is Severity.SUSPEND).lower()
        cells = (entry.host, entry.severity, is_suspended, is_suspended, entry.reason, "false")
        writer.writerow([safe_cell(cell) for cell in cells])
    return written.getvalue()


def safe_cell(text: str) -> str:
    """Return a cell's text with an apostrophe before what a spreadsheet would run (HT-08)."""
    return f"'{text}" if text[:1] in _RUNS and text else text


def _rows(text: str) -> Iterable[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        message = f"expected lines of commas, found in line {reader.line_num}: {error}"
        raise InvalidInputError(message) from error


def _listed(cells: list[str], names: dict[str, int]) -> Listed:
    def cell(name: str) -> str:
        place = names.get(name, len(cells))
        return cells[place].strip().removeprefix("'") if place < len(cells) else ""

    host = parse_host(cell("#domain").lower())
    if "." not in host:
        message = f"expected a server's name, found {host!r}"
        raise InvalidInputError(message)
    word = cell("#severity").lower()
    severity = Severity(word) if word in set(Severity) else Severity.SUSPEND
    return Listed(host=host, severity=severity, reason=cell("#public_comment")[:_REASON_CHARACTERS])
