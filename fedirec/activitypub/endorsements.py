"""Endorsements and consent on the wire (FEDERATION.md, "Endorsements" and "Consent").

An endorsement is a Note with one more member; its core is what a stamp speaks of. The text is made
once (`statements.py`): from the offer on, only audience, dates, consent and credential change.
"""

# ruff: noqa: A002 (an id is `id` in keyword arguments, as it is in the documents)

from datetime import datetime
from typing import Final

from fedirec.activitypub.content import clean_text, plain_text
from fedirec.activitypub.documents import (
    JsonObject,
    dump,
    id_of,
    instant_of,
    instant_text,
    object_of,
    text_of,
    types_of,
    walk,
)
from fedirec.activitypub.endorsement_members import (
    parse_endorsement_member,
    render_endorsement_member,
)
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.normalization import normalize
from fedirec.activitypub.statements import hashtag_tags, hashtags_of, mention_tag, statement
from fedirec.activitypub.surroundings import recipients_of, why_more_shows, why_too_wide
from fedirec.activitypub.vocabulary import (
    AS_CONTEXT,
    ENDORSEMENT_CONTEXT,
    STAMP_CONTEXT,
    STAMP_TYPE,
)
from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.audience import Audience
from fedirec.domain.endorsements import Endorsement, EndorsementDraft, StampFacts
from fedirec.domain.limits import Limits
from fedirec.errors import InvalidInputError, MalformedActivityError
from fedirec.signatures.canonical import canonicalize
from fedirec.signatures.digest import multibase_digest

CORE_MEMBERS: Final = ("id", "attributedTo", "content", "contentMap", "endorsement")
PUBLISHED_ALONE: Final = frozenset({"consent", "credential"})


def render_endorsement_note(
    *,
    instance: Instance,
    id: str,
    endorser: Actor,
    endorsed: Actor,
    draft: EndorsementDraft,
    published: datetime,
) -> JsonObject:
    """Return the Note as it is offered: to the endorsed alone, without consent."""
    content = statement(id=id, instance=instance, endorser=endorser, endorsed=endorsed, draft=draft)
    return {
        "id": id,
        "type": "Note",
        "attributedTo": endorser.id,
        "to": [endorsed.id],
        "published": instant_text(published),
        "url": id,
        "content": content,
        "contentMap": {draft.language: content},
        "tag": [
            mention_tag(endorsed),
            *hashtag_tags(hashtags_of(draft.skills), instance=instance),
        ],
        "interactionPolicy": {"canQuote": {"automaticApproval": [endorser.id]}},
        "endorsement": render_endorsement_member(draft, endorsed.id),
    }


def publishable_note(
    offered: JsonObject,
    *,
    audience: Audience,
    published: datetime,
    consent: str,
    updated: datetime | None = None,
) -> JsonObject:
    """Return the offered Note as it is published: its core untouched, byte for byte.

    `published` is the first publication; an edited one has `updated` too.
    """
    note: JsonObject = {}
    for name, value in offered.items():
        if name == "to":
            note["to"] = list(audience.to)
            if audience.cc:
                note["cc"] = list(audience.cc)
        elif name == "published":
            note["published"] = instant_text(published)
            if updated is not None:
                note["updated"] = instant_text(updated)
        elif name not in {"cc", "updated"}:
            note[name] = value
    note["endorsement"] = {**_agreed_part(offered), "consent": consent}
    return note


def core_of(document: JsonObject) -> JsonObject:
    """Return what a stamp speaks of, values exactly as sent.

    Raises:
        MalformedActivityError: a member is missing, or there is a number in one.
    """
    core = {name: document.get(name) for name in CORE_MEMBERS}
    core["endorsement"] = _agreed_part(document)
    missing = [name for name, value in core.items() if not value]
    if missing:
        message = f"an endorsement has {', '.join(missing)}"
        raise MalformedActivityError(message, field=missing[0])
    if any(isinstance(value, int | float) for value in walk(core)):
        raise MalformedActivityError("there are no numbers in an endorsement")
    return core


def core_digest(document: JsonObject) -> str:
    """Return the multibase SHA-256 of the core in canonical form (RFC 8785).

    Compute it from the JSON as its origin delivered or serves it. Raises InvalidInputError.
    """
    return multibase_digest(canonicalize(core_of(document)))


def parse_endorsement(document: JsonObject, *, limits: Limits) -> Endorsement:
    """Read the endorsement of a Note: the member, checked against its author and its words.

    Raises:
        InvalidInputError: with the field that is missing or wrong.
    """
    note = normalize(document, max_depth=limits.json_depth)
    member = object_of(note.get("endorsement"))
    if member is None:
        raise MalformedActivityError("not an endorsement", field="endorsement")
    endorsement = parse_endorsement_member(member)
    author = id_of(note.get("attributedTo"))
    if author is None or author == endorsement.endorsed:
        raise MalformedActivityError("nobody endorses themselves", field="endorsed")
    words = text_of(note.get("content"))
    if words is None or len(plain_text(words)) < limits.words_min:
        message = f"the words have at least {limits.words_min} characters"
        raise MalformedActivityError(message, field="words")
    return endorsement


def parse_draft(document: JsonObject, *, limits: Limits) -> tuple[ActorId, EndorsementDraft]:
    """Read what a member's own client wants to say, and about whom; the words are its content.

    Raises:
        InvalidInputError: with the field that is missing or wrong.
    """
    note = normalize(document, max_depth=limits.json_depth)
    member = parse_endorsement_member(object_of(note.get("endorsement")) or {})
    language = next(iter(object_of(note.get("contentMap")) or {}), "en")
    draft = EndorsementDraft(
        words=clean_text(plain_text(text_of(note.get("content")) or ""), limit=limits.note_bytes),
        relation=member.relation,
        period=member.period,
        skills=member.skills,
        evidence=member.evidence,
        setting=member.setting,
        shown_to=member.shown_to,
        language=language,
    )
    return member.endorsed, draft


def why_not_endorsement(
    document: JsonObject,
    *,
    limits: Limits,
    followers: str | None = None,
    guild: str | None = None,
) -> str | None:
    """Return why a Note is an ordinary post although it has an `endorsement`, None if it is one.

    Nothing beside the core may show, and no more than `shownTo` may see it. `followers` and `guild`
    are the collection and the guild actor of the endorser, where they are known; where not, one id
    on the endorser's origin is taken for them.
    """
    try:
        endorsement = parse_endorsement(document, limits=limits)
        core_of(document)
    except InvalidInputError as error:
        return f"{error.field or 'shape'}: {error}"
    if document.get("type") != "Note":
        return "its type is not the plain string Note"
    if len(dump(document)) > limits.note_bytes:
        return f"it has over {limits.note_bytes} bytes"
    return why_more_shows(document, endorsement) or why_too_wide(
        document, endorsement, followers=followers, guild=guild
    )


def why_not_offer(document: JsonObject, *, limits: Limits) -> str | None:
    """Return why an Offer asks nothing that can be agreed to, None if it does.

    It is for the endorsed alone, at most 30 days long, and embeds the offerer's own Note.
    """
    note = object_of(document.get("object"))
    if note is None:
        return "object: an Offer embeds the Note it offers"
    refusal = why_not_endorsement(note, limits=limits)
    if refusal is not None:
        return refusal
    endorsed = parse_endorsement(note, limits=limits).endorsed
    if id_of(note.get("attributedTo")) != id_of(document.get("actor")):
        return "attributedTo: the Note is by another than who offers it"
    addressed = {*recipients_of(document), *recipients_of(note)}
    if addressed != {endorsed}:
        return "to: an Offer and its Note are for the endorsed alone"
    published, ends_at = instant_of(document.get("published")), instant_of(document.get("endTime"))
    if ends_at is None or published is None or ends_at - published > limits.offer_lifetime:
        return f"endTime: an Offer ends within {limits.offer_lifetime.days} days of published"
    return None


def render_offer(
    *,
    id: str,
    endorser: str,
    endorsed: str,
    note: JsonObject,
    published: datetime,
    ends_at: datetime,
) -> JsonObject:
    """Return the Offer that asks for consent, the Note embedded; both actors by id."""
    return {
        "@context": ENDORSEMENT_CONTEXT,
        "id": id,
        "type": "Offer",
        "actor": endorser,
        "to": [endorsed],
        "published": instant_text(published),
        "endTime": instant_text(ends_at),
        "object": note,
    }


def render_accept(
    *,
    id: str,
    actor: str,
    to: str,
    offer_id: str,
    stamp_id: str,
    published: datetime,
) -> JsonObject:
    """Return the answer to an Offer; both ids are plain strings, for Fedify 2.3 refuses others."""
    return {
        "@context": AS_CONTEXT,
        "id": id,
        "type": "Accept",
        "actor": actor,
        "to": [to],
        "published": instant_text(published),
        "object": offer_id,
        "result": stamp_id,
    }


def render_stamp(
    *,
    id: str,
    facts: StampFacts,
    published: datetime,
    instrument: str | None = None,
) -> JsonObject:
    """Return a consent stamp, still without its proof.

    `instrument` is the reply in which the person agreed, in a stamp of a guild on their behalf.
    """
    stamp: JsonObject = {
        "@context": STAMP_CONTEXT,
        "id": id,
        "type": STAMP_TYPE,
        "attributedTo": facts.attributed_to,
    }
    if facts.on_behalf_of is not None:
        stamp["onBehalfOf"] = facts.on_behalf_of
    if instrument is not None:
        stamp["instrument"] = instrument
    return stamp | {
        "interactingObject": facts.note_id,
        "interactionTarget": facts.endorsed,
        "digestMultibase": facts.digest,
        "published": instant_text(published),
    }


def parse_stamp(document: JsonObject) -> StampFacts:
    """Read what a stamp says; whether it is believed is for `domain.endorsements.judge_stamp`.

    Raises:
        MalformedActivityError: not a stamp, or a member is missing.
    """
    stamp = normalize(document)
    if STAMP_TYPE not in types_of(stamp):
        message = f"expected the type {STAMP_TYPE}"
        raise MalformedActivityError(message, field="type")
    on_behalf_of = stamp.get("onBehalfOf")
    return StampFacts(
        attributed_to=_required_id(stamp, "attributedTo"),
        on_behalf_of=None if on_behalf_of is None else _required_id(stamp, "onBehalfOf"),
        note_id=_required_id(stamp, "interactingObject"),
        endorsed=_required_id(stamp, "interactionTarget"),
        digest=_required_text(stamp, "digestMultibase"),
    )


def _agreed_part(document: JsonObject) -> JsonObject:
    member = document.get("endorsement")
    if not isinstance(member, dict):
        raise MalformedActivityError("not an endorsement", field="endorsement")
    return {name: value for name, value in member.items() if name not in PUBLISHED_ALONE}


def _required_id(document: JsonObject, name: str) -> str:
    value = id_of(document.get(name))
    if value is None:
        message = f"{name} is an id"
        raise MalformedActivityError(message, field=name)
    return value


def _required_text(document: JsonObject, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        message = f"{name} is a text"
        raise MalformedActivityError(message, field=name)
    return value
