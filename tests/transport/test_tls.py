"""TLS is always checked: only a good certificate for this very name gets a request."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest
import trustme

from fedirec.errors import ConfigurationError, RemoteUnavailableError
from fedirec.transport.addresses import AddressPolicy
from fedirec.transport.client import HttpTransport
from fedirec.transport.dialing import make_tls_context
from fedirec.transport.protocol import Request
from tests.outgoing import quick_limits, resolves
from tests.peers import Peer

NOW = datetime.now(UTC)
NAME = "guild.test"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(key_type=trustme.KeyType.ECDSA)


@pytest.fixture
def ca_file(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


def serving(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def client(ca_file: Path | None) -> HttpTransport:
    return HttpTransport(
        limits=quick_limits(),
        policy=AddressPolicy(test_networks=(ip_network("127.0.0.0/8"),)),
        user_agent="fedirec-tests",
        ca_file=ca_file,
        lookup=resolves({NAME: ["127.0.0.1"]}),
    )


@pytest.mark.rule("TR-13")
async def test_a_certificate_of_the_given_authority_is_trusted(authority, ca_file):
    tls = serving(authority.issue_cert(NAME))
    async with Peer(name=NAME, tls=tls) as peer, client(ca_file) as transport:
        url = peer.serve("/x", {"id": "x"})

        response = await transport.fetch(Request(method="GET", url=url))

        assert (response.status, response.url) == (200, url)
        assert url.startswith("https://")


@pytest.mark.rule("TR-13")
async def test_a_certificate_for_an_address_is_trusted_for_that_address(authority, ca_file):
    tls = serving(authority.issue_cert("127.0.0.1"))
    async with Peer(tls=tls) as peer, client(ca_file) as transport:
        response = await transport.fetch(Request(method="GET", url=peer.serve("/x", {})))

        assert response.status == 200


def bad_certificates(authority: trustme.CA) -> dict[str, trustme.LeafCert]:
    stranger = trustme.CA(key_type=trustme.KeyType.ECDSA)
    yesterday, before = NOW - timedelta(days=1), NOW - timedelta(days=10)
    return {
        "self-signed": stranger.issue_cert(NAME),
        "expired": authority.issue_cert(NAME, not_before=before, not_after=yesterday),
        "of the future": authority.issue_cert(NAME, not_before=NOW + timedelta(days=1)),
        "for another name": authority.issue_cert("other.test"),
        "for its address": authority.issue_cert("127.0.0.1"),
        "for a longer name": authority.issue_cert(f"www.{NAME}"),
    }


@pytest.mark.rule("TR-13")
@pytest.mark.parametrize(
    "kind",
    [
        "self-signed",
        "expired",
        "of the future",
        "for another name",
        "for its address",
        "for a longer name",
    ],
)
async def test_with_a_bad_certificate_nothing_is_sent(authority, ca_file, kind):
    tls = serving(bad_certificates(authority)[kind])
    async with Peer(name=NAME, tls=tls) as peer, client(ca_file) as transport:
        url = peer.serve("/x", {})

        with pytest.raises(RemoteUnavailableError, match=r"(?i)certificate"):
            await transport.fetch(Request(method="GET", url=url))
        with pytest.raises(RemoteUnavailableError, match=r"(?i)certificate"):
            await transport.post(Request(method="POST", url=url, body=b"{}"))

        assert peer.received == []


@pytest.mark.rule("TR-13")
async def test_without_the_file_the_authority_is_a_stranger(authority):
    tls = serving(authority.issue_cert(NAME))
    async with Peer(name=NAME, tls=tls) as peer, client(None) as transport:
        with pytest.raises(RemoteUnavailableError, match=r"(?i)certificate"):
            await transport.fetch(Request(method="GET", url=peer.serve("/x", {})))

        assert peer.received == []


@pytest.mark.rule("TR-13")
def test_an_added_authority_leaves_checking_as_strict_as_before(ca_file):
    context = make_tls_context(ca_file)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_file_that_is_missing_or_no_certificate_is_a_configuration_error(tmp_path):
    with pytest.raises(ConfigurationError, match="FEDIREC_CA_FILE"):
        make_tls_context(tmp_path / "missing.pem")

    (tmp_path / "empty.pem").write_text("no certificate")
    with pytest.raises(ConfigurationError, match="FEDIREC_CA_FILE"):
        make_tls_context(tmp_path / "empty.pem")
