"""The arithmetic of the benchmarks: medians, ratios, verdicts, the table."""

import json

import pytest

from benchmarks.report import BEGIN, END, as_json, as_markdown, as_text, write_markdown
from benchmarks.results import Curve, Result, at_least, at_most, compared, failed, shown, spread


def test_a_spread_is_the_median_between_the_least_and_the_most():
    rounds = spread([5.0, 1.0, 3.0, 2.0])

    assert (rounds.median, rounds.least, rounds.most) == (2.5, 1.0, 5.0)


def test_no_rounds_have_no_median():
    with pytest.raises(ValueError, match="no rounds"):
        spread([])


def test_a_ratio_is_that_of_the_medians_and_its_spread_that_of_the_rounds():
    result = compared(
        "speed", [10.0, 30.0, 20.0], [100.0, 100.0, 50.0], goal=at_least(0.2), against="bare"
    )

    assert result.value == pytest.approx(0.2)
    assert result.samples is not None
    assert (result.samples.least, result.samples.most) == (0.1, 0.4)
    assert result.is_met


def test_rounds_without_their_yardstick_are_refused():
    with pytest.raises(ValueError, match="zip"):
        compared("speed", [1.0, 2.0], [1.0], goal=None, against="bare")


@pytest.mark.parametrize(
    ("goal", "value", "is_met"),
    [
        (at_least(0.22), 0.22, True),
        (at_least(0.22), 0.2199, False),
        (at_most(1.2), 1.2, True),
        (at_most(1.2), 1.21, False),
        (None, 7.0, None),
    ],
)
def test_a_goal_is_met_up_to_its_bound_and_no_further(goal, value, is_met):
    assert Result(name="x", value=value, goal=goal, yardstick="").is_met is is_met


def test_a_run_whose_counts_are_wrong_has_no_value_and_misses_its_goal():
    result = failed("inbox", goal=at_least(0.22), reason="3 were accepted, and 2 are stored")

    assert result.value is None
    assert result.is_met is False
    assert failed("inbox", goal=None, reason="it broke off").is_met is False
    assert "none" in as_text([result])
    assert "3 were accepted, and 2 are stored" in as_text([result])


@pytest.mark.parametrize(
    ("value", "text"), [(0.12345, "0.123"), (12.34, "12.3"), (1234.5, "1,234"), (100.0, "100")]
)
def test_figures_show_three_digits_that_count(value, text):
    assert shown(value) == text


def test_the_json_has_the_members_that_others_read():
    good = compared(
        "fan-out", [4.0], [8.0], goal=at_least(0.43), against="openssl", detail={"hosts": 96}
    )

    records = json.loads(as_json([good, failed("crash", goal=at_most(0), reason="no node")]))

    assert [set(record) for record in records] == [
        {"name", "value", "goal", "met", "yardstick", "detail"}
    ] * 2
    assert records[0] | {"yardstick": "", "detail": {}} == {
        "name": "fan-out",
        "value": 0.5,
        "goal": ">= 0.43",
        "met": True,
        "yardstick": "",
        "detail": {},
    }
    assert records[0]["detail"]["hosts"] == 96
    assert records[1]["value"] is None
    assert records[1]["met"] is False


def test_a_cell_of_the_markdown_table_cannot_break_its_row():
    result = Result(name="a | b", value=1.0, goal=None, yardstick="")

    row = as_markdown([result]).splitlines()[2]

    assert row == "| a / b | 1 |  |  |  |"


def test_the_table_replaces_what_stood_between_its_marks_and_nothing_else(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    curve = Curve(name="accept", points=((1_000, 180.0), (10_000, 190.0)))
    result = Result(name="growth", value=1.05, goal=at_most(1.2), yardstick="", curve=curve)

    write_markdown(page, [result], "A machine.")

    text = page.read_text()
    assert text.startswith(f"before\n{BEGIN}\nA machine.\n")
    assert text.endswith(f"{END}\nafter\n")
    assert "old" not in text
    assert "| growth | 1.05 |" in text
    assert (tmp_path / "performance.svg").exists()


def test_a_page_without_marks_is_left_alone(tmp_path):
    page = tmp_path / "performance.md"
    page.write_text("no marks\n")

    with pytest.raises(ValueError, match="has no"):
        write_markdown(page, [], "A machine.")

    assert page.read_text() == "no marks\n"
