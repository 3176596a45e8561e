"""How long to wait after tries, and what counts as one address."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.throttling import (
    FORGOTTEN_AFTER,
    LONGEST_WAIT,
    Throttle,
    address_group,
    count_try,
    give_back,
    wait_after,
)
from fedirec.errors import TooManyRequestsError

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.rule("AC-02")


def after(tries: int, *, free: int = 3) -> Throttle:
    """What is known after so many tries, each as early as it may be."""
    throttle, now = None, NOW
    for _ in range(tries):
        throttle = count_try(throttle, now, free=free)
        now = throttle.next_at
    assert throttle is not None
    return throttle


def test_a_few_tries_are_free_and_then_each_waits_twice_as_long():
    waits = [wait_after(tries, free=3) // SECOND for tries in range(1, 8)]

    assert waits == [0, 0, 1, 2, 4, 8, 16]


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_waiting_never_gets_shorter_and_never_longer_than_a_quarter_of_an_hour(tries, free):
    assert wait_after(tries, free=free) <= wait_after(tries + 1, free=free) <= LONGEST_WAIT


def test_a_try_that_comes_too_early_is_refused_and_makes_nobody_wait_longer():
    known = after(5)

    with pytest.raises(TooManyRequestsError) as refusal:
        count_try(known, known.next_at - SECOND, free=3)

    assert refusal.value.retry_after == SECOND
    assert count_try(known, known.next_at, free=3).tries == 6


def test_after_a_day_all_begins_anew():
    known = after(20)

    assert count_try(known, known.last_at + FORGOTTEN_AFTER, free=3).tries == 1


def test_one_try_is_given_back():
    left = give_back(after(5), free=3)

    assert left is not None
    assert (left.tries, left.next_at - left.last_at) == (4, 2 * SECOND)
    assert give_back(after(1), free=3) is None


@pytest.mark.parametrize(
    ("address", "group"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("/run/fedirec.sock", "/run/fedirec.sock"),
        ("", ""),
    ],
)
def test_what_one_visitor_can_hardly_leave_is_one_address(address, group):
    assert address_group(address) == group
