"""Foreign bytes → `Activity`: shape, depth and sizes are checked here; nothing is believed yet.

Tolerant of what peers send (lists or single values, nulls, `as:Public`, objects where ids are
expected), strict in what comes out. Who may say it is for `domain/moderation.py` and the handlers.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.activitypub.content import plain_text
from fedirec.activitypub.documents import (
    Json,
    JsonObject,
    as_list,
    id_of,
    ids_of,
    instant_of,
    load_document,
    object_of,
    text_of,
    types_of,
)
from fedirec.activitypub.normalization import normalize
from fedirec.activitypub.vocabulary import (
    ACTOR_TYPES,
    COLLECTION_TYPES,
    NOTE_TYPES,
    STAMP_TYPE,
    ActivityType,
    ObjectKind,
)
from fedirec.domain.actors import ActivityId, ActorId
from fedirec.domain.limits import Limits
from fedirec.errors import MalformedActivityError

MAX_RECIPIENTS: Final = 500  # RX-03
MAX_OBJECTS: Final = 500
COMMENT_CHARACTERS: Final = 5_000
TYPE_CHARACTERS: Final = 64

_ADDRESSING: Final = ("to", "cc", "audience", "bto", "bcc")
_BLIND: Final = ("bto", "bcc")
_KNOWN_ACTIVITIES: Final = frozenset(ActivityType)
_CARRIES_AUDIENCE: Final = frozenset({ActivityType.CREATE, ActivityType.UPDATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity as its document says; nothing in it is believed by being here.

    `object_` is the first embedded object. `addressees` is all whom it is for; `blind` is who stood
    in `bto` and `bcc`, which `document` has no more. What the door does not ask for is read from
    the document when somebody does.
    """

    id: ActivityId | None
    type: str
    actor: ActorId
    object_id: str | None
    object_: JsonObject | None
    blind: tuple[str, ...]
    document: JsonObject

    @property
    def objects(self) -> tuple[Json, ...]:
        """Everything that `object` holds."""
        return tuple(as_list(self.document.get("object")))

    @property
    def target_id(self) -> str | None:
        """The id of `target`."""
        return id_of(self.document.get("target"))

    @property
    def result_id(self) -> str | None:
        """The id of `result`."""
        return id_of(self.document.get("result"))

    @property
    def instrument(self) -> Json:
        """The member `instrument` as it stands."""
        return self.document.get("instrument")

    @property
    def to(self) -> tuple[str, ...]:
        """Whom it is for."""
        return ids_of(self.document.get("to"))

    @property
    def cc(self) -> tuple[str, ...]:
        """Who gets a copy."""
        return ids_of(self.document.get("cc"))

    @property
    def audience(self) -> tuple[str, ...]:
        """The member `audience`."""
        return ids_of(self.document.get("audience"))

    @property
    def published_at(self) -> datetime | None:
        """When it was published, it says."""
        return instant_of(self.document.get("published"))

    @property
    def updated_at(self) -> datetime | None:
        """When it was changed, it says."""
        return instant_of(self.document.get("updated"))

    @property
    def ends_at(self) -> datetime | None:
        """When it ends, it says."""
        return instant_of(self.document.get("endTime"))

    @property
    def content(self) -> str | None:
        """Its text, plain."""
        content = text_of(self.document.get("content"))
        return plain_text(content)[:COMMENT_CHARACTERS] if content else None

    @property
    def object_kind(self) -> ObjectKind | None:
        """What the embedded object is; None when there is only an id, or nothing."""
        return None if self.object_ is None else kind_of(self.object_)

    @property
    def object_owner(self) -> str | None:
        """Whose the embedded object says it is: its `attributedTo`, or `actor` of an activity."""
        if self.object_ is None:
            return None
        return id_of(self.object_.get("attributedTo")) or id_of(self.object_.get("actor"))

    @property
    def has_proof(self) -> bool:
        """Whether an integrity proof is there to be verified (FEP-8b32)."""
        return object_of(self.document.get("proof")) is not None

    @property
    def addressees(self) -> tuple[str, ...]:
        """Whom it is for, once each; of Create and Update also whom the object is for."""
        everyone = (*self.to, *self.cc, *self.audience, *self.blind)
        if self.object_ is not None and self.type in _CARRIES_AUDIENCE:
            for name in _ADDRESSING:
                everyone += ids_of(self.object_.get(name))
        return tuple(dict.fromkeys(everyone))


def parse_activity(raw: bytes, *, limits: Limits) -> Activity:
    """Read the bytes of one activity.

    Raises:
        MalformedActivityError: whatever is wrong with them; nothing else is raised.
    """
    return parse_activity_document(load_document(raw, limits=limits), limits=limits)


def parse_activity_document(document: JsonObject, *, limits: Limits) -> Activity:
    """Read an activity from JSON that is loaded already.

    Raises:
        MalformedActivityError: no type, no actor, an id that is no URL, or lists over their caps.
    """
    normal = normalize(document, max_depth=limits.json_depth)
    _check_lists(normal)
    stripped = _without_blind(normal)
    object_ = object_of(normal.get("object"))
    is_blind = _has_blind(normal) or (object_ is not None and _has_blind(object_))
    return Activity(
        id=_activity_id(stripped),
        type=_activity_type(stripped),
        actor=_actor_id(stripped),
        object_id=id_of(stripped.get("object")),
        object_=object_of(stripped.get("object")),
        blind=_blind_in(normal) if is_blind else (),
        document=stripped,
    )


def kind_of(document: JsonObject) -> ObjectKind:
    """Return what an object is by its types; a Question is a post, as everywhere but in AS2."""
    types = set(types_of(document))
    kinds = (
        (ACTOR_TYPES, ObjectKind.ACTOR),
        (NOTE_TYPES, ObjectKind.NOTE),
        (frozenset({"Tombstone"}), ObjectKind.TOMBSTONE),
        (COLLECTION_TYPES, ObjectKind.COLLECTION),
        (frozenset({STAMP_TYPE}), ObjectKind.STAMP),
        (_KNOWN_ACTIVITIES, ObjectKind.ACTIVITY),
    )
    return next((kind for names, kind in kinds if types & names), ObjectKind.OTHER)


def check_recipients(document: JsonObject) -> None:
    """Raise MalformedActivityError when more are addressed than anyone may address."""
    count = 0
    for name in _ADDRESSING:
        named = document.get(name)
        count += len(named) if isinstance(named, list) else named is not None
    if count > MAX_RECIPIENTS:
        message = f"at most {MAX_RECIPIENTS} recipients, found {count}"
        raise MalformedActivityError(message)


def _check_lists(document: JsonObject) -> None:
    check_recipients(document)
    objects = as_list(document.get("object"))
    if len(objects) > MAX_OBJECTS:
        message = f"at most {MAX_OBJECTS} objects, found {len(objects)}"
        raise MalformedActivityError(message)
    for item in objects:
        if isinstance(item, dict):
            check_recipients(item)


def _without_blind(document: JsonObject) -> JsonObject:
    """Return the document less `bto` and `bcc`, its own and its object's (ActivityPub §6)."""
    object_ = document.get("object")
    if isinstance(object_, dict) and _has_blind(object_):
        document = {**document, "object": _less(object_)}
    return _less(document) if _has_blind(document) else document


def _blind_in(document: JsonObject) -> tuple[str, ...]:
    """Return who stands in `bto` and `bcc`, the activity's and its object's."""
    places = (document, object_of(document.get("object")) or {})
    ids = (uri for place in places for name in _BLIND for uri in ids_of(place.get(name)))
    return tuple(dict.fromkeys(ids))


def _has_blind(document: JsonObject) -> bool:
    return "bto" in document or "bcc" in document


def _less(document: JsonObject) -> JsonObject:
    return {name: value for name, value in document.items() if name not in _BLIND}


def _activity_id(document: JsonObject) -> ActivityId | None:
    """Return the id; some activities have none (Mastodon's Add and Remove)."""
    value = document.get("id")
    if value is None:
        return None
    found = id_of(value) if isinstance(value, str) else None
    if found is None:
        message = f"an id is an http or https URL, found {value!r:.200}"
        raise MalformedActivityError(message)
    return ActivityId(found)


def _activity_type(document: JsonObject) -> str:
    """Return the first type that is known here, else the first there is."""
    types = types_of(document)
    known = next((name for name in types if name in _KNOWN_ACTIVITIES), None)
    first = known or next((name for name in types if name), None)
    if first is None:
        raise MalformedActivityError("an activity has a type")
    return first[:TYPE_CHARACTERS]


def _actor_id(document: JsonObject) -> ActorId:
    actors = as_list(document.get("actor"))
    found = id_of(actors[0]) if len(actors) == 1 else None
    if found is None:
        raise MalformedActivityError("an activity has one actor, whose id is a URL")
    return ActorId(found)
