"""People as forms show them, and what was found out about one who could not be met."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from fedirec.activitypub.content import plain_text
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.drafts import SKILL_CHARACTERS
from fedirec.errors import (
    BlockedError,
    FedirecError,
    NotFoundError,
    RemoteUnavailableError,
)
from fedirec.storage import actors
from fedirec.storage.cards import Person
from fedirec.storage.database import Reader
from fedirec.web.languages import gettext

_SUGGESTED: Final = 12
_PARTED: Final = re.compile(r"[,;·|\n]")


class Finding(StrEnum):
    """How one check went."""

    GOOD = "good"
    BAD = "bad"
    UNASKED = "unasked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that must hold before somebody can be met, and how it went."""

    words: str
    finding: Finding


def person_of(actor: Actor) -> Person:
    """Return as much of an actor as a card shows."""
    return Person(
        id=actor.id,
        name=actor.name,
        handle_domain=actor.handle_domain,
        display_name=actor.display_name,
        url=actor.url,
        kind=actor.kind.value,
        is_local=actor.is_local,
    )


async def people_of(reader: Reader, ids: Sequence[ActorId]) -> dict[ActorId, Person]:
    """Return those actors of `ids` that are here, by id."""
    found = {}
    for actor_id in dict.fromkeys(ids):
        actor = await actors.find_actor(reader, actor_id)
        if actor is not None:
            found[actor_id] = person_of(actor)
    return found


def own_words_of(actor: Actor) -> list[str]:
    """Return what somebody says of themselves, piece by piece, to be taken up by others."""
    pieces = (
        " ".join(piece.split())
        for field in actor.fields
        if "://" not in field.value
        for piece in _PARTED.split(plain_text(field.value))
    )
    kept = (piece for piece in pieces if 1 < len(piece) <= SKILL_CHARACTERS)
    return list(dict.fromkeys(kept))[:_SUGGESTED]


def checks_of(error: FedirecError) -> list[Check]:
    """Return the three checks that a person is met by, and which of them failed."""
    if isinstance(error, BlockedError):
        findings = (Finding.BAD, Finding.UNASKED, Finding.UNASKED)
        first = gettext("This guild exchanges things with their server")
    elif isinstance(error, RemoteUnavailableError):
        findings = (Finding.BAD, Finding.UNASKED, Finding.UNASKED)
        first = gettext("Their server answers")
    else:
        is_unknown = isinstance(error, NotFoundError)
        bad_second = (Finding.GOOD, Finding.BAD, Finding.UNASKED)
        findings = bad_second if is_unknown else (Finding.GOOD, Finding.GOOD, Finding.BAD)
        first = gettext("Their server answers")
    words = (
        first,
        gettext("It knows somebody of this name"),
        gettext("Their own page says the same"),
    )
    return [
        Check(words=said, finding=finding) for said, finding in zip(words, findings, strict=True)
    ]
