"""A few at a time, in order, and everybody else between."""

import asyncio

import pytest

from fedirec.web.turnstile import Turnstile


@pytest.mark.rule("RX-07")
async def test_between_each_few_posts_the_loop_does_something_else():
    turnstile = Turnstile(at_once=2)
    done: list[str] = []
    have_begun = asyncio.Event()

    async def post(number: int) -> None:
        await turnstile.turn()
        done.append(f"post {number}")
        have_begun.set()

    async def read() -> None:
        await have_begun.wait()
        done.append("page")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(read())
        for number in range(6):
            tasks.create_task(post(number))

    assert [each for each in done if each != "page"] == [f"post {number}" for number in range(6)]
    assert done.index("page") <= 4


async def test_who_leaves_takes_nobodys_turn():
    turnstile = Turnstile(at_once=1)
    async with asyncio.TaskGroup() as tasks:
        first, leaving, last = (tasks.create_task(turnstile.turn()) for _ in range(3))
        await asyncio.sleep(0)
        leaving.cancel()

    assert first.done()
    assert leaving.cancelled()
    assert last.done()
