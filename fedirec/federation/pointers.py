"""Activities that somebody else signed: forwarded replies, relayed posts, forwarded deletions.

Nothing in them is believed (SG-16, OR-07). Either the actor's own integrity proof stands for the
signature (SG-17), or the activity is a pointer: its object is fetched from its origin, and what the
origin says is handled. The rest is ignored.
"""

from typing import Final

from fedirec.activitypub.documents import JsonObject, id_of, load_document
from fedirec.activitypub.parse import Activity, parse_activity_document
from fedirec.domain.audience import Visibility
from fedirec.domain.origins import same_origin
from fedirec.domain.public import PUBLIC
from fedirec.errors import FedirecError, GoneError, NotFoundError, RemoteUnavailableError
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.fetching import fetch_document
from fedirec.federation.handling import Case, Outcome, ignore
from fedirec.federation.remote_actors import find_signing_key, get_or_fetch_actor
from fedirec.signatures import proofs
from fedirec.storage import notes

_FOLLOWED: Final = frozenset({"Create", "Update"})
_SERVED_TO_ALL: Final = frozenset({Visibility.PUBLIC, Visibility.UNLISTED})
_POINTING: Final = _FOLLOWED | {"Delete"}


def may_point(activity: Activity) -> bool:
    """Whether it can be believed though another than its actor signed the request."""
    return activity.has_proof or activity.type in _POINTING


async def follow(
    federation: Federation, activity: Activity, body: bytes, allowance: Allowance
) -> Case | Outcome:
    """Return the case that the origin vouches for, or why there is none.

    What is fetched for it is counted against `allowance`.

    Raises RemoteUnavailableError when the origin cannot be reached now.
    """
    if activity.has_proof and await _is_proven(federation, activity, body, allowance):
        actor = await get_or_fetch_actor(federation, activity.actor, allowance=allowance)
        return Case(activity=activity, actor=actor, is_forwarded=True)
    if activity.object_id is None or federation.instance.owns(activity.object_id):
        return ignore("signed by another than its actor, and points to nothing to fetch")
    if activity.type == "Delete":
        return await _deleted_at_origin(federation, activity, allowance)
    if activity.type in _FOLLOWED:
        return await _as_origin_tells(federation, activity.object_id, allowance)
    return ignore(f"{activity.type} signed by another than its actor")


async def _is_proven(
    federation: Federation, activity: Activity, body: bytes, allowance: Allowance
) -> bool:
    """Whether a proof by the actor's own key holds; one that does not is worth nothing."""
    document = load_document(body, limits=federation.limits)
    method = proofs.verification_method(document)
    if method is None or not same_origin(method, activity.actor):
        return False
    if not (allowance.spend() and allowance.spend()):  # the key, and its owner
        return False
    try:
        owner = await find_signing_key(federation, method)
    except RemoteUnavailableError:
        raise
    except FedirecError:
        return False
    return owner.actor.id == activity.actor and proofs.verify_proof(
        document, owner.key, now=federation.now()
    )


async def _deleted_at_origin(
    federation: Federation, activity: Activity, allowance: Allowance
) -> Case | Outcome:
    """Believe a forwarded deletion only when the object's origin no longer serves it.

    Mastodon says 404 of every note that is not for all, so of those only 410 counts.
    """
    object_id = str(activity.object_id)
    async with federation.database.reading() as reader:
        note = await notes.find_note(reader, object_id)
    if note is None:
        return ignore("a forwarded deletion of something not kept here")
    try:
        await fetch_document(federation, object_id, allowance=allowance)
    except NotFoundError as error:
        if not isinstance(error, GoneError) and note.visibility not in _SERVED_TO_ALL:
            return ignore("a forwarded deletion of something its origin may only hide from us")
        owner = await get_or_fetch_actor(federation, note.actor_id, allowance=allowance)
        document: JsonObject = {
            "type": "Delete",
            "actor": owner.id,
            "object": {"id": object_id, "type": "Tombstone"},
            "to": [PUBLIC],
        }
        deleted = parse_activity_document(document, limits=federation.limits)
        return Case(activity=deleted, actor=owner, is_forwarded=True, is_fetched=True)
    return ignore("a forwarded deletion of something its origin still serves")


async def _as_origin_tells(
    federation: Federation, object_id: str, allowance: Allowance
) -> Case | Outcome:
    """Fetch the object and return the case of its author's saying what its origin serves."""
    try:
        document, _body = await fetch_document(federation, object_id, allowance=allowance)
    except (GoneError, NotFoundError):
        return ignore("points to something its origin does not serve")
    author_id = id_of(document.get("attributedTo"))
    if author_id is None or not same_origin(author_id, object_id):
        return ignore("points to something without an author on its own origin")
    author = await get_or_fetch_actor(federation, author_id, allowance=allowance)
    async with federation.database.reading() as reader:
        is_known = await notes.find_note(reader, object_id) is not None
    told: JsonObject = {
        "type": "Update" if is_known else "Create",
        "actor": author.id,
        "object": document,
        "to": document.get("to", []),
        "cc": document.get("cc", []),
    }
    activity = parse_activity_document(told, limits=federation.limits)
    return Case(activity=activity, actor=author, is_forwarded=True, is_fetched=True)
