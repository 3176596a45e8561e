"""The load generator: each request once, and every answer counted."""

import asyncio
import sys

import pytest
from aiohttp import web

from benchmarks.load import (
    Generator,
    find_generator,
    get_request,
    read_answers,
    read_requests,
    read_statuses,
    write_requests,
)

SLOW = Generator(command=(sys.executable, "-m", "benchmarks.slow_load"), name="slow")


@pytest.fixture(params=["compiled", "slow"])
def generator(request, tmp_path):
    return find_generator(tmp_path) if request.param == "compiled" else SLOW


@pytest.fixture
async def seen(aiohttp_server):
    """A server that answers 202 to even numbers and 401 to odd ones; what it saw, and its port."""
    asked: list[int] = []

    async def answer(request: web.Request) -> web.Response:
        number = int(request.match_info["number"])
        asked.append(number)
        return web.Response(status=401 if number % 2 else 202, text="x" * number)

    application = web.Application()
    application.add_routes([web.get("/{number}", answer)])
    server = await aiohttp_server(application)
    return asked, server.port


async def test_each_request_is_sent_once_and_its_status_is_kept_in_its_place(
    generator, seen, tmp_path
):
    asked, port = seen
    file = write_requests(
        tmp_path / "requests", [get_request("127.0.0.1", f"/{number}") for number in range(101)]
    )
    statuses = tmp_path / "statuses"

    answers = await asyncio.to_thread(generator.play, file, port, connections=7, statuses=statuses)

    assert sorted(asked) == list(range(101))
    assert answers.statuses == {202: 51, 401: 50}
    assert answers.breaks == 0
    assert not answers.all_are(202)
    assert read_statuses(statuses) == [401 if number % 2 else 202 for number in range(101)]


async def test_a_file_is_played_as_often_as_asked(generator, seen, tmp_path):
    asked, port = seen
    file = write_requests(tmp_path / "requests", [get_request("127.0.0.1", "/2")])

    answers = await asyncio.to_thread(generator.play, file, port, connections=4, times=50)

    assert asked == [2] * 50
    assert answers.all_are(202)


async def test_nobody_who_listens_is_told_as_no_answer(generator, unused_tcp_port, tmp_path):
    file = write_requests(tmp_path / "requests", [get_request("127.0.0.1", "/2")] * 3)

    answers = await asyncio.to_thread(generator.play, file, unused_tcp_port, connections=1)

    assert answers.statuses == {}
    assert answers.breaks > 0
    assert not answers.all_are(202)


def test_requests_are_read_back_as_they_were_written(tmp_path):
    requests = [b"GET / HTTP/1.1\r\n\r\n", b"", b"\x00\xff" * 1000]

    assert read_requests(write_requests(tmp_path / "file", requests)) == requests


def test_what_came_is_told_in_words():
    answers = read_answers(
        b'{"requests":10,"breaks":1,"seconds":1.0,"statuses":{"202":7,"401":2},'
        b'"p50_ms":1.0,"p95_ms":2.0,"p99_ms":3.0}'
    )

    assert answers.told() == "7 x 202, 2 x 401, 1 without an answer"
