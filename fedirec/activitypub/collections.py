"""Collections and their pages, as we serve them.

Every collection and page has an id that is its URL (ActivityStreams §5; ActivityPub §5).
"""

# ruff: noqa: A002 (an id is `id` in keyword arguments, as it is in the documents)

from collections.abc import Sequence

from fedirec.activitypub.documents import Json, JsonObject
from fedirec.activitypub.vocabulary import AS_CONTEXT


def render_collection(
    *,
    id: str,
    first: str | None = None,
    total: int | None = None,
    items: Sequence[Json] | None = None,
) -> JsonObject:
    """Return an OrderedCollection: paged if `first` is given, whole if `items` are.

    With neither it is a hidden list. `total` is counted from `items` where they are given.
    """
    collection: JsonObject = {"@context": AS_CONTEXT, "id": id, "type": "OrderedCollection"}
    if items is not None:
        return collection | {"totalItems": len(items), "orderedItems": list(items)}
    if total is not None:
        collection["totalItems"] = total
    if first is not None:
        collection["first"] = first
    return collection


def render_page(
    *,
    id: str,
    part_of: str,
    items: Sequence[Json],
    next_: str | None = None,
) -> JsonObject:
    """Return one page of an OrderedCollection; embedded documents keep their own `@context`."""
    page: JsonObject = {
        "@context": AS_CONTEXT,
        "id": id,
        "type": "OrderedCollectionPage",
        "partOf": part_of,
    }
    if next_ is not None:
        page["next"] = next_
    return page | {"orderedItems": list(items)}
