"""What a line of work is: how to claim it, do it, settle it, and what to do when it fails.

The loop (`loop.py`) knows no more about deliveries or received activities than this.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from fedirec.federation.context import Federation

Item = TypeVar("Item")
Result = TypeVar("Result")


async def _nothing(_federation: Federation) -> None:
    """Close a line that claims nothing ahead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(Generic[Item, Result]):
    """One kind of leased work.

    `slots` is how many items are under way at most, `deadline` how long one may take: less than
    its lease; `patience` is how long what is under way may go on when we stop. `claim` leases at
    most that many items, their attempts counted already; after a look that did not find enough the
    next waits for `gathers` at the least, so that it finds more. `name_of` tells an item apart in
    the log: its ids, never its body. `settle` records results in one transaction, all or none; if
    it fails, each is tried alone. `fail` records what came in place of a result, `release` hands
    items back. `after` is what a recorded result still asks for, if it `asks_more`: done in no
    slot, and perhaps not at all; nothing is lost then. `close` is told once that nothing more is
    begun, and hands back what was claimed ahead.
    """

    name: str
    slots: int
    deadline: timedelta
    name_of: Callable[[Item], str]
    claim: Callable[[Federation, int], Awaitable[Sequence[Item]]]
    work: Callable[[Federation, Item], Awaitable[Result]]
    settle: Callable[[Federation, Sequence[Result]], Awaitable[None]]
    fail: Callable[[Federation, Item, BaseException], Awaitable[None]]
    release: Callable[[Federation, Sequence[Item]], Awaitable[None]]
    after: Callable[[Federation, Result], Awaitable[None]] | None = None
    asks_more: Callable[[Result], bool] = lambda _result: True
    close: Callable[[Federation], Awaitable[None]] = _nothing
    gathers: timedelta = timedelta()
    patience: timedelta = timedelta(seconds=25)  # the server cancels us after 30
