"""What a client posted to an outbox, its audience joined (ActivityPub §6.2). No rules here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fedirec.activitypub.documents import JsonObject, id_of, ids_of, object_of
from fedirec.domain.actors import ActivityId, Actor, ActorId
from fedirec.domain.audience import Audience
from fedirec.domain.public import PUBLIC
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.federation.handling import Publication
from fedirec.federation.outbox import publish
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.storage import actors

_AUDIENCE_MEMBERS: Final = ("to", "cc", "bto", "bcc", "audience")
MAX_STRANGERS: Final = 20
_NEED_OBJECT: Final = frozenset(
    {"Create", "Update", "Delete", "Follow", "Add", "Remove", "Like", "Block", "Undo", "Announce"}
)
_NEED_TARGET: Final = frozenset({"Add", "Remove"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What a client posted, for whom, and the audience it named; `blind` is bto and bcc."""

    member: str
    actor: Actor
    document: JsonObject
    audience: Audience
    blind: tuple[str, ...]

    @property
    def object_(self) -> JsonObject | None:
        """The embedded object, if it was embedded."""
        return object_of(self.document.get("object"))

    @property
    def object_id(self) -> str | None:
        """The id of the object, embedded or not."""
        return id_of(self.document.get("object"))


def read_submission(member: str, actor: Actor, activity: JsonObject) -> Submission:
    """Join the audiences of the activity and its object.

    Raises InvalidInputError for what ActivityPub §6 says a client must send.
    """
    kind = activity.get("type")
    if kind in _NEED_OBJECT and not activity.get("object"):
        raise InvalidInputError(f"{kind} needs an object", field="object")
    if kind in _NEED_TARGET and not activity.get("target"):
        raise InvalidInputError(f"{kind} needs a target", field="target")
    sources = (activity, object_of(activity.get("object")) or {})
    named = {
        name: tuple(uri for source in sources for uri in ids_of(source.get(name)))
        for name in _AUDIENCE_MEMBERS
    }
    return Submission(
        member=member,
        actor=actor,
        document=activity,
        audience=Audience(
            to=tuple(dict.fromkeys(named["to"])),
            cc=tuple(dict.fromkeys((*named["cc"], *named["audience"]))),
        ),
        blind=tuple(dict.fromkeys((*named["bto"], *named["bcc"]))),
    )


async def _meet(federation: Federation, addressees: Iterable[str]) -> None:
    """Look up the remote actors among the addressees, so that their inboxes are known."""
    strangers = [
        uri
        for uri in dict.fromkeys(addressees)
        if uri != PUBLIC and not federation.instance.owns(uri)
    ]
    async with federation.database.reading() as reader:
        unknown = [
            uri
            for uri in strangers
            if await actors.find_actor(reader, ActorId(uri)) is None
            and await actors.find_by_followers(reader, uri) is None
        ]
    if len(unknown) > MAX_STRANGERS:
        message = f"at most {MAX_STRANGERS} addressees who are new here, found {len(unknown)}"
        raise InvalidInputError(message, field="to")
    for uri in unknown:
        await get_or_fetch_actor(federation, ActorId(uri))


async def publish_for(
    federation: Federation,
    submission: Submission,
    document: JsonObject,
    *,
    is_listed: bool = False,
    is_personal: bool = False,
) -> ActivityId:
    """Publish what became of a submission, to its audience and to bto and bcc, shown to nobody.

    Addressees not met before are looked up first, at most so many; raises RemoteError when one of
    them cannot be, since nothing could be delivered to them. Network: those actors.
    """
    await _meet(federation, (*submission.audience.everyone, *submission.blind))
    publication = Publication(
        actor=submission.actor, document=document, is_listed=is_listed, is_personal=is_personal
    )
    return await publish(federation, publication, blind=submission.blind)
