"""The real client and its means, set up for tests: short waits, named resolvers, loopback alone."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

from fedirec.domain.limits import Limits
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.client import HttpTransport
from fedirec.transport.resolver import Lookup


def quick_limits(**changes: Any) -> Limits:
    """The default limits with waits short enough for a test."""
    short: dict[str, Any] = {
        "dns_timeout": timedelta(seconds=0.3),
        "connect_timeout": timedelta(seconds=1),
        "first_byte_timeout": timedelta(seconds=0.5),
        "fetch_timeout": timedelta(seconds=2),
        "delivery_timeout": timedelta(seconds=2),
    }
    return Limits(**(short | changes))


def resolves(names: Mapping[str, Sequence[str]]) -> Lookup:
    """A resolver that knows these names and no others."""

    async def lookup(name: str) -> Sequence[str]:
        if name not in names:
            raise OSError(f"no such name: {name}")
        return names[name]

    return lookup


def loopback_transport(
    *,
    limits: Limits | None = None,
    networks: str = "127.0.0.0/8",
    lookup: Lookup | None = None,
) -> HttpTransport:
    """The real client, allowed onto loopback by plain http as a test network is."""
    return HttpTransport(
        limits=limits or Limits(),
        policy=AddressPolicy(test_networks=(ip_network(networks),)),
        user_agent="fedirec-tests",
        allow_http=True,
        lookup=lookup,
    )
