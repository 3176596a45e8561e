"""Named points where a test ends or stops this process, to see that nothing accepted is lost.

Off unless FEDIREC_FAILPOINTS is set, as in `inbox.committed=kill@3,delivery.claimed=stop`: at the
third passage, or the first. It is read once, at import, since a point must cost nothing when off.
`tests/chaos/test_failpoints.py` has a crash test for every name, and refuses a name without one.
"""

import os
import re
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from types import MappingProxyType
from typing import Final

VARIABLE: Final = "FEDIREC_FAILPOINTS"
NAMES: Final = frozenset(
    {
        "inbox.verified",  # C1: the signature holds, nothing is written yet
        "inbox.written",  # C1: written, and not committed
        "inbox.committed",  # C2: committed, and nobody told
        "received.claimed",  # C3: leased, the handler not begun
        "received.applied",  # C3: every effect written, and not committed
        "received.settled",  # C3: all committed
        "outbox.written",  # C4: object, activity and deliveries written, and not committed
        "outbox.committed",  # C4: committed, and the member not told
        "fan_out.written",  # C5: a batch of deliveries written, and not committed
        "fan_out.committed",  # C5: a batch committed, the next one not begun
        "delivery.claimed",  # C6, C8: leased, nothing sent
        "delivery.answered",  # C7: the peer said 2xx, and nothing is marked
        "delivery.settled",  # C7: marked
        "keys.written",  # C9: new keys and their announcement written, and not committed
        "keys.committed",  # C9: committed, and the keeper not told
        "migration.written",  # C10: one migration run, and not committed
        "migration.committed",  # C10: one committed, the next one not begun
        "consent.written",  # C14: stamp, answer and endorsement written, and not committed
    }
)
_SIGNALS: Final = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}
_ENTRY: Final = re.compile(r"([a-z_.]+)=(kill|stop)(?:@([1-9][0-9]*))?")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Armed:
    """A point that is on: which passage sends which signal to this process."""

    number: signal.Signals
    passage: int
    passages: "Iterator[int]" = field(default_factory=lambda: count(1))


def read_armed(text: str) -> Mapping[str, _Armed]:
    """Return what the variable arms, by name.

    Raises ValueError for what is no point or no act: a test would pass in vain.
    """
    armed = {}
    for entry in filter(None, text.split(",")):
        match = _ENTRY.fullmatch(entry.strip())
        if match is None or match[1] not in NAMES:
            message = f"{VARIABLE}: expected a point of fedirec/failpoints.py, found {entry!r}"
            raise ValueError(message)
        armed[match[1]] = _Armed(number=_SIGNALS[match[2]], passage=int(match[3] or 1))
    return MappingProxyType(armed)


_ARMED: Final = read_armed(os.environ.get(VARIABLE, ""))


def failpoint(name: str) -> None:
    """Pass a point; does nothing at all unless a test armed it. Any thread may pass."""
    if name in _ARMED:
        _reach(_ARMED[name])


def _reach(armed: _Armed) -> None:
    if next(armed.passages) == armed.passage:
        os.kill(os.getpid(), armed.number)
