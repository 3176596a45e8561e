"""Why a delivery is where it is, in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from fedirec.domain.circuits import Circuit, CircuitState
from fedirec.domain.delivery_words import Standing, day, host_in_words, in_words
from fedirec.domain.queue_states import DeliveryState

NOW = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
DAY = timedelta(days=1)
TRYING = "trying until Thursday 26 November"
DOWN = Circuit(
    state=CircuitState.OPEN, opened_at=NOW - 4 * DAY, next_at=NOW + timedelta(minutes=12)
)


def told(state: str, **changes: Any) -> str:
    facts: dict[str, Any] = {
        "state": DeliveryState(state),
        "attempt": 1,
        "next_at": NOW + timedelta(hours=1),
        "expires_at": NOW + 5 * DAY,
        "cls": None,
        "status": None,
    }
    return in_words(Standing(**{**facts, **changes}), NOW)


@pytest.mark.parametrize(
    ("state", "facts", "words"),
    [
        ("due", {}, "about to be sent"),
        ("leased", {}, "being sent now"),
        ("held", {}, "put aside by a keeper, until it is released"),
        ("delivered", {"cls": "ok", "status": 202}, "it arrived"),
        ("waiting", {"cls": "temporary"},
         "does not answer; next try at 15:05 UTC, trying until Thursday 26 November"),
        ("waiting", {"cls": "temporary", "status": 502},
         "is in trouble: 502; next try at 15:05 UTC, trying until Thursday 26 November"),
        ("waiting", {"cls": "busy", "status": 429},
         "asks for time: 429; next try at 15:05 UTC, trying until Thursday 26 November"),
        ("waiting", {"cls": "temporary", "circuit": DOWN},
         f"does not answer since Tuesday 17 November; asked again at 14:17 UTC, {TRYING}"),
        ("due", {"circuit": DOWN},
         f"does not answer since Tuesday 17 November; asked again at 14:17 UTC, {TRYING}"),
        ("gone", {"cls": "rejected", "status": 422}, "refused it: 422; given up"),
        ("gone", {"cls": "auth", "status": 403}, "refused it: 403; given up"),
        ("gone", {"cls": "gone", "status": 410}, "is gone: 410"),
        ("gone", {"cls": "missing", "status": 404}, "does not know the inbox: 404; given up"),
        ("expired", {"cls": "temporary"},
         "does not answer; given up, as its time was over on Thursday 26 November"),
        ("cancelled", {}, "stopped here before it arrived"),
        ("cancelled", {"cls": "superseded"}, "something later was said in its place"),
    ],
)  # fmt: skip
def test_every_standing_has_its_words(state, facts, words):
    assert told(state, **facts) == words


def test_a_class_that_has_no_words_yet_is_our_trouble():
    assert told("waiting", cls="error").startswith("could not be sent, for a reason of ours; next")


def test_a_day_of_another_year_says_which():
    assert day(datetime(2027, 1, 2, tzinfo=UTC), NOW) == "Saturday 2 January 2027"


@pytest.mark.parametrize(
    ("circuit", "words"),
    [
        (Circuit(), "answers"),
        (Circuit(failures=3), "failed 3 in a row, and is tried on"),
        (DOWN, "does not answer since Tuesday 17 November, asked again at 14:17 UTC"),
        (replace(DOWN, opened_at=NOW - 9 * DAY, next_at=None),
         "has not answered for a week, since Thursday 12 November"),
        (Circuit(state=CircuitState.HALF_OPEN), "is back, and gets what waits little by little"),
        (Circuit(refusing_since=NOW - 8 * DAY, refused_at=NOW),
         "refuses us since Friday 13 November"),
    ],
)  # fmt: skip
def test_every_standing_of_a_host_has_its_words(circuit, words):
    assert host_in_words(circuit, NOW) == words
