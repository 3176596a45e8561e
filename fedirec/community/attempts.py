"""Counting tries to get in, so that guessing is slow and nobody is locked out (AC-02).

Each try counts for the address it came from, and for the account. An address from which the member
has signed in before counts by itself, so strangers who guess do not slow the member there; all
other addresses share one count of the account. Nothing is ever closed for longer than 15 minutes.

Names and addresses are kept as keyed digests only: the key is the instance's own.
"""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from fedirec.domain.throttling import (
    FREE_PER_ACCOUNT,
    FREE_PER_ADDRESS,
    address_group,
    count_try,
    give_back,
)
from fedirec.federation.context import Federation
from fedirec.storage import familiar_addresses, instance, throttles, turns
from fedirec.storage.database import Transaction

FAMILIAR_FOR: Final = timedelta(days=180)
_MOST_FAMILIAR: Final = 20
_SECRET: Final = "secret"  # noqa: S105 - the name it is kept by
_SECRET_BYTES: Final = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who knocks: the address a request came from, and the browser (`domain/browsers.py`)."""

    address: str
    label: str


class Kind(StrEnum):
    """What is tried; each kind is counted by itself."""

    PASSWORD = "password"  # noqa: S105 - a kind of try
    CODE = "code"
    PASSKEY = "passkey"
    RESET = "reset"
    JOINING = "joining"
    FORGOTTEN = "forgotten"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A try that was counted: the keys it was counted by. Without a name `account` is None."""

    address: str
    account: str | None


async def count_attempt(
    federation: Federation, kind: Kind, name: str | None, visitor: Visitor
) -> Attempt:
    """Count a try, whoever it is that is tried, before anything is looked at.

    Raises TooManyRequestsError when it is too early; `retry_after` says when it is not.
    """
    secret = await instance_secret(federation)
    address_key = _keyed(secret, "address", address_group(visitor.address))
    by_address = _keyed(secret, "tries", kind, address_key)
    now = federation.now()
    async with federation.database.transaction() as transaction:
        account = None
        if name is not None:
            since = now - FAMILIAR_FOR
            is_familiar = await familiar_addresses.is_familiar(
                transaction, name, address_key, since
            )
            account = _keyed(secret, "tries", kind, name, address_key if is_familiar else "")
        attempt = Attempt(address=by_address, account=account)
        for key, free in _buckets(attempt):
            await turns.wait(transaction, f"tries {key}")
            found = await throttles.find_throttle(transaction, key)
            await throttles.save_throttle(transaction, key, count_try(found, now, free=free))
    return attempt


async def forgive(transaction: Transaction, attempt: Attempt) -> None:
    """Take back what a try counted that turned out to be right, and all that the account had.

    The address gets this one try back and no more: else somebody with an account of their own would
    guess at others for ever.
    """
    for key, free in _buckets(attempt):
        await turns.wait(transaction, f"tries {key}")
        found = await throttles.find_throttle(transaction, key)
        left = give_back(found, free=free) if found and key == attempt.address else None
        if left is None:
            await throttles.forget_throttle(transaction, key)
        else:
            await throttles.save_throttle(transaction, key, left)


async def remember_visitor(
    transaction: Transaction, federation: Federation, name: str, visitor: Visitor, secret: bytes
) -> None:
    """Note that a member has signed in from here; `secret` is the instance's."""
    address_key = _keyed(secret, "address", address_group(visitor.address))
    await familiar_addresses.remember_address(
        transaction, name, address_key, federation.now(), most=_MOST_FAMILIAR
    )


async def instance_secret(federation: Federation) -> bytes:
    """Return the instance's own secret, with which names are hidden; make it at the first time."""
    async with federation.database.reading() as reader:
        found = await instance.find_value(reader, _SECRET)
    if found is None:
        made = federation.randomness(_SECRET_BYTES).hex()
        async with federation.database.transaction() as transaction:
            await turns.wait(transaction, "instance secret")
            found = await instance.find_value(transaction, _SECRET)
            if found is None:
                await instance.set_value(transaction, _SECRET, made)
                found = made
    return bytes.fromhex(found)


def keyed_digest(secret: bytes, *parts: str) -> bytes:
    """Return 32 bytes that stand for `parts` and tell nothing of them without the secret."""
    text = "\0".join(parts).encode(errors="surrogatepass")
    return hmac.new(secret, text, hashlib.sha256).digest()


def _keyed(secret: bytes, *parts: str) -> str:
    return keyed_digest(secret, *parts).hex()


def _buckets(attempt: Attempt) -> list[tuple[str, int]]:
    """Return what a try counts for and how much is free there, in the order of taking turns."""
    buckets = [(attempt.address, FREE_PER_ADDRESS)]
    if attempt.account is not None:
        buckets.append((attempt.account, FREE_PER_ACCOUNT))
    return sorted(buckets)
