"""Collections and their pages: ours as JSON, others' as a list and the way on.

Every collection and page has an id that is its URL (ActivityStreams §5; ActivityPub §5).
"""

# ruff: noqa: A002 (an id is `id` in keyword arguments, as it is in the documents)

from collections.abc import Sequence
from dataclasses import dataclass

from fedirec.activitypub.documents import Json, JsonObject, as_list, id_of, object_of, types_of
from fedirec.activitypub.normalization import normalize
from fedirec.activitypub.vocabulary import AS_CONTEXT, COLLECTION_TYPES
from fedirec.errors import MalformedActivityError


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionPage:
    """What one page, or a collection without pages, holds; `next` is the id of the next page."""

    items: tuple[Json, ...]
    next: str | None
    total: int | None


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
    prev: str | None = None,
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
    if prev is not None:
        page["prev"] = prev
    return page | {"orderedItems": list(items)}


def parse_page(document: JsonObject) -> CollectionPage:
    """Read a page, or a collection with its items or its first page embedded.

    Raises:
        MalformedActivityError: it is neither.
    """
    normal = normalize(document)
    if not COLLECTION_TYPES.intersection(types_of(normal)):
        raise MalformedActivityError("expected a collection or a page of one")
    first = object_of(normal.get("first"))
    page = first if first is not None and "partOf" in first else normal
    items = page.get("orderedItems", page.get("items"))
    total = normal.get("totalItems")
    return CollectionPage(
        items=tuple(as_list(items)),
        next=id_of(page.get("next")) or (None if items is not None else id_of(page.get("first"))),
        total=total if isinstance(total, int) and not isinstance(total, bool) else None,
    )
