"""Which endorsements may be offered."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.actors import ActorId
from fedirec.domain.endorsements import (
    EndorsementDraft,
    Evidence,
    Period,
    Relation,
    Skill,
    check_draft,
)
from fedirec.domain.limits import Limits
from fedirec.errors import InvalidInputError

CAROL = ActorId("https://guild.example/users/carol")
BEA = ActorId("https://weavers.example/users/bea")
LINK = Evidence(href="https://hall.example/plans", name="Plans of the roof")
DRAFT = EndorsementDraft(
    words="She cut and fitted every joint of the frame, and taught two of us as she went.",
    relation=Relation.WORKED_WITH,
    period=Period(start="2024-03", end="2024-09"),
    skills=(Skill(name="green-oak joinery"),),
    evidence=(LINK,),
    setting="restoration of the village hall",
)


def refused_field(**changed: Any) -> str | None:
    """Return the field that is named when the draft, changed so, is refused."""
    with pytest.raises(InvalidInputError) as refusal:
        check_draft(replace(DRAFT, **changed), endorser=CAROL, endorsed=BEA, limits=Limits())
    return refusal.value.field


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"skills": (), "evidence": (), "setting": None},
        {"words": "x" * 40},
        {"words": "  " + "x" * 1_000 + "\n"},
        {"skills": tuple(Skill(name=f"skill {number}") for number in range(8))},
        {"evidence": (LINK,) * 8},
        {"evidence": (replace(LINK, href="http://127.0.0.1:8081/plans"),)},
        {"language": "pt-BR"},
    ],
)
def test_a_sound_draft_may_be_offered(changed):
    check_draft(replace(DRAFT, **changed), endorser=CAROL, endorsed=BEA, limits=Limits())


@pytest.mark.rule("OR-16")
def test_nobody_endorses_themselves():
    with pytest.raises(InvalidInputError, match="themselves") as refusal:
        check_draft(DRAFT, endorser=BEA, endorsed=BEA, limits=Limits())

    assert refusal.value.field == "endorsed"


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("words", {"words": ""}),
        ("words", {"words": "x" * 39}),
        ("words", {"words": " " * 100}),
        ("words", {"words": "x" * 1_001}),
        ("language", {"language": ""}),
        ("language", {"language": "English, please"}),
        ("skill", {"skills": tuple(Skill(name=f"skill {number}") for number in range(9))}),
        ("skill", {"skills": (Skill(name=" "),)}),
        ("skill", {"skills": (Skill(name="x" * 101),)}),
        ("skill", {"skills": (Skill(name="Joinery"), Skill(name="joinery "))}),
        ("evidence", {"evidence": (LINK,) * 9}),
        ("evidence", {"evidence": (replace(LINK, href="javascript:alert(1)"),)}),
        ("evidence", {"evidence": (replace(LINK, href="/plans"),)}),
        ("evidence", {"evidence": (replace(LINK, name=""),)}),
        ("evidence", {"evidence": (replace(LINK, name="x" * 301),)}),
        ("setting", {"setting": ""}),
        ("setting", {"setting": "x" * 301}),
    ],
)
def test_a_draft_that_is_wrong_in_one_way_is_refused_with_the_field_named(field, changed):
    assert refused_field(**changed) == field


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2024", None),
        ("2024-03", None),
        ("2024-02-29", None),
        ("2024", "2024"),
        ("2024-03", "2024"),
        ("2024-09-30", "2024-09"),
        ("2024", "2024-01-01"),
        ("1987-06-01", "2024"),
    ],
)
def test_a_period_may_be_as_coarse_as_memory(start, end):
    assert Period(start=start, end=end).end == end


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("", None),
        ("24", None),
        ("0000", None),
        ("2024-3", None),
        ("2024-13", None),
        ("2024-00", None),
        ("2024-03-00", None),
        ("2023-02-29", None),
        ("2024-03-18T00:00:00Z", None),
        ("2024-03\n", None),
        ("٢٠٢٤", None),
        ("since 2024", None),
        ("2024", ""),
        ("2024", "now"),
        ("2024", "2023"),
        ("2024-03-18", "2024-02"),
        ("2024-03-18", "2024-03-17"),
    ],
)
def test_a_period_of_dates_that_do_not_exist_or_run_backwards_is_refused(start, end):
    with pytest.raises(InvalidInputError) as refusal:
        Period(start=start, end=end)

    assert refusal.value.field == "period"


@given(first=st.dates(), second=st.dates())
def test_two_days_are_a_period_exactly_when_they_are_in_order(first, second):
    if first <= second:
        assert Period(start=first.isoformat(), end=second.isoformat()).start == first.isoformat()
    else:
        with pytest.raises(InvalidInputError, match="ends after it starts"):
            Period(start=first.isoformat(), end=second.isoformat())


@given(text=st.text())
def test_whatever_is_written_as_a_date_is_a_period_or_is_refused(text):
    with suppress(InvalidInputError):
        assert Period(start=text).start == text
