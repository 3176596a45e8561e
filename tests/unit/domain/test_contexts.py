"""A context is told by its text alone: its name in addresses, its colour."""

import re

import pytest

from fedirec.domain.contexts import SLUG_PATTERN, hue_of, slug_of


@pytest.mark.parametrize(
    "setting",
    [
        "Restoration of the village hall",
        "a" * 500,
        "Škola dřeva, jaro",
        "مدرسة",
        "C++",
        "!!!",
        "",
        "../../etc/passwd",
        "\ud800 lone",
    ],
)
def test_a_slug_fits_into_an_address(setting):
    assert re.fullmatch(SLUG_PATTERN, slug_of(setting))
    assert hue_of(setting) in range(1, 6)


def test_case_and_spaces_make_no_other_context():
    written = ("Village Hall", "village  hall ", "VILLAGE\thall")

    assert len({slug_of(setting) for setting in written}) == 1
    assert len({hue_of(setting) for setting in written}) == 1


def test_what_is_alike_in_ascii_alone_is_not_the_same():
    written = ("C course", "C++ course", "C# course", "Ç course", "مدرسة", "школа")

    assert len({slug_of(setting) for setting in written}) == len(written)


def test_no_context_is_grey():
    assert hue_of(None) == 6
