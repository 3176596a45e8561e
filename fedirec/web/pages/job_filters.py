"""What somebody looking for work asks of the board: all of it in the address, for page and feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from fedirec.storage.cards import list_open_jobs
from fedirec.web.keys import FEDERATION
from fedirec.web.pages.cards import JobView, job_reader, job_view

SHOWN: Final = 200
MAX_FILTER: Final = 200  # RX-13


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Words that must be found, empty for any, and what a note must have."""

    skill: str
    place: str
    group: str
    language: str
    wants_pay: bool
    wants_remote: bool

    @property
    def query(self) -> str:
        """The same as an address has it, with its question mark; empty where nothing is asked."""
        texts = {
            "skill": self.skill,
            "place": self.place,
            "group": self.group,
            "language": self.language,
            "pay": "on" if self.wants_pay else "",
            "remote": "on" if self.wants_remote else "",
        }
        said = urlencode({name: text for name, text in texts.items() if text})
        return f"?{said}" if said else ""

    def fits(self, view: JobView) -> bool:
        """Whether a note is what is looked for; words are compared in any case."""
        groups = (view.organization or "", view.author.display_name, view.author.handle)
        return (
            (view.facts.has_pay or not self.wants_pay)
            and (view.facts.is_remote or not self.wants_remote)
            and _is_in(self.skill, (*view.skills, view.title))
            and _is_in(self.place, (view.facts.place,))
            and _is_in(self.group, groups)
            and view.language.casefold().startswith(self.language.casefold())
        )


def read_filter(request: web.Request) -> JobFilter:
    """Return what an address asks for."""

    def said(name: str) -> str:
        return request.query.get(name, "")[:MAX_FILTER].strip()

    return JobFilter(
        skill=said("skill"),
        place=said("place"),
        group=said("group"),
        language=said("language"),
        wants_pay="pay" in request.query,
        wants_remote="remote" in request.query,
    )


async def list_fitting(
    request: web.Request, wanted: JobFilter, *, before: str | None
) -> tuple[Sequence[JobView], str | None]:
    """Return the fitting ones of the newest open notes, and where the earlier ones begin."""
    federation = request.app[FEDERATION]
    now = federation.now()
    async with federation.database.reading() as reader:
        cards = await list_open_jobs(
            reader, job_reader(request), now=now, before=before, limit=SHOWN
        )
    views = (job_view(card, now=now) for card in cards.items)
    return [view for view in views if wanted.fits(view)], cards.next_cursor


def _is_in(word: str, texts: Sequence[str]) -> bool:
    return any(word.casefold() in text.casefold() for text in texts)
