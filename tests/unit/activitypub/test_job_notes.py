"""Job notes: what we render, what we read."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.content import plain_text
from fedirec.activitypub.documents import dump
from fedirec.activitypub.job_notes import parse_job, render_job_note
from fedirec.activitypub.render import render_create
from fedirec.activitypub.vocabulary import JOB_CONTEXT
from fedirec.domain.audience import public_audience
from fedirec.domain.endorsements import Skill
from fedirec.domain.job_notes import (
    JobDraft,
    JobStatus,
    Organization,
    Pay,
    PayPer,
    Remote,
)
from fedirec.errors import InvalidInputError
from tests.unit.activitypub.samples import (
    CAROL,
    FOLLOWERS,
    GUILD,
    JSON_VALUES,
    changed,
    mutated,
    payload,
)

JOB_ID = "https://guild.example/jobs/01KA2C5E8G1J4M7N0Q3S6V9X2Z"
POSTED = datetime(2026, 5, 6, 8, tzinfo=UTC)
KITCHEN = JobDraft(
    title="Green-oak joiner, two weeks",
    words="Two weeks of green-oak joinery for a community kitchen.",
    pay=Pay(minimum=Decimal(24), maximum=Decimal(28), currency="EUR", per=PayPer.HOUR),
    place="Dornfeld",
    remote=Remote.NO,
    skills=(Skill(name="green-oak joinery"),),
    organization="Dornfeld community kitchen",
    organization_url="https://kitchen.example/",
    hours="35 a week",
    term="8 to 19 June 2026",
    closes_at=datetime(2026, 6, 1, 21, 59, 59, tzinfo=UTC),
    contact=CAROL.id,
)
BARE = JobDraft(
    title="Cook",
    words="Cook wanted.",
    pay=None,
    closes_at=KITCHEN.closes_at,
    contact="https://a.example/apply",
)


def posted(draft: JobDraft = KITCHEN, updated: datetime | None = None) -> Any:
    return render_job_note(
        instance=GUILD, id=JOB_ID, actor=CAROL, draft=draft, published=POSTED, updated=updated
    )


def lines_of(draft: JobDraft) -> list[str]:
    return plain_text(posted(draft)["content"]).split("\n")


def test_a_job_note_is_as_the_vocabulary_says():
    sample = payload("fedirec/job_create.json")
    text = {"content": "…", "contentMap": {"en": "…"}}

    create: Any = render_create(
        id=sample["id"],
        actor=CAROL.id,
        object_=posted(),
        audience=public_audience(FOLLOWERS),
        published=POSTED,
        context=JOB_CONTEXT,
    )

    assert {**create.pop("object"), **text} == {**sample.pop("object"), **text}
    assert create == sample
    assert dump({"c": create["@context"]}) == dump({"c": sample["@context"]})


def test_a_reader_without_markup_sees_the_whole_offer_of_work():
    assert lines_of(KITCHEN) == [
        "Wanted: Green-oak joiner, two weeks",
        "Two weeks of green-oak joinery for a community kitchen.",
        (
            "24 to 28 EUR an hour, 35 a week, 8 to 19 June 2026, Dornfeld, on site,"
            " Dornfeld community kitchen. Apply to @carol by 1 June 2026."
        ),
        "#GreenOakJoinery #jobs",
        "guild.example/jobs/01KA2C5E8G1J4M7N0Q3S6V9X2Z",
    ]


def test_a_job_note_with_nothing_but_what_it_must_have_is_whole():
    assert lines_of(BARE)[2] == "on site. Apply to a.example/apply by 1 June 2026."
    assert posted(BARE)["publishes"]["resourceConformsTo"] == "https://guild.example/tags/jobs"


def test_pay_of_one_amount_is_said_once():
    pay = Pay(minimum=Decimal("190.50"), maximum=Decimal("190.50"), currency="EUR", per=PayPer.DAY)

    assert lines_of(replace(KITCHEN, pay=pay))[2].startswith("190.50 EUR a day, ")


def test_an_edited_note_says_when():
    assert posted(updated=POSTED)["updated"] == "2026-05-06T08:00:00Z"


def test_what_is_wanted_is_a_public_skill_where_one_is_named():
    draft = replace(KITCHEN, skills=(Skill(name="x", same_as="https://esco.example/1"),))

    assert posted(draft)["publishes"]["resourceConformsTo"] == "https://esco.example/1"


def test_a_job_is_read_in_full():
    job = parse_job(payload("fedirec/job_create.json")["object"])

    assert job.title == KITCHEN.title
    assert job.pay == KITCHEN.pay
    assert job.organization == Organization(
        name="Dornfeld community kitchen", url="https://kitchen.example/"
    )
    assert (job.hours, job.term, job.place) == (KITCHEN.hours, KITCHEN.term, KITCHEN.place)
    assert (job.remote, job.status) == (Remote.NO, JobStatus.OPEN)
    assert job.contact == CAROL.id
    assert job.closes_at == KITCHEN.closes_at


amounts = st.decimals(0, 1_000_000, places=2)
drafts = st.builds(
    JobDraft,
    title=st.just("Cook"),
    words=st.just("Cook wanted."),
    pay=st.none()
    | st.builds(
        lambda low, more, per: Pay(minimum=low, maximum=low + more, currency="EUR", per=per),
        amounts,
        amounts,
        st.sampled_from(PayPer),
    ),
    closes_at=st.just(KITCHEN.closes_at),
    contact=st.sampled_from([CAROL.id, "https://a.example/apply"]),
    place=st.none() | st.just("Dornfeld"),
    remote=st.sampled_from(Remote),
    organization=st.none() | st.just("Kitchen & co"),
    hours=st.none() | st.just("35"),
    term=st.none() | st.just("June"),
)


@given(drafts)
def test_what_is_posted_is_read_as_what_was_meant(draft):
    job = parse_job(posted(draft))

    for member in ("title", "pay", "contact", "closes_at", "place", "remote", "hours", "term"):
        assert getattr(job, member) == getattr(draft, member)
    assert (job.organization.name if job.organization else None) == draft.organization


@pytest.mark.parametrize("status", [JobStatus.FILLED, JobStatus.CLOSED])
def test_a_closed_job_says_so(status):
    note = posted()
    note["job"]["status"] = status.value

    assert parse_job(note).status is status


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"title": ...}, "title"),
        ({"title": "\u200b"}, "title"),
        ({"contact": ...}, "contact"),
        ({"contact": "mailto:carol@guild.example"}, "contact"),
        ({"pay": {"min": 24, "max": 28, "currency": "EUR"}}, "pay"),
        ({"pay": {"min": "a lot", "max": "28", "currency": "EUR"}}, "pay"),
        ({"pay": {"min": "NaN", "max": "28", "currency": "EUR"}}, "pay"),
        ({"pay": {"min": "1e999999", "max": "1e999999", "currency": "EUR"}}, "pay"),
        ({"pay": {"min": "29", "max": "28", "currency": "EUR"}}, "pay"),
        ({"pay": {"min": "24", "max": "28", "currency": "euro"}}, "pay"),
        ({"pay": {"min": "24", "max": "28", "currency": "EUR", "per": "minute"}}, "per"),
        ({"remote": "perhaps"}, "remote"),
        ({"status": "gone"}, "status"),
        ({"skill": [{}]}, "skill"),
    ],
)
def test_a_bad_job_is_refused_with_the_field_named(members, field):
    note = posted()

    with pytest.raises(InvalidInputError) as refusal:
        parse_job(changed(note, job=changed(note["job"], **members)))

    assert refusal.value.field == field


@pytest.mark.parametrize(
    "change", [{"job": ...}, {"job": "x"}, {"endTime": ...}, {"endTime": "soon"}]
)
def test_a_note_without_job_or_closing_instant_is_no_job_note(change):
    with pytest.raises(InvalidInputError):
        parse_job(changed(posted(), **change))


@given(
    st.dictionaries(
        st.sampled_from(list(payload("fedirec/job_create.json")["object"]["job"])), JSON_VALUES
    )
)
def test_any_json_is_a_job_or_is_not(members):
    note = posted()
    try:
        parse_job({**note, "job": {**note["job"], **members}})
    except InvalidInputError:
        return


@given(mutated("fedirec/job_create.json"))
def test_any_mutation_of_a_job_is_one_or_is_not(document):
    if not isinstance(document.get("object"), dict):
        return
    try:
        parse_job(document["object"])
    except InvalidInputError:
        return
