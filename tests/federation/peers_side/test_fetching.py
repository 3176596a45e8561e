"""Documents are believed when they are served from their own ids, in a type of their own."""

import asyncio
import json
from typing import Any

import pytest

from fedirec.activitypub.media_types import is_activity_type
from fedirec.errors import (
    BlockedError,
    GoneError,
    NotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
)
from fedirec.federation.fetching import fetch_document
from fedirec.signatures import cavage
from fedirec.storage import blocks
from tests.federation.peers_side.home import INSTANCE, block_host, make_federation
from tests.keys import rsa_pair
from tests.outgoing import quick_limits
from tests.peers import Peer


def note_at(peer: Peer, path: str = "/notes/1", **changes: Any) -> dict[str, Any]:
    document = {"id": peer.origin + path, "type": "Note", "content": "hello", **changes}
    return {key: value for key, value in document.items() if value is not None}


@pytest.mark.rule("OR-01", "TR-14")
async def test_a_document_is_fetched_with_the_instances_signature(federation, peer):
    url = peer.serve("/notes/1", note_at(peer))

    document, body = await fetch_document(federation, url)

    [asked] = peer.received
    request = asked.signed(peer.origin)
    signature = cavage.parse_signature(request.values("signature"))
    assert document["content"] == "hello"
    assert json.loads(body) == document
    assert signature.key_id == f"{INSTANCE.actor_id}#main-key"
    assert cavage.verify(request, signature, rsa_pair().public())


@pytest.mark.rule("OR-01")
async def test_a_document_that_says_it_is_somebody_elses_is_discarded(federation, peer, stranger):
    stranger.serve("/notes/1", note_at(stranger))
    url = peer.serve("/notes/1", note_at(stranger))

    with pytest.raises(RemoteRefusedError, match="names"):
        await fetch_document(federation, url)

    assert stranger.received == []


@pytest.mark.rule("OR-01")
async def test_another_id_of_the_same_origin_is_fetched_from_there(federation, peer):
    peer.serve("/notes/1", note_at(peer))
    url = peer.serve("/@bea/1", note_at(peer))

    document, _body = await fetch_document(federation, url)

    assert document["id"] == f"{peer.origin}/notes/1"
    assert [asked.path for asked in peer.received] == ["/@bea/1", "/notes/1"]


@pytest.mark.rule("OR-01")
async def test_ids_that_lead_on_and_on_are_given_up_after_one_step(federation, peer):
    peer.serve("/notes/2", note_at(peer, "/notes/3"))
    url = peer.serve("/notes/1", note_at(peer, "/notes/2"))

    with pytest.raises(RemoteRefusedError, match="another id"):
        await fetch_document(federation, url)

    assert len(peer.received) == 2


@pytest.mark.rule("OR-01")
@pytest.mark.parametrize("id_", [None, 7, ["x"], "", "not a url", {"id": "x"}])
async def test_a_document_without_an_id_of_its_own_is_discarded(federation, peer, id_):
    url = peer.serve("/notes/1", note_at(peer, id=id_))

    with pytest.raises(RemoteRefusedError):
        await fetch_document(federation, url)


@pytest.mark.rule("OR-01")
async def test_a_redirect_to_another_origin_does_not_speak_for_the_first(
    federation, peer, stranger
):
    there = stranger.serve("/notes/1", note_at(stranger))
    url = peer.redirects("/notes/1", there)

    with pytest.raises(RemoteRefusedError, match="was sent to"):
        await fetch_document(federation, url)


@pytest.mark.rule("OR-01")
async def test_a_redirect_by_way_of_another_origin_ends_where_the_id_is(federation, peer, stranger):
    peer.serve("/notes/1", note_at(peer))
    back = stranger.redirects("/hop", f"{peer.origin}/notes/1")
    url = peer.redirects("/old", back)

    document, _body = await fetch_document(federation, url)

    assert document["id"] == f"{peer.origin}/notes/1"


@pytest.mark.rule("OR-02")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/html",
        "text/plain",
        "image/png",
        "application/octet-stream",
        "application/ld+json",
        'application/ld+json; profile="https://elsewhere.example/ns"',
        "application/ld+json; profile=https://www.w3.org/ns/activitystreams",
        "application/activity+json, text/html",
        "application/activity+json; charset=utf-16",
        "text/html; application/activity+json",
        "application/activity+jsonp",
        'application/activity+json; x="',
        "application/activity+json; charset=utf-8; charset=utf-16",
        "",
    ],
)
async def test_other_content_types_are_no_activity_documents(federation, peer, content_type):
    url = peer.serve("/media/upload", note_at(peer, "/media/upload"), content_type=content_type)

    with pytest.raises(RemoteRefusedError):
        await fetch_document(federation, url)


@pytest.mark.rule("OR-02")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/activity+json",
        "Application/Activity+JSON; charset=utf-8",
        'application/activity+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        'application/ld+json ;charset=UTF-8; profile="x https://www.w3.org/ns/activitystreams"',
    ],
)
def test_what_peers_send_is_read_as_activity_documents(content_type):
    assert is_activity_type(content_type)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, RemoteRefusedError),
        (403, RemoteRefusedError),
        (404, NotFoundError),
        (410, GoneError),
        (418, RemoteRefusedError),
        (429, RemoteUnavailableError),
        (500, RemoteUnavailableError),
        (503, RemoteUnavailableError),
    ],
)
async def test_each_answer_has_its_meaning(federation, peer, status, error):
    url = peer.answers("/notes/1", status)

    with pytest.raises(error) as caught:
        await fetch_document(federation, url)

    assert caught.type is error


@pytest.mark.rule("RX-02")
@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"id": NaN}', b"\xff\xfe", b"[" * 10_000])
async def test_what_is_no_document_is_refused(federation, peer, body):
    url = peer.serve("/notes/1", body)

    with pytest.raises(RemoteRefusedError):
        await fetch_document(federation, url)


@pytest.mark.rule("OR-12", "TR-06")
@pytest.mark.parametrize(
    "url",
    [
        "ftp://peer.example/1",
        "https://user@peer.example/1",
        "https:///1",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "http://guild.example/users/ada",
        "",
    ],
)
async def test_what_is_no_url_of_a_peer_is_never_asked(federation, url):
    with pytest.raises(RemoteRefusedError):
        await fetch_document(federation, url)


@pytest.mark.rule("PA-01")
async def test_a_blocked_host_is_not_asked(federation, peer):
    await block_host(federation, peer.host)

    with pytest.raises(BlockedError):
        await fetch_document(federation, f"{peer.origin}/notes/1")

    assert peer.received == []


@pytest.mark.rule("PA-01")
async def test_a_redirect_to_a_blocked_host_stops_before_it(federation, peer, stranger):
    url = peer.redirects("/notes/1", f"{stranger.origin}/notes/1")
    await block_host(federation, stranger.host)

    with pytest.raises(BlockedError):
        await fetch_document(federation, url)

    assert stranger.received == []


@pytest.mark.rule("PA-04")
async def test_with_an_allow_list_other_hosts_are_not_asked(
    database, transport, clock, peer, stranger
):
    federation = await make_federation(database, transport, clock, is_allow_list=True)
    url = peer.serve("/notes/1", note_at(peer))
    async with database.transaction() as transaction:
        await blocks.allow_host(transaction, peer.host, federation.now())

    await fetch_document(federation, url)
    with pytest.raises(BlockedError):
        await fetch_document(federation, f"{stranger.origin}/notes/1")

    assert stranger.received == []


@pytest.mark.rule("RX-04")
async def test_a_host_is_asked_so_often_in_an_hour_and_no_more(database, transport, clock, peer):
    limits = quick_limits(fetches_per_host_hour=2)
    federation = await make_federation(database, transport, clock, limits=limits)
    url = peer.serve("/notes/1", note_at(peer))
    await fetch_document(federation, url)
    await fetch_document(federation, url)
    clock.forward(minutes=10)

    with pytest.raises(RemoteUnavailableError) as caught:
        await fetch_document(federation, url)
    clock.forward(minutes=51)
    await fetch_document(federation, url)

    assert caught.value.retry_after is not None
    assert caught.value.retry_after.total_seconds() == 50 * 60
    assert len(peer.received) == 3


async def test_a_peer_that_hangs_is_trouble_that_passes(federation, peer):
    async def behave(_request):
        await asyncio.sleep(60)

    url = peer.behaves("/notes/1", behave)

    with pytest.raises(RemoteUnavailableError):
        await fetch_document(federation, url)
