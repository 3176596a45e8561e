"""What a handler is given and what it gives back. No network here, and none may be added.

Handlers write rows and *return* what is to be sent, so that no effect ever calls a journey.
A `Case` is one activity with all that was learnt about it; a `Scene` is what any rule may use
inside a transaction; an `Outcome` is everything that follows from the case.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from fedirec.activitypub.documents import JsonObject
from fedirec.activitypub.identifiers import Instance, Mint
from fedirec.activitypub.parse import Activity
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.limits import Limits
from fedirec.domain.notifications import Notice
from fedirec.federation.key_cache import KeyCache
from fedirec.storage.database import Transaction
from fedirec.storage.outbox_posts import OutboxPost


class NeedKind(StrEnum):
    """What a handler asks to have fetched before its transaction."""

    DOCUMENT = "document"
    ACTOR = "actor"
    FRESH_ACTOR = "fresh_actor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One thing to fetch by id from its origin; our own ids are never fetched.

    A handler retried later still needs an `is_vital` one: passing trouble then ends the attempt.
    """

    url: str
    kind: NeedKind = NeedKind.DOCUMENT
    is_vital: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a needed thing is not there. `is_gone`: its origin answered 410; `is_missing`: 404."""

    reason: str
    is_gone: bool = False
    is_missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What was fetched, by the id asked for. Actors are in the database already."""

    documents: Mapping[str, JsonObject] = field(default_factory=dict)
    failures: Mapping[str, Failure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What a rule may use inside a transaction: where we are, the time, new ids, keys, limits.

    `post` is the POST of a client that the transaction is for, if it had an idempotency key.
    """

    instance: Instance
    limits: Limits
    keys: KeyCache
    mint: Mint
    post: OutboxPost | None = None

    @property
    def now(self) -> datetime:
        """The instant of this transaction."""
        return self.mint.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One activity to be applied, its actor verified, and what was fetched for it.

    `is_local`: one of ours, being published. `recipients`: our actors in whose personal inboxes it
    was put. `is_forwarded`: somebody else delivered it; `is_fetched`: and its origin was asked.
    """

    activity: Activity
    actor: Actor
    is_local: bool = False
    is_forwarded: bool = False
    is_fetched: bool = False
    recipients: tuple[ActorId, ...] = ()
    resolved: Resolved = field(default_factory=Resolved)


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """An activity of ours, final but for its proof, with where it goes beside its audience.

    `is_listed`: stands in the public outbox. `is_personal`: goes to personal inboxes, not shared
    ones. `retracts`: an object id; every inbox that got anything about it gets this too.
    `delay`: wait this long before the first try.
    """

    actor: Actor
    document: JsonObject
    is_listed: bool = False
    is_personal: bool = False
    retracts: tuple[str, ...] = ()
    delay: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What follows from a case. `ignored` is the reason why nothing does, if nothing does."""

    ignored: str | None = None
    publications: tuple[Publication, ...] = ()
    notices: tuple[Notice, ...] = ()
    inbox_owners: tuple[ActorId, ...] = ()


Apply = Callable[[Transaction, Case, Scene], Awaitable[Outcome]]
Needs = Callable[[Activity, Instance], tuple[Need, ...]]
MoreNeeds = Callable[[Resolved, Instance], tuple[Need, ...]]


def needs_nothing(_activity: Activity, _instance: Instance) -> tuple[Need, ...]:
    """Return no needs: for handlers that never look beyond the database."""
    return ()


def needs_no_more(_resolved: Resolved, _instance: Instance) -> tuple[Need, ...]:
    """Return no needs: for handlers to whom what was fetched is enough."""
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """What is done about one kind of activity: what to fetch first, then what to write.

    `more_needs` are those that only what was fetched first can tell, such as its author.
    """

    apply: Apply
    needs: Needs = needs_nothing
    more_needs: MoreNeeds = needs_no_more


def ignore(reason: str) -> Outcome:
    """Return the outcome of a case that changes nothing, with the reason for the keeper."""
    return Outcome(ignored=reason)
