"""What pages cost a visitor with many endorsements stored, beside the same with few.

Two guilds of the same twenty members, one with a hundred endorsements and one with ten thousand,
asked in turns over one connection each. The profile and the context that are asked for show the
same twenty-five in both. Every address differs in its query, so nothing is kept.
"""

import asyncio
import http.client
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Final

from benchmarks.guild import Guild, add_members, new_guild, opened, serving
from benchmarks.pages import HTML, OK
from benchmarks.plan import Workshop
from benchmarks.processes import LOOPBACK
from benchmarks.results import Result, at_most, compared, failed
from fedirec.community import endorsements
from fedirec.domain.endorsements import EndorsementDraft, Period, Relation, Skill

FEW: Final = 100
MANY: Final = 10_000
GOAL: Final = at_most(1.5)
_MEMBERS: Final = tuple(f"member{number:02}" for number in range(20))
_SHOWN: Final = 200  # of each page in a round
_WARM: Final = 20
_CONTEXTS: Final = 40
_OF_ONE: Final = 25  # about the member and in the context that are measured
_OTHERS: Final = len(_MEMBERS) - 2
_WORDS: Final = "Cut and fitted every joint of the frame, and taught two others along the way."
_SKILLS: Final = ("Green-oak joinery", "Roof surveys", "Teaching", "Lime plaster")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """A guild with so many endorsements, and the addresses of what is measured."""

    guild: Guild
    pages: Sequence[tuple[str, str]]


def recognising(workshop: Workshop) -> list[Result]:
    """Measure the 95th of a hundred answers of each public page, at both sizes."""
    room = workshop.room("recognition")
    with workshop.stage("recognition"):
        few = _stored(room_of(workshop, room.name, FEW), FEW)
        many = _stored(room_of(workshop, room.name, MANY), MANY)
        with (
            serving(few.guild, has_workers=False),
            serving(many.guild, has_workers=False),
            _asking(few.guild) as ask_few,
            _asking(many.guild) as ask_many,
        ):
            pairs = zip(few.pages, many.pages, strict=True)
            return [
                _compare(workshop, name, (ask_few, path), (ask_many, other))
                for (name, path), (_, other) in pairs
            ]


def room_of(workshop: Workshop, name: str, size: int) -> Guild:
    """Return a guild that is not founded yet, for so many endorsements."""
    return new_guild(workshop.folder / name / str(size))


def _compare(
    workshop: Workshop,
    name: str,
    few: tuple["_Client", str],
    many: tuple["_Client", str],
) -> Result:
    what = f"p95 of {name}, {MANY:,} / {FEW} endorsements"
    small, large = [], []
    for client, path in (few, many):
        client.p95(path, times=_WARM)
    for _ in range(workshop.plan.rounds):
        small.append(few[0].p95(few[1], times=_SHOWN))
        large.append(many[0].p95(many[1], times=_SHOWN))
    wrong = few[0].wrong + many[0].wrong
    if wrong:
        return failed(what, goal=GOAL, reason=f"expected 200: {wrong[0]}")
    return compared(
        what, large, small, goal=GOAL, against=f"the same page with {FEW}, milliseconds"
    )


class _Client:
    """One kept connection to a guild."""

    def __init__(self, guild: Guild) -> None:
        self._connection = http.client.HTTPConnection(LOOPBACK, guild.port, timeout=30)
        self._asked = 0
        self.wrong: list[str] = []

    def p95(self, path: str, *, times: int) -> float:
        """Ask for a page so often; return the milliseconds that 95 of 100 answers kept within."""
        took = sorted(self._ask(path) for _ in range(times))
        return took[len(took) * 95 // 100] * 1_000

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, path: str) -> float:
        self._asked += 1
        mark = "&" if "?" in path else "?"
        began = time.perf_counter()
        self._connection.request("GET", f"{path}{mark}n={self._asked}", headers=dict(HTML))
        response = self._connection.getresponse()
        response.read()
        if response.status != OK:
            self.wrong.append(f"{response.status} for {path}")
        return time.perf_counter() - began


@contextmanager
def _asking(guild: Guild) -> Iterator[_Client]:
    with closing(_Client(guild)) as client:
        yield client


def _stored(guild: Guild, size: int) -> _Stored:
    """Found a guild, let one endorsement come about as it does, and repeat it in SQL."""
    add_members(guild, _MEMBERS)
    note_id = asyncio.run(_first(guild))
    with closing(sqlite3.connect(guild.folder / "fedirec.db")) as database:
        database.row_factory = sqlite3.Row
        slug = _repeat(database, guild, note_id, size)
        database.commit()
    path = note_id.removeprefix(guild.origin)
    return _Stored(
        guild=guild,
        pages=(
            ("the front page", "/"),
            ("the list of endorsements", "/endorsements"),
            ("a profile", f"/@{_MEMBERS[0]}"),
            ("an endorsement", path),
            ("a context", f"/c/{slug}"),
            ("the members", "/members"),
            ("a search", "/search?q=joinery"),
        ),
    )


async def _first(guild: Guild) -> str:
    """Offer one endorsement and accept it; return the id of its note."""
    draft = EndorsementDraft(
        words=_WORDS,
        relation=Relation.WORKED_WITH,
        period=Period(start="2026-03"),
        skills=(Skill(name=_SKILLS[0]),),
        setting="House 0",
    )
    async with opened(guild) as federation:
        domain = federation.instance.domain
        made = await endorsements.offer(federation, _MEMBERS[1], f"@{_MEMBERS[0]}@{domain}", draft)
        await endorsements.answer(federation, _MEMBERS[0], made.offer.id, is_accepted=True)
        return made.offer.note_id


def _repeat(database: sqlite3.Connection, guild: Guild, note_id: str, size: int) -> str:
    """Say the same of and by all members, in forty contexts; return the slug of the first."""
    note = dict(database.execute("select * from notes where id = ?", (note_id,)).fetchone())
    said = dict(
        database.execute("select * from endorsements where note_id = ?", (note_id,)).fetchone()
    )
    for number in range(1, size):
        id_ = f"{guild.origin}/endorsements/01HZ{number:022}"
        is_ours = number < _OF_ONE  # so that a page shows as much at either size
        endorsed = guild.actor(_MEMBERS[0] if is_ours else _MEMBERS[2 + number % _OTHERS])
        endorser = guild.actor(_MEMBERS[(number * 7 + 1) % len(_MEMBERS)])
        at = note["published_at"] - number * 1_000_000
        context = 0 if is_ours else 1 + number % _CONTEXTS
        _insert(
            database,
            "notes",
            {**note, "id": id_, "url": id_, "actor_id": endorser, "published_at": at},
        )
        _insert(
            database,
            "endorsements",
            {
                **said,
                "note_id": id_,
                "endorsed_id": endorsed,
                "endorser_id": endorser,
                "setting": f"House {context}",
                "slug": said["slug"] if context == 0 else f"house-{context}",
                "skills": said["skills"].replace(_SKILLS[0], _SKILLS[number % len(_SKILLS)]),
                "published_at": at,
            },
        )
    return str(said["slug"])


def _insert(database: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    names = ", ".join(row)
    places = ", ".join(f":{name}" for name in row)
    database.execute(f"insert into {table} ({names}) values ({places})", row)  # noqa: S608 - ours
