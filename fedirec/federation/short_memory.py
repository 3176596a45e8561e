"""What the database said within this second: who posts much is not looked up for every post.

What is remembered is harmless when stale: blocks are asked for again when an activity is handled,
and a key that no longer fits is looked up anew. One memory belongs to one `Federation`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fedirec.domain.actors import Actor, ActorId
from fedirec.storage.keys import RemoteKey, StoredKey

SECONDS: Final = 1.0
MAX_KEPT: Final = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLists:
    """The hosts that are blocked, and those that alone are allowed, if only those are."""

    blocked: frozenset[str]
    allowed: frozenset[str] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownKey:
    """A key as it is stored, with its owner's row."""

    key: RemoteKey
    actor: Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """What is stored of a key id: the key, if it is, and whether its host was heard of lately."""

    known: KnownKey | None
    is_known_alive: bool


class ShortMemory:
    """Remembers what was read, for a second of `monotonic`, which returns seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._begun_at = monotonic()
        self._senders: dict[str, Sender] = {}
        self._ours: dict[ActorId, Actor] = {}
        self._pens: dict[ActorId, Sequence[StoredKey]] = {}
        self._lists: HostLists | None = None

    def find(self, key_id: str) -> Sender | None:
        """Return what was read of a key id."""
        self._turn()
        return self._senders.get(key_id)

    def keep(self, key_id: str, sender: Sender) -> None:
        """Remember what was read of a key id."""
        self._turn()
        self._senders[key_id] = sender

    def find_lists(self) -> HostLists | None:
        """Return the block lists as they were read."""
        self._turn()
        return self._lists

    def keep_lists(self, lists: HostLists) -> None:
        """Remember the block lists."""
        self._turn()
        self._lists = lists

    def find_ours(self, actor_id: ActorId) -> Actor | None:
        """Return one of our actors who was here."""
        self._turn()
        return self._ours.get(actor_id)

    def keep_ours(self, actor: Actor) -> None:
        """Remember that one of our actors is here."""
        self._turn()
        self._ours[actor.id] = actor

    def find_pens(self, actor_id: ActorId) -> Sequence[StoredKey] | None:
        """Return the keys of one of our actors as they were read."""
        self._turn()
        return self._pens.get(actor_id)

    def keep_pens(self, actor_id: ActorId, pens: Sequence[StoredKey]) -> None:
        """Remember the keys of one of our actors."""
        self._turn()
        self._pens[actor_id] = pens

    def forget(self) -> None:
        """Read everything anew: somebody here changed it."""
        self._senders.clear()
        self._ours.clear()
        self._pens.clear()
        self._lists = None

    def _turn(self) -> None:
        """Forget all at once when the second is over, or too much was read in it (RX-05)."""
        now = self._monotonic()
        if now - self._begun_at >= SECONDS or len(self._senders) + len(self._ours) >= MAX_KEPT:
            self._begun_at = now
            self.forget()
