"""How much a worker begins, at its start and while retries wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.pacing import open_slots, retry_room


@pytest.mark.rule("RX-08")
def test_a_worker_begins_with_few_and_has_all_slots_after_some_seconds():
    assert [open_slots(64, seconds=n) for n in range(6)] == [4, 8, 16, 32, 64, 64]
    assert open_slots(3, seconds=0) == 3
    assert open_slots(64, seconds=1e9) == 64


@pytest.mark.rule("ST-06")
@given(slots=st.integers(1, 1_000), retrying=st.integers(0, 1_000))
def test_retries_never_take_more_than_half_of_the_slots(slots, retrying):
    room = retry_room(slots, retrying=retrying)

    assert 0 <= room <= max(1, slots // 2)
    assert room == 0 or retrying + room == max(1, slots // 2)
