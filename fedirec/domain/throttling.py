"""How often somebody may try: at once a few times, then ever more slowly, never not at all (AC-02).

Every try is counted before it is looked at, so that many at once are counted too. One that came too
early is refused, and not counted: whoever keeps knocking makes nobody wait longer.
"""

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fedirec.errors import TooManyRequestsError

LONGEST_WAIT: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(days=1)
FREE_PER_ACCOUNT: Final = 5
FREE_PER_ADDRESS: Final = 20
"""More than for an account: a house or an office is one address."""
_DOUBLINGS: Final = 10
_SHARED_BITS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttle:
    """How often something was tried, when it was last tried, and when it may be tried next."""

    tries: int
    next_at: datetime
    last_at: datetime


def count_try(throttle: Throttle | None, now: datetime, *, free: int) -> Throttle:
    """Return what is known after one more try now.

    Args:
        throttle: What was known; None for nothing.
        now: The time.
        free: So many tries are let through at once.

    Raises:
        TooManyRequestsError: It is too early; nothing is to be written then.
    """
    if throttle is None or now - throttle.last_at >= FORGOTTEN_AFTER:
        return Throttle(tries=1, next_at=now + wait_after(1, free=free), last_at=now)
    if now < throttle.next_at:
        message = "too many tries; wait a little before the next one"
        raise TooManyRequestsError(message, retry_after=throttle.next_at - now)
    tries = throttle.tries + 1
    return Throttle(tries=tries, next_at=now + wait_after(tries, free=free), last_at=now)


def give_back(throttle: Throttle, *, free: int) -> Throttle | None:
    """Return what is known once a try turned out to be right; None for nothing."""
    tries = throttle.tries - 1
    if tries < 1:
        return None
    next_at = throttle.last_at + wait_after(tries, free=free)
    return Throttle(tries=tries, next_at=next_at, last_at=throttle.last_at)


def wait_after(tries: int, *, free: int) -> timedelta:
    """Return how long to wait after so many tries: nothing, then 1, 2, 4 … seconds up to 15 min."""
    if tries < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(tries - free, _DOUBLINGS)), LONGEST_WAIT)


def address_group(address: str) -> str:
    """Return what one visitor can hardly leave: an IPv4 address, or the /64 of an IPv6 one.

    What is no address, such as the name of a socket, is a group of its own.
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((parsed, _SHARED_BITS), strict=False))
