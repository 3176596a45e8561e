"""Which addresses may be dialled: a rule of what is allowed, not a list of what is known to be bad.

Decided on the address itself, never on a name (TR-01, TR-02). The tables are IANA's; the standard
library's `is_global` says yes to `64:ff9b::7f00:1`, `2002:7f00:1::` and `224.0.0.1` (3.11.7).
"""

import ipaddress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from fedirec.domain.origins import ParsedUrl
from fedirec.errors import RemoteRefusedError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HTTPS_PORT: Final = 443

# IANA IPv4 Special-Purpose Address Registry, every entry, the globally reachable ones too: in none
# of them lives a server of people. Then multicast (RFC 5771).
_SPECIAL_V4: Final = tuple(
    ipaddress.IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # this network, RFC 791
        "10.0.0.0/8",  # private, RFC 1918
        "100.64.0.0/10",  # shared by carrier NAT, RFC 6598
        "127.0.0.0/8",  # loopback, RFC 1122
        "169.254.0.0/16",  # link local, RFC 3927; cloud metadata
        "172.16.0.0/12",  # private, RFC 1918
        "192.0.0.0/24",  # IETF protocol assignments, RFC 6890
        "192.0.2.0/24",  # TEST-NET-1, RFC 5737
        "192.31.196.0/24",  # AS112-v4, RFC 7535
        "192.52.193.0/24",  # AMT, RFC 7450
        "192.88.99.0/24",  # 6to4 relay anycast, deprecated, RFC 7526
        "192.168.0.0/16",  # private, RFC 1918
        "192.175.48.0/24",  # direct delegation AS112, RFC 7534
        "198.18.0.0/15",  # benchmarking, RFC 2544
        "198.51.100.0/24",  # TEST-NET-2, RFC 5737
        "203.0.113.0/24",  # TEST-NET-3, RFC 5737
        "224.0.0.0/4",  # multicast, RFC 5771
        "240.0.0.0/4",  # reserved, RFC 1112, and limited broadcast, RFC 8190
    )
)
_GLOBAL_UNICAST: Final = ipaddress.IPv6Network("2000::/3")  # RFC 4291 §2.4
# IANA IPv6 Special-Purpose Address Registry: what of it lies inside 2000::/3.
_SPECIAL_V6: Final = tuple(
    ipaddress.IPv6Network(block)
    for block in (
        "2001::/23",  # IETF protocol assignments, RFC 2928: Teredo, ORCHID, benchmarking
        "2001:db8::/32",  # documentation, RFC 3849
        "2002::/16",  # 6to4, RFC 3056: carries any IPv4 address
        "2620:4f:8000::/48",  # direct delegation AS112, RFC 7534
        "3fff::/20",  # documentation, RFC 9637
    )
)
_KEPT: Final = 4_096  # every request asks twice about its peer's
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: IPv4 as IPv6-only hosts see it


@lru_cache(_KEPT)
def is_public(address: str) -> bool:
    """Whether an address literal is one of the public internet's; anything odd is not.

    An IPv4 address dressed as IPv6 (mapped, or translated by NAT64) is judged by what it carries.
    """
    parsed = _parse(address)
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in block for block in _SPECIAL_V4)
    if parsed is None:
        return False
    if parsed in _NAT64:
        return is_public(str(ipaddress.IPv4Address(int(parsed) & 0xFFFF_FFFF)))
    return parsed in _GLOBAL_UNICAST and not any(parsed in block for block in _SPECIAL_V6)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPolicy:
    """What may be dialled: public addresses on `ports`, and `test_networks` on any port."""

    test_networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({_HTTPS_PORT})

    def permits(self, address: str, port: int = _HTTPS_PORT) -> bool:
        """Whether this address may be dialled on this port."""
        return self.is_test(address) or (port in self.ports and is_public(address))

    def is_test(self, address: str) -> bool:
        """Whether the address is inside a test network."""
        parsed = _parse(address)
        return parsed is not None and any(parsed in network for network in self.test_networks)

    def check(self, url: ParsedUrl) -> None:
        """Refuse a URL that can never be dialled; a name is judged again by its addresses.

        Raises:
            RemoteRefusedError: for a forbidden address, port or scheme.
        """
        if _parse(url.hostname) is not None:
            may_dial = self.permits(url.hostname, url.port)
        else:
            may_dial = url.port in self.ports or bool(self.test_networks)
        # Plain http never reaches a public address: its port is not among the ports.
        if not may_dial or (url.scheme != "https" and url.port in self.ports):
            raise RemoteRefusedError(f"expected a public address and a known port: {url.document}")


@lru_cache(_KEPT)
def _parse(address: str) -> Address | None:
    """Return the address, IPv4 taken out of its IPv6 mapping; None for a name or a scoped one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(parsed, ipaddress.IPv4Address):
        return parsed
    if parsed.scope_id is not None:
        return None
    return parsed.ipv4_mapped or parsed
