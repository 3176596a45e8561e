"""What a delivery's answer means, and when it is tried again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.limits import Limits
from fedirec.domain.retry import (
    Again,
    DeliveryClass,
    Done,
    GiveUp,
    Plan,
    Tries,
    classify,
    delay_after,
    is_protective,
    lifetime,
    next_attempt,
)

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
LIMITS = Limits()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
RETRIED = [
    DeliveryClass.MOVED,
    DeliveryClass.REJECTED,
    DeliveryClass.AUTH,
    DeliveryClass.MISSING,
    DeliveryClass.BUSY,
    DeliveryClass.TEMPORARY,
]


def plan(outcome: DeliveryClass, **facts: Any) -> Plan:
    """Decide for a young delivery with a long life and no jitter, these facts changed."""
    attempt = facts.pop("attempt", 1)
    tries = Tries(
        total=attempt,
        alike=facts.pop("alike", attempt),
        alike_since=facts.pop("alike_since", NOW - MINUTE),
    )
    standard: dict[str, Any] = {
        "tries": tries,
        "now": NOW,
        "expires_at": NOW + 100 * DAY,
        "retry_after": None,
        "jitter": 0.5,
    }
    return next_attempt(outcome=outcome, **(standard | facts))


@pytest.mark.rule("ST-06")
@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ((200, 201, 202, 204, 299), DeliveryClass.OK),
        ((301, 302, 303, 307, 308), DeliveryClass.MOVED),
        ((400, 402, 405, 406, 409, 413, 415, 418, 421, 422, 451), DeliveryClass.REJECTED),
        ((401, 403), DeliveryClass.AUTH),
        ((404,), DeliveryClass.MISSING),
        ((410,), DeliveryClass.GONE),
        ((408, 425, 429, 503), DeliveryClass.BUSY),
        ((None, 100, 304, 500, 502, 504, 599), DeliveryClass.TEMPORARY),
    ],
)
def test_every_status_has_a_class(statuses, expected):
    assert {classify(status) for status in statuses} == {expected}


@pytest.mark.parametrize("activity_type", ["Delete", "Undo", "Block", "Reject"])
def test_what_protects_people_is_tried_for_fourteen_days(activity_type):
    assert lifetime(activity_type, LIMITS, is_about_itself=False) == 14 * DAY
    assert is_protective(activity_type, is_about_itself=False)


@pytest.mark.parametrize("activity_type", ["Create", "Update", "Offer", "Announce"])
def test_everything_else_is_tried_for_five_days(activity_type):
    assert lifetime(activity_type, LIMITS, is_about_itself=False) == 5 * DAY
    assert not is_protective(activity_type, is_about_itself=False)


def test_an_update_of_keys_protects_people():
    assert lifetime("Update", LIMITS, is_about_itself=True) == 14 * DAY
    assert lifetime("Announce", LIMITS, is_about_itself=True) == 5 * DAY


def test_what_was_delivered_is_done():
    assert plan(DeliveryClass.OK) == Done()


def test_what_is_gone_is_given_up_at_once():
    assert plan(DeliveryClass.GONE) == GiveUp(reason="gone at attempt 1")


@pytest.mark.parametrize(
    ("attempt", "delay"),
    [
        (1, MINUTE),
        (2, 5 * MINUTE),
        (3, 15 * MINUTE),
        (4, HOUR),
        (5, 3 * HOUR),
        (6, 6 * HOUR),
        (7, 12 * HOUR),
        (8, 12 * HOUR),
        (50, 12 * HOUR),
    ],
)
@pytest.mark.parametrize("outcome", [DeliveryClass.TEMPORARY, DeliveryClass.MOVED])
def test_passing_trouble_is_waited_out_ever_longer(outcome, attempt, delay):
    assert plan(outcome, attempt=attempt) == Again(at=NOW + delay)


@pytest.mark.parametrize(
    ("outcome", "delays"),
    [
        (DeliveryClass.REJECTED, [HOUR, 12 * HOUR]),
        (DeliveryClass.AUTH, [HOUR, 3 * HOUR, 8 * HOUR, 12 * HOUR]),
    ],
)
def test_a_lasting_refusal_is_tried_a_few_times_more(outcome, delays):
    attempts = range(1, len(delays) + 2)

    plans = [plan(outcome, attempt=attempt) for attempt in attempts]

    assert plans[:-1] == [Again(at=NOW + delay) for delay in delays]
    assert plans[-1] == GiveUp(reason=f"{outcome} at attempt {attempts[-1]}")


@pytest.mark.rule("ST-06")
@pytest.mark.parametrize("outcome", [DeliveryClass.REJECTED, DeliveryClass.AUTH])
def test_a_refusal_after_other_trouble_has_all_of_its_tries(outcome):
    assert plan(outcome, attempt=9, alike=1) == plan(outcome, attempt=1)


def test_an_inbox_that_is_missing_still_is_given_up_after_a_day():
    young = plan(DeliveryClass.MISSING, alike_since=NOW - 23 * HOUR, attempt=6)
    old = plan(DeliveryClass.MISSING, alike_since=NOW - 24 * HOUR, attempt=7)

    assert young == Again(at=NOW + 6 * HOUR)
    assert old == GiveUp(reason="missing at attempt 7")


@pytest.mark.rule("ST-06")
@pytest.mark.parametrize("retry_after", [timedelta(seconds=1), 10 * MINUTE, 24 * HOUR])
def test_a_busy_peer_says_when_to_come_back(retry_after):
    assert plan(DeliveryClass.BUSY, retry_after=retry_after) == Again(at=NOW + retry_after)


@pytest.mark.rule("ST-06")
@pytest.mark.parametrize(
    "retry_after", [None, timedelta(0), timedelta(seconds=-1), timedelta(days=30)]
)
def test_an_absurd_wish_of_a_busy_peer_is_passed_over(retry_after):
    assert plan(DeliveryClass.BUSY, retry_after=retry_after) == Again(at=NOW + MINUTE)


def test_only_a_busy_peer_may_wish():
    assert plan(DeliveryClass.TEMPORARY, retry_after=HOUR) == Again(at=NOW + MINUTE)


@pytest.mark.parametrize("expires_at", [NOW - HOUR, NOW + MINUTE])
def test_a_try_after_the_end_is_not_made(expires_at):
    assert plan(DeliveryClass.TEMPORARY, expires_at=expires_at) == GiveUp(
        reason="temporary until it expired", is_expired=True
    )


@given(outcome=st.sampled_from(RETRIED), attempt=st.integers(1, 200))
def test_backoff_never_shrinks(outcome, attempt):
    earlier, later = delay_after(outcome, attempt), delay_after(outcome, attempt + 1)

    assert later is None or (earlier is not None and earlier <= later)


@pytest.mark.rule("RX-08")
@given(
    outcome=st.sampled_from([DeliveryClass.TEMPORARY, DeliveryClass.MOVED, DeliveryClass.BUSY]),
    attempt=st.integers(1, 200),
    jitter=st.floats(0, 1),
)
def test_jitter_spreads_the_tries_from_half_to_one_and_a_half(outcome, attempt, jitter):
    delay = delay_after(outcome, attempt)
    assert delay is not None

    decided = plan(outcome, attempt=attempt, jitter=jitter)

    assert isinstance(decided, Again)
    assert delay * 0.5 <= decided.at - NOW <= delay * 1.5


@given(
    outcome=st.sampled_from(list(DeliveryClass)),
    attempt=st.integers(1, 100),
    age=st.timedeltas(timedelta(0), 20 * DAY),
    left=st.timedeltas(-DAY, 14 * DAY),
    retry_after=st.none() | st.timedeltas(),
    jitter=st.floats(0, 1),
)
def test_the_next_try_is_always_ahead_and_before_the_end(
    outcome, attempt, age, left, retry_after, jitter
):
    decided = plan(
        outcome,
        attempt=attempt,
        alike_since=NOW - age,
        expires_at=NOW + left,
        retry_after=retry_after,
        jitter=jitter,
    )

    assert isinstance(decided, Done | GiveUp) or NOW < decided.at < NOW + left
