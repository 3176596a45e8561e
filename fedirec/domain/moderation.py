"""Who may speak to us, and who may say what: the one authority check (threats OR-03, OR-17). Pure.

`admit_host` comes before anything is fetched from a host, `admit` after the signature was verified.
What is stored already has its owner checked again by the handler.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from fedirec.domain.actors import ActorId, Host
from fedirec.domain.origins import Origin, origin_of
from fedirec.errors import InvalidInputError

_SPEAKS_FOR_ITS_OBJECT: Final = frozenset({"Create", "Update"})


class HostVerdict(StrEnum):
    """Whether a host may speak to us."""

    ADMIT = "admitted"
    BLOCKED = "blocked"
    NOT_LISTED = "not listed"


def admit_host(
    host: Host, *, blocked: frozenset[str], allowed: frozenset[str] | None
) -> HostVerdict:
    """Return whether a host may speak to us; `allowed` is None unless there is an allow list.

    A blocked host covers its subdomains and, when it is listed without one, every port (PA-01). An
    allowed host covers itself alone.
    """
    if not blocked.isdisjoint(_covering(host)):
        return HostVerdict.BLOCKED
    if allowed is not None and host not in allowed:
        return HostVerdict.NOT_LISTED
    return HostVerdict.ADMIT


@lru_cache(1_024)
def _covering(host: Host) -> tuple[str, ...]:
    """Return the host and each domain above it, all with its port and without."""
    name, colon, port = host.rpartition(":")
    if not colon or port.endswith("]"):
        name, port = host, ""
    labels = name.split(".")
    domains = [".".join(labels[start:]) for start in range(len(labels))]
    return (*domains, *(f"{domain}:{port}" for domain in domains if port))


@dataclass(frozen=True, slots=True)
class Admitted:
    """The actor may say this."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The actor may not say this; `reason` tells the keeper what was expected and found."""

    reason: str


def admit(  # noqa: PLR0913 - the facts of one activity, each named, none of them grouped elsewhere
    *,
    signer: ActorId,
    actor: ActorId,
    activity_id: str | None,
    object_id: str | None,
    object_owner: str | None,
    activity_type: str,
    our_origin: str,
    is_reference: bool = False,
) -> Admitted | Refused:
    """Return whether a remote actor may say what the signer's request carried.

    `object_owner` is the `attributedTo` of the object; `is_reference`: only its id was sent, and
    what it is will be fetched from there. Ids of ours may be referred to; they are never a remote
    activity's actor, nor an object that it creates or changes.
    """
    if signer != actor:
        return Refused(f"expected the actor {actor} to sign, found {signer}")
    try:
        home = origin_of(actor)
        if home == origin_of(our_origin):
            return Refused(f"{actor} is ours, and does not speak from outside")
        if activity_id is not None and origin_of(activity_id) != home:
            return Refused(f"expected the activity's id on {home}, found {activity_id}")
        if activity_type in _SPEAKS_FOR_ITS_OBJECT:
            owner = actor if is_reference else object_owner
            return _admit_object(actor, home, object_id, owner)
    except InvalidInputError as error:
        return Refused(str(error))
    return Admitted()


def _admit_object(
    actor: ActorId, home: Origin, object_id: str | None, object_owner: str | None
) -> Admitted | Refused:
    """Judge what is created or changed: it is the actor itself, or the actor's own and at home."""
    if object_id is None:
        return Refused("expected the object's id, found none")
    if origin_of(object_id) != home:
        return Refused(f"expected the object's id on {home}, found {object_id}")
    # a group names its moderators as `attributedTo` (FEP-1b12); itself is fetched anew in any case
    is_itself = object_id == actor
    if object_owner != actor and not is_itself:
        return Refused(f"expected the object to be attributed to {actor}, found {object_owner}")
    return Admitted()
