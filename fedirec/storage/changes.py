"""How often this process wrote what can be seen: what was made since then still stands.

Told from the statements themselves, so that no journey can forget to say it. A table counts as seen
unless it is known for one that no public page or document shows; a new one is seen by itself. Rows
that go by cascade go with a row of a table that is seen too.

What other processes write is not counted here. Decided against `pragma data_version` for that:
each commit of our own changes it as well, an inbox flood has hundreds a second, and PostgreSQL has
no such thing. Whoever keeps what was made gives it a short life instead (`web/shelf.py`).
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

ACTORS: Final = frozenset({"actors", "keys", "members"})
"""All that an actor's document and WebFinger are made of."""

UNSEEN: Final = frozenset({
    "admin_acts", "announcements", "deliveries", "delivery_hosts", "drafts", "email_confirmations",
    "familiar_addresses", "fan_outs", "history", "inbox_items", "invites", "keeper_activity",
    "migrations", "notifications", "outbox_posts", "passkey_challenges", "passkeys",
    "password_resets", "passwords", "peers", "pending_sign_ins", "readings", "received",
    "received_recipients", "recovery_codes", "remote_apps", "remote_keys", "remote_sign_ins",
    "reports", "requests", "searchable", "seen_signatures", "sessions", "throttles", "tokens",
    "totp_secrets", "visitor_sessions",
})  # fmt: skip
"""Queues, inboxes, books and what opens accounts: no public page or document shows any of it."""

_STATEMENTS: Final = 1_024
_WRITTEN: Final = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|update|delete\s+from)\s+(?!(?:set|skip)\b)(\w+)",
    re.IGNORECASE,
)


class Changes:
    """Two numbers that only grow: `shown` with all that can be seen, `actors` with actors alone."""

    __slots__ = ("actors", "shown")

    def __init__(self) -> None:
        self.actors = 0
        self.shown = 0

    def note(self, statements: Iterable[str]) -> None:
        """Count the statements of a unit when it has ended, committed or not.

        Called before whoever ran it goes on, in the thread that ran it: one writes at a time.
        """
        for sql in statements:
            tables = _written_by(sql)
            if tables:
                self.shown += 1
                self.actors += not tables.isdisjoint(ACTORS)


def of_actors(changes: Changes) -> int:
    """Return how often anything was written that actors' documents are made of."""
    return changes.actors


def of_all_shown(changes: Changes) -> int:
    """Return how often anything was written that can be seen."""
    return changes.shown


@lru_cache(_STATEMENTS)
def _written_by(sql: str) -> frozenset[str]:
    """Return the tables that can be seen and that a statement writes; words too many do no harm."""
    return frozenset(name.lower() for name in _WRITTEN.findall(sql)) - UNSEEN
