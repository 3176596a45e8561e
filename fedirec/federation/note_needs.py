"""What must be fetched before a note can be kept: the stamp of an endorsement, and its person."""

from fedirec.activitypub.documents import JsonObject, id_of, object_of
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.parse import Activity
from fedirec.federation.handling import Need, NeedKind


def needs_of_object(activity: Activity, instance: Instance) -> tuple[Need, ...]:
    """Return the needs of the embedded object, as `needs_of_document`."""
    return needs_of_document(activity.object_ or {}, instance)


def needs_of_document(document: JsonObject, instance: Instance) -> tuple[Need, ...]:
    """Return the needs of a post; none is vital: a stamp out of reach waits."""
    endorsement = object_of(document.get("endorsement"))
    if endorsement is None:
        return ()
    wanted = (
        (id_of(endorsement.get("consent")), NeedKind.DOCUMENT),
        (id_of(endorsement.get("endorsed")), NeedKind.ACTOR),
    )
    return tuple(
        Need(url=url, kind=kind)
        for url, kind in wanted
        if url is not None and not instance.owns(url)
    )
