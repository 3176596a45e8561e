"""What attempts say about a host, and how much goes to it next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.circuits import (
    FRESH,
    LONGEST_PROBE,
    Circuit,
    CircuitState,
    Sign,
    after_signs,
    heard_from,
    is_refusing,
    is_unreachable,
    room_for,
    sign_of,
    standing,
)
from fedirec.domain.retry import DeliveryClass, classify

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)


def fail(circuit: Circuit, times: int, now: datetime = NOW) -> Circuit:
    for _ in range(times):
        circuit = after_signs(circuit, [Sign.FAILS], now)
    return circuit


OPEN = fail(FRESH, 5)


@pytest.mark.rule("ST-06")
@pytest.mark.parametrize(
    ("status", "sign"),
    [
        (None, Sign.FAILS),
        (500, Sign.FAILS),
        (503, Sign.FAILS),
        (408, Sign.FAILS),
        (429, Sign.BUSY),
        (202, Sign.ANSWERS),
        (301, Sign.ANSWERS),
        (404, Sign.ANSWERS),
        (401, Sign.ANSWERS),
        (403, Sign.REFUSES),
    ],
)
def test_every_answer_says_something_about_its_host(status, sign):
    assert sign_of(classify(status), status) is sign


def test_what_was_never_sent_says_nothing():
    assert sign_of(DeliveryClass.REJECTED, None) is None


@pytest.mark.rule("ST-06")
def test_a_circuit_opens_after_five_failures_within_ten_minutes():
    before = fail(FRESH, 4)
    after = fail(before, 1, NOW + 10 * MINUTE)

    assert before.state is CircuitState.CLOSED
    assert (after.state, after.opened_at) == (CircuitState.OPEN, NOW + 10 * MINUTE)
    assert after.next_at == NOW + 15 * MINUTE


def test_the_last_five_count_not_those_since_the_first():
    old = fail(FRESH, 1, NOW - DAY)

    assert fail(old, 4).state is CircuitState.CLOSED
    assert fail(old, 5).state is CircuitState.OPEN


def test_a_circuit_opens_after_twenty_failures_however_slow():
    circuit, states = FRESH, []
    for number in range(20):
        circuit = fail(circuit, 1, NOW + number * 5 * MINUTE)
        states.append(circuit.state)

    assert states == [CircuitState.CLOSED] * 19 + [CircuitState.OPEN]


def test_one_answer_among_failures_begins_the_row_anew():
    circuit = after_signs(fail(FRESH, 4), [Sign.FAILS, Sign.ANSWERS, Sign.FAILS], NOW)

    assert (circuit.state, circuit.failures) == (CircuitState.CLOSED, 0)


@pytest.mark.rule("ST-06")
def test_a_host_that_asks_for_fewer_requests_never_counts_as_down():
    circuit = FRESH
    for _ in range(100):
        circuit = after_signs(circuit, [Sign.BUSY], NOW)

    assert circuit == FRESH


@pytest.mark.rule("ST-06")
def test_probes_come_at_intervals_that_double_up_to_six_hours():
    circuit, now, minutes = OPEN, NOW, []
    for _ in range(10):
        assert circuit.next_at is not None
        minutes.append((circuit.next_at - now) / MINUTE)
        now = circuit.next_at
        circuit = fail(circuit, 1, now)

    assert minutes == [5, 10, 20, 40, 80, 160, 320, 360, 360, 360]


def test_what_was_under_way_when_it_opened_is_no_probe():
    after = fail(OPEN, 3, NOW + MINUTE)

    assert (after.next_at, after.failures) == (OPEN.next_at, 8)


def test_a_probe_that_is_told_to_wait_comes_back_after_the_same_wait():
    assert OPEN.next_at is not None
    after = after_signs(OPEN, [Sign.BUSY], OPEN.next_at)

    assert (after.state, after.next_at) == (CircuitState.OPEN, OPEN.next_at + 5 * MINUTE)


def test_an_answer_lets_out_one_then_two_then_four_in_a_second_and_then_all():
    half = after_signs(after_signs(OPEN, [Sign.ANSWERS], NOW), [Sign.ANSWERS], NOW)
    rooms = [room_for(half, in_flight=0, most=8, now=NOW + n * SECOND).count for n in range(4)]
    soon = after_signs(half, [Sign.ANSWERS], NOW + 2 * SECOND)
    late = after_signs(half, [Sign.ANSWERS], NOW + 3 * SECOND)

    assert half.state is CircuitState.HALF_OPEN
    assert rooms == [1, 2, 4, 8]
    assert (soon.state, late.state) == (CircuitState.HALF_OPEN, CircuitState.CLOSED)
    assert late.next_at is None


def test_a_failure_while_half_open_opens_it_again():
    half = after_signs(OPEN, [Sign.ANSWERS], NOW + MINUTE)

    again = fail(half, 1, NOW + 2 * MINUTE)

    assert (again.state, again.opened_at) == (CircuitState.OPEN, NOW + 2 * MINUTE)
    assert again.next_at == NOW + 7 * MINUTE


def test_a_host_that_speaks_to_us_is_up():
    assert heard_from(OPEN) == FRESH
    assert heard_from(FRESH) is FRESH


@pytest.mark.rule("RX-08")
def test_a_host_that_answers_gets_more_and_more_at_once_and_two_after_a_failure():
    grown = after_signs(FRESH, [Sign.ANSWERS] * 3, NOW)
    capped = after_signs(after_signs(grown, [Sign.ANSWERS], NOW), [Sign.ANSWERS], NOW)
    back = after_signs(capped, [Sign.FAILS, Sign.ANSWERS], NOW)

    rooms = [room_for(c, in_flight=1, most=8, now=NOW).count for c in (FRESH, grown, capped, back)]
    assert rooms == [1, 3, 7, 1]


def test_an_open_circuit_has_room_for_one_probe_at_its_time():
    assert OPEN.next_at is not None
    early = room_for(OPEN, in_flight=0, most=8, now=NOW)
    due = room_for(OPEN, in_flight=0, most=8, now=OPEN.next_at)
    during = room_for(OPEN, in_flight=1, most=8, now=OPEN.next_at)

    assert (early.count, early.not_before) == (0, OPEN.next_at)
    assert (due.count, during.count) == (1, 0)


@pytest.mark.rule("ST-06")
def test_a_host_down_for_a_week_is_unreachable():
    probed = fail(OPEN, 1, NOW + 6 * DAY)

    assert not is_unreachable(probed, NOW + 7 * DAY - SECOND)
    assert standing(probed, NOW + 7 * DAY) == "unreachable"
    assert standing(heard_from(probed), NOW + 7 * DAY) == "closed"


@pytest.mark.rule("ST-06")
def test_a_host_that_answers_nothing_but_403_for_a_week_refuses_us():
    first = after_signs(FRESH, [Sign.REFUSES], NOW)
    later = after_signs(first, [Sign.REFUSES, Sign.FAILS], NOW + 7 * DAY)
    elsewhere = after_signs(later, [Sign.REFUSES, Sign.ANSWERS], NOW + 8 * DAY)

    assert [is_refusing(circuit) for circuit in (first, later, elsewhere)] == [False, True, False]
    assert standing(later, NOW + 7 * DAY) == "refusing"


signs = st.lists(st.sampled_from(Sign), min_size=1, max_size=4)


@pytest.mark.rule("ST-06", "RX-08")
@given(steps=st.lists(st.tuples(signs, st.integers(0, 40_000)), max_size=60))
def test_whatever_a_host_does_it_is_asked_again_in_time_and_never_too_much(steps):
    circuit, now = FRESH, NOW
    for told, seconds in steps:
        now += timedelta(seconds=seconds)
        circuit = after_signs(circuit, told, now)
        room = room_for(circuit, in_flight=0, most=8, now=now)

        assert room.count <= 8
        assert room.count >= 1 or room.not_before is not None
        assert room.not_before is None or now < room.not_before <= now + LONGEST_PROBE
        assert (circuit.opened_at is not None) == (circuit.state is CircuitState.OPEN)
        if circuit.state is CircuitState.OPEN:
            assert room.count <= 1
        if Sign.ANSWERS in told:
            assert circuit.state is not CircuitState.OPEN
            assert circuit.failures == 0
