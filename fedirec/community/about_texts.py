"""The guild's own pages: what keepers wrote, and whether the blocks are told to everybody."""

from typing import Final

from fedirec.activitypub.content import clean_text
from fedirec.community.keepers import record
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.storage import about_texts, instance
from fedirec.storage.about_texts import AboutText
from fedirec.storage.database import Reader

SLUGS: Final = ("about", "rules", "federation", "privacy", "accessibility")
TEXT_CHARACTERS: Final = 20_000  # the sanitizer cuts HTML at three times that
_SHOWS_BLOCKS: Final = "shows_blocks"


async def write_text(federation: Federation, slug: str, source: str, *, by: str | None) -> None:
    """Keep what a keeper wrote for a page; an empty text brings back the one that we ship.

    Raises InvalidInputError for a text that is too long, with `field` `source`.
    """
    kept = clean_text(source, limit=TEXT_CHARACTERS + 1)
    if len(kept) > TEXT_CHARACTERS:
        message = f"expected at most {TEXT_CHARACTERS} characters"
        raise InvalidInputError(message, field="source")
    async with federation.database.transaction() as transaction:
        if kept:
            written = AboutText(slug=slug, source=kept, updated_at=federation.now())
            await about_texts.save_text(transaction, written)
        else:
            await about_texts.drop_text(transaction, slug)
        act = "text.write" if kept else "text.reset"
        await record(transaction, federation, by, act, slug, characters=len(kept))


async def shows_blocks(reader: Reader) -> bool:
    """Return whether everybody may read whom this instance blocks; nobody by default."""
    return await instance.find_value(reader, _SHOWS_BLOCKS) == "yes"


async def show_blocks(
    federation: Federation,
    is_shown: bool,  # noqa: FBT001 - the value itself
    *,
    by: str | None,
) -> None:
    """Let everybody read whom this instance blocks and silences, or nobody."""
    async with federation.database.transaction() as transaction:
        await instance.set_value(transaction, _SHOWS_BLOCKS, "yes" if is_shown else "no")
        act = "blocks.publish" if is_shown else "blocks.hide"
        await record(transaction, federation, by, act, "")
