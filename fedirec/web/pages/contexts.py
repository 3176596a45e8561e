"""A context: what was made in a project, course or crew, who took part, and what was said there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from fedirec.errors import NotFoundError
from fedirec.storage.cards import Person, list_cards_in
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import EndorsementView, Evidence, endorsement_reader
from fedirec.web.templating import page

SHOWN: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the endorsements of a context show was done there: kinds of work, links, people."""

    works: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    people: tuple[Person, ...]


async def context_page(request: web.Request) -> web.Response:
    """Show one context; one in which nothing public was said does not exist (AC-08)."""
    federation = request.app[FEDERATION]
    slug, read = request.match_info["slug"], endorsement_reader(request)
    before = request.query.get("before")
    async with federation.database.reading() as reader:
        cards = await list_cards_in(reader, read, slug, before=before, limit=SHOWN)
    if not cards.items:
        raise no_context(slug)
    context = {
        "name": cards.items[0].where,
        "hue": cards.items[0].hue,
        "slug": slug,
        "made": _made(cards.items),
        "endorsements": cards.items,
        "next_cursor": cards.next_cursor,
        "canonical": f"{federation.instance.origin}/c/{slug}",
        "is_indexed": False,
    }
    return page(request, "context.html", context)


def no_context(slug: str) -> NotFoundError:
    """Return the error for a context in which nothing was said that everybody may read."""
    return NotFoundError(f"nothing public was said in a context called {slug}")


def _made(views: Iterable[EndorsementView]) -> Made:
    """Return everything once, people by name: never by how much was said of them."""
    works: dict[str, None] = {}
    links: dict[str, Evidence] = {}
    people: dict[str, Person] = {}
    for view in views:
        works.setdefault(view.heading)
        for link in view.evidence:
            links.setdefault(link.href, link)
        for person in (view.endorsed, view.endorser):
            people.setdefault(person.id, person)
    return Made(
        works=tuple(works),
        evidence=tuple(links.values()),
        people=tuple(sorted(people.values(), key=_by_name)),
    )


def _by_name(person: Person) -> tuple[str, str]:
    return (person.display_name or person.name).casefold(), person.id
