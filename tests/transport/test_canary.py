"""Nothing that leads inside is ever connected to: a canary listens, and must hear nothing."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping, Sequence
from ipaddress import ip_network

import pytest

from fedirec.errors import RemoteRefusedError
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.client import HttpTransport
from fedirec.transport.protocol import Request
from tests.outgoing import quick_limits, resolves


class Canary:
    """Listens on one port of every loopback address there is, and counts who connects."""

    def __init__(self) -> None:
        self.accepted = 0
        self.port = 0

    def __call__(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        writer.close()


@contextlib.asynccontextmanager
async def canary_listening() -> AsyncIterator[Canary]:
    canary = Canary()
    async with contextlib.AsyncExitStack() as stack:
        server = await asyncio.start_server(canary, "0.0.0.0", 0)  # noqa: S104 - also 127.0.0.2 …
        await stack.enter_async_context(server)
        canary.port = server.sockets[0].getsockname()[1]
        if socket.has_ipv6:
            with contextlib.suppress(OSError):
                await stack.enter_async_context(
                    await asyncio.start_server(canary, "::1", canary.port)
                )
        yield canary


def client(
    canary: Canary,
    *,
    policy: AddressPolicy | None = None,
    names: Mapping[str, Sequence[str]] | None = None,
) -> HttpTransport:
    """The client as in production, but for the canary's port, which is as good as 443 here."""
    return HttpTransport(
        limits=quick_limits(),
        policy=policy or AddressPolicy(ports=frozenset({443, canary.port})),
        user_agent="fedirec-tests",
        allow_http=True,
        lookup=resolves(names or {}),
    )


LITERALS = [
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "0.0.0.1",
    "0",
    "00",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.0.0.2",
    "127.1",
    "127.0.1",
    "127.255.255.254",
    "0127.0.0.1",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "4294967295",
    "127.0.0.1.",
    "\uff11\uff12\uff17.0.0.1",
    "127\u30020\u30020\u30021",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[::1%25lo]",
    "[::1%lo]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[100::1]",
    "[2001::1]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[3fff::1]",
    "[5f00::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fe80::1%25lo]",
    "[ff02::1]",
]

NAMES = {
    "loopback.example": ["127.0.0.1"],
    "localhost": ["127.0.0.1", "::1"],
    "this-network.example": ["0.0.0.0"],  # noqa: S104 - a name that leads there
    "private.example": ["10.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "carrier.example": ["100.64.0.1"],
    "v6.example": ["::1"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "compatible.example": ["::127.0.0.1"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "6to4.example": ["2002:7f00:1::"],
    "scoped.example": ["fe80::1%lo"],
    "many.example": ["127.0.0.1", "10.0.0.1", "::1", "192.168.0.1"],
    "odd.example": ["127.1", "0x7f000001"],
}

TRICKS = [
    "http://evil.example@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@guild.example/",
    "http://127.0.0.1:{port}#@guild.example/",
    "http:127.0.0.1:{port}/",
    "http:/127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "http://127.0.0.1:{port}",
    "ftp://127.0.0.1:{port}/",
    "ws://127.0.0.1:{port}/",
    "unix://127.0.0.1:{port}/",
    "http+unix://127.0.0.1:{port}/",
    "http://127%2e0%2e0%2e1:{port}/",
    "http://127.0.0.1%00.guild.example:{port}/",
    " http://127.0.0.1:{port}/",
    "http://\t127.0.0.1:{port}/",
]


@pytest.mark.rule("TR-01", "TR-03")
async def test_no_literal_that_leads_inside_is_connected_to():
    async with canary_listening() as canary, client(canary) as transport:
        for literal in LITERALS:
            for scheme in ("http", "https"):
                url = f"{scheme}://{literal}:{canary.port}/users/ada"
                for ask in (
                    transport.fetch(Request(method="GET", url=url)),
                    transport.post(Request(method="POST", url=url, body=b"{}")),
                ):
                    with pytest.raises(RemoteRefusedError):
                        await ask

    assert len(LITERALS) + len(NAMES) + len(TRICKS) > 60
    assert canary.accepted == 0


@pytest.mark.rule("TR-01", "TR-02")
async def test_no_name_that_leads_inside_is_connected_to():
    async with canary_listening() as canary, client(canary, names=NAMES) as transport:
        for name in NAMES:
            with pytest.raises(RemoteRefusedError, match=r"permitted|public"):
                await transport.fetch(
                    Request(method="GET", url=f"https://{name}:{canary.port}/users/ada")
                )

    assert canary.accepted == 0


@pytest.mark.rule("TR-01", "TR-08")
async def test_no_trick_of_spelling_reaches_inside():
    async with canary_listening() as canary, client(canary) as transport:
        for trick in TRICKS:
            with pytest.raises(RemoteRefusedError):
                await transport.fetch(Request(method="GET", url=trick.format(port=canary.port)))

    assert canary.accepted == 0


@pytest.mark.rule("TR-01")
async def test_the_guard_at_the_socket_stands_without_the_gate_before_it():
    class GatelessPolicy(AddressPolicy):
        def check(self, url):
            """Let everything through to the connector."""

    async with canary_listening() as canary:
        policy = GatelessPolicy(ports=frozenset({443, canary.port}))
        async with client(canary, policy=policy) as transport:
            for literal in ("127.0.0.1", "0.0.0.0", "[::1]", "169.254.169.254"):  # noqa: S104
                with pytest.raises(RemoteRefusedError, match="may not be dialled"):
                    await transport.fetch(
                        Request(method="GET", url=f"http://{literal}:{canary.port}/")
                    )

    assert canary.accepted == 0


@pytest.mark.rule("TR-03")
async def test_a_connected_peer_is_judged_again_before_the_first_byte():
    class ForgetfulPolicy(AddressPolicy):
        """Says yes until the connection stands, as if something below had led it astray."""

        def permits(self, *_):
            asked.append(1)
            return len(asked) < 3  # the gate, the socket; then the request itself

    asked: list[int] = []
    heard = []

    async def listen(reader, writer):
        heard.append(await reader.read())
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        canary = Canary()
        canary.port = server.sockets[0].getsockname()[1]
        async with client(canary, policy=ForgetfulPolicy()) as transport:
            with pytest.raises(RemoteRefusedError, match="connected to"):
                await transport.fetch(Request(method="GET", url=f"http://127.0.0.1:{canary.port}/"))
        await asyncio.sleep(0.05)

    assert heard == [b""]


async def test_the_canary_hears_what_a_test_network_allows():
    policy = AddressPolicy(test_networks=(ip_network("127.0.0.2/32"),))
    async with canary_listening() as canary, client(canary, policy=policy) as transport:
        with pytest.raises(RemoteRefusedError):
            await transport.fetch(Request(method="GET", url=f"http://127.0.0.1:{canary.port}/"))
        assert canary.accepted == 0

        with pytest.raises(Exception, match="disconnected"):
            await transport.fetch(Request(method="GET", url=f"http://127.0.0.2:{canary.port}/"))
        assert canary.accepted > 0
