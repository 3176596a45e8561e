"""How many deliveries a worker has under way: few at its start, half of them for new mail. Pure."""

from typing import Final

_FIRST_SLOTS: Final = 4
_FASTEST: Final = 10  # doublings: more slots than can be set


def open_slots(slots: int, *, seconds: float) -> int:
    """Return how many of its slots a worker uses, so long after its start: 4, 8, 16, … a second.

    After a long absence everything is due at once; neither we nor our peers begin at a run (RX-08).
    """
    doublings = max(0, min(int(seconds), _FASTEST))
    return min(slots, _FIRST_SLOTS << doublings)


def retry_room(slots: int, *, retrying: int) -> int:
    """Return how many retries may still be begun: they never take more than half of the slots."""
    return max(0, max(1, slots // 2) - retrying)
