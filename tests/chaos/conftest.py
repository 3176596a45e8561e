"""One world a test: a program in processes of its own over a copy of a founded guild."""

import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.chaos.prepared import Prepared, prepare
from tests.chaos.program import Program, program_over
from tests.chaos.world import World, world_around
from tests.databases import Templates


@pytest.fixture(scope="session")
def preparing(
    templates: Templates, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Prepared]:
    """Found the guild on an engine when it is first asked for."""
    made: dict[str, Prepared] = {}

    def get(engine: str) -> Prepared:
        if engine not in made:
            server = templates.server() if engine == "postgresql" else None
            made[engine] = prepare(tmp_path_factory.mktemp(f"founded-{engine}"), server)
        return made[engine]

    return get


@pytest.fixture
def prepared(
    engine: str, preparing: Callable[[str], Prepared], request: pytest.FixtureRequest
) -> Prepared:
    """The founded guild on each engine; without PostgreSQL as in every test."""
    if engine == "postgresql":
        request.getfixturevalue("server")
    return preparing(engine)


@pytest.fixture
async def database_url(prepared: Prepared, tmp_path: Path) -> AsyncIterator[str]:
    """The address of this test's copy of the founded guild."""
    (tmp_path / "data").mkdir()
    async with prepared.copied(tmp_path / "data") as url:
        yield url


@pytest.fixture
async def program(prepared: Prepared, database_url: str, tmp_path: Path) -> AsyncIterator[Program]:
    """`serve`, not started yet."""
    async with program_over(prepared, tmp_path / "data", database=database_url) as made:
        yield made


@pytest.fixture
async def world(prepared: Prepared, program: Program) -> AsyncIterator[World]:
    """Peers and members around the program."""
    async with world_around(prepared, program) as made:
        yield made


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Randomness that `--chaos-seed` repeats; the run prints its seed."""
    return random.Random(f"{request.config.getoption('--chaos-seed')} {request.node.name}")  # noqa: S311 - repeatable on purpose
