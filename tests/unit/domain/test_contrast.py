"""Contrast as WCAG 2 has it, the tokens of the look, and the shades that are suggested."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.community.look import check_accent
from fedirec.domain.contrast import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    TEXT,
    contrast,
    ink_on,
    least_contrast,
    nearest_readable,
    parse_colour,
)
from fedirec.errors import InvalidInputError
from fedirec.web.assets import find_folder

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
TOKEN = re.compile(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")
# The table of the look: worst contrast by day and by night.
TABLE = [
    ("ink", ("bg", "card"), 15.1, 13.8), ("soft", ("bg", "card", "sunk"), 6.2, 7.9),
    ("line", ("bg", "card"), 3.2, 3.8), ("accent", ("bg", "card"), 6.3, 9.1),
    ("on-accent", ("accent",), 6.8, 9.1), ("link", ("bg", "card", "sunk"), 6.2, 8.8),
    ("focus", ("bg", "card"), 6.9, 8.3), ("wait", ("wait-bg",), 6.5, 8.5),
    ("no", ("no-bg",), 6.3, 7.8), ("ok", ("ok-bg",), 5.7, 8.4),
]  # fmt: skip


def tokens() -> dict[str, tuple[str, str]]:
    text = (find_folder("static") / "tokens.css").read_text()
    return {name: (light, dark) for name, light, dark in TOKEN.findall(text)}


@pytest.mark.parametrize(("front", "backs", "by_day", "by_night"), TABLE, ids=str)
def test_the_tokens_stand_out_as_the_table_says(front, backs, by_day, by_night):
    known = tokens()

    for scheme, least in enumerate((by_day, by_night)):
        grounds = [known[back][scheme] for back in backs]
        assert least_contrast(known[front][scheme], grounds) >= least


def test_an_accent_is_measured_against_the_grounds_of_the_tokens():
    known = tokens()

    grounds = tuple(known[name] for name in ("bg", "card", "sunk"))
    assert tuple(light for light, _ in grounds) == LIGHT_GROUNDS
    assert tuple(dark for _, dark in grounds) == DARK_GROUNDS


def test_black_on_white_is_21_and_a_colour_on_itself_1():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert contrast("#0a6650", "#0a6650") == 1


@given(COLOURS)
def test_whatever_colour_is_given_one_near_it_can_be_read(colour):
    for grounds in (LIGHT_GROUNDS, DARK_GROUNDS):
        shade = nearest_readable(colour, grounds)

        assert least_contrast(shade, grounds) >= TEXT
        assert contrast(ink_on(shade), shade) >= TEXT
        if least_contrast(colour, grounds) >= TEXT:
            assert shade == colour


@given(COLOURS)
def test_what_is_suggested_is_taken(colour):
    if least_contrast(colour, LIGHT_GROUNDS) >= TEXT:
        assert check_accent(colour, "") is not None
        return

    with pytest.raises(InvalidInputError) as refused:
        check_accent(colour, "")

    assert refused.value.field == "light"
    suggested = re.findall(r"#[0-9a-f]{6}", str(refused.value))[-1]
    assert check_accent(suggested, "") is not None


@pytest.mark.parametrize(
    ("given_text", "expected"), [("#0A6650", "#0a6650"), (" abc ", "#aabbcc"), ("#fff", "#ffffff")]
)
def test_a_colour_is_read_as_people_write_it(given_text, expected):
    assert parse_colour(given_text) == expected


@pytest.mark.parametrize(
    "text", ["", "red", "#12345", "url(x)", "#0a6650;}", "#\N{ARABIC-INDIC DIGIT ONE}12233"]
)
def test_anything_else_is_no_colour(text):
    with pytest.raises(InvalidInputError):
        parse_colour(text)


def test_two_empty_colours_are_the_guilds_first_ones():
    assert check_accent(" ", "") is None
