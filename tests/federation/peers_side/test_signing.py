"""What goes out is signed in a scheme that its receiver reads."""

import pytest

from fedirec.domain.actors import Host
from fedirec.errors import ConfigurationError
from fedirec.federation.context import Federation
from fedirec.federation.signing import knock
from fedirec.signatures import cavage, message_signatures
from fedirec.signatures.schemes import Scheme
from fedirec.storage import keys, peers, schemes
from fedirec.transport.protocol import Request, Response
from tests.federation.peers_side.home import INSTANCE, MEMBER
from tests.keys import rsa_pair
from tests.peers import Peer, Recorded


async def post(federation: Federation, peer: Peer, body: bytes = b"{}") -> Response:
    request = Request(method="POST", url=f"{peer.origin}/inbox", body=body)
    return await knock(federation, request, actor_id=MEMBER, check_hop=lambda _url: None)


async def get(federation: Federation, url: str) -> Response:
    request = Request(method="GET", url=url)
    return await knock(federation, request, actor_id=INSTANCE.actor_id, check_hop=lambda _url: None)


def scheme_of(recorded: Recorded) -> Scheme:
    return Scheme.RFC9421 if recorded.header("signature-input") else Scheme.CAVAGE


async def remembered(federation: Federation, peer: Peer) -> str | None:
    async with federation.database.reading() as reader:
        found = await peers.find_peer(reader, Host(peer.host))
    return None if found is None else found.scheme


async def test_a_post_is_signed_in_draft_cavage_first(federation, peer):
    peer.answers("/inbox", 202)

    response = await post(federation, peer, b'{"type":"Follow"}')

    [sent] = peer.posts
    request = sent.signed(peer.origin)
    signature = cavage.parse_signature(request.values("signature"))
    assert response.status == 202
    assert signature.key_id == f"{MEMBER}#main-key"
    assert cavage.covers_enough(request, signature) is None
    assert cavage.verify(request, signature, rsa_pair().public())
    assert sent.body == b'{"type":"Follow"}'


@pytest.mark.parametrize("refusal", [400, 401, 403])
async def test_a_refused_signature_is_followed_by_the_other_scheme(federation, peer, refusal):
    peer.answers("/inbox", 202)
    peer.answers("/inbox", refusal, times=1)

    response = await post(federation, peer)

    first, second = peer.posts
    request = second.signed(peer.origin)
    signature = message_signatures.parse(request)
    assert response.status == 202
    assert scheme_of(first) is Scheme.CAVAGE
    assert signature is not None
    assert message_signatures.verify(request, signature, rsa_pair().public())
    assert first.body == second.body


async def test_the_scheme_that_worked_is_remembered_for_the_host(federation, peer):
    peer.answers("/inbox", 202)
    peer.answers("/inbox", 401, times=1)
    await post(federation, peer)

    await post(federation, peer)

    assert await remembered(federation, peer) == Scheme.RFC9421
    assert [scheme_of(sent) for sent in peer.posts] == [
        Scheme.CAVAGE,
        Scheme.RFC9421,
        Scheme.RFC9421,
    ]


async def test_what_is_remembered_is_dropped_when_it_no_longer_works(federation, peer):
    async with federation.database.transaction() as transaction:
        await peers.see_peer(transaction, peer.host, federation.now())
        await schemes.set_scheme(transaction, peer.host, Scheme.RFC9421, federation.now())
    peer.answers("/inbox", 401)

    response = await post(federation, peer)

    assert response.status == 401
    assert [scheme_of(sent) for sent in peer.posts] == [Scheme.RFC9421, Scheme.CAVAGE]
    assert await remembered(federation, peer) is None


async def test_what_was_remembered_a_week_ago_is_tried_anew(federation, peer, clock):
    async with federation.database.transaction() as transaction:
        await peers.see_peer(transaction, peer.host, federation.now())
        await schemes.set_scheme(transaction, peer.host, Scheme.RFC9421, federation.now())
    peer.answers("/inbox", 202)
    clock.forward(days=8)

    await post(federation, peer)

    assert [scheme_of(sent) for sent in peer.posts] == [Scheme.CAVAGE]


@pytest.mark.parametrize("status", [202, 404, 410, 500, 503])
async def test_what_is_no_refusal_is_not_knocked_at_again(federation, peer, status):
    peer.answers("/inbox", status)

    response = await post(federation, peer)

    assert response.status == status
    assert len(peer.posts) == 1
    assert await remembered(federation, peer) is None


async def test_a_get_with_a_query_is_tried_with_its_path_alone(federation, peer):
    peer.answers("/outbox", 401)

    await get(federation, f"{peer.origin}/outbox?page=1")

    with_query, path_alone, other = peer.received
    assert [scheme_of(sent) for sent in peer.received[:2]] == [Scheme.CAVAGE] * 2
    assert scheme_of(other) is Scheme.RFC9421
    for sent, target in ((with_query, "/outbox?page=1"), (path_alone, "/outbox")):
        request = sent.signed(peer.origin)
        signature = cavage.parse_signature(request.values("signature"))
        signed = cavage.signing_string(request, signature, target)
        assert signed is not None
        assert rsa_pair().public().verify(signature.signature, signed)


async def test_each_attempt_has_a_fresh_date(federation, peer, clock):
    peer.answers("/inbox", 202)

    await post(federation, peer)
    clock.forward(minutes=5)
    await post(federation, peer)

    first, second = peer.posts
    assert first.header("date") != second.header("date")


async def test_an_actor_without_a_key_is_a_matter_for_the_keeper(federation, peer):
    async with federation.database.transaction() as transaction:
        await keys.retire_key(transaction, f"{MEMBER}#main-key", federation.now())

    with pytest.raises(ConfigurationError, match="rotate-keys"):
        await post(federation, peer)

    assert peer.received == []
