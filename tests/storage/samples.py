"""Rows to start from: plain values of invented people, each changed where a test cares."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from fedirec.domain.actors import ActivityId, Actor, ActorId, ActorKind, Host, InboxUrl, ObjectId
from fedirec.domain.audience import Visibility
from fedirec.domain.endorsements import OfferState, OfferWay, Relation, ShownTo
from fedirec.domain.follows import FollowState
from fedirec.storage import activities, actors, endorsements, follows, notes
from fedirec.storage.activities import LocalActivity
from fedirec.storage.database import Database, Transaction
from fedirec.storage.endorsements import StoredEndorsement
from fedirec.storage.follows import Follow
from fedirec.storage.notes import StoredNote
from fedirec.storage.offers import Offer
from fedirec.storage.received import ReceivedActivity

NOW: Final = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
DAY: Final = timedelta(days=1)
OURS: Final = Host("guild.example")
THEIRS: Final = Host("peer.example")


def actor_id(name: str, host: str = OURS) -> ActorId:
    return ActorId(f"https://{host}/users/{name}")


def an_actor(name: str, host: str = OURS, **changes: Any) -> Actor:
    uri = actor_id(name, host)
    actor = Actor(
        id=uri,
        kind=ActorKind.PERSON,
        is_local=host == OURS,
        host=Host(host),
        name=name,
        handle_domain=Host(host),
        display_name=name.title(),
        summary="",
        url=f"https://{host}/@{name}",
        inbox=InboxUrl(f"{uri}/inbox"),
        outbox=f"{uri}/outbox",
        followers=f"{uri}/followers",
        following=f"{uri}/following",
        featured=None,
        shared_inbox=None,
    )
    return replace(actor, **changes)


async def save_actors(database: Database, *saved: Actor) -> None:
    async with database.transaction() as transaction:
        for actor in saved:
            await actors.save_actor(transaction, actor)


def an_activity(number: int, **changes: Any) -> LocalActivity:
    activity = LocalActivity(
        id=ActivityId(f"https://{OURS}/activities/{number:026d}"),
        actor_id=actor_id("ada"),
        type="Create",
        object_id=f"https://{OURS}/notes/{number}",
        body=f'{{"number":{number}}}',
        is_public=True,
        readers=(),
        published_at=NOW,
    )
    return replace(activity, **changes)


async def say(transaction: Transaction, number: int, **changes: Any) -> LocalActivity:
    activity = an_activity(number, **changes)
    await activities.insert_activity(transaction, activity)
    return activity


def a_note(number: int, **changes: Any) -> StoredNote:
    note = StoredNote(
        id=ObjectId(f"https://{OURS}/notes/{number}"),
        actor_id=actor_id("ada"),
        kind="note",
        is_local=True,
        visibility=Visibility.PUBLIC,
        body="{}",
        content="<p>Well done</p>",
        language="en",
        url=f"https://{OURS}/notes/{number}",
        in_reply_to=None,
        published_at=NOW + number * MINUTE,
        updated_at=None,
    )
    return replace(note, **changes)


async def save_notes(database: Database, *saved: StoredNote) -> None:
    """Keep notes; of an author who is not known yet, a sample too."""
    async with database.transaction() as transaction:
        for note in saved:
            host, _, name = note.actor_id.removeprefix("https://").partition("/users/")
            if await actors.find_actor(transaction, note.actor_id) is None:
                await actors.save_actor(transaction, an_actor(name, host))
            await notes.insert_note(transaction, note)


def a_received(number: int, **changes: Any) -> ReceivedActivity:
    received = ReceivedActivity(
        id=f"{number:026d}",
        activity_key=f"https://{THEIRS}/activities/{number}",
        actor_id=actor_id("zoe", THEIRS),
        signer_id=actor_id("zoe", THEIRS),
        host=THEIRS,
        type="Create",
        object_id=None,
        body=f'{{"number":{number}}}',
        body_digest=f"digest-{number}",
        recipients=(),
        created_at=NOW,
    )
    return replace(received, **changes)


def an_offer(number: int, **changes: Any) -> Offer:
    offer = Offer(
        id=f"https://{THEIRS}/offers/{number}",
        note_id=ObjectId(f"https://{THEIRS}/endorsements/{number}"),
        endorser_id=actor_id("zoe", THEIRS),
        endorsed_id=actor_id("ada"),
        way=OfferWay.OFFER,
        asked_by=None,
        question_id=None,
        body="the words",
        digest=f"digest-{number}",
        state=OfferState.WAITING,
        created_at=NOW + number * MINUTE,
        ends_at=NOW + 30 * DAY,
        answered_at=None,
        explained_at=None,
        stamp_id=None,
    )
    return replace(offer, **changes)


def an_endorsement(number: int, **changes: Any) -> StoredEndorsement:
    endorsement = StoredEndorsement(
        note_id=ObjectId(f"https://{OURS}/notes/{number}"),
        endorser_id=actor_id("ada"),
        endorsed_id=actor_id("bea"),
        relation=Relation.WORKED_WITH,
        period_from="2024-03",
        period_until=None,
        setting=None,
        skills=(),
        evidence=(),
        shown_to=ShownTo.PUBLIC,
        digest=f"digest-{number}",
        consent_id=f"https://{THEIRS}/stamps/{number}",
        state="confirmed",
        confirmed_at=NOW,
        missing_since=None,
        checks=0,
        next_check_at=None,
    )
    return replace(endorsement, **changes)


async def save_endorsements(database: Database, *saved: StoredEndorsement) -> None:
    async with database.transaction() as transaction:
        for endorsement in saved:
            await endorsements.save_endorsement(transaction, endorsement)


async def follow(
    database: Database, follower: ActorId, followed: ActorId, *, is_accepted: bool = True
) -> None:
    async with database.transaction() as transaction:
        await follows.save_follow(
            transaction,
            Follow(
                follower_id=follower,
                followed_id=followed,
                activity_id=f"{follower}#follows/{followed}",
                state=FollowState.ACCEPTED if is_accepted else FollowState.REQUESTED,
                requested_at=NOW,
                accepted_at=NOW if is_accepted else None,
            ),
        )
