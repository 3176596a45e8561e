"""One instance built once and stopped in order, in this process."""

import asyncio
import re
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import structlog

from fedirec.config import Settings, build_settings
from fedirec.errors import ConfigurationError
from fedirec.server import (
    _drain,
    check_place,
    found,
    is_served,
    open_federation,
    serve,
    work,
)
from fedirec.storage.migrate import check_schema, migrate
from tests.databases import CountingDatabase


@pytest.fixture
def settings(tmp_path: Path, free_port: int) -> Settings:
    host = f"127.0.0.1:{free_port}"
    return build_settings(
        {
            "domain": host,
            "host": f"http://{host}",
            "data": tmp_path / "data",
            "listen": host,
            "test_network": "127.0.0.1/32",
        },
        heeds_environment=False,
    )


async def test_founding_makes_the_guild_and_the_instance_once(settings):
    for _ in range(2):
        async with (
            open_federation(settings, is_founding=True) as federation,
            federation.database.reading() as reader,
        ):
            actors = await reader.fetch_all("select kind from actors where is_local")

    assert sorted(str(actor["kind"]) for actor in actors) == ["Application", "Group"]


async def test_where_an_instance_was_founded_is_a_warning_once(settings):
    with structlog.testing.capture_logs() as events:
        for _ in range(2):
            async with open_federation(settings, is_founding=True):
                pass

    (event,) = [event for event in events if event["event"] == "instance.founded"]
    assert event["log_level"] == "warning"
    assert (event["domain"], event["host"]) == (settings.domain, settings.host)


async def test_an_instance_says_when_it_is_open_and_that_it_is_served(settings):
    stop, served = asyncio.Event(), []

    def ready(_federation: object) -> None:
        served.append(is_served(settings.data))
        stop.set()

    await serve(settings, stop=stop, has_workers=False, ready=ready)

    assert served == [True]
    assert not is_served(settings.data)


async def test_an_instance_listens_on_a_unix_socket(settings, tmp_path):
    stop = asyncio.Event()
    at_socket = replace(settings, listen=f"unix:{tmp_path / 'door'}")

    await serve(at_socket, stop=stop, ready=lambda _federation: stop.set())

    assert is_served(settings.data) is False


async def test_a_port_that_is_taken_is_named(settings, free_port):
    with (
        socket.create_server(("127.0.0.1", free_port)),
        pytest.raises(BaseExceptionGroup) as caught,
    ):
        await serve(settings, stop=asyncio.Event())

    assert caught.group_contains(ConfigurationError, match="cannot listen on 127")
    assert not is_served(settings.data)


async def test_a_worker_stops_when_told(settings):
    stop = asyncio.Event()
    stop.set()

    await work(settings, stop=stop)

    assert (settings.data / "fedirec.db").is_file()


async def test_work_that_does_not_end_in_time_is_cancelled():
    async def endless() -> None:
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(endless())
        await _drain([task], seconds=0.01)

    assert task.cancelled()


async def test_an_instance_opens_without_a_look_at_what_waits(settings):
    async with open_federation(settings, is_founding=True) as federation:
        counting = CountingDatabase(federation.database)

        await migrate(counting, now=federation.now())
        await check_schema(counting)
        await check_place(counting, federation.instance)
        await found(replace(federation, database=counting))

    queues = re.compile(r"\b(deliveries|delivery_hosts|received|fan_outs)\b")
    assert counting.counts.statements
    assert [sql for sql in counting.counts.statements if queues.search(sql)] == []
