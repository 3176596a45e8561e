"""How members are shown and who may ask them. Serves `fedirec member set` and the settings."""

from dataclasses import dataclass, replace
from enum import StrEnum

from fedirec.activitypub.content import clean_text, paragraphs
from fedirec.community.membership import NAME_CHARACTERS, announce_profile, get_acting_member
from fedirec.community.own_words import own_fields
from fedirec.domain.actors import Actor
from fedirec.domain.public import PUBLIC
from fedirec.federation.context import Federation
from fedirec.storage import actors, members


class EndorsedBy(StrEnum):
    """Who may ask a member for consent to an endorsement."""

    ANYONE = "anyone"
    FOLLOWERS = "followers"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileChanges:
    """What a member changes about how they are shown, and who may ask them; None stays.

    `summary` is plain text; `fields` are lines of name and plain value, where a web address becomes
    a link by which its page can know the member (`rel="me"`). `shows_network` opens the lists of
    followers and following to everyone, `is_locked` lets the member answer who wants to follow.
    """

    display_name: str | None = None
    summary: str | None = None
    fields: tuple[tuple[str, str], ...] | None = None
    shows_network: bool | None = None
    endorsed_by: EndorsedBy | None = None
    is_locked: bool | None = None


async def amend_profile(
    federation: Federation,
    name: str,
    *,
    display_name: str | None = None,
    summary: str | None = None,
    shows_network: bool | None = None,
    endorsed_by: EndorsedBy | None = None,
) -> Actor:
    """Change some of what `ProfileChanges` says, and tell every follower."""
    changes = ProfileChanges(
        display_name=display_name,
        summary=summary,
        shows_network=shows_network,
        endorsed_by=endorsed_by,
    )
    return await change_profile(federation, name, changes)


async def change_profile(federation: Federation, name: str, changes: ProfileChanges) -> Actor:
    """Change how a member is shown and who may ask them, and tell every follower.

    Raises InvalidInputError for more than four fields, or one without a name.
    """
    actor = _changed(await get_acting_member(federation, name), changes)
    async with federation.database.transaction() as transaction:
        if changes.shows_network is not None:
            await members.set_shows_network(transaction, name, changes.shows_network)
        await actors.save_actor(transaction, actor)
        await announce_profile(transaction, federation, actor)
    federation.memory.forget()
    federation.wake()
    return actor


def _changed(actor: Actor, changes: ProfileChanges) -> Actor:
    changed = actor
    if changes.display_name is not None:
        shown = clean_text(changes.display_name, limit=NAME_CHARACTERS)
        changed = replace(changed, display_name=shown)
    if changes.summary is not None:
        changed = replace(changed, summary=paragraphs(changes.summary))
    if changes.fields is not None:
        changed = replace(changed, fields=own_fields(changes.fields))
    if changes.endorsed_by is not None:
        changed = replace(changed, can_endorse=_askers(actor, changes.endorsed_by))
    if changes.is_locked is not None:
        changed = replace(changed, is_locked=changes.is_locked)
    return changed


def _askers(actor: Actor, endorsed_by: EndorsedBy) -> tuple[str, ...]:
    """Return `interactionPolicy.canEndorse.manualApproval`; the own id alone means nobody."""
    match endorsed_by:
        case EndorsedBy.ANYONE:
            return (PUBLIC,)
        case EndorsedBy.FOLLOWERS:
            return (str(actor.followers),)
        case EndorsedBy.NOBODY:
            return (actor.id,)
