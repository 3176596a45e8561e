"""The words of the wire: types of Activity Streams 2.0 and our own, and every `@context` we send.

Terms of ours are defined inline, never by a remote context; what peers send in `@context` is never
fetched. FEDERATION.md states the same for peers. No parsing and no rendering here.
"""

from enum import StrEnum
from typing import Final

from fedirec.activitypub.documents import Json, JsonObject


class ActivityType(StrEnum):
    """Activities of Activity Vocabulary §3.1, and those of other servers that we know by name."""

    ACCEPT = "Accept"
    ADD = "Add"
    ANNOUNCE = "Announce"
    ARRIVE = "Arrive"
    BLOCK = "Block"
    CREATE = "Create"
    DELETE = "Delete"
    DISLIKE = "Dislike"
    FLAG = "Flag"
    FOLLOW = "Follow"
    IGNORE = "Ignore"
    INVITE = "Invite"
    JOIN = "Join"
    LEAVE = "Leave"
    LIKE = "Like"
    LISTEN = "Listen"
    MOVE = "Move"
    OFFER = "Offer"
    QUESTION = "Question"
    READ = "Read"
    REJECT = "Reject"
    REMOVE = "Remove"
    TENTATIVE_ACCEPT = "TentativeAccept"
    TENTATIVE_REJECT = "TentativeReject"
    TRAVEL = "Travel"
    UNDO = "Undo"
    UPDATE = "Update"
    VIEW = "View"
    EMOJI_REACT = "EmojiReact"
    LIKE_REQUEST = "LikeRequest"
    REPLY_REQUEST = "ReplyRequest"
    ANNOUNCE_REQUEST = "AnnounceRequest"
    QUOTE_REQUEST = "QuoteRequest"
    FEATURE_REQUEST = "FeatureRequest"


TAKING_BACK: Final = frozenset(
    {ActivityType.BLOCK, ActivityType.DELETE, ActivityType.REJECT, ActivityType.UNDO}
)
"""What takes back or keeps away, and so is taken in even when there is no space for news."""


class ObjectKind(StrEnum):
    """What an embedded object is, as far as a handler must know."""

    ACTOR = "actor"
    NOTE = "note"
    TOMBSTONE = "tombstone"
    COLLECTION = "collection"
    ACTIVITY = "activity"
    STAMP = "stamp"
    OTHER = "other"


NOTE_TYPES: Final = frozenset(
    {"Note", "Question", "Article", "Page", "Event", "Image", "Audio", "Video", "Document"}
    | {"ChatMessage", "Review", "Comment", "Quotation"}
)
ACTOR_TYPES: Final = frozenset({"Person", "Group", "Application", "Service", "Organization"})
COLLECTION_TYPES: Final = frozenset(
    {"Collection", "OrderedCollection", "CollectionPage", "OrderedCollectionPage"}
)
QUOTE_MEMBERS: Final = ("quote", "quoteUri", "quoteUrl", "_misskey_quote")
STAMP_TYPE: Final = "EndorsementConsent"

AS_CONTEXT: Final = "https://www.w3.org/ns/activitystreams"
AS_NAMESPACE: Final = f"{AS_CONTEXT}#"
OUR_NAMESPACE: Final = "https://w3id.org/fedirec/ns#"
PROOF_CONTEXT: Final = "https://w3id.org/security/data-integrity/v2"
_SECURITY_CONTEXT: Final = "https://w3id.org/security/v1"
_CID_CONTEXT: Final = "https://www.w3.org/ns/cid/v1"

# Parts that several contexts share; terms keep the order in which we always sent them.
_OURS: Final[JsonObject] = {"fr": OUR_NAMESPACE}
_OURS_AND_SECURITY: Final[JsonObject] = {**_OURS, "sec": "https://w3id.org/security#"}
_GTS: Final[JsonObject] = {"gts": "https://gotosocial.org/ns#"}
_QUOTE_POLICY: Final[JsonObject] = {
    **_GTS,
    "interactionPolicy": {"@id": "gts:interactionPolicy", "@type": "@id"},
    "canQuote": {"@id": "gts:canQuote", "@type": "@id"},
    "automaticApproval": {"@id": "gts:automaticApproval", "@type": "@id"},
}
_DIGEST: Final[JsonObject] = {
    "digestMultibase": {"@id": "sec:digestMultibase", "@type": "sec:multibase"}
}
_SKILL: Final[JsonObject] = {"skill": {"@id": "fr:skill", "@container": "@set"}}
_HASHTAG: Final[JsonObject] = {"Hashtag": "as:Hashtag"}
_POST: Final[JsonObject] = {**_HASHTAG, "sensitive": "as:sensitive", **_QUOTE_POLICY}
_LOCKED: Final[JsonObject] = {"manuallyApprovesFollowers": "as:manuallyApprovesFollowers"}

NOTE_CONTEXT: Final[Json] = [AS_CONTEXT, _POST]

ENDORSEMENT_CONTEXT: Final[Json] = [
    AS_CONTEXT,
    {
        **_OURS_AND_SECURITY,
        "Endorsement": "fr:Endorsement",
        "Recognition": "fr:Recognition",
        "endorsement": "fr:endorsement",
        "endorsed": {"@id": "fr:endorsed", "@type": "@id"},
        **_SKILL,
        "sameAs": {"@id": "https://schema.org/sameAs", "@type": "@id"},
        "relation": "fr:relation",
        "period": "fr:period",
        "from": "fr:from",
        "until": "fr:until",
        "setting": "fr:setting",
        "evidence": {"@id": "fr:evidence", "@container": "@set"},
        "seen": {"@id": "fr:seen", "@type": "http://www.w3.org/2001/XMLSchema#dateTime"},
        **_DIGEST,
        "shownTo": "fr:shownTo",
        "consent": {"@id": "fr:consent", "@type": "@id"},
        "credential": {"@id": "fr:credential", "@type": "@id"},
        "definition": {"@id": "fr:definition", "@type": "@id"},
        "decision": {"@id": "fr:decision", "@type": "@id"},
        **_POST,
    },
]

STAMP_CONTEXT: Final[Json] = [
    AS_CONTEXT,
    PROOF_CONTEXT,
    {
        **_OURS_AND_SECURITY,
        "EndorsementConsent": "fr:EndorsementConsent",
        **_GTS,
        "interactingObject": {"@id": "gts:interactingObject", "@type": "@id"},
        "interactionTarget": {"@id": "gts:interactionTarget", "@type": "@id"},
        **_DIGEST,
        "onBehalfOf": {"@id": "fr:onBehalfOf", "@type": "@id"},
    },
]

JOB_CONTEXT: Final[Json] = [
    AS_CONTEXT,
    {
        **_OURS_AND_SECURITY,
        "JobNote": "fr:JobNote",
        "job": "fr:job",
        "title": "fr:title",
        "organization": "fr:organization",
        "pay": "fr:pay",
        "min": "fr:min",
        "max": "fr:max",
        "currency": "fr:currency",
        "per": "fr:per",
        "hours": "fr:hours",
        "term": "fr:term",
        "place": "fr:place",
        "remote": "fr:remote",
        **_SKILL,
        "contact": {"@id": "fr:contact", "@type": "@id"},
        "status": "fr:status",
        "vf": "https://w3id.org/valueflows/ont/vf#",
        "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
        "Intent": "vf:Intent",
        "action": "vf:action",
        "purpose": "vf:purpose",
        "unitBased": "vf:unitBased",
        "publishes": "vf:publishes",
        "resourceConformsTo": "vf:resourceConformsTo",
        "resourceQuantity": "vf:resourceQuantity",
        "hasUnit": "om2:hasUnit",
        "hasNumericalValue": "om2:hasNumericalValue",
        **_HASHTAG,
    },
]

QUESTION_CONTEXT: Final[Json] = [
    AS_CONTEXT,
    {
        "litepub": "http://litepub.social/ns#",
        "directMessage": "litepub:directMessage",
        **_QUOTE_POLICY,
    },
]

ACTOR_CONTEXT: Final[Json] = [
    AS_CONTEXT,
    _SECURITY_CONTEXT,
    _CID_CONTEXT,
    {
        **_QUOTE_POLICY,
        **_OURS,
        "canEndorse": {"@id": "fr:canEndorse", "@type": "@id"},
        "manualApproval": {"@id": "gts:manualApproval", "@type": "@id"},
        "toot": "http://joinmastodon.org/ns#",
        "discoverable": "toot:discoverable",
        "indexable": "toot:indexable",
        "featured": {"@id": "toot:featured", "@type": "@id"},
        **_LOCKED,
    },
]

INSTANCE_ACTOR_CONTEXT: Final[Json] = [AS_CONTEXT, _SECURITY_CONTEXT, _LOCKED]

PROFILE_TERMS: Final[JsonObject] = {
    "schema": "http://schema.org#",
    "PropertyValue": "schema:PropertyValue",
    "value": "schema:value",
    "alsoKnownAs": {"@id": "as:alsoKnownAs", "@type": "@id"},
    "movedTo": {"@id": "as:movedTo", "@type": "@id"},
}
"""Added to `ACTOR_CONTEXT` for an actor that has fields, aliases or a new home."""
