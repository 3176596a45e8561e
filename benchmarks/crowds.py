"""Who else feels it: readers in a flood and beside dead peers (L2), memory after hostility (L6)."""

import base64
import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Final

from benchmarks.filling import DEAD_PORT
from benchmarks.guild import Guild, add_followers, follower, post_note, serving
from benchmarks.load import get_request, read_answers, write_requests
from benchmarks.mail import signed
from benchmarks.neighbourhood import address
from benchmarks.pages import ACTIVITY_JSON, OK
from benchmarks.plan import Workshop
from benchmarks.processes import Child, wait_for
from benchmarks.results import Result, at_most, compared, failed
from benchmarks.scenery import ACCEPTED, MEMBER, Scenery, scenery

GOAL_FLOOD: Final = at_most(3)
GOAL_DEAD: Final = at_most(2)
GOAL_MEMORY: Final = at_most(1.3)
_FLOOD: Final = "L2: p95 of GET in an inbox flood / idle"
_DEAD: Final = "L2: p95 of GET beside 1,000 dead deliveries / idle"
_HOSTILE: Final = "L6: memory after hostile requests / after the first 1,000"
_LETTERS: Final = 6_000
_GETS: Final = 300
_DEAD_HOSTS: Final = 1_000
_REFUSALS: Final = frozenset({*range(400, 500), 503})  # 503: a key's host does not answer
_FIRST: Final = 1_000
_HOSTILE_REQUESTS: Final = 100_000
_MEGABYTE: Final = 1_048_576


def crowding(workshop: Workshop) -> list[Result]:
    """Measure how long an actor's GET takes: idle, in a flood, and beside dead peers."""
    with (
        workshop.stage("readers in a crowd"),
        scenery(workshop, "crowd") as here,
    ):
        people = [
            follower(f"{address(place)}:{DEAD_PORT}", "person") for place in range(_DEAD_HOSTS)
        ]
        add_followers(here.guild, [MEMBER], people)
        with serving(here.guild) as server:
            here.warm_up(server)
            here.ledger.wait_until_handled()
            idle, flooded, dead = [], [], []
            for _ in range(workshop.plan.long_rounds):
                idle.append(_p95(here, _GETS))
                flooded.append(_p95_in_flood(here))
                here.ledger.wait_until_handled()
                idle.append(_p95(here, _GETS))
                dead.append(_p95_beside_dead(here))
                here.ledger.cancel_all()
    return [
        compared(
            _FLOOD, flooded, idle[::2], goal=GOAL_FLOOD, against="GET of an actor, p95 ms",
            detail={"flood": "signed Creates of 2.1 KB over 64 connections, handled as they come"},
        ),
        compared(
            _DEAD, dead, idle[1::2], goal=GOAL_DEAD, against="GET of an actor, p95 ms",
            detail={"deliveries": f"a note to {_DEAD_HOSTS} hosts where nobody listens"},
        ),
    ]  # fmt: skip


def _p95(here: Scenery, times: int) -> float:
    """Return what 95 of 100 GETs stay under, one after the other, in milliseconds."""
    request = get_request(here.guild.place.authority, f"/users/{MEMBER}", ACTIVITY_JSON)
    path = write_requests(here.guild.folder / "get", [request])
    generator = here.workshop.generator
    answers = generator.play(path, here.guild.port, connections=1, times=times)
    if not answers.all_are(OK):
        message = f"expected 200 for each GET: {answers.told()}"
        raise RuntimeError(message)
    return answers.p95_ms


def _p95_in_flood(here: Scenery) -> float:
    letters = here.pen.creates(here.workshop.plan.some(_LETTERS))
    path = write_requests(here.requests, signed(letters, here.guild.place))
    with here.workshop.generator.start(path, here.guild.port) as flood:
        time.sleep(0.1)
        slowest = []
        while flood.poll() is None:
            slowest.append(_p95(here, 20))
        words, _ = flood.communicate()
    if not read_answers(words).all_are(ACCEPTED):
        message = f"expected 202 in the flood: {read_answers(words).told()}"
        raise RuntimeError(message)
    return sorted(slowest)[len(slowest) // 2]


def _p95_beside_dead(here: Scenery) -> float:
    posting = threading.Thread(
        target=post_note, args=(here.guild, MEMBER, here.token, "The frame stands.")
    )
    posting.start()
    wait_for(lambda: here.ledger.count("deliveries", "state = 'leased'") > 0, what="deliveries")
    measured = _p95(here, _GETS)
    posting.join()
    return measured


def enduring(workshop: Workshop) -> list[Result]:
    """Measure the memory of a server that is asked many different bad things."""
    amount = workshop.plan.some(_HOSTILE_REQUESTS)
    with (
        workshop.stage(f"{amount:,} hostile requests"),
        scenery(workshop, "hostile") as here,
        serving(here.guild) as server,
    ):
        here.warm_up(server)
        _offend(here, server, _FIRST)
        before = server.rss_bytes()
        statuses = _offend(here, server, amount - _FIRST)
        after = server.rss_bytes()
    if not _REFUSALS.issuperset(statuses):
        return [failed(_HOSTILE, goal=GOAL_MEMORY, reason=f"expected refusals: {statuses}")]
    return [
        Result(
            name=_HOSTILE,
            value=after / before,
            goal=GOAL_MEMORY,
            yardstick=f"{before / _MEGABYTE:.1f} MB after {_FIRST:,}",
            detail={
                "after": f"{after / _MEGABYTE:.1f} MB after {amount:,}",
                "requests": f"one each of {', '.join(_OFFENCES)}, all different",
                "answers": ", ".join(f"{count} x {status}" for status, count in statuses.items()),
            },
        )
    ]


def _offend(here: Scenery, server: Child, amount: int) -> dict[int, int]:
    played = here.play(server, _offences(here.guild, amount))
    return dict(played.answers.statuses)


def _offences(guild: Guild, amount: int) -> Iterator[bytes]:
    kinds = list(_OFFENCES.values())
    for number in range(amount):
        yield kinds[number % len(kinds)](guild, os.urandom(8).hex())


def _post(guild: Guild, body: bytes, headers: dict[str, str]) -> bytes:
    lines = [
        "POST /inbox HTTP/1.1",
        f"host: {guild.place.authority}",
        f"date: {format_datetime(datetime.now(UTC), usegmt=True)}",
        f"content-length: {len(body)}",
        "content-type: application/activity+json",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join((*lines, "", "")).encode() + body


def _forged(guild: Guild, mark: str, host: str) -> bytes:
    actor = f"http://{host}/users/{mark}"
    body = f'{{"id":"{actor}/1","type":"Like","actor":"{actor}","object":"{guild.origin}/x"}}'
    signature = base64.b64encode(os.urandom(256)).decode()
    said = (
        f'keyId="{actor}#main-key",algorithm="rsa-sha256",'
        f'headers="(request-target) host date digest",signature="{signature}"'
    )
    digest = base64.b64encode(sha256(body.encode()).digest()).decode()
    return _post(guild, body.encode(), {"digest": f"SHA-256={digest}", "signature": said})


_OFFENCES: Final[dict[str, Callable[[Guild, str], bytes]]] = {
    "forged signature of a new key": lambda guild, mark: _forged(
        guild, mark, f"127.0.4.{1 + int(mark[:2], 16) % 200}:{DEAD_PORT}"
    ),
    "no signature": lambda guild, mark: _post(guild, b'{"type":"Like","id":"%s"}', {"x": mark}),
    "no JSON": lambda guild, mark: _post(guild, mark.encode() * 100, {}),
    "deep JSON": lambda guild, _mark: _post(guild, b'{"a":' * 200 + b"1" + b"}" * 200, {}),
    "unknown path": lambda guild, mark: get_request(guild.place.authority, f"/{mark}"),
    "unknown handle": lambda guild, mark: get_request(
        guild.place.authority, f"/.well-known/webfinger?resource=acct:{mark}@{mark}.example"
    ),
    "another host": lambda _guild, mark: get_request(f"{mark}.example", "/"),
}
