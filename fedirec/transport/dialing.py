"""How connections are made: TLS always checked, and the guard at the last step before the network.

aiohttp asks no resolver about address literals (TR-03), so the socket factory judges every address,
and before the first byte goes out the connected peer is judged once more.
"""

import socket
import ssl
from pathlib import Path
from typing import Final
from weakref import WeakSet

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver
from aiohttp.client_proto import ResponseHandler
from aiohttp.client_reqrep import ClientRequest, ClientResponse
from aiohttp.connector import Connection

from fedirec.domain.limits import Limits
from fedirec.errors import ConfigurationError
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.resolver import RefusedAddressError

_KEPT_IDLE_SECONDS: Final = 15.0
_CONNECTIONS_BESIDE_DELIVERIES: Final = 36  # fetches: keys, actors, what activities point at


def make_tls_context(ca_file: Path | None) -> ssl.SSLContext:
    """Return a context that trusts the system's authorities and those of `ca_file`.

    Raises:
        ConfigurationError: when the file cannot be read as PEM certificates.
    """
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            context.load_verify_locations(cafile=ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError(
                f"expected PEM certificates in FEDIREC_CA_FILE {ca_file}: {error}"
            ) from error
    return context


def make_connector(
    *, limits: Limits, policy: AddressPolicy, resolver: AbstractResolver, tls: ssl.SSLContext
) -> aiohttp.TCPConnector:
    """Return a pool that keeps connections alive and dials nothing that `policy` forbids."""

    def make_socket(info: AddrInfoType) -> socket.socket:
        family, kind, proto, _, target = info
        if not policy.permits(str(target[0]), int(target[1])):
            raise RefusedAddressError(f"{target[0]} port {target[1]} may not be dialled")
        return socket.socket(family, kind, proto)

    return aiohttp.TCPConnector(
        ssl=tls,
        resolver=resolver,
        use_dns_cache=False,  # an address found good once is no promise (TR-04)
        socket_factory=make_socket,
        limit=limits.deliveries_in_flight + _CONNECTIONS_BESIDE_DELIVERIES,
        limit_per_host=limits.deliveries_per_host,
        keepalive_timeout=_KEPT_IDLE_SECONDS,
    )


class Guard:
    """Lets nothing be sent to a connected peer that `policy` does not permit.

    Asked for each request, and judges a connection by its first: a kept one has the same peer.
    """

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._known: WeakSet[ResponseHandler] = WeakSet()

    def check(self, connection: Connection) -> bool:
        """Return whether the connection carried a request before.

        Raises:
            RefusedAddressError: when it leads to where nothing may be sent.
        """
        if connection.protocol in self._known:
            return True
        transport = connection.transport
        peer = transport.get_extra_info("peername") if transport else None
        if not peer or not self._policy.permits(str(peer[0]), int(peer[1])):
            raise RefusedAddressError(f"connected to {peer}, which may not be dialled")
        if connection.protocol is not None:
            self._known.add(connection.protocol)
        return False


def guarded_request(guard: Guard) -> type[ClientRequest]:
    """Return a request class that asks the guard before it sends."""

    class GuardedRequest(ClientRequest):
        async def send(self, conn: Connection) -> ClientResponse:
            guard.check(conn)
            return await super().send(conn)

    return GuardedRequest
