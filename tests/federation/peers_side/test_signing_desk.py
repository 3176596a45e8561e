"""What is delivered is signed in a thread, a chunk at a time, and each asker hears of its own."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from fedirec.domain.retry import DeliveryClass
from fedirec.errors import InvalidInputError
from fedirec.federation.signing_desk import CHUNK, Headers, Job, SigningDesk
from tests.federation.peers_side.test_delivery import attempt, enqueue


class Pen:
    """Signs by saying who asked, and remembers in which threads."""

    def __init__(self) -> None:
        self.threads: list[int] = []

    def job(self, name: str) -> Job:
        def sign() -> Headers:
            self.threads.append(threading.get_ident())
            return {"signature": name}

        return sign


async def test_everybody_gets_their_own_signature_from_another_thread():
    desk, pen = SigningDesk(), Pen()
    names = [str(number) for number in range(2 * CHUNK + 1)]

    signed = await asyncio.gather(*(desk.sign(pen.job(name)) for name in names))

    assert [headers["signature"] for headers in signed] == names
    assert threading.get_ident() not in pen.threads


async def test_what_comes_while_a_chunk_is_signed_is_not_forgotten():
    desk, pen = SigningDesk(), Pen()

    async def sign_twice(name: str) -> Headers:
        await desk.sign(pen.job(name))
        return await desk.sign(pen.job(name))

    signed = await asyncio.gather(*(sign_twice(str(number)) for number in range(CHUNK + 1)))

    assert len(pen.threads) == 2 * len(signed)


async def test_one_that_cannot_be_signed_fails_alone():
    desk, pen = SigningDesk(), Pen()

    def refuse() -> Headers:
        raise InvalidInputError("expected a key id of plain characters")

    bad, good = await asyncio.gather(
        desk.sign(refuse), desk.sign(pen.job("good")), return_exceptions=True
    )

    assert isinstance(bad, InvalidInputError)
    assert good == {"signature": "good"}


@pytest.mark.rule("ST-03")
async def test_a_fault_of_ours_reaches_nobody_beside_it():
    desk, pen = SigningDesk(), Pen()

    def fail() -> Headers:
        raise ZeroDivisionError

    bad, good = await asyncio.gather(
        desk.sign(fail), desk.sign(pen.job("beside")), return_exceptions=True
    )

    assert isinstance(bad, ZeroDivisionError)
    assert good == {"signature": "beside"}


async def test_while_no_thread_is_to_be_had_each_is_told_so_and_later_ones_are_signed():
    desk, pen = SigningDesk(), Pen()
    loop = asyncio.get_running_loop()
    closed = ThreadPoolExecutor()
    closed.shutdown()
    loop.set_default_executor(closed)
    names = [str(number) for number in range(CHUNK + 1)]

    refused = await asyncio.gather(
        *(desk.sign(pen.job(name)) for name in names), return_exceptions=True
    )
    loop.set_default_executor(ThreadPoolExecutor())

    assert {type(each) for each in refused} == {RuntimeError}
    assert await desk.sign(pen.job("later")) == {"signature": "later"}


async def test_who_has_gone_is_passed_by():
    desk, pen = SigningDesk(), Pen()
    async with asyncio.TaskGroup() as tasks:
        gone = tasks.create_task(desk.sign(pen.job("gone")))
        stays = tasks.create_task(desk.sign(pen.job("stays")))
        await asyncio.sleep(0)

        gone.cancel()

    assert gone.cancelled()
    assert stays.result() == {"signature": "stays"}


class CountingDesk(SigningDesk):
    """Counts what it is asked to sign."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def sign(self, job: Job) -> Headers:
        self.asked += 1
        return await super().sign(job)


async def test_nothing_is_signed_for_a_server_that_cannot_be_reached(
    federation, peer, unused_tcp_port
):
    desk = CountingDesk()
    federation = replace(federation, desk=desk)
    await enqueue(federation, f"http://127.0.0.1:{unused_tcp_port}/inbox", "127.0.0.1")

    missed = await attempt(federation)

    assert (missed.cls, desk.asked) == (DeliveryClass.TEMPORARY, 0)


async def test_what_is_delivered_is_signed_once(federation, peer):
    desk = CountingDesk()
    federation = replace(federation, desk=desk)
    await enqueue(federation, peer.add_actor("bea").inbox, peer.host)

    sent = await attempt(federation)

    assert (sent.cls, desk.asked) == (DeliveryClass.OK, 1)
