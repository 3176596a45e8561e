"""How processes on one database hear of each other's work, and take turns."""

import asyncio
from contextlib import asynccontextmanager

from fedirec.errors import StorageUnavailableError
from fedirec.storage import hints, turns
from fedirec.storage.database import Database
from fedirec.storage.opening import follow_hints, open_database

WRITE = "insert into allowed_hosts (host, created_at) values (:host, 1)"


@asynccontextmanager
async def following(url: str, database: Database, told: asyncio.Event):
    """Follow hints for the length of the block; yields what is set when one is heard."""
    heard = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(follow_hints(url, database, heard=heard.set, told=told))
        yield heard
        task.cancel()


async def within_patience(event: asyncio.Event) -> None:
    async with asyncio.timeout(15):
        await event.wait()


async def test_what_one_process_wrote_another_hears_of(database, database_url):
    other = await open_database(database_url)
    told, nothing = asyncio.Event(), asyncio.Event()
    async with (
        following(database_url, other, nothing) as heard,
        following(database_url, database, told) as heard_myself,
    ):
        if database.engine == "postgresql":  # both ring once when they begin to listen
            await within_patience(heard)
            await within_patience(heard_myself)
            heard.clear()
            heard_myself.clear()
        await asyncio.sleep(0.3)
        async with database.transaction() as transaction:
            await transaction.execute(WRITE, {"host": "new.example"})
        told.set()
        await within_patience(heard)
        await asyncio.sleep(0.3)

        assert not heard_myself.is_set()
    await other.close()


class Broken:
    """A session that is lost as soon as something is to be passed on."""

    def __init__(self, connections: list[int]) -> None:
        self._connections = connections

    @asynccontextmanager
    async def connect(self):
        self._connections.append(1)
        if len(self._connections) == 2:
            message = "nobody answers"
            raise StorageUnavailableError(message)
        yield self

    async def listen(self, _channel, _heard):
        pass

    async def notify(self, _channel):
        message = "cut"
        raise StorageUnavailableError(message)

    async def greet(self):
        pass


async def test_a_lost_connection_is_made_anew():
    connections: list[int] = []
    heard: list[int] = []
    told = asyncio.Event()
    broken = Broken(connections)

    async with asyncio.TaskGroup() as tasks, asyncio.timeout(15):
        task = tasks.create_task(
            hints.exchange_hints(
                broken.connect, heard=lambda: heard.append(1), told=told, pauses=(0.0, 0.01)
            )
        )
        while len(connections) < 4:
            told.set()
            await asyncio.sleep(0.01)
        task.cancel()

    assert len(heard) >= 2


async def test_of_several_who_would_do_a_task_one_does(database, database_url):
    other = await open_database(database_url)

    async with database.transaction() as transaction:
        first = await turns.take(transaction, "tidying")
        if database.engine == "postgresql":
            async with other.transaction() as another:
                second = await turns.take(another, "tidying")
                different = await turns.take(another, "announcing")
                assert (second, different) == (False, True)
    async with other.transaction() as another:
        again = await turns.take(another, "tidying")
    await other.close()

    assert (first, again) == (True, True)
