"""X9: PostgreSQL ends, freezes, is full, read-only or crowded; and C16, cut in the middle."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from tests.chaos.cluster import Cluster, running_cluster
from tests.chaos.invariants import settle_and_check
from tests.chaos.patience import until
from tests.chaos.prepared import Prepared, prepare
from tests.chaos.program import Program, program_over
from tests.chaos.world import World, world_around
from tests.databases import has_programs
from tests.missing import leave_out

_REFUSING = """
create sequence tries;
create function refuse() returns trigger language plpgsql as $$ begin
  if nextval('tries') % {every} <> 0 then
    raise exception 'as the test asks' using errcode = '{code}';
  end if;
  return new;
end $$;
create trigger refuse before insert or update on received
  for each statement execute function refuse();
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that no other test uses."""
    if not has_programs():
        leave_out("no PostgreSQL of our own to start and stop: no installed initdb")
    with running_cluster() as running:
        yield running


@pytest.fixture(scope="module")
def guild(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return prepare(tmp_path_factory.mktemp("founded"), cluster.server)


@pytest.fixture
async def database_url(guild: Prepared, tmp_path: Path) -> AsyncIterator[str]:
    async with guild.copied(tmp_path) as url:
        yield url


@pytest.fixture
async def program(guild: Prepared, database_url: str, tmp_path: Path) -> AsyncIterator[Program]:
    async with program_over(guild, tmp_path / "data", database=database_url) as made:
        yield made


@pytest.fixture
async def world(guild: Prepared, program: Program) -> AsyncIterator[World]:
    async with world_around(guild, program) as made:
        yield made


async def talk(world: World, *, rounds: int = 3) -> None:
    """Let peers and a member say something, whatever comes of it."""
    for _ in range(rounds):
        for actor in world.actors:
            await world.say(actor, world.mention(actor, "ada"), to="ada")
        await world.do("ada", world.note("ada"))


async def status_of(world: World, path: str) -> int:
    """What a page answers."""
    async with world.client.get(f"http://{world.prepared.host}{path}") as response:
        await response.read()
        return response.status


def refusals(world: World) -> Counter[int]:
    """What was answered other than well; each names the time to come back."""
    refused = [answer for answer in world.answers if answer.status not in {201, 202}]
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused), refused
    return Counter(answer.status for answer in refused)


def assert_told_in_few_lines(program: Program) -> None:
    """Its log says that the database went and came back, and not every second."""
    for event in ("database.away", "database.back"):
        lines = Counter(each["line"] for each in program.events() if each.get("event") == event)
        assert lines, event
        assert max(lines.values()) <= 2, lines


async def test_a_server_that_crashes_and_comes_back_costs_nothing(
    world, program, cluster, database_url
):
    await program.start()
    await talk(world)
    assert refusals(world) == {}

    cluster.crash()
    await talk(world)
    alive, ready = await status_of(world, "/healthz"), await status_of(world, "/readyz")
    await until(lambda: program.count_events("database.away") > 0, expecting="database.away")
    refused = refusals(world)
    cluster.start()

    assert refused == {503: 12}
    assert (alive, ready) == (200, 503)
    await settle_and_check(world, database=database_url)
    assert await status_of(world, "/readyz") == 200
    assert_told_in_few_lines(program)
    assert await program.leave() == 0


async def test_connections_that_are_cut_at_any_moment_double_nothing(
    world, program, cluster, database_url
):
    await program.start()

    async def cut_now_and_then() -> None:
        while True:
            await asyncio.sleep(0.05)
            await cluster.cut()

    async with asyncio.TaskGroup() as tasks:
        cutting = tasks.create_task(cut_now_and_then())
        await talk(world, rounds=8)
        cutting.cancel()

    assert set(refusals(world)) <= {503}
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


async def test_a_server_that_stands_still_for_a_while_is_waited_for(
    world, program, cluster, database_url
):
    await program.start()
    await talk(world, rounds=1)

    cluster.freeze()
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(talk(world, rounds=1))
            await asyncio.sleep(2)
            alive = await status_of(world, "/healthz")
            cluster.thaw()
    finally:
        cluster.thaw()

    assert alive == 200
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


@pytest.mark.on_demand
async def test_a_server_that_stands_still_for_half_a_minute_is_given_up_and_found_again(
    world, program, cluster, database_url
):
    await program.start(LIMITS__LEASE="60s", LIMITS__DELIVERY_TIMEOUT="30s")  # as they are set
    await talk(world, rounds=1)

    cluster.freeze()
    try:
        await asyncio.sleep(35)
    finally:
        cluster.thaw()

    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


async def test_a_crowded_server_puts_off_what_needs_a_connection(
    world, program, cluster, database_url
):
    await program.start()
    async with cluster.crowded():
        await talk(world)
        alive = await status_of(world, "/healthz")

    assert alive == 200
    assert set(refusals(world)) == {503}
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


async def test_while_writing_is_refused_reading_goes_on(world, program, cluster, database_url):
    await program.start()
    await talk(world)

    await cluster.set_read_only(is_on=True)
    try:
        await talk(world)
        pages = [await status_of(world, path) for path in ("/", "/@ada", "/users/ada/outbox")]
        probe = await status_of(world, "/readyz")
    finally:
        await cluster.set_read_only(is_on=False)

    assert (pages, probe) == ([200, 200, 200], 503)
    assert refusals(world) == {503: 12}
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0


@pytest.mark.rule("RX-12")
@pytest.mark.parametrize(
    ("code", "status"),
    [
        pytest.param("40001", 503, id="serialization"),
        pytest.param("40P01", 503, id="deadlock", marks=pytest.mark.on_demand),
        pytest.param("53100", 507, id="disk full"),
    ],
)
async def test_what_a_server_refuses_now_and_then_is_said_again(
    world, program, database_url, code, status
):
    connection = await asyncpg.connect(database_url)
    await connection.execute(_REFUSING.format(every=3, code=code))
    await program.start()

    await talk(world, rounds=5)

    assert set(refusals(world)) == {status}
    await world.repeat_unanswered()
    await connection.execute("drop trigger refuse on received")
    await connection.close()
    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0
