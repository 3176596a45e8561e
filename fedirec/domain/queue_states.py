"""The states of what waits in the queue, to be sent or to be handled (reliability §3). Pure."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where one activity on its way to one inbox stands.

    `DELIVERED`, `GONE`, `EXPIRED` and `CANCELLED` are ends; `HELD` and `DEAD` wait for a keeper.
    """

    DUE = "due"
    LEASED = "leased"
    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    GONE = "gone"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    DEAD = "dead"


class ReceivedState(StrEnum):
    """Where one received activity stands; `HANDLED` and `IGNORED` are ends."""

    DUE = "due"
    LEASED = "leased"
    WAITING = "waiting"
    HANDLED = "handled"
    IGNORED = "ignored"
    DEAD = "dead"


class OwnClass(StrEnum):
    """What an attempt came to, or came in place of one, if it was not the other side's doing.

    What a peer's answer comes to is a `DeliveryClass`.
    """

    ERROR = "error"
    """Something failed here."""
    AWAY = "away"
    """The database was: the attempt is void."""
    LOST = "lost"
    """Its lease ran out, so its worker ended or hung."""
    UNREACHABLE = "unreachable"
    """It ended untried, as its host has been down for days."""
    SUPERSEDED = "superseded"
    """It was never sent, as something later about the same object was said."""
    CANCELLED = "cancelled"
    """A keeper ended it."""
