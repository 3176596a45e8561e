"""What other servers do about consent: they stamp what ours offer, and publish what theirs say."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from fedirec.activitypub.endorsements import core_digest
from fedirec.community import endorsements
from fedirec.domain.actors import ActorId, ObjectId
from fedirec.domain.follows import FollowState
from fedirec.domain.public import PUBLIC
from fedirec.storage import follows
from tests.community.guild import DRAFT, Guild
from tests.federation.receiving.door import serve_note
from tests.peers import PeerActor

OTHER = replace(DRAFT, words="Kept every drawing of the frame current, and every date she gave us.")


def instant(guild: Guild, *, in_days: int = 0) -> str:
    """The guild's hour, as it is written on the wire."""
    return (guild.clock.now + timedelta(days=in_days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def path_of(actor: PeerActor, url: str) -> str:
    """Where on its own server something is."""
    return url.removeprefix(actor.peer.origin)


def stamp_by(giver: PeerActor, note: dict[str, Any], **changes: Any) -> str:
    """Serve somebody's consent to a note as it is; return the stamp's id.

    A change to None leaves the member out.
    """
    stamp_id = f"{giver.peer.origin}/stamps/{giver.peer.next_number()}"
    members = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": stamp_id,
        "type": "EndorsementConsent",
        "attributedTo": giver.id,
        "interactingObject": note["id"],
        "interactionTarget": note["endorsement"]["endorsed"],
        "digestMultibase": core_digest(note),
        "published": "2026-05-05T07:30:00Z",
    }
    served = {name: value for name, value in (members | changes).items() if value is not None}
    giver.peer.serve(path_of(giver, stamp_id), served)
    return stamp_id


async def offered_to(guild: Guild, who: str, person: PeerActor, **amending: str) -> dict[str, Any]:
    """Have one of ours ask somebody elsewhere; return the Offer that their server got."""
    if amending:
        guild.clock.forward(minutes=1)
        made = await endorsements.amend(guild.federation, who, ObjectId(amending["note_id"]), OTHER)
    else:
        made = await endorsements.offer(guild.federation, who, person.handle, DRAFT)
    [sent] = [each for each in await guild.sent(person, "Offer") if each["id"] == made.offer.id]
    return sent


async def agreed(guild: Guild, who: str, person: PeerActor) -> tuple[str, str]:
    """Have somebody elsewhere agree to what one of ours says; return the note's and stamp's ids."""
    offer = await offered_to(guild, who, person)
    stamp_id = stamp_by(person, offer["object"])
    assert await guild.hear(person, person.activity("Accept", offer["id"], result=stamp_id)) is None
    return offer["object"]["id"], stamp_id


async def follow(guild: Guild, follower: str, followed: str) -> None:
    """Have somebody follow somebody, accepted."""
    async with guild.federation.database.transaction() as transaction:
        await follows.save_follow(
            transaction,
            follows.Follow(
                follower_id=ActorId(follower),
                followed_id=ActorId(followed),
                activity_id=f"{follower}#follows/{followed}",
                state=FollowState.ACCEPTED,
                requested_at=guild.clock.now,
                accepted_at=guild.clock.now,
            ),
        )


def said_by(guild: Guild, author: PeerActor, person: PeerActor, **changes: Any) -> dict[str, Any]:
    """A public endorsement by somebody elsewhere of somebody elsewhere, without a stamp yet."""
    note_id = f"{author.peer.origin}/endorsements/{author.peer.next_number()}"
    content = "<p>Bread every morning for nine years, and never once late with it.</p>"
    return {
        "id": note_id,
        "type": "Note",
        "attributedTo": author.id,
        "to": [PUBLIC],
        "cc": [author.followers, person.id],
        "published": instant(guild),
        "url": note_id,
        "content": content,
        "contentMap": {"en": content},
        "tag": [{"type": "Mention", "href": person.id, "name": person.handle}],
        "endorsement": {
            "type": "Endorsement",
            "endorsed": person.id,
            "relation": "clientOf",
            "period": {"from": "2015", "until": "2024"},
            "shownTo": "public",
        },
    } | changes


def with_consent(note: dict[str, Any], stamp_id: str) -> dict[str, Any]:
    """The note with the stamp it stands on."""
    return {**note, "endorsement": {**note["endorsement"], "consent": stamp_id}}


async def publish(
    guild: Guild, author: PeerActor, note: dict[str, Any], kind: str = "Create"
) -> str | None:
    """Have an author elsewhere publish or update a note, which their server serves too."""
    serve_note(author.peer, note)
    members = {"to": note["to"], "cc": note["cc"], "published": instant(guild)}
    return await guild.hear(author, author.activity(kind, note, **members))


def offered(guild: Guild, actor: PeerActor, name: str) -> dict[str, Any]:
    """An Offer by somebody elsewhere to one of ours, as their server would send it."""
    person = guild.id(name)
    note_id = f"{actor.peer.origin}/endorsements/{actor.peer.next_number()}"
    content = "<p>Bread every morning for nine years, and never once late with it.</p>"
    published, ends_at = instant(guild), instant(guild, in_days=30)
    note = {
        "id": note_id,
        "type": "Note",
        "attributedTo": actor.id,
        "to": [person],
        "cc": [],
        "published": published,
        "url": note_id,
        "content": content,
        "contentMap": {"en": content},
        "tag": [{"type": "Mention", "href": person, "name": guild.handle(name)}],
        "endorsement": {
            "type": "Endorsement",
            "endorsed": person,
            "relation": "clientOf",
            "period": {"from": "2015", "until": "2024"},
            "shownTo": "public",
        },
    }
    return actor.activity("Offer", note, to=[person], published=published, endTime=ends_at)
