"""What was answered to anybody, kept as bytes for whoever asks for the same within a second.

A kept answer stands until this process writes anything it may show (`storage/changes.py`), so what
was withdrawn, deleted or blocked here is gone from it at once, workers included. What another
process wrote is seen after a second at most, as with `ShortMemory`; so is what only time changes.
Anyone whose answer may be their own is never answered from here, and what they get is never kept:
who signs, who holds a token, who is signed in, and every answer that is private or an error.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import hdrs, web
from cachetools import TTLCache

from fedirec.federation.context import Federation
from fedirec.storage.changes import Changes, of_all_shown
from fedirec.web.answers import ANSWERED, Answered, accepted, respond
from fedirec.web.languages import spoken
from fedirec.web.negotiation import asks_for_json
from fedirec.web.requests import is_signed
from fedirec.web.viewers import is_own_page

LIFE: Final = timedelta(seconds=1)
MAX_BYTES: Final = 8_388_608
_LEAST_BYTES: Final = 2_048  # so that many small answers, with their headers, count too
_NO_TIME: Final = timedelta()

Handler = Callable[[web.Request], Awaitable[web.Response]]
Key = tuple[str, bool | None, str]
"""A target as it was asked for, query included; whether JSON was; the language of its reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    answered: Answered
    changes: int
    made_at: datetime
    target_bytes: int


class Shelf:
    """The answers of one application: gone with their time, and the oldest make room."""

    def __init__(self, federation: Federation, *, max_bytes: int = MAX_BYTES) -> None:
        self._changes = federation.database.changes
        self._now = federation.now
        self._kept: TTLCache[Key, _Kept] = TTLCache(
            max_bytes,
            LIFE.total_seconds(),
            timer=lambda: federation.now().timestamp(),
            getsizeof=_size,
        )
        self._making: dict[Key, asyncio.Event] = {}

    def find(self, key: Key, of: Callable[[Changes], int]) -> Answered | None:
        """Return what was answered under `key`, if it still stands."""
        kept = self._kept.get(key)
        if kept is None or kept.changes != of(self._changes):
            return None
        is_young = _NO_TIME <= self._now() - kept.made_at < LIFE
        return kept.answered if is_young else None

    async def make(
        self, key: Key, request: web.Request, handler: Handler, of: Callable[[Changes], int]
    ) -> web.Response:
        """Answer by `handler`, once for many who ask at once."""
        if key in self._making:
            await self._making[key].wait()
            answered = self.find(key, of)
            if answered is not None:
                return respond(request, answered)
        return await self._make(key, request, handler, of)

    async def _make(
        self, key: Key, request: web.Request, handler: Handler, of: Callable[[Changes], int]
    ) -> web.Response:
        # before anything is read: what is written meanwhile makes it old as soon as it is kept
        changes, made_at = of(self._changes), self._now()
        made = asyncio.Event()
        self._making.setdefault(key, made)
        try:
            response = await handler(request)
            self._keep(key, request, changes, made_at)
        finally:
            made.set()
            if self._making.get(key) is made:
                del self._making[key]
        return response

    def _keep(self, key: Key, request: web.Request, changes: int, made_at: datetime) -> None:
        answered = request.get(ANSWERED)
        if answered is None or answered.tag is None:
            return
        kept = _Kept(answered=answered, changes=changes, made_at=made_at, target_bytes=len(key[0]))
        if _size(kept) <= self._kept.maxsize:
            self._kept[key] = kept


SHELF = web.AppKey("shelf", Shelf)


def kept(
    handler: Handler,
    of: Callable[[Changes], int] = of_all_shown,
    *,
    of_page: Callable[[Changes], int] = of_all_shown,
) -> Handler:
    """Return a handler of GET whose answers to anybody are kept while `of` tells the same number.

    `of` tells how often this process wrote anything that the answer may show; `of_page` does so
    where a page is asked for by name.
    """

    async def from_shelf(request: web.Request) -> web.Response:
        if hdrs.AUTHORIZATION in request.headers or is_signed(request):
            return await handler(request)
        if is_own_page(request):
            return await handler(request)
        key = request.raw_path, asks_for_json(accepted(request)), spoken()
        counted = of_page if key[1] is False else of
        shelf = request.app[SHELF]
        answered = shelf.find(key, counted)
        if answered is not None:
            return respond(request, answered)
        return await shelf.make(key, request, handler, counted)

    return from_shelf


def _size(kept: _Kept) -> int:
    return _LEAST_BYTES + kept.target_bytes + len(kept.answered.body)
