"""Who may be asked, how often, and what a stamp is worth."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.actors import ActorId
from fedirec.domain.endorsements import (
    OfferPolicy,
    OpenOffers,
    Questions,
    StampFacts,
    StampVerdict,
    check_open_offers,
    check_questions,
    judge_stamp,
    next_stamp_check,
    who_may_offer,
)
from fedirec.domain.limits import Limits
from fedirec.domain.public import PUBLIC

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LIMITS = Limits()
DAY = timedelta(days=1)
CAROL = ActorId("https://guild.example/users/carol")
BEA = "https://weavers.example/users/bea"
GUILD = "https://guild.example/users/guild"
NOTE = "https://guild.example/endorsements/01K9ZQ4T7M3V8N2C6X5B1D0FGH"
STAMP = StampFacts(attributed_to=BEA, note_id=NOTE, endorsed=BEA, digest="uEiAx")
NO_OFFERS = OpenOffers(per_pair=0, per_endorser=0, per_endorsed=0, host_today=0)
NO_QUESTIONS = Questions(
    open_for_person=0, person_year=0, endorser_today=0, guild_today=0, host_today=0
)


@pytest.mark.parametrize(
    ("can_endorse", "is_follower", "expected"),
    [
        (None, True, OfferPolicy.STRANGER),
        ((), True, OfferPolicy.NEVER),
        ((BEA,), True, OfferPolicy.NEVER),
        ((PUBLIC,), False, OfferPolicy.WELCOME),
        (("as:Public",), False, OfferPolicy.WELCOME),
        ((f"{BEA}/followers",), True, OfferPolicy.WELCOME),
        ((f"{BEA}/followers",), False, OfferPolicy.NEVER),
        (("https://else.example/users/dan/followers",), True, OfferPolicy.NEVER),
        ((BEA, CAROL), False, OfferPolicy.WELCOME),
    ],
)
def test_the_endorsed_says_who_may_offer(bea_with, can_endorse, is_follower, expected):
    policy = who_may_offer(
        bea_with(can_endorse=can_endorse), CAROL, endorser_is_follower=is_follower
    )

    assert policy is expected


def test_nobody_is_welcome_to_endorse_themselves(bea_with):
    bea = bea_with(can_endorse=(PUBLIC,))

    assert who_may_offer(bea, bea.id, endorser_is_follower=False) is OfferPolicy.NEVER


def test_an_actor_without_followers_lists_none_of_them(bea_with):
    bea = bea_with(followers=None, can_endorse=("https://weavers.example/followers",))

    assert who_may_offer(bea, CAROL, endorser_is_follower=True) is OfferPolicy.NEVER


@pytest.mark.parametrize(
    ("limit", "counted"),
    [
        (LIMITS.open_offers_per_pair, "per_pair"),
        (LIMITS.open_offers_per_endorser, "per_endorser"),
        (LIMITS.open_offers_per_endorsed, "per_endorsed"),
        (LIMITS.offers_per_host_day, "host_today"),
    ],
)
def test_each_count_of_offers_has_its_own_limit(limit, counted):
    below, at = (replace(NO_OFFERS, **{counted: count}) for count in (limit - 1, limit))

    assert check_open_offers(below, now=NOW, limits=LIMITS) is None
    assert check_open_offers(at, now=NOW, limits=LIMITS) is not None


def test_a_refusal_is_followed_by_ninety_days_of_silence():
    refused = replace(NO_OFFERS, refused_at=NOW)

    on_the_last_day = check_open_offers(refused, now=NOW + 89 * DAY, limits=LIMITS)
    afterwards = check_open_offers(refused, now=NOW + 90 * DAY, limits=LIMITS)

    assert on_the_last_day == "not published; ask again after 90 days"
    assert afterwards is None


def test_who_said_stop_is_offered_nothing_and_asked_nothing():
    offers = replace(NO_OFFERS, is_stopped=True)
    questions = replace(NO_QUESTIONS, is_stopped=True)

    assert check_open_offers(offers, now=NOW, limits=LIMITS) is not None
    assert check_questions(questions, limits=LIMITS) is not None


@pytest.mark.parametrize(
    ("limit", "counted"),
    [
        (LIMITS.questions_per_person_open, "open_for_person"),
        (LIMITS.questions_per_person_year, "person_year"),
        (LIMITS.questions_per_endorser_day, "endorser_today"),
        (LIMITS.questions_per_guild_day, "guild_today"),
        (LIMITS.questions_per_host_day, "host_today"),
    ],
)
def test_each_count_of_questions_has_its_own_limit(limit, counted):
    below, at = (replace(NO_QUESTIONS, **{counted: count}) for count in (limit - 1, limit))

    assert check_questions(below, limits=LIMITS) is None
    assert check_questions(at, limits=LIMITS) is not None


def judge(stamp: StampFacts, *, is_from_origin: bool = True) -> StampVerdict:
    return judge_stamp(
        stamp,
        note_id=NOTE,
        endorsed=BEA,
        digest="uEiAx",
        endorsed_origin_equals_stamp=is_from_origin,
    )


def test_the_own_stamp_of_the_endorsed_is_consent():
    assert judge(STAMP) is StampVerdict.CONSENT


@pytest.mark.rule("OR-16")
@pytest.mark.parametrize(
    "changed",
    [
        {"attributed_to": CAROL},
        {"note_id": "https://guild.example/endorsements/another"},
        {"endorsed": "https://weavers.example/users/dan"},
        {"digest": "uEiAy"},
        {"on_behalf_of": BEA},
    ],
)
def test_a_stamp_that_differs_in_one_member_is_no_consent(changed):
    assert judge(replace(STAMP, **changed)) is StampVerdict.MISMATCH


@pytest.mark.rule("OR-16")
def test_a_stamp_from_another_origin_is_no_consent():
    assert judge(STAMP, is_from_origin=False) is StampVerdict.MISMATCH


def test_a_guild_may_stamp_on_behalf_of_who_answered_it():
    stamp = replace(STAMP, attributed_to=GUILD, on_behalf_of=BEA)

    assert judge(stamp, is_from_origin=False) is StampVerdict.BY_GUILD


@pytest.mark.rule("OR-16")
@pytest.mark.parametrize(
    "changed",
    [{"on_behalf_of": "https://weavers.example/users/dan"}, {"digest": "uEiAy"}, {"note_id": BEA}],
)
def test_a_guild_cannot_stamp_for_another_person_or_another_text(changed):
    stamp = replace(STAMP, attributed_to=GUILD, on_behalf_of=BEA)

    assert judge(replace(stamp, **changed)) is StampVerdict.MISMATCH


def next_check(
    checks: int = 0, *, is_confirmed: bool = False, missing_since: datetime | None = None
) -> datetime | None:
    return next_stamp_check(
        NOW,
        checks=checks,
        is_confirmed=is_confirmed,
        missing_since=missing_since,
        limits=LIMITS,
    )


def test_a_confirmed_stamp_is_asked_for_every_seven_days():
    assert next_check(12, is_confirmed=True) == NOW + 7 * DAY


@pytest.mark.parametrize(
    ("checks", "wait"),
    [
        (0, timedelta(minutes=1)),
        (1, timedelta(minutes=10)),
        (2, timedelta(hours=1)),
        (3, DAY),
    ],
)
def test_an_unconfirmed_post_is_asked_about_ever_more_rarely(checks, wait):
    assert next_check(checks) == NOW + wait


def test_a_post_that_was_never_confirmed_stays_a_post():
    assert next_check(4) is None


@pytest.mark.parametrize("is_confirmed", [True, False])
def test_a_missing_stamp_is_asked_for_daily_for_three_days(is_confirmed):
    waits = [
        next_check(is_confirmed=is_confirmed, missing_since=NOW - days * DAY) for days in range(4)
    ]

    assert waits == [NOW + DAY] * 3 + [None]


@given(
    checks=st.integers(0, 1_000),
    is_confirmed=st.booleans(),
    age=st.none() | st.timedeltas(timedelta(0), 90 * DAY),
)
def test_the_next_check_is_ahead_or_never(checks, is_confirmed, age):
    at = next_check(
        checks, is_confirmed=is_confirmed, missing_since=None if age is None else NOW - age
    )

    assert at is None or at > NOW
