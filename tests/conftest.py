"""Both databases for every test that asks for one; nothing else is shared by all tests."""

import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import hypothesis
import pytest

from fedirec.storage.database import Database
from fedirec.storage.opening import open_database
from tests.databases import (
    SHARED,
    CountingDatabase,
    Server,
    Templates,
    count_by_engine,
    make_shared_folder,
    remove_shared_folder,
    temporary_database,
)
from tests.missing import leave_out

hypothesis.settings.register_profile("quick", deadline=None, max_examples=30)
hypothesis.settings.register_profile("ci", deadline=None, max_examples=300)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "quick")


def pytest_addoption(parser: pytest.Parser) -> None:
    chaos = parser.getgroup("chaos", "tests that kill the program (tests/chaos)")
    chaos.addoption("--chaos-seed", help="repeat a run: the seed that it printed")
    chaos.addoption("--chaos-all", action="store_true", help="also what needs strace or minutes")
    chaos.addoption("--chaos-rounds", type=int, default=20, help="how often to kill (20)")
    chaos.addoption("--chaos-minutes", type=float, default=30.0, help="how long to soak (30)")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.chaos_seed is None:
        config.option.chaos_seed = secrets.token_hex(4)  # xdist hands it on to its workers
    if "PYTEST_XDIST_WORKER" not in os.environ:
        make_shared_folder()


def pytest_unconfigure() -> None:
    if "PYTEST_XDIST_WORKER" not in os.environ:
        remove_shared_folder(os.environ.pop(SHARED))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is on demand, rather than skip it: the full check skips nothing."""
    if config.option.chaos_all:
        return
    left_out = [item for item in items if item.get_closest_marker("on_demand")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    ran = [
        report.nodeid
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
    ]
    if any("tests/chaos/" in nodeid for nodeid in ran):
        terminalreporter.write_line(f"--chaos-seed={terminalreporter.config.option.chaos_seed}")
    counts = count_by_engine(ran)
    if any(counts.values()):
        said = ", ".join(f"{count} on {engine}" for engine, count in counts.items())
        terminalreporter.write_line(f"tests by engine: {said}")


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    made = Templates(folder=tmp_path_factory.mktemp("templates"))
    yield made
    made.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(templates: Templates) -> Server:
    """The PostgreSQL server; without one a test is skipped, and fails in the full check."""
    found = templates.server()
    if found is None:
        leave_out("no PostgreSQL: neither FEDIREC_TEST_POSTGRESQL nor an installed initdb")
    return found


@pytest.fixture
def template(engine: str, templates: Templates, request: pytest.FixtureRequest) -> str:
    """The migrated database to copy: a file's path, or a database's name."""
    if engine == "sqlite":
        return str(templates.sqlite())
    return templates.postgresql(request.getfixturevalue("server"))


@pytest.fixture
async def database_url(
    engine: str,
    templates: Templates,
    template: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
) -> AsyncIterator[str]:
    """The address of a migrated database of this test's own."""
    if engine == "sqlite":
        shutil.copyfile(template, tmp_path / "fedirec.db")
        yield f"sqlite:///{tmp_path / 'fedirec.db'}"
        return
    async with templates.lent(request.getfixturevalue("server"), template) as url:
        yield url


@pytest.fixture
async def empty_url(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[str]:
    """The address of a database that holds nothing yet."""
    if engine == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    async with temporary_database(request.getfixturevalue("server")) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated, open database, on each engine."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def counting(database: Database) -> CountingDatabase:
    """The same database, counting statements and commits."""
    return CountingDatabase(database)
