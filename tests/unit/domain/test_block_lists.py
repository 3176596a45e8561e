"""Lists of blocks: read as servers write them, written so that no spreadsheet runs them."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.actors import Host
from fedirec.domain.block_lists import COLUMNS, MOST, Listed, Severity, read_list, write_list
from fedirec.errors import InvalidInputError


def test_columns_may_come_in_any_order_and_under_mastodons_names():
    text = "severity,domain,public_comment\nsilence,Loud.Example,too loud\n,b.example,\n"

    listed, unread = read_list(text)

    assert [(each.host, each.severity, each.reason) for each in listed] == [
        ("loud.example", Severity.SILENCE, "too loud"),
        ("b.example", Severity.SUSPEND, ""),
    ]
    assert unread == []


def test_a_list_of_names_alone_blocks_them_and_says_what_it_cannot_read():
    listed, unread = read_list("\ufeffa.example\n\nsp*m.example\nA.example\nlocalhost\n")

    assert [each.host for each in listed] == ["a.example"]
    assert [(each.line, each.text) for each in unread] == [(3, "sp*m.example"), (5, "localhost")]


def test_a_list_that_is_too_long_is_refused():
    with pytest.raises(InvalidInputError):
        read_list("a.example\n" * (MOST + 1))


@given(st.text(max_size=3_000))
def test_no_text_breaks_the_reader(text):
    try:
        listed, _ = read_list(text)
    except InvalidInputError:
        return

    assert len({each.host for each in listed}) == len(listed)


@pytest.mark.rule("HT-08")
@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=60))
def test_no_cell_of_ours_begins_with_what_runs(reason):
    entry = Listed(host=Host("a.example"), severity=Severity.SUSPEND, reason=reason)

    text = write_list([entry])

    heads, cells = list(csv.reader(io.StringIO(text, newline="")))
    assert tuple(heads) == COLUMNS
    assert all(cell[:1] not in {"=", "+", "-", "@", "\t", "\r"} or not cell for cell in cells)
    assert cells[4] in {reason, f"'{reason}"}
