"""Every payload and what becomes of it in the real inbox. A new payload needs a row here."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from fedirec.activitypub.vocabulary import ObjectKind
from tests.federation.receiving.sample_givens import (
    follow_was_asked,
    new_home_names_the_old,
    offer_waits,
    page_is_served,
    question_waits,
    sender_is_followed,
    stamp_is_served,
)
from tests.federation.receiving.sample_world import World

Given = Callable[[World, str], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What is expected of one payload.

    `ours` is the host we play, `inbox` where it is put. `state` is what becomes of it, with
    `reason` in it if ignored; None: it is no activity but `kind`, and refused with 400. `after` are
    payloads that come first.
    `leaves` says how many rows there are afterwards, by the queries of `LEFT`.
    """

    state: str | None = "handled"
    reason: str = ""
    ours: str | None = "guild.example"
    inbox: str = "/inbox"
    given: Given | None = None
    after: tuple[str, ...] = ()
    kind: ObjectKind | None = None
    leaves: dict[str, int] = field(default_factory=dict)


LEFT = {
    "note": "select 1 from notes where id = :object",
    "public note": "select 1 from notes where id = :object and visibility = 'public'",
    "followers note": "select 1 from notes where id = :object and visibility = 'followers'",
    "direct note": "select 1 from notes where id = :object and visibility = 'direct'",
    "edited note": "select 1 from notes where id = :object and updated_at is not null",
    "job note": "select 1 from job_notes where note_id = :object",
    "confirmed": "select 1 from endorsements where note_id = :object and state = 'confirmed'",
    "unconfirmed": "select 1 from endorsements where note_id = :object and state = 'unconfirmed'",
    "follower": "select 1 from follows where follower_id = :actor and state = 'accepted'",
    "followed": "select 1 from follows where followed_id = :actor and state = 'accepted'",
    "asked": "select 1 from follows where followed_id = :actor",
    "like": "select 1 from reactions where actor_id = :actor and kind = 'like'",
    "emoji": "select 1 from reactions where actor_id = :actor and kind = 'emoji'",
    "boost": "select 1 from reactions where actor_id = :actor and kind = 'announce'",
    "report": "select 1 from reports where reporter_id = :actor",
    "pin": "select 1 from featured where actor_id = :actor",
    "move": "select 1 from moves where actor_id = :actor",
    "tombstone": "select 1 from tombstones where id = :object",
    "offer": "select 1 from offers where endorser_id = :actor and state in ('waiting', 'aside')",
    "retracted": "select 1 from offers where endorser_id = :actor and state = 'retracted'",
    "agreed": "select 1 from offers where endorsed_id = :actor and state = 'published'",
    "withdrawn": "select 1 from offers where endorsed_id = :actor and state = 'withdrawn'",
    "declined": "select 1 from activities where type = 'Reject' and object_id = :id",
}

ACTOR = Sample(state=None, ours=None, kind=ObjectKind.ACTOR)
COLLECTION = Sample(state=None, ours=None, kind=ObjectKind.COLLECTION)
STAMP = Sample(state=None, ours=None, kind=ObjectKind.STAMP)

PUBLIC_NOTE = "mastodon/create_note_public"
ENDORSEMENT = "fedirec/endorsement_create"

SAMPLES: dict[str, Sample] = {
    "akkoma/actor": ACTOR,
    "akkoma/emoji_react": Sample(leaves={"emoji": 1}),
    "badgefed/create_badge_note": Sample(leaves={"public note": 1}),
    "bookwyrm/create_review": Sample(given=sender_is_followed, leaves={"public note": 1}),
    "fedify/actor_two_keys": ACTOR,
    "fedify/create_note_with_proof": Sample(given=sender_is_followed, leaves={"public note": 1}),
    "fedirec/accept_with_stamp": Sample(given=offer_waits, leaves={"agreed": 1}),
    "fedirec/actor_endorser": ACTOR,
    "fedirec/actor_guild": ACTOR,
    "fedirec/actor_member": ACTOR,
    "fedirec/consent_request": Sample(
        ours=None, inbox="/users/carol/inbox", leaves={"direct note": 1}
    ),
    "fedirec/endorsement_create": Sample(
        ours=None, given=stamp_is_served, leaves={"public note": 1, "confirmed": 1}
    ),
    "fedirec/endorsement_create_on_behalf": Sample(
        ours=None, given=stamp_is_served, leaves={"public note": 1, "unconfirmed": 1}
    ),
    "fedirec/endorsement_delete": Sample(
        ours=None,
        given=sender_is_followed,
        after=(ENDORSEMENT,),
        leaves={"note": 0, "confirmed": 0, "tombstone": 1},
    ),
    "fedirec/guild_announce": Sample(
        ours=None, given=sender_is_followed, after=(ENDORSEMENT,), leaves={"boost": 1}
    ),
    "fedirec/job_create": Sample(
        ours=None, given=sender_is_followed, leaves={"public note": 1, "job note": 1}
    ),
    "fedirec/offer": Sample(ours="weavers.example", leaves={"offer": 1, "note": 0}),
    "fedirec/pass_on_offer": Sample(
        ours="third.example", state="ignored", reason="is not an offer of an endorsement"
    ),
    "fedirec/pass_on_offer_first": Sample(
        ours="weavers.example", state="ignored", reason="is not an offer of an endorsement"
    ),
    "fedirec/stamp": STAMP,
    "fedirec/stamp_delete": Sample(
        given=offer_waits,
        after=("fedirec/accept_with_stamp",),
        leaves={"withdrawn": 1, "tombstone": 1},
    ),
    "fedirec/stamp_on_behalf": STAMP,
    "fedirec/undo_offer": Sample(
        ours="weavers.example", after=("fedirec/offer",), leaves={"offer": 0, "retracted": 1}
    ),
    "fedirec/yes_reply_from_mastodon": Sample(
        given=question_waits, leaves={"agreed": 1, "note": 0}
    ),
    "gotosocial/actor": ACTOR,
    "gotosocial/create_note": Sample(leaves={"public note": 1}),
    "gotosocial/create_votes": Sample(state="ignored", reason="a vote in a poll"),
    "gotosocial/delete": Sample(
        after=("gotosocial/create_note",), leaves={"note": 0, "tombstone": 1}
    ),
    "gotosocial/key_stub": ACTOR,
    "lemmy/announce_create_page": Sample(given=page_is_served, leaves={"boost": 1}),
    "lemmy/announce_page_compat": Sample(
        given=page_is_served, leaves={"boost": 1, "public note": 1}
    ),
    "lemmy/group": ACTOR,
    "mastodon/accept_follow": Sample(given=follow_was_asked, leaves={"followed": 1}),
    "mastodon/accept_quote_request": Sample(
        state="ignored", reason="accepts a follow that was never asked"
    ),
    "mastodon/actor_person": ACTOR,
    "mastodon/actor_person_44_moved": ACTOR,
    "mastodon/add_pin": Sample(leaves={"pin": 1}),
    "mastodon/announce": Sample(leaves={"boost": 1}),
    "mastodon/block": Sample(after=("mastodon/follow",), leaves={"follower": 0}),
    "mastodon/create_note_direct": Sample(leaves={"direct note": 1}),
    "mastodon/create_note_followers_only": Sample(leaves={"followers note": 1}),
    "mastodon/create_note_public": Sample(leaves={"public note": 1}),
    "mastodon/create_question": Sample(given=sender_is_followed, leaves={"public note": 1}),
    "mastodon/delete_actor": Sample(given=sender_is_followed, leaves={"asked": 0}),
    "mastodon/delete_note": Sample(after=(PUBLIC_NOTE,), leaves={"note": 0, "tombstone": 1}),
    "mastodon/flag": Sample(leaves={"report": 1}),
    "mastodon/follow": Sample(leaves={"follower": 1}),
    "mastodon/followers_hidden": COLLECTION,
    "mastodon/instance_actor": ACTOR,
    "mastodon/like": Sample(leaves={"like": 1}),
    "mastodon/move": Sample(ours=None, given=new_home_names_the_old, leaves={"move": 1}),
    "mastodon/outbox": COLLECTION,
    "mastodon/outbox_page": COLLECTION,
    "mastodon/quote_authorization": Sample(state=None, kind=ObjectKind.OTHER),
    "mastodon/quote_request": Sample(leaves={"declined": 1}),
    "mastodon/reject_follow": Sample(given=follow_was_asked, leaves={"asked": 0}),
    "mastodon/undo_announce": Sample(after=("mastodon/announce",), leaves={"boost": 0}),
    "mastodon/undo_follow": Sample(after=("mastodon/follow",), leaves={"follower": 0}),
    "mastodon/undo_like": Sample(after=("mastodon/like",), leaves={"like": 0}),
    "mastodon/update_note": Sample(after=(PUBLIC_NOTE,), leaves={"edited note": 1}),
    "mastodon/vote": Sample(state="ignored", reason="a vote in a poll"),
    "mastodon/webfinger": Sample(state=None, kind=ObjectKind.OTHER),
    "misskey/accept": Sample(given=follow_was_asked, leaves={"followed": 1}),
    "misskey/actor": ACTOR,
    "misskey/create_note": Sample(leaves={"public note": 1}),
    "misskey/like_reaction": Sample(leaves={"emoji": 1}),
    "relay/follow_public": Sample(state="ignored", reason="follows nobody known here"),
    "takahe/create_note": Sample(given=sender_is_followed, leaves={"public note": 1}),
}
