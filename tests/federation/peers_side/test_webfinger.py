"""A handle is accepted when both sides agree on it."""

import json
from collections.abc import Mapping

import pytest

from fedirec.activitypub.documents import JsonObject
from fedirec.domain.handles import parse_handle
from fedirec.errors import (
    BlockedError,
    GoneError,
    NotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
)
from fedirec.federation.webfinger import resolve_handle
from fedirec.storage import actors
from tests.federation.peers_side.home import MEMBER, block_host
from tests.peers import Peer

WEBFINGER = "/.well-known/webfinger"
JRD = "application/jrd+json"


def jrd(subject: str, href: str, type_: str = "application/activity+json") -> JsonObject:
    return {"subject": subject, "links": [{"rel": "self", "type": type_, "href": href}]}


def says(peer: Peer, answers: Mapping[str, JsonObject]) -> None:
    """Answer about these handles and no others."""
    peer.answers(WEBFINGER, 404)
    for acct, document in answers.items():
        peer.serve(f"{WEBFINGER}?resource=acct:{acct}", document, content_type=JRD)


async def test_a_handle_leads_to_its_actor(federation, peer):
    bea = peer.add_actor("bea")

    actor = await resolve_handle(federation, parse_handle(bea.handle))

    asked = peer.received[0]
    assert actor.id == bea.id
    assert actor.handle == bea.handle
    assert asked.path == f"{WEBFINGER}?resource=acct:bea@{peer.host}"
    assert "jrd+json" in (asked.header("accept") or "")
    assert asked.header("signature") is None


async def test_a_handle_of_ours_is_looked_up_here(federation):
    ada = await resolve_handle(federation, parse_handle("@ada@guild.example"))

    with pytest.raises(NotFoundError, match="nobody here"):
        await resolve_handle(federation, parse_handle("@nobody@guild.example"))

    assert ada.id == MEMBER


async def test_names_are_compared_in_any_case(federation, peer):
    bea = peer.add_actor("bea")
    says(peer, {f"BEA@{peer.host}": jrd(f"acct:Bea@{peer.host}", bea.id)})

    actor = await resolve_handle(federation, parse_handle(f"@BEA@{peer.host}"))

    assert actor.id == bea.id


async def test_two_hosts_that_agree_share_a_handle(federation, peer, stranger):
    bea = peer.add_actor("bea")
    handle = f"acct:bea@{stranger.host}"
    says(stranger, {f"bea@{stranger.host}": jrd(handle, bea.id)})
    says(peer, {f"bea@{peer.host}": jrd(handle, bea.id)})

    actor = await resolve_handle(federation, parse_handle(f"@bea@{stranger.host}"))

    async with federation.database.reading() as reader:
        stored = await actors.find_by_handle(reader, "bea", stranger.host)
    assert actor.handle == f"@bea@{stranger.host}"
    assert stored is not None
    assert stored.id == bea.id


async def test_the_host_of_the_id_may_be_asked_by_the_old_handle(federation, peer, stranger):
    bea = peer.add_actor("bea")
    handle = f"acct:bea@{stranger.host}"
    says(stranger, {f"bea@{stranger.host}": jrd(handle, bea.id)})
    says(peer, {f"bea@{peer.host}": jrd(handle, bea.id)})

    actor = await resolve_handle(federation, parse_handle(bea.handle))

    assert actor.handle == f"@bea@{stranger.host}"


@pytest.mark.rule("OR-11")
async def test_a_host_cannot_claim_somebody_elses_actor(federation, peer, stranger):
    victim = peer.add_actor("victim")
    says(stranger, {f"me@{stranger.host}": jrd(f"acct:me@{stranger.host}", victim.id)})

    with pytest.raises(RemoteRefusedError, match="claims"):
        await resolve_handle(federation, parse_handle(f"@me@{stranger.host}"))

    actor = await resolve_handle(federation, parse_handle(victim.handle))
    assert actor.handle == victim.handle


@pytest.mark.rule("OR-11")
async def test_a_subject_of_a_third_host_must_say_so_itself(federation, peer, stranger):
    mallory = stranger.add_actor("mallory")
    peer.add_actor("victim")
    says(stranger, {f"x@{stranger.host}": jrd(f"acct:victim@{peer.host}", mallory.id)})

    with pytest.raises(RemoteRefusedError, match="agree"):
        await resolve_handle(federation, parse_handle(f"@x@{stranger.host}"))


@pytest.mark.rule("OR-11")
async def test_subjects_that_lead_in_a_circle_are_given_up(federation, peer):
    bea = peer.add_actor("bea")
    says(
        peer,
        {
            f"a@{peer.host}": jrd(f"acct:b@{peer.host}", bea.id),
            f"b@{peer.host}": jrd(f"acct:a@{peer.host}", bea.id),
        },
    )

    with pytest.raises(RemoteRefusedError, match="agree"):
        await resolve_handle(federation, parse_handle(f"@a@{peer.host}"))

    assert len(peer.received) == 2


@pytest.mark.rule("OR-11")
@pytest.mark.parametrize("type_", ["text/html", "application/json", "application/ld+json", None])
async def test_a_self_link_of_another_type_is_none(federation, peer, type_):
    bea = peer.add_actor("bea")
    says(peer, {f"bea@{peer.host}": jrd(f"acct:bea@{peer.host}", bea.id, type_)})

    with pytest.raises(RemoteRefusedError):
        await resolve_handle(federation, parse_handle(bea.handle))


@pytest.mark.parametrize(
    "subject", ["", "bea", "https://peer.example/@bea", "acct:bea", "acct:bea@exa mple", None]
)
async def test_a_subject_that_is_no_handle_is_refused(federation, peer, subject):
    bea = peer.add_actor("bea")
    says(peer, {f"bea@{peer.host}": jrd(subject, bea.id)})

    with pytest.raises(RemoteRefusedError):
        await resolve_handle(federation, parse_handle(bea.handle))


async def test_after_a_404_host_meta_is_asked_where_to_look(federation, peer):
    bea = peer.add_actor("bea")
    peer.answers(WEBFINGER, 404)
    says_elsewhere = json.dumps(jrd(f"acct:bea@{peer.host}", bea.id)).encode()
    peer.serve(f"/finger?q=acct:bea@{peer.host}", says_elsewhere, content_type=JRD)
    xrd = (
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]>'
        '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" template="{peer.origin}/finger?q={{uri}}"/></XRD>'
    )
    peer.serve("/.well-known/host-meta", xrd.encode(), content_type="application/xrd+xml")

    actor = await resolve_handle(federation, parse_handle(bea.handle))

    assert actor.id == bea.id


@pytest.mark.parametrize("xrd", [b"", b"<XRD/>", b"<Link rel='lrdd'", b"\xff\x00", b"<" * 5_000])
async def test_a_host_meta_that_leads_nowhere_means_nobody(federation, peer, xrd):
    peer.serve("/.well-known/host-meta", xrd, content_type="application/xrd+xml")

    with pytest.raises(NotFoundError, match="knows nobody"):
        await resolve_handle(federation, parse_handle(f"@nobody@{peer.host}"))


async def test_a_host_meta_that_is_refused_means_nobody(federation, peer):
    peer.answers("/.well-known/host-meta", 403)

    with pytest.raises(NotFoundError, match="knows nobody"):
        await resolve_handle(federation, parse_handle(f"@nobody@{peer.host}"))


async def test_somebody_who_left_for_good_is_gone(federation, peer):
    peer.answers(WEBFINGER, 410)

    with pytest.raises(GoneError):
        await resolve_handle(federation, parse_handle(f"@bea@{peer.host}"))

    assert len(peer.received) == 1


async def test_a_peer_that_is_down_is_trouble_that_passes(federation, peer):
    peer.answers(WEBFINGER, 503, {"Retry-After": "120"})

    with pytest.raises(RemoteUnavailableError) as caught:
        await resolve_handle(federation, parse_handle(f"@bea@{peer.host}"))

    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 120


async def test_a_blocked_host_is_not_asked_about_handles(federation, peer):
    await block_host(federation, peer.host)

    with pytest.raises(BlockedError):
        await resolve_handle(federation, parse_handle(f"@bea@{peer.host}"))

    assert peer.received == []
