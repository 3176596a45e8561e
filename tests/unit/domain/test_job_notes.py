"""Which job notes may be posted."""

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.endorsements import Skill
from fedirec.domain.job_notes import JobDraft, Pay, PayPer, Remote, check_job
from fedirec.domain.limits import Limits
from fedirec.errors import InvalidInputError

NOW = datetime(2026, 5, 6, 8, tzinfo=UTC)
DRAFT = JobDraft(
    title="Green-oak joiner, two weeks",
    words="Wanted: two weeks of green-oak joinery for a community kitchen.",
    pay=Pay(minimum=Decimal(24), maximum=Decimal("28.50"), currency="EUR", per=PayPer.HOUR),
    place="Dornfeld",
    remote=Remote.PARTLY,
    skills=(Skill(name="green-oak joinery"),),
    organization="Dornfeld community kitchen",
    organization_url="https://kitchen.example/",
    hours="35 a week",
    term="8 to 19 June 2026",
    closes_at=NOW + timedelta(days=30),
    contact="https://guild.example/users/carol",
)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"place": None, "hours": None, "term": None, "skills": ()},
        {"organization": None, "organization_url": None},
        {"organization_url": None},
        {"closes_at": NOW + timedelta(seconds=1)},
        {"closes_at": NOW + timedelta(days=90)},
        {"contact": "http://127.0.0.1:8081/users/ada"},
        {"words": "x" * 8_192},
    ],
)
def test_a_sound_draft_may_be_posted(changed):
    check_job(replace(DRAFT, **changed), now=NOW, limits=Limits())


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("title", {"title": ""}),
        ("title", {"title": "x" * 301}),
        ("words", {"words": " \n"}),
        ("words", {"words": "x" * 8_193}),
        ("words", {"words": "ř" * 5_000}),
        ("pay", {"pay": None}),
        ("closes", {"closes_at": NOW}),
        ("closes", {"closes_at": NOW - timedelta(days=1)}),
        ("closes", {"closes_at": NOW + timedelta(days=90, seconds=1)}),
        ("language", {"language": "klingon please"}),
        ("skill", {"skills": (Skill(name=""),)}),
        ("contact", {"contact": "carol@guild.example"}),
        ("organization", {"organization": ""}),
        ("organization", {"organization": None}),
        ("organization", {"organization_url": "kitchen.example"}),
        ("place", {"place": ""}),
        ("hours", {"hours": "x" * 301}),
        ("term", {"term": " "}),
    ],
)
def test_a_draft_that_is_wrong_in_one_way_is_refused_with_the_field_named(field, changed):
    with pytest.raises(InvalidInputError) as refusal:
        check_job(replace(DRAFT, **changed), now=NOW, limits=Limits())

    assert refusal.value.field == field


@pytest.mark.parametrize(
    "changed",
    [
        {"minimum": Decimal(-1)},
        {"minimum": Decimal(29)},
        {"maximum": Decimal("NaN")},
        {"maximum": Decimal("Infinity")},
        {"maximum": Decimal("1E+999999")},
        {"minimum": Decimal("1E-999999")},
        {"currency": "eur"},
        {"currency": "EURO"},
        {"currency": "€"},
        {"currency": ""},
    ],
)
def test_pay_that_is_wrong_in_one_way_is_refused(changed):
    facts = {
        "minimum": Decimal(24),
        "maximum": Decimal(28),
        "currency": "EUR",
        "per": PayPer.HOUR,
    }

    with pytest.raises(InvalidInputError) as refusal:
        Pay(**(facts | changed))

    assert refusal.value.field == "pay"


@given(minimum=st.decimals(), maximum=st.decimals())
def test_any_two_amounts_are_pay_or_are_refused(minimum, maximum):
    with suppress(InvalidInputError):
        pay = Pay(minimum=minimum, maximum=maximum, currency="CZK", per=PayPer.MONTH)

        assert 0 <= pay.minimum <= pay.maximum
        assert len(f"{pay.maximum:f}") <= 20
