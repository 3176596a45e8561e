"""What happens in the demo: each step really done by one guild, and really seen at the other.

Every claim is checked before it is told. A stranger looks too: unsigned requests, as anyone's.
"""

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Final, TypeVar

from fedirec.activitypub.documents import ids_of, load_document, object_of
from fedirec.cli.arguments import show
from fedirec.community import client_outbox, endorsements, following, job_notes, membership
from fedirec.community.asking import OfferMade
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import (
    EndorsementDraft,
    OfferState,
    Period,
    Relation,
    Skill,
)
from fedirec.domain.follows import FollowState
from fedirec.domain.job_notes import JobDraft, Pay, PayPer
from fedirec.errors import ConflictError
from fedirec.federation.context import Federation
from fedirec.storage import announcements, follows, inboxes, offers
from fedirec.storage import endorsements as stored_endorsements
from fedirec.storage.endorsements import StoredEndorsement
from fedirec.storage.offers import Offer
from fedirec.transport.protocol import Request

Found = TypeVar("Found")

PATIENCE_SECONDS: Final = 20.0
_ACCEPT: Final = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
_GOOD_WORDS: Final = (
    "Found the failed wall plate that two firms had missed, and wrote it up so plainly that the "
    "owner could decide on the spot."
)
_OTHER_WORDS: Final = (
    "Taught the whole crew to read the old carpenter's marks, and stayed until all of us could."
)


@dataclass(slots=True, kw_only=True)
class Story:
    """Two guilds, and the addresses shown so far: what anyone may read, and what nobody may."""

    arguments: argparse.Namespace
    frame: Federation
    roof: Federation
    public: list[str] = field(default_factory=list)
    private: list[str] = field(default_factory=list)
    steps: int = 0

    def say(self, text: str, *ids: str) -> None:
        """Tell one step, with the addresses it is about."""
        self.steps += 1
        record = {"id": ids[0] if ids else None, "step": self.steps, "text": text, "ids": ids}
        lines = "".join(f"\n      {address}" for address in ids)
        show(self.arguments, record, f"{self.steps:3}. {text}{lines}")


async def tell(story: Story) -> None:
    """Do and tell it all; raises ConflictError when something is not as it should be."""
    await _introduce(story)
    await _follow(story)
    await _endorse(story)
    await _decline(story)
    await _post_job(story)
    await _look_as_stranger(story)


async def _introduce(story: Story) -> None:
    frame, roof = story.frame, story.roof
    for guild in (frame, roof):
        story.public.append(guild.instance.guild_id)
        story.say(f"{guild.instance.title} opens.", f"{guild.instance.origin}/")
    for guild, name, shown in (
        (frame, "ada", "Ada Plum"),
        (roof, "bo", "Bo Rafter"),
        (roof, "cyd", "Cyd Shingle"),
    ):
        member = await membership.add_member(guild, name, display_name=shown, is_listed=True)
        story.public.append(member.actor_id)
        handle = f"@{name}@{guild.instance.domain}"
        story.say(f"{shown} joins {guild.instance.title} as {handle}.", member.actor_id)


async def _follow(story: Story) -> None:
    for guild, name, other, shown in (
        (story.frame, "ada", story.roof, "bo"),
        (story.roof, "bo", story.frame, "ada"),
    ):
        made = await following.follow(guild, name, f"@{shown}@{other.instance.domain}")

        async def accepted(guild: Federation = guild, made: follows.Follow = made) -> bool:
            async with guild.database.reading() as reader:
                edge = await follows.find_follow(reader, made.follower_id, made.followed_id)
            return edge is not None and edge.state is FollowState.ACCEPTED

        await _until("the follow to be accepted", accepted)
        story.say(
            f"{name.title()} follows {shown.title()}; the other guild accepts.", made.activity_id
        )


async def _endorse(story: Story) -> None:
    made = await _offer(story, "bo", _GOOD_WORDS, "roof surveys")
    note_id = ObjectId(made.offer.note_id)
    story.say(
        "Ada says what Bo did well. It is an offer: Bo alone may read it, and Ada. A stranger who "
        f"asks for the endorsement is answered {await _status(story, note_id)}.",
        made.offer.id,
        note_id,
    )
    await _arrival(story, "bo", made.offer)
    await endorsements.answer(story.roof, "bo", made.offer.id, is_accepted=True)
    published = await _until(
        "the endorsement to be published", lambda: _confirmed(story.frame, note_id)
    )
    stamp_id = str(published.consent_id)
    story.public += [note_id, stamp_id]
    story.say(
        "Bo reads it and says yes. Bo's guild makes a stamp of consent for exactly this text; "
        "Ada's guild fetches it, and publishes.",
        stamp_id,
        note_id,
    )
    await _until("Bo's guild to show it", lambda: _confirmed(story.roof, note_id))
    story.say(
        "Bo's guild receives it, asks for the stamp, and shows it on Bo's page.",
        story.roof.instance.profile_url("bo"),
    )
    boost = await _until("the guild's boost", lambda: _boost(story, note_id))
    story.public.append(boost)
    story.say(f"{story.frame.instance.title} boosts it to everyone who follows the guild.", boost)


async def _decline(story: Story) -> None:
    made = await _offer(story, "cyd", _OTHER_WORDS, "carpenters' marks")
    await _arrival(story, "cyd", made.offer)
    await endorsements.answer(story.roof, "cyd", made.offer.id, is_accepted=False)
    note_id = made.offer.note_id
    story.private += [note_id, made.offer.id]
    story.say(
        "Ada says something of Cyd too, and Cyd would rather not. Nothing is sent: to Ada it looks "
        f"like silence. A stranger is answered {await _status(story, note_id)}, now and for ever.",
        made.offer.id,
        note_id,
    )


async def _post_job(story: Story) -> None:
    roof, frame = story.roof, story.frame
    bo, ada = roof.instance.member_id("bo"), frame.instance.member_id("ada")
    job_id = await job_notes.post(
        roof,
        "bo",
        JobDraft(
            title="Two framers for a barn repair",
            words="Six weeks from March. Tools and lunch are there; bring boots that know mud.",
            pay=Pay(minimum=Decimal(190), maximum=Decimal(220), currency="EUR", per=PayPer.DAY),
            place="Brno",
            skills=(Skill(name="green oak joints"),),
            closes_at=roof.now() + timedelta(days=21),
            contact=bo,
        ),
    )
    story.public.append(job_id)
    await _until("the job note to reach Ada", lambda: _in_inbox(frame, "ada", job_id))
    story.say("Bo posts a job note; Ada follows Bo, so it lands in Ada's inbox.", job_id)
    reply = await client_outbox.submit(
        frame,
        "ada",
        {
            "type": "Note",
            "content": f'<p><a href="{bo}" class="mention">@bo</a> Count two of us in.</p>',
            "inReplyTo": job_id,
            "to": [bo],
            "tag": [{"type": "Mention", "href": bo, "name": f"@bo@{roof.instance.domain}"}],
        },
    )
    reply_id = await _until("the reply to reach Bo", lambda: _reply_to(roof, job_id))
    story.private.append(reply_id)
    story.say("Ada answers privately, and Bo has the answer.", reply, reply_id, ada)


async def _look_as_stranger(story: Story) -> None:
    """Fetch everything once more, as anyone could; what is private must look as if it were not."""
    for address, expected in (
        *((address, 200) for address in story.public),
        *((address, 404) for address in story.private),
    ):
        status = await _status(story, address)
        if status != expected:
            message = f"a stranger who asks for {address} got {status} instead of {expected}"
            raise ConflictError(message)
    story.say(
        f"A stranger asks for everything above: {len(story.public)} public addresses answer, and "
        f"{len(story.private)} private ones are not there.",
        *story.public,
    )


async def _offer(story: Story, name: str, words: str, skill: str) -> OfferMade:
    draft = EndorsementDraft(
        words=words,
        relation=Relation.WORKED_WITH,
        period=Period(start="2026-03"),
        skills=(Skill(name=skill),),
        setting="Community hall repair",
    )
    handle = f"@{name}@{story.roof.instance.domain}"
    return await endorsements.offer(story.frame, "ada", handle, draft)


async def _arrival(story: Story, name: str, offer: Offer) -> None:
    """Wait until the offer waits for its answer at the other guild."""

    async def arrived() -> bool:
        actor_id = story.roof.instance.member_id(name)
        async with story.roof.database.reading() as reader:
            waiting = await offers.list_offers_for(
                reader, actor_id, states=(OfferState.WAITING, OfferState.ASIDE)
            )
        return any(other.id == offer.id for other in waiting)

    await _until(f"the offer to reach {name}", arrived)


async def _confirmed(guild: Federation, note_id: ObjectId) -> StoredEndorsement | None:
    async with guild.database.reading() as reader:
        found = await stored_endorsements.find_endorsement(reader, note_id)
    return found if found is not None and found.confirmed_at is not None else None


async def _boost(story: Story, note_id: ObjectId) -> str | None:
    async with story.frame.database.reading() as reader:
        found = await announcements.find_announcement(reader, note_id)
    return None if found is None else found.activity_id


async def _in_inbox(guild: Federation, name: str, object_id: str) -> bool:
    async with guild.database.reading() as reader:
        page = await inboxes.list_inbox(
            reader, guild.instance.member_id(name), before=None, limit=20
        )
    return any(object_id in item.body for item in page.items)


async def _reply_to(guild: Federation, object_id: str) -> str | None:
    """Return the id of a note in Bo's inbox that answers the object."""
    async with guild.database.reading() as reader:
        page = await inboxes.list_inbox(
            reader, guild.instance.member_id("bo"), before=None, limit=20
        )
    for item in page.items:
        note = object_of(load_document(item.body.encode(), limits=guild.limits).get("object"))
        if note is not None and object_id in ids_of(note.get("inReplyTo")):
            return str(note.get("id"))
    return None


async def _status(story: Story, address: str) -> int:
    """Ask for an address as a stranger does: unsigned, from the guild it is not of."""
    guild = story.roof if story.frame.instance.owns(address) else story.frame
    request = Request(method="GET", url=address, headers={"accept": _ACCEPT})
    return (await guild.transport.fetch(request)).status


async def _until(what: str, look: Callable[[], Awaitable[Found | None]]) -> Found:
    """Look until there is something to see; raises ConflictError when patience ends."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := await look()):  # noqa: ASYNC110 (rows appear without an event)
                await asyncio.sleep(0.05)
            return found
    except TimeoutError as error:
        message = f"waited {PATIENCE_SECONDS:.0f} s for {what}, in vain"
        raise ConflictError(message) from error
