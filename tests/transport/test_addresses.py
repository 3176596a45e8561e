"""Which addresses are the public internet's, held against IANA's registries (read 2026-11)."""

import ipaddress
import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.domain.origins import parse_url
from fedirec.errors import RemoteRefusedError
from fedirec.transport.addresses import AddressPolicy, is_public

# iana-ipv4-special-registry, every row; and 224.0.0.0/4 of ipv4-address-space (RFC 5771).
IANA_V4 = [
    ("0.0.0.0/8", "This network"),
    ("0.0.0.0/32", "This host on this network"),
    ("10.0.0.0/8", "Private-Use"),
    ("100.64.0.0/10", "Shared Address Space"),
    ("127.0.0.0/8", "Loopback"),
    ("169.254.0.0/16", "Link Local"),
    ("172.16.0.0/12", "Private-Use"),
    ("192.0.0.0/24", "IETF Protocol Assignments"),
    ("192.0.0.0/29", "IPv4 Service Continuity Prefix"),
    ("192.0.0.8/32", "IPv4 dummy address"),
    ("192.0.0.9/32", "Port Control Protocol Anycast"),
    ("192.0.0.10/32", "TURN Anycast"),
    ("192.0.0.170/32", "NAT64/DNS64 Discovery"),
    ("192.0.2.0/24", "Documentation (TEST-NET-1)"),
    ("192.31.196.0/24", "AS112-v4"),
    ("192.52.193.0/24", "AMT"),
    ("192.88.99.0/24", "Deprecated (6to4 Relay Anycast)"),
    ("192.168.0.0/16", "Private-Use"),
    ("192.175.48.0/24", "Direct Delegation AS112 Service"),
    ("198.18.0.0/15", "Benchmarking"),
    ("198.51.100.0/24", "Documentation (TEST-NET-2)"),
    ("203.0.113.0/24", "Documentation (TEST-NET-3)"),
    ("224.0.0.0/4", "Multicast"),
    ("240.0.0.0/4", "Reserved"),
    ("255.255.255.255/32", "Limited Broadcast"),
]
# iana-ipv6-special-registry, every row but the mapped and NAT64 ones, which are judged by what they
# carry; and what ipv6-address-space gives to other ends than global unicast.
IANA_V6 = [
    ("::1/128", "Loopback Address"),
    ("::/128", "Unspecified Address"),
    ("::/96", "IPv4-compatible, deprecated (RFC 4291)"),
    ("64:ff9b:1::/48", "IPv4-IPv6 Translat., local use"),
    ("100::/64", "Discard-Only Address Block"),
    ("100:0:0:1::/64", "Dummy IPv6 Prefix"),
    ("2001::/23", "IETF Protocol Assignments"),
    ("2001::/32", "TEREDO"),
    ("2001:1::1/128", "Port Control Protocol Anycast"),
    ("2001:1::2/128", "TURN Anycast"),
    ("2001:1::3/128", "DNS-SD SRP Anycast"),
    ("2001:2::/48", "Benchmarking"),
    ("2001:3::/32", "AMT"),
    ("2001:4:112::/48", "AS112-v6"),
    ("2001:10::/28", "Deprecated (ORCHID)"),
    ("2001:20::/28", "ORCHIDv2"),
    ("2001:30::/28", "Drone Remote ID"),
    ("2001:db8::/32", "Documentation"),
    ("2002::/16", "6to4"),
    ("2620:4f:8000::/48", "Direct Delegation AS112 Service"),
    ("3fff::/20", "Documentation"),
    ("5f00::/16", "Segment Routing (SRv6) SIDs"),
    ("fc00::/7", "Unique-Local"),
    ("fe80::/10", "Link-Local Unicast"),
    ("fec0::/10", "Site-Local, deprecated (RFC 3879)"),
    ("ff00::/8", "Multicast"),
]


def spans(table: list[tuple[str, str]]) -> list[tuple[int, int]]:
    """First and last address of each block, as numbers."""
    networks = [ipaddress.ip_network(block) for block, _ in table]
    return [(int(found[0]), int(found[-1])) for found in networks]


SPANS_V4, SPANS_V6 = spans(IANA_V4), spans(IANA_V6)


def edges(blocks: list[tuple[int, int]], bits: int) -> list[int]:
    """The numbers where blocks begin and end, and their neighbours."""
    numbers = {end + step for span in blocks for end in span for step in (-1, 0, 1)}
    return sorted(number for number in numbers if 0 <= number < 2**bits)


EDGES_V4, EDGES_V6 = edges(SPANS_V4, 32), edges(SPANS_V6, 128)


def expected_v4(number: int) -> bool:
    return not any(first <= number <= last for first, last in SPANS_V4)


def expected_v6(number: int) -> bool:
    high = number >> 32
    if high in (0xFFFF, 0x0064_FF9B << 64):  # mapped, NAT64
        return expected_v4(number & 0xFFFF_FFFF)
    return number >> 125 == 0b001 and not any(first <= number <= last for first, last in SPANS_V6)


numbers_v4 = st.one_of(st.integers(0, 2**32 - 1), st.sampled_from(EDGES_V4))
numbers_v6 = st.one_of(
    st.integers(0, 2**128 - 1),
    st.integers(0x2000 << 112, (0x4000 << 112) - 1),
    st.sampled_from(EDGES_V6),
    *(
        st.builds(operator.add, st.just(high << 32), numbers_v4)
        for high in (0, 0xFFFF, 0x0064_FF9B << 64, 0x0064_FF9B_0001 << 48, 0x2001 << 80)
    ),
    numbers_v4.map(lambda low: (0x2002 << 112) | (low << 80)),
)


@pytest.mark.rule("TR-02")
@given(numbers_v4)
def test_an_ipv4_address_is_public_outside_the_registry_alone(number):
    assert is_public(str(ipaddress.IPv4Address(number))) is expected_v4(number)


@pytest.mark.rule("TR-02")
@given(numbers_v6)
def test_an_ipv6_address_is_public_in_global_unicast_outside_the_registry_alone(number):
    assert is_public(str(ipaddress.IPv6Address(number))) is expected_v6(number)


@pytest.mark.rule("TR-02")
@pytest.mark.parametrize(("block", "name"), IANA_V4 + IANA_V6)
def test_no_end_of_a_special_block_is_public(block, name):
    network = ipaddress.ip_network(block)

    assert not is_public(str(network[0])), name
    assert not is_public(str(network[-1])), name


@pytest.mark.rule("TR-02")
@pytest.mark.parametrize(
    "address",
    [
        "64:ff9b::7f00:1",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "224.0.0.1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2",
        "fe80::1%lo",
        "2606:4700::1%eth0",
        "127.1",
        "2130706433",
        "0x7f000001",
        "8.8.8.08",
        " 8.8.8.8",
        "guild.example",
        "/run/fedirec.sock",
        "",
    ],
)
def test_what_is_dressed_up_or_no_address_is_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "192.0.1.1", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"],
)
def test_a_public_address_is_public_also_as_ipv6_only_hosts_see_it(address):
    assert is_public(address)


@pytest.mark.rule("TR-01", "TR-08")
def test_a_policy_permits_public_addresses_on_https_and_its_test_networks_on_any_port():
    policy = AddressPolicy(test_networks=(ipaddress.ip_network("127.0.0.2/32"),))

    assert policy.permits("8.8.8.8")
    assert not policy.permits("8.8.8.8", 80)
    assert not policy.permits("127.0.0.1", 443)
    assert policy.permits("127.0.0.2", 8081)
    assert policy.permits("::ffff:127.0.0.2", 8081)
    assert not policy.permits("127.0.0.3", 8081)


@pytest.mark.rule("TR-08", "TR-13")
@pytest.mark.parametrize(
    "url",
    [
        "http://guild.example/",
        "http://guild.example:443/",
        "http://8.8.8.8/",
        "http://8.8.8.8:443/",
        "https://guild.example:22/",
        "https://8.8.8.8:8443/",
        "https://127.0.0.1/",
        "https://[::1]/",
    ],
)
def test_without_test_networks_only_https_on_its_own_port_may_be_asked(url):
    with pytest.raises(RemoteRefusedError):
        AddressPolicy().check(parse_url(url, allow_http=True))


def test_without_test_networks_https_by_name_or_public_address_may_be_asked():
    AddressPolicy().check(parse_url("https://guild.example/"))
    AddressPolicy().check(parse_url("https://8.8.8.8/"))


@pytest.mark.rule("TR-13")
def test_inside_test_networks_http_never_goes_to_the_port_of_https():
    policy = AddressPolicy(test_networks=(ipaddress.ip_network("127.0.0.0/8"),))

    policy.check(parse_url("http://guild.test:8081/", allow_http=True))
    with pytest.raises(RemoteRefusedError):
        policy.check(parse_url("http://guild.test:443/", allow_http=True))
