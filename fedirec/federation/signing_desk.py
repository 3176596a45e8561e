"""Where deliveries are signed: in a thread, a chunk at a time, so that the loop goes on meanwhile.

RSA gives up the interpreter's lock, so another core does it. A hop to a thread costs a tenth of a
signature: one for each would cost more than it saves, and 64 at once on the loop would hold up
everybody who reads a page (`performance.md` 4).
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from fedirec.errors import FedirecError

CHUNK: Final = 16

Headers = Mapping[str, str]
Job = Callable[[], Headers]
"""Signs one request when it is called, with the date of that moment."""

_Outcome = Headers | BaseException
_Waiting = tuple[Job, asyncio.Future[Headers]]


class SigningDesk:
    """Of one instance; whatever waits while a chunk is signed is the next one."""

    def __init__(self) -> None:
        self._waiting: list[_Waiting] = []
        self._under_way = 0

    async def sign(self, job: Job) -> Headers:
        """Return what a job returns, or raise what it raises."""
        loop = asyncio.get_running_loop()
        signed: asyncio.Future[Headers] = loop.create_future()
        self._waiting.append((job, signed))
        if not self._under_way:
            self._under_way += 1
            loop.call_soon(self._begin)  # once all have come that are ready now
        return await signed

    def _begin(self) -> None:
        chunk, self._waiting = self._waiting[:CHUNK], self._waiting[CHUNK:]
        self._sign([(job, signed) for job, signed in chunk if not signed.done()])  # else it left

    def _sign(self, chunk: Sequence[_Waiting]) -> None:
        jobs = [job for job, _ in chunk]
        try:
            signing = asyncio.get_running_loop().run_in_executor(None, _sign_all, jobs)
        except RuntimeError as error:  # no thread is to be had
            self._end(chunk, [error] * len(chunk))
        else:
            signing.add_done_callback(partial(self._read, chunk))

    def _read(self, chunk: Sequence[_Waiting], signing: asyncio.Future[list[_Outcome]]) -> None:
        fault = asyncio.CancelledError() if signing.cancelled() else signing.exception()
        if fault is None:
            self._end(chunk, signing.result())
        elif len(chunk) == 1 or signing.cancelled():
            self._end(chunk, [fault] * len(chunk))
        else:  # a fault of ours: whose it is shows when each is signed alone
            self._under_way += len(chunk) - 1
            for each in chunk:
                self._sign([each])

    def _end(self, chunk: Sequence[_Waiting], outcomes: Sequence[_Outcome]) -> None:
        for (_, signed), outcome in zip(chunk, outcomes, strict=True):
            if signed.done():
                continue
            if isinstance(outcome, BaseException):
                signed.set_exception(outcome)
            else:
                signed.set_result(outcome)
        self._under_way -= 1
        if self._waiting and not self._under_way:
            self._under_way += 1
            asyncio.get_running_loop().call_soon(self._begin)


def _sign_all(jobs: Sequence[Job]) -> list[_Outcome]:
    return [_outcome(job) for job in jobs]


def _outcome(job: Job) -> _Outcome:
    try:
        return job()
    except FedirecError as error:  # of this one, and not of those beside it
        return error
