"""The guild's own pages as keepers wrote them, in Markdown."""

from dataclasses import dataclass
from datetime import datetime

from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import instant, text


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutText:
    """What a keeper wrote for one page, which `slug` names."""

    slug: str
    source: str
    updated_at: datetime


async def save_text(transaction: Transaction, saved: AboutText) -> None:
    """Keep the text of a page in place of what was there."""
    await transaction.execute(
        "insert into about_texts (slug, source, updated_at) values (:slug, :source, :now)"
        " on conflict (slug) do update set source = excluded.source,"
        " updated_at = excluded.updated_at",
        {"slug": saved.slug, "source": saved.source, "now": to_microseconds(saved.updated_at)},
    )


async def drop_text(transaction: Transaction, slug: str) -> bool:
    """Go back to the text that we ship; return whether there was another."""
    sql = "delete from about_texts where slug = :slug"
    return await transaction.execute(sql, {"slug": slug}) > 0


async def list_texts(reader: Reader) -> dict[str, AboutText]:
    """Return all texts that keepers wrote, by slug; there are as many as pages at most."""
    rows = await reader.fetch_all("select slug, source, updated_at from about_texts order by slug")
    return {
        text(row, "slug"): AboutText(
            slug=text(row, "slug"),
            source=text(row, "source"),
            updated_at=instant(row, "updated_at"),
        )
        for row in rows
    }
