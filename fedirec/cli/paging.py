"""Walks a list page by page to its end, so that no command cuts silently."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeVar

from fedirec.storage.database import Page

Item = TypeVar("Item")


async def all_of(
    list_page: Callable[[str | None], Awaitable[Page[Item]]], *, most: int | None = None
) -> AsyncIterator[Item]:
    """Yield every item of a list, or as many as `most`.

    `list_page` takes the cursor to go on from, None at first.
    """
    cursor, count = None, 0
    while True:
        page = await list_page(cursor)
        for item in page.items:
            if count == most:
                return
            yield item
            count += 1
        cursor = page.next_cursor
        if cursor is None:
            return
