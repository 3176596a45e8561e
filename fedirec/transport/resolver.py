"""Names to addresses, within a time and only to addresses that may be dialled (TR-04, TR-12).

Nothing that was found good is remembered: a name is asked for again whenever a connection is made,
and the connection goes only to the addresses of that one answer.
"""

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult
from cachetools import TTLCache

from fedirec.domain.limits import Limits
from fedirec.transport.addresses import AddressPolicy

Lookup = Callable[[str], Awaitable[Sequence[str]]]
"""Given a DNS name, its address literals. Raises OSError where there are none."""

_THREADS: Final = 8
_FAILURES_REMEMBERED: Final = 1_024


class RefusedAddressError(OSError):
    """A name or literal leads to no address that may be dialled. Never leaves `transport`."""

    def __init__(self, message: str) -> None:
        super().__init__(errno.EACCES, message)


class ThreadedLookup:
    """The system's resolver in a few threads of its own.

    `getaddrinfo` blocks and cannot be cancelled. In the loop's default threads, hanging ones would
    hold up all else that runs there; these are daemons, so that none holds up the exit either.
    """

    def __init__(
        self, *, threads: int = _THREADS, getaddrinfo: Callable[..., Any] = socket.getaddrinfo
    ) -> None:
        self._slots = asyncio.Semaphore(threads)
        self._getaddrinfo = getaddrinfo

    async def __call__(self, name: str) -> Sequence[str]:
        """Return the addresses of `name`, in the system's order of preference."""
        await self._slots.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[str]] = loop.create_future()

        def finish(found: Sequence[str] | Exception) -> None:
            self._slots.release()
            if answer.done():  # the asker has gone
                return
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)

        def work() -> None:
            found: Sequence[str] | Exception
            try:
                rows = self._getaddrinfo(name, None, type=socket.SOCK_STREAM)
                found = list(dict.fromkeys(row[4][0] for row in rows))
            except (OSError, UnicodeError) as error:
                found = error
            with contextlib.suppress(RuntimeError):  # the loop closed meanwhile
                loop.call_soon_threadsafe(finish, found)

        threading.Thread(target=work, name="fedirec-dns", daemon=True).start()
        return await answer


class GuardedResolver(AbstractResolver):
    """What aiohttp asks: a bounded lookup, less every address that may not be dialled."""

    def __init__(self, *, lookup: Lookup, policy: AddressPolicy, limits: Limits) -> None:
        self._lookup = lookup
        self._policy = policy
        self._seconds = limits.dns_timeout.total_seconds()
        self._failures: TTLCache[str, str] = TTLCache(
            maxsize=_FAILURES_REMEMBERED, ttl=limits.dns_failure_kept.total_seconds()
        )

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of `host` that may be dialled on `port`.

        Raises:
            RefusedAddressError: when it has addresses, but none of those.
            OSError: when it has none, or the answer took too long; remembered for a short while.
        """
        if (known := self._failures.get(host)) is not None:
            raise OSError(errno.EHOSTUNREACH, known)
        found = await self._find(host)
        permitted = [address for address in found if self._policy.permits(address, port)]
        if not permitted:
            raise RefusedAddressError(f"{host} leads to no permitted address: {', '.join(found)}")
        results = [_result(host, address, port) for address in permitted]
        return [found for found in results if family in (socket.AF_UNSPEC, found["family"])]

    async def close(self) -> None:
        """Nothing is held open."""

    async def _find(self, host: str) -> Sequence[str]:
        try:
            async with asyncio.timeout(self._seconds):
                found = await self._lookup(host)
        except TimeoutError as error:
            raise self._remember(host, f"no answer within {self._seconds} s") from error
        except (OSError, UnicodeError) as error:
            raise self._remember(host, str(error)) from error
        if not found:
            raise self._remember(host, "no addresses")
        return found

    def _remember(self, host: str, why: str) -> OSError:
        message = f"DNS for {host}: {why}"
        self._failures[host] = message  # may be forgotten at once, if it is kept for no time
        return OSError(errno.EHOSTUNREACH, message)


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
    )
