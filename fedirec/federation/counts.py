"""What this process counts as it works: plain numbers, which `/metrics` tells Prometheus.

A count is one step in a dictionary, without the library: it must cost nothing beside a request.
Names are ours and few: classes, outcomes, route templates; never a host, a person or an address.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
ROWS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0)


class Spread:
    """How values are spread: for each bound, how many were at most that; and their sum."""

    __slots__ = ("_bounds", "_counts", "total")

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        """Count one value."""
        self._counts[bisect_left(self._bounds, value)] += 1
        self.total += value

    def up_to(self) -> list[tuple[str, float]]:
        """Return each bound as text, `+Inf` at last, with how many values were at most that."""
        rows: list[tuple[str, float]] = []
        count = 0
        for place, found in enumerate(self._counts):
            count += found
            bound = "+Inf" if place == len(self._bounds) else str(self._bounds[place])
            rows.append((bound, float(count)))
        return rows


def _seconds() -> Spread:
    return Spread(SECONDS)


@dataclass(slots=True, kw_only=True)
class Counts:
    """Since this process started.

    `attempts` by class of outcome; `circuits` by what they became; `leases_lost` and `failures` by
    line of work; `received` by what was answered, `refused` by why not, `handled` by what came of
    it; `signatures` by their kind. `requests` by route template, method and first digit of the
    status, in seconds; `loop_lag` in seconds; `commits` in
    rows kept at once.
    """

    attempts: Counter[str] = field(default_factory=Counter)
    circuits: Counter[str] = field(default_factory=Counter)
    leases_lost: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    signatures: Counter[str] = field(default_factory=Counter)
    handled: Counter[str] = field(default_factory=Counter)
    requests: dict[tuple[str, str, int], Spread] = field(default_factory=dict)
    loop_lag: Spread = field(default_factory=_seconds)
    commits: Spread = field(default_factory=lambda: Spread(ROWS))

    def count_request(self, template: str, method: str, status: int, seconds: float) -> None:
        """Count one request that was answered; every argument but `seconds` is one of few."""
        key = template, method, status // 100
        spread = self.requests.get(key)
        if spread is None:
            spread = self.requests[key] = _seconds()
        spread.observe(seconds)
