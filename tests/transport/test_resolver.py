"""Names: asked anew for each connection, judged address by address, and never waited for long."""

import asyncio
import socket
import threading
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest

from fedirec.errors import RemoteRefusedError, RemoteUnavailableError
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.client import HttpTransport
from fedirec.transport.protocol import Request
from fedirec.transport.resolver import GuardedResolver, Lookup, RefusedAddressError, ThreadedLookup
from tests.outgoing import loopback_transport, quick_limits, resolves
from tests.peers import Peer

INSIDE = "127.0.0.1"
OUTSIDE = "127.0.0.2"  # what stands for a public address here: the one network that is permitted


class Canary:
    """Counts connections to the port of a peer, at an address that must not be dialled."""

    def __init__(self) -> None:
        self.accepted = 0

    def __call__(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        writer.close()

    async def listen(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self, INSIDE, port)


class Answers:
    """A resolver that gives these answers in turn, the last one for ever, and counts."""

    def __init__(self, *answers: Sequence[str] | Exception) -> None:
        self.answers = answers
        self.asked = 0

    async def __call__(self, _: str) -> Sequence[str]:
        answer = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


def client(lookup: Lookup, **limits: Any) -> HttpTransport:
    return loopback_transport(
        limits=quick_limits(**limits), networks=f"{OUTSIDE}/32", lookup=lookup
    )


def guard(lookup: Lookup, **limits: Any) -> GuardedResolver:
    policy = AddressPolicy(test_networks=(ip_network(f"{OUTSIDE}/32"),))
    return GuardedResolver(lookup=lookup, policy=policy, limits=quick_limits(**limits))


@pytest.mark.rule("TR-04")
async def test_a_name_that_moves_inside_after_the_first_answer_is_refused():
    lookup = Answers([OUTSIDE], [INSIDE])
    canary = Canary()
    async with (
        Peer(address=OUTSIDE, name="guild.test") as peer,
        await canary.listen(peer.port),
        client(lookup) as transport,
    ):
        url = peer.answers("/x", 200, {"Connection": "close"})
        request = Request(method="GET", url=url)

        assert (await transport.fetch(request)).status == 200
        with pytest.raises(RemoteRefusedError, match="no permitted address"):
            await transport.fetch(request)

    assert lookup.asked == 2
    assert canary.accepted == 0


@pytest.mark.rule("TR-04")
@pytest.mark.parametrize("found", [[INSIDE, OUTSIDE], [OUTSIDE, INSIDE], [INSIDE, "::1", OUTSIDE]])
async def test_of_mixed_answers_only_the_permitted_addresses_are_dialled(found):
    canary = Canary()
    async with (
        Peer(address=OUTSIDE, name="guild.test") as peer,
        await canary.listen(peer.port),
        client(Answers(found)) as transport,
    ):
        response = await transport.fetch(Request(method="GET", url=peer.serve("/x", {})))

        assert response.status == 200

    assert canary.accepted == 0


@pytest.mark.rule("TR-04")
async def test_an_outside_address_that_is_down_does_not_lead_inside():
    canary = Canary()
    async with Peer(address=OUTSIDE, name="guild.test") as peer:
        port = peer.port
    async with await canary.listen(port), client(Answers([OUTSIDE, INSIDE])) as transport:
        with pytest.raises(RemoteUnavailableError):
            await transport.fetch(Request(method="GET", url=f"http://guild.test:{port}/"))

    assert canary.accepted == 0


@pytest.mark.rule("TR-04")
async def test_a_kept_connection_asks_no_name_again():
    lookup = Answers([OUTSIDE])
    async with Peer(address=OUTSIDE, name="guild.test") as peer, client(lookup) as transport:
        request = Request(method="GET", url=peer.serve("/x", {}))
        await transport.fetch(request)
        await transport.fetch(request)

    assert lookup.asked == 1


@pytest.mark.rule("TR-12")
async def test_a_hanging_resolver_is_left_in_time():
    async def hang(name):
        await asyncio.sleep(3600)

    limits = {"dns_timeout": timedelta(seconds=0.1), "fetch_timeout": timedelta(seconds=30)}
    async with asyncio.timeout(10), client(hang, **limits) as transport:
        with pytest.raises(RemoteUnavailableError, match="no answer"):
            await transport.fetch(Request(method="GET", url="https://guild.example/"))


@pytest.mark.rule("TR-12")
async def test_hanging_lookups_hold_their_own_threads_and_no_others():
    release = threading.Event()

    def hang(*_, **__):
        release.wait(10)
        raise OSError("at last")

    lookup = ThreadedLookup(threads=2, getaddrinfo=hang)
    resolver = guard(lookup, dns_timeout=timedelta(seconds=0.2))
    try:
        async with asyncio.timeout(5):
            failures = await asyncio.gather(
                *(resolver.resolve(f"{number}.example", 443) for number in range(50)),
                return_exceptions=True,
            )
            # Pages that need a thread are served meanwhile.
            assert await asyncio.to_thread(lambda: "page") == "page"

        assert all(isinstance(failure, OSError) for failure in failures)
        assert sum(thread.name == "fedirec-dns" for thread in threading.enumerate()) == 2
    finally:
        release.set()
    with pytest.raises(OSError, match="at last"):  # the threads are free again
        await lookup("guild.example")


async def test_threads_are_free_again_after_their_answers():
    rows = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("192.0.2.1", 0)),
        (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("2001:db8::1", 0, 0, 0)),
    ]
    lookup = ThreadedLookup(threads=1, getaddrinfo=lambda *_, **__: rows)

    for _ in range(3):
        assert await lookup("guild.example") == ["192.0.2.1", "2001:db8::1"]


async def test_the_system_is_asked_unless_another_resolver_is_given():
    assert "127.0.0.1" in await ThreadedLookup()("localhost")


@pytest.mark.rule("TR-12")
async def test_a_failure_is_remembered_for_a_short_while_and_a_success_never():
    lookup = Answers(OSError("no such name"), [OUTSIDE])
    resolver = guard(lookup, dns_failure_kept=timedelta(seconds=1))

    for _ in range(3):
        with pytest.raises(OSError, match="no such name"):
            await resolver.resolve("guild.example", 443)
    assert lookup.asked == 1

    await asyncio.sleep(1.05)
    for _ in range(3):
        await resolver.resolve("guild.example", 443)
    assert lookup.asked == 4


async def test_an_answer_is_for_the_family_and_port_asked_for():
    resolver = guard(resolves({"guild.example": ["8.8.8.8", "2606:4700::1", INSIDE]}))

    both = await resolver.resolve("guild.example", 443)
    v4 = await resolver.resolve("guild.example", 443, socket.AF_INET)

    assert [found["host"] for found in both] == ["8.8.8.8", "2606:4700::1"]
    assert [found["host"] for found in v4] == ["8.8.8.8"]
    with pytest.raises(RefusedAddressError):
        await resolver.resolve("guild.example", 22)


async def test_a_name_without_addresses_is_an_error():
    with pytest.raises(OSError, match="no addresses"):
        await guard(resolves({"guild.example": []})).resolve("guild.example", 443)
