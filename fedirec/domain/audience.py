"""Whom something is for: the audience of what we send, the visibility of what we read. Pure.

Who of an audience is here is said by `federation/recipients.py`, which inboxes it means by
`federation/fan_out.py`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from fedirec.domain.actors import ActorId
from fedirec.domain.endorsements import ShownTo
from fedirec.domain.public import PUBLIC, PUBLIC_SPELLINGS


class Visibility(StrEnum):
    """Who may read a stored note, widest first."""

    PUBLIC = "public"
    UNLISTED = "unlisted"
    FOLLOWERS = "followers"
    GUILD = "guild"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """`to` and `cc` of an activity and of its object, which always carry the same."""

    to: tuple[str, ...]
    cc: tuple[str, ...] = ()

    @property
    def everyone(self) -> tuple[str, ...]:
        """Each id once, those of `to` first."""
        return tuple(dict.fromkeys((*self.to, *self.cc)))

    def without(self, actor_id: ActorId) -> "Audience":
        """Return the same audience less one actor: nobody is sent what they said themselves."""
        return Audience(
            to=tuple(uri for uri in self.to if uri != actor_id),
            cc=tuple(uri for uri in self.cc if uri != actor_id),
        )


def is_public(ids: Iterable[str]) -> bool:
    """Whether Public is among the ids, in any of its three spellings (ActivityPub §5.6)."""
    return not PUBLIC_SPELLINGS.isdisjoint(ids)


def visibility_of(
    to: Iterable[str], cc: Iterable[str], *, followers: str | None, guild: str | None = None
) -> Visibility:
    """Return who may read what is addressed so; in doubt the narrowest.

    `followers` is the author's followers collection, nobody else's. Give `guild` only for what may
    be shown to every member here; a private message to the guild actor is not that.
    """
    primary, secondary = frozenset(to), frozenset(cc)
    if is_public(primary):
        return Visibility.PUBLIC
    if is_public(secondary):
        return Visibility.UNLISTED
    if followers is not None and followers in primary | secondary:
        return Visibility.FOLLOWERS
    if guild is not None and guild in primary | secondary:
        return Visibility.GUILD
    return Visibility.DIRECT


def audience_for(
    shown_to: ShownTo, *, followers: str, endorsed: ActorId, guild: ActorId
) -> Audience:
    """Return the audience of a published endorsement (FEDERATION.md, "Endorsements").

    `followers` is the endorser's followers collection. For `guild` the guild actor stands for its
    members: a list of them on the wire would be a leak.
    """
    match shown_to:
        case ShownTo.PUBLIC:
            return Audience(to=(PUBLIC,), cc=(followers, endorsed))
        case ShownTo.FOLLOWERS:
            return Audience(to=(followers,), cc=(endorsed,))
        case ShownTo.GUILD:
            return Audience(to=(guild,), cc=(endorsed,))
        case _:
            assert_never(shown_to)


def public_audience(followers: str, mentioned: tuple[ActorId, ...] = ()) -> Audience:
    """Return the audience of a public note that mentions these actors."""
    return Audience(to=(PUBLIC,), cc=tuple(dict.fromkeys((followers, *mentioned))))
