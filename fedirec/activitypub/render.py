"""Activities as we send them: compact terms, full Public, lists for audiences and tags, no nulls.

Made once: what is rendered here is stored, digested, signed and sent. Ids are handed in. Offers,
stamps and their answers are in `endorsements.py`, questions in `questions.py`.
"""

# ruff: noqa: A002 (an id is `id` in keyword arguments, as it is in the documents)

from datetime import datetime

from fedirec.activitypub.documents import (
    Json,
    JsonObject,
    as_list,
    id_of,
    ids_of,
    instant_text,
)
from fedirec.activitypub.vocabulary import AS_CONTEXT, PROOF_CONTEXT
from fedirec.domain.actors import Actor
from fedirec.domain.audience import Audience
from fedirec.domain.public import PUBLIC


def render_create(
    *,
    id: str,
    actor: str,
    object_: JsonObject,
    audience: Audience,
    published: datetime,
    context: Json = AS_CONTEXT,
) -> JsonObject:
    """Return a Create; the object gets the same audience as the activity, whatever it had."""
    head = _head("Create", id, actor, object_.get("@context", context))
    return head | _published(object_, audience, published)


def render_update(
    *,
    id: str,
    actor: str,
    object_: JsonObject,
    audience: Audience,
    published: datetime,
    context: Json = AS_CONTEXT,
) -> JsonObject:
    """Return an Update; an object with a `@context` of its own, such as an actor, keeps that."""
    head = _head("Update", id, actor, object_.get("@context", context))
    return head | _published(object_, audience, published)


def render_delete(
    *,
    id: str,
    actor: str,
    object_id: str,
    audience: Audience,
    published: datetime,
    former_type: str | None = "Note",
) -> JsonObject:
    """Return a Delete with a Tombstone.

    `former_type` is a type of ActivityStreams; None for a stamp, whose type others do not know, and
    for an actor.
    """
    tombstone: JsonObject = {"id": object_id, "type": "Tombstone"}
    if former_type is not None:
        tombstone |= {"formerType": former_type, "deleted": instant_text(published)}
    return _activity("Delete", id, actor, audience) | {
        "published": instant_text(published),
        "object": tombstone,
    }


def render_announce(
    *,
    id: str,
    actor: str,
    object_id: str,
    audience: Audience,
    published: datetime,
) -> JsonObject:
    """Return a boost, by id: every peer that knows boosts takes that."""
    return _activity("Announce", id, actor, audience) | {
        "published": instant_text(published),
        "object": object_id,
    }


def render_undo(
    *,
    id: str,
    actor: str,
    activity: JsonObject,
    published: datetime | None = None,
) -> JsonObject:
    """Return an Undo that embeds what is undone, its own object by id alone.

    A bare id is not enough for everybody: Mastodon needs the embedded Like.
    """
    undone: JsonObject = {
        name: activity[name] for name in ("id", "type", "actor") if name in activity
    }
    undone |= {name: activity[name] for name in ("to", "cc") if activity.get(name)}
    object_id = id_of(activity.get("object"))
    if object_id is not None:
        undone["object"] = object_id
    audience = Audience(to=ids_of(activity.get("to")), cc=ids_of(activity.get("cc")))
    undo = _activity("Undo", id, actor, audience)
    if published is not None:
        undo["published"] = instant_text(published)
    return undo | {"object": undone}


def render_follow(*, id: str, actor: str, object_id: str) -> JsonObject:
    """Return a Follow of an actor."""
    return _activity("Follow", id, actor, Audience(to=(object_id,))) | {"object": object_id}


def render_accept_follow(*, id: str, actor: str, follow: JsonObject) -> JsonObject:
    """Return the Accept of a received Follow, which it embeds as it came (its id matters)."""
    return _answer_to_follow("Accept", id, actor, follow)


def render_reject_follow(*, id: str, actor: str, follow: JsonObject) -> JsonObject:
    """Return the Reject of a Follow; later it also ends one that was accepted."""
    return _answer_to_follow("Reject", id, actor, follow)


def render_reject(*, id: str, actor: str, object_: str, to: str, published: datetime) -> JsonObject:
    """Return a Reject of an activity given by id."""
    return _activity("Reject", id, actor, Audience(to=(to,))) | {
        "published": instant_text(published),
        "object": object_,
    }


def render_like(*, id: str, actor: str, object_id: str, to: str) -> JsonObject:
    """Return a Like of an object; `to` is its author."""
    return _activity("Like", id, actor, Audience(to=(to,))) | {"object": object_id}


def render_block(*, id: str, actor: str, object_id: str) -> JsonObject:
    """Return a Block. It is addressed to nobody: who is blocked is not told (ActivityPub §6.9)."""
    return _activity("Block", id, actor, Audience(to=())) | {"object": object_id}


def render_pin(
    *,
    id: str,
    type_: str,
    actor: Actor,
    object_id: str,
    published: datetime,
) -> JsonObject:
    """Return an Add to the actor's featured collection, or a Remove from it."""
    audience = Audience(to=(PUBLIC,), cc=(actor.followers,) if actor.followers else ())
    return _activity(type_, id, actor.id, audience) | {
        "published": instant_text(published),
        "object": object_id,
        "target": actor.featured,
    }


def with_proof_context(document: JsonObject) -> JsonObject:
    """Return the document with Data Integrity's context after that of ActivityStreams."""
    contexts = as_list(document.get("@context"))
    if PROOF_CONTEXT in contexts:
        return document
    return {**document, "@context": [*contexts[:1], PROOF_CONTEXT, *contexts[1:]]}


def _head(type_: str, id: str, actor: str, context: Json = AS_CONTEXT) -> JsonObject:
    """Return what every activity begins with."""
    return {"@context": context, "id": id, "type": type_, "actor": actor}


def _activity(type_: str, id: str, actor: str, audience: Audience) -> JsonObject:
    """Return an activity with its audience, still without an object."""
    return _head(type_, id, actor) | _addressing(audience)


def _addressing(audience: Audience) -> JsonObject:
    """Return `to` and `cc`, each only if somebody stands in it."""
    members: JsonObject = {}
    if audience.to:
        members["to"] = list(audience.to)
    if audience.cc:
        members["cc"] = list(audience.cc)
    return members


def _published(object_: JsonObject, audience: Audience, published: datetime) -> JsonObject:
    """Return what is published, for whom and when: object and activity have the same audience."""
    return {
        "published": instant_text(published),
        **_addressing(audience),
        "object": _addressed(object_, audience),
    }


def _addressed(object_: JsonObject, audience: Audience) -> JsonObject:
    """Return a post with the activity's audience in place of its own; an actor has none."""
    embedded = {name: value for name, value in object_.items() if name != "@context"}
    if "attributedTo" not in embedded:
        return embedded
    rest = {name: value for name, value in embedded.items() if name not in {"to", "cc"}}
    return rest | _addressing(audience)


def _answer_to_follow(type_: str, id: str, actor: str, follow: JsonObject) -> JsonObject:
    members = ("id", "type", "actor", "object")
    embedded = {name: follow[name] for name in members if follow.get(name) is not None}
    follower = id_of(follow.get("actor"))
    audience = Audience(to=(follower,) if follower else ())
    return _activity(type_, id, actor, audience) | {"object": embedded}
