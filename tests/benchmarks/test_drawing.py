"""The picture of cost against size."""

import xml.etree.ElementTree as ET

import pytest

from benchmarks.drawing import draw
from benchmarks.results import Curve

SVG = "{http://www.w3.org/2000/svg}"
SIZES = (1_000, 10_000, 100_000, 1_000_000)


def read(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - drawn here


def number(element: ET.Element, name: str) -> float:
    return float(element.attrib[name])


def curve(name: str, *costs: float) -> Curve:
    return Curve(name=name, points=tuple(zip(SIZES, costs, strict=True)))


def test_every_point_of_every_curve_is_drawn_within_the_picture():
    picture = read(draw([curve("accept", 180, 181, 190, 200), curve("page", 9, 9, 9, 11)]))

    dots = list(picture.iter(f"{SVG}circle"))

    assert len(dots) == 8
    assert all(0 < number(dot, "cx") < 720 and 0 < number(dot, "cy") < 400 for dot in dots)


def test_what_costs_more_lies_higher_and_what_is_larger_lies_to_the_right():
    picture = read(draw([curve("claim", 10, 20, 40, 80)]))

    places = [(number(dot, "cx"), number(dot, "cy")) for dot in picture.iter(f"{SVG}circle")]

    assert places == sorted(places)
    assert [y for _, y in places] == sorted((y for _, y in places), reverse=True)


def test_labels_of_curves_that_end_together_stand_apart():
    picture = read(draw([curve(name, 5, 5, 5, 5) for name in ("one", "two", "three")]))

    heights = sorted(
        number(text, "y")
        for text in picture.iter(f"{SVG}text")
        if (text.text or "").endswith(" us")
    )

    assert len(heights) == 3
    assert heights[1] - heights[0] >= 16
    assert heights[2] - heights[1] >= 16


def test_the_picture_takes_light_and_dark_from_who_looks_at_it():
    text = draw([curve("accept", 1, 2, 3, 4)])

    assert "currentColor" in text
    assert "prefers-color-scheme: dark" in text


def test_a_name_cannot_break_the_picture():
    picture = read(draw([curve("<accept> & co", 1, 2, 3, 4)]))

    assert any((text.text or "").startswith("<accept> & co") for text in picture.iter(f"{SVG}text"))


def test_no_curves_make_no_picture():
    with pytest.raises(ValueError, match="nothing to draw"):
        draw([])
