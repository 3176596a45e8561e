"""The guild's front: what it is, what was said lately, what work there is, how to take part."""

from itertools import groupby
from typing import Final

from aiohttp import web

from fedirec.activitypub.content import hashtag
from fedirec.errors import NotFoundError
from fedirec.storage import actors
from fedirec.storage.cards import (
    Person,
    list_cards_tagged,
    list_latest_cards,
    list_open_jobs,
    list_people,
)
from fedirec.storage.database import Reader
from fedirec.storage.statements import MAX_PAGE
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import endorsement_reader, job_reader, job_view
from fedirec.web.templating import alternate_link, page

SHOWN: Final = 10
JOBS_SHOWN: Final = 5
PEOPLE_SHOWN: Final = 200
MAX_FILTER: Final = 200  # RX-13


async def front_page(request: web.Request) -> web.Response:
    """Show the guild."""
    federation = request.app[FEDERATION]
    instance = federation.instance
    before, read = request.query.get("before"), endorsement_reader(request)
    async with federation.database.reading() as reader:
        guild = await actors.find_actor(reader, instance.guild_id)
        latest = await list_latest_cards(reader, read, before=before, limit=SHOWN)
        jobs = await list_open_jobs(
            reader, job_reader(request), now=federation.now(), before=None, limit=JOBS_SHOWN
        )
    if guild is None:
        message = f"no guild actor {instance.guild_id}: run `fedirec init`"
        raise NotFoundError(message)
    context = {
        "section": "front",
        "guild": guild,
        "endorsements": latest.items,
        "next_cursor": latest.next_cursor,
        "is_first": before is None,
        "jobs": [job_view(card, now=federation.now()) for card in jobs.items],
        "alternate": guild.id,
        "canonical": f"{instance.origin}/",
    }
    return page(request, "guild.html", context, headers={"Link": alternate_link(guild.id)})


async def members_page(request: web.Request) -> web.Response:
    """List the members who want to be found, A to Z; all, or who is recognised for a skill."""
    federation = request.app[FEDERATION]
    skill = request.query.get("skill", "").strip()[:MAX_FILTER]
    async with federation.database.reading() as reader:
        listed = await list_people(reader, after=request.query.get("after", ""), limit=PEOPLE_SHOWN)
        people = listed if not skill else await _recognised(reader, listed, skill)
    context = {
        "section": "members",
        "letters": [
            (letter, list(found))
            for letter, found in groupby(people, lambda person: person.name[0])
        ],
        "skill": skill,
        "next_after": listed[-1].name if len(listed) == PEOPLE_SHOWN else None,
        "canonical": f"{federation.instance.origin}/members",
        "is_indexed": not skill,
    }
    return page(request, "members.html", context)


async def _recognised(reader: Reader, people: list[Person], skill: str) -> list[Person]:
    """Return those of whom somebody said lately, for all to read, that they do this well."""
    tag = (hashtag(skill) or skill).lower()
    cards = await list_cards_tagged(
        reader, lambda row: row["endorsed_id"], tag, before=None, limit=MAX_PAGE
    )
    found = set(cards.items)
    return [person for person in people if person.id in found]
