"""What a handler asks for is fetched within its budget, and from its origin alone."""

import pytest

from fedirec.errors import RemoteUnavailableError
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.handling import Need, NeedKind
from fedirec.federation.resolution import resolve
from fedirec.storage import actors
from tests.federation.peers_side.home import INSTANCE, MEMBER, block_host
from tests.peers import Peer


def serve_note(peer: Peer, number: int = 1, **changes: str) -> str:
    path = f"/notes/{number}"
    document = {"id": peer.origin + path, "type": "Note", "content": f"note {number}"}
    return peer.serve(path, document | changes)


async def test_documents_come_back_under_the_ids_asked_for(federation, peer):
    first, second = serve_note(peer, 1), serve_note(peer, 2)

    resolved = await resolve(
        federation, [Need(url=first), Need(url=second)], allowance=Allowance(requests=5)
    )

    assert {url: document["content"] for url, document in resolved.documents.items()} == {
        first: "note 1",
        second: "note 2",
    }
    assert resolved.failures == {}


async def test_actors_are_in_the_database_afterwards(federation, peer):
    bea = peer.add_actor("bea")

    resolved = await resolve(
        federation, [Need(url=bea.id, kind=NeedKind.ACTOR)], allowance=Allowance(requests=5)
    )

    async with federation.database.reading() as reader:
        stored = await actors.find_actor(reader, bea.id)
    assert stored is not None
    assert (resolved.documents, resolved.failures) == ({}, {})


async def test_a_fresh_actor_is_fetched_though_one_is_stored(federation, peer):
    bea = peer.add_actor("bea")
    need = Need(url=bea.id, kind=NeedKind.FRESH_ACTOR)
    await resolve(federation, [need], allowance=Allowance(requests=5))
    peer.serve("/users/bea", bea.document(alsoKnownAs=["https://old.example/users/bea"]))

    await resolve(federation, [need], allowance=Allowance(requests=5))

    async with federation.database.reading() as reader:
        stored = await actors.get_actor(reader, bea.id)
    assert stored.also_known_as == ("https://old.example/users/bea",)


async def test_our_own_ids_are_never_fetched(federation, peer):
    needs = [Need(url=MEMBER, kind=NeedKind.FRESH_ACTOR), Need(url=f"{INSTANCE.origin}/notes/1")]

    resolved = await resolve(federation, needs, allowance=Allowance(requests=5))

    assert (resolved.documents, resolved.failures) == ({}, {})


@pytest.mark.rule("RX-04")
async def test_no_more_requests_are_made_than_the_budget_allows(federation, peer):
    needs = [Need(url=serve_note(peer, number)) for number in range(9)]

    resolved = await resolve(federation, needs, allowance=Allowance(requests=5))

    assert len(peer.received) == 5
    assert len(resolved.documents) == 5
    assert {failure.is_gone for failure in resolved.failures.values()} == {False}
    assert len(resolved.failures) == 4


@pytest.mark.rule("RX-04")
async def test_second_knocks_and_redirects_count_too(federation, peer):
    peer.answers("/notes/1", 401)
    peer.redirects("/notes/2", f"{peer.origin}/notes/2?again")

    needs = [Need(url=f"{peer.origin}/notes/{number}") for number in (1, 2, 3, 4)]
    await resolve(federation, needs, allowance=Allowance(requests=3))

    assert len(peer.received) <= 3


@pytest.mark.rule("RX-04")
async def test_an_endless_thread_is_not_followed(federation, peer):
    for number in range(1, 9):
        serve_note(peer, number, inReplyTo=f"{peer.origin}/notes/{number + 1}")

    await resolve(federation, [Need(url=f"{peer.origin}/notes/1")], allowance=Allowance(requests=5))

    assert len(peer.received) == 1


@pytest.mark.parametrize(
    ("status", "is_gone", "is_missing"),
    [(410, True, False), (404, False, True), (500, False, False)],
)
async def test_what_could_not_be_had_is_told(federation, peer, status, is_gone, is_missing):
    url = peer.answers("/notes/1", status)

    resolved = await resolve(federation, [Need(url=url)], allowance=Allowance(requests=5))

    failure = resolved.failures[url]
    assert (failure.is_gone, failure.is_missing) == (is_gone, is_missing)
    assert str(status) in failure.reason


@pytest.mark.rule("OR-07")
async def test_a_document_of_another_id_is_a_failure(federation, peer):
    serve_note(peer, 2)
    url = peer.redirects("/notes/1", f"{peer.origin}/notes/2")

    resolved = await resolve(federation, [Need(url=url)], allowance=Allowance(requests=5))

    assert resolved.documents == {}
    assert "another id" in resolved.failures[url].reason


async def test_passing_trouble_with_something_vital_ends_the_attempt(federation, peer):
    url = peer.answers("/notes/1", 503, {"Retry-After": "60"})

    with pytest.raises(RemoteUnavailableError) as caught:
        await resolve(federation, [Need(url=url, is_vital=True)], allowance=Allowance(requests=5))

    assert caught.value.retry_after is not None


@pytest.mark.rule("PA-01")
async def test_what_a_blocked_host_has_is_not_fetched(federation, peer):
    url = serve_note(peer)
    await block_host(federation, peer.host)

    resolved = await resolve(
        federation, [Need(url=url, is_vital=True)], allowance=Allowance(requests=5)
    )

    assert peer.received == []
    assert "blocked" in resolved.failures[url].reason
