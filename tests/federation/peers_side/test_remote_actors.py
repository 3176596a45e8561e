"""Remote actors and their keys: whose they are, and what a stranger can make us fetch."""

import asyncio
from datetime import timedelta

import pytest

from fedirec.errors import (
    FedirecError,
    GoneError,
    InvalidInputError,
    NotFoundError,
    RemoteRefusedError,
    RemoteUnavailableError,
    UnauthenticatedError,
)
from fedirec.federation.actor_documents import keep_actor, read_actor
from fedirec.federation.remote_actors import (
    find_signing_key,
    get_or_fetch_actor,
    is_gone_at_origin,
    look_up_key,
    refresh_actor,
    refresh_key,
)
from fedirec.signatures.keys import PublicKey
from fedirec.storage import actors, keys, peers
from tests.federation.peers_side.home import INSTANCE, MEMBER, count_rows
from tests.keys import ed25519_pair, other_rsa_pair, rsa_pair
from tests.peers import Peer, Recorded


def fetches_of(peer: Peer, path: str) -> list[Recorded]:
    return [asked for asked in peer.received if asked.path == path]


def key_entry(id_: str, owner: str, key: PublicKey | None = None) -> dict[str, str]:
    return {"id": id_, "owner": owner, "publicKeyPem": (key or rsa_pair().public()).pem()}


async def test_an_unknown_actor_is_fetched_and_kept(federation, peer):
    bea = peer.add_actor("bea")

    actor = await get_or_fetch_actor(federation, bea.id)
    again = await get_or_fetch_actor(federation, bea.id)

    async with federation.database.reading() as reader:
        stored = await actors.get_actor(reader, actor.id)
        seen = await peers.find_peer(reader, peer.host)
    assert stored == actor == again
    assert (actor.inbox, actor.shared_inbox) == (bea.inbox, f"{peer.origin}/inbox")
    assert actor.fetched_at == federation.now()
    assert seen is not None
    assert len(peer.received) == 1


async def test_an_actor_over_its_age_is_fetched_anew(federation, peer, clock):
    bea = peer.add_actor("bea")
    await get_or_fetch_actor(federation, bea.id)
    peer.serve("/users/bea", bea.document(name="Bea B."))
    clock.forward(hours=25)

    actor = await get_or_fetch_actor(federation, bea.id, max_age=timedelta(hours=24))

    assert actor.display_name == "Bea B."


async def test_an_old_copy_is_better_than_none_while_the_peer_is_down(federation, peer, clock):
    bea = peer.add_actor("bea")
    known = await get_or_fetch_actor(federation, bea.id)
    peer.answers("/users/bea", 503)
    clock.forward(hours=25)

    actor = await get_or_fetch_actor(federation, bea.id, max_age=timedelta(hours=24))

    assert actor == known


async def test_our_own_actors_are_never_fetched(federation):
    ada = await get_or_fetch_actor(federation, MEMBER)

    with pytest.raises(NotFoundError):
        await get_or_fetch_actor(federation, INSTANCE.member_id("nobody"))

    assert ada.is_local


@pytest.mark.rule("SG-13")
async def test_many_who_ask_for_one_actor_cause_one_fetch(federation, peer):
    bea = peer.add_actor("bea")

    await asyncio.gather(*(get_or_fetch_actor(federation, bea.id) for _ in range(20)))

    assert len(peer.received) == 1


@pytest.mark.rule("SG-13")
async def test_a_failed_fetch_stands_for_five_minutes(federation, peer, clock):
    bea = peer.add_actor("bea")
    peer.answers("/users/bea", 500)
    for _ in range(5):
        with pytest.raises(RemoteUnavailableError):
            await refresh_actor(federation, bea.id)
    peer.serve("/users/bea", bea.document())
    clock.forward(minutes=6)

    actor = await refresh_actor(federation, bea.id)

    assert actor.id == bea.id
    assert len(peer.received) == 2


@pytest.mark.rule("TR-06")
async def test_an_actor_whose_inbox_is_somebody_elses_is_refused(federation, peer, stranger):
    bea = peer.add_actor("bea", inbox=f"{stranger.origin}/inbox")

    with pytest.raises(RemoteRefusedError, match="inbox"):
        await get_or_fetch_actor(federation, bea.id)

    assert await count_rows(federation.database, "remote_keys") == 0


@pytest.mark.rule("TR-06")
async def test_a_shared_inbox_elsewhere_is_not_used(federation, peer, stranger):
    bea = peer.add_actor("bea", endpoints={"sharedInbox": f"{stranger.origin}/inbox"})

    actor = await get_or_fetch_actor(federation, bea.id)

    assert actor.shared_inbox is None


@pytest.mark.parametrize(
    "changes",
    [{"type": "Note"}, {"inbox": None}, {"preferredUsername": None}, {"inbox": "nonsense"}],
)
async def test_what_is_no_actor_is_refused(federation, peer, changes):
    bea = peer.add_actor("bea", **changes)

    with pytest.raises(RemoteRefusedError):
        await get_or_fetch_actor(federation, bea.id)


async def test_the_key_of_an_unknown_actor_is_found_in_its_document(federation, peer):
    bea = peer.add_actor("bea")

    owner = await find_signing_key(federation, bea.key_id)

    assert owner.actor.id == bea.id
    assert owner.key.pem() == rsa_pair().public().pem()
    assert await count_rows(federation.database, "remote_keys") == 1


async def test_a_key_that_was_only_looked_up_is_not_stored(federation, peer):
    bea = peer.add_actor("bea")

    await look_up_key(federation, bea.key_id)
    await look_up_key(federation, bea.key_id)

    assert await count_rows(federation.database, "remote_keys") == 0
    assert len(peer.received) == 1


async def test_the_key_stub_of_gotosocial_leads_to_its_owner(federation, peer):
    dan = f"{peer.origin}/users/dan"
    entry = key_entry(f"{dan}/main-key", dan)
    actor = peer.add_actor("dan", publicKey=entry)
    stub = {"id": actor.id, "type": "Person", "preferredUsername": "dan", "publicKey": entry}
    peer.serve("/users/dan/main-key", stub)

    owner = await find_signing_key(federation, f"{dan}/main-key")

    assert owner.actor.id == dan
    assert [asked.path for asked in peer.received] == ["/users/dan/main-key", "/users/dan"]


async def test_a_key_in_a_list_and_a_multikey_are_found(federation, peer):
    jun = f"{peer.origin}/users/jun"
    multikey = {
        "id": f"{jun}#ed25519-key",
        "type": "Multikey",
        "controller": jun,
        "publicKeyMultibase": ed25519_pair().public().multibase(),
    }
    peer.add_actor("jun", publicKey=[key_entry(f"{jun}#main-key", jun)], assertionMethod=[multikey])

    rsa = await find_signing_key(federation, f"{jun}#main-key")
    ed25519 = await find_signing_key(federation, f"{jun}#ed25519-key")

    assert (rsa.key.kind, ed25519.key.kind) == ("rsa", "ed25519")
    assert len(peer.received) == 1


async def test_a_key_listed_by_id_is_read_from_its_own_document(federation, peer):
    kai = f"{peer.origin}/users/kai"
    key_id = peer.serve("/keys/kai", key_entry(f"{peer.origin}/keys/kai", kai))
    peer.add_actor("kai", publicKey=key_id)

    owner = await find_signing_key(federation, key_id)

    assert owner.actor.id == kai
    assert owner.key.pem() == rsa_pair().public().pem()


@pytest.mark.rule("SG-07")
async def test_a_bare_key_that_names_a_victim_as_owner_is_nobodys(federation, peer, stranger):
    victim = peer.add_actor("victim")
    key_id = f"{stranger.origin}/key"
    stranger.serve("/key", key_entry(key_id, victim.id, other_rsa_pair().public()))

    with pytest.raises(FedirecError):
        await find_signing_key(federation, key_id)

    assert await count_rows(federation.database, "remote_keys") == 0


@pytest.mark.rule("SG-07")
async def test_an_actor_cannot_list_somebody_elses_key_id(federation, peer, stranger):
    victim = peer.add_actor("victim")
    mallory = f"{stranger.origin}/users/mallory"
    stranger.add_actor(
        "mallory", publicKey=key_entry(victim.key_id, mallory, other_rsa_pair().public())
    )

    await get_or_fetch_actor(federation, mallory)
    owner = await find_signing_key(federation, victim.key_id)

    assert owner.actor.id == victim.id
    assert owner.key.pem() == rsa_pair().public().pem()


@pytest.mark.rule("SG-07")
async def test_a_neighbours_key_is_not_taken_over(federation, peer):
    victim = peer.add_actor("victim")
    await find_signing_key(federation, victim.key_id)
    mallory = f"{peer.origin}/users/mallory"
    entry = key_entry(victim.key_id, mallory, other_rsa_pair().public())
    peer.add_actor("mallory", publicKey=entry)

    with pytest.raises(RemoteRefusedError, match="another actor's key"):
        await get_or_fetch_actor(federation, mallory)

    owner = await find_signing_key(federation, victim.key_id)
    assert owner.actor.id == victim.id


@pytest.mark.rule("SG-07")
async def test_another_fragment_is_another_key(federation, peer):
    bea = peer.add_actor("bea")

    with pytest.raises(UnauthenticatedError):
        await find_signing_key(federation, f"{bea.id}#other-key")


@pytest.mark.rule("SG-08")
async def test_a_document_with_another_key_id_is_not_cached_as_the_one_asked_for(federation, peer):
    bea = peer.add_actor("bea")
    asked = peer.serve("/keys/a", key_entry(f"{peer.origin}/keys/b", bea.id))

    with pytest.raises(RemoteRefusedError, match="another document"):
        await find_signing_key(federation, asked)

    assert await count_rows(federation.database, "remote_keys") == 0


@pytest.mark.rule("SG-06")
@pytest.mark.parametrize("pem", ["", "nonsense", "-----BEGIN CERTIFICATE-----\nAA==\n"])
async def test_a_text_that_is_no_key_means_no_key(federation, peer, pem):
    bea = peer.add_actor("bea")
    entry = {"id": bea.key_id, "owner": bea.id, "publicKeyPem": pem}
    peer.serve("/users/bea", bea.document(publicKey=entry))

    with pytest.raises(UnauthenticatedError):
        await find_signing_key(federation, bea.key_id)


@pytest.mark.rule("SG-14")
async def test_an_expired_key_is_no_key(federation, peer, clock):
    bea = peer.add_actor("bea")
    ends = (clock() + timedelta(hours=1)).isoformat()
    entry = key_entry(bea.key_id, bea.id) | {"expires": ends}
    peer.serve("/users/bea", bea.document(publicKey=entry))
    await find_signing_key(federation, bea.key_id)
    clock.forward(hours=2)

    with pytest.raises(UnauthenticatedError):
        await find_signing_key(federation, bea.key_id)


@pytest.mark.rule("SG-14")
async def test_after_rotation_the_old_key_is_dropped(federation, peer, clock):
    bea = peer.add_actor("bea")
    old = await find_signing_key(federation, bea.key_id)
    entry = key_entry(f"{bea.id}#key-2", bea.id, other_rsa_pair().public())
    peer.serve("/users/bea", bea.document(publicKey=entry))
    clock.forward(minutes=6)

    fresh = await refresh_key(federation, old)
    new = await find_signing_key(federation, f"{bea.id}#key-2")

    async with federation.database.reading() as reader:
        stored = await keys.find_remote_key(reader, bea.key_id)
    assert fresh is None
    assert stored is None
    assert new.key.pem() == other_rsa_pair().public().pem()


@pytest.mark.rule("SG-13")
async def test_a_key_is_refreshed_at_most_once_in_five_minutes(federation, peer, clock):
    bea = peer.add_actor("bea")
    owner = await find_signing_key(federation, bea.key_id)
    clock.forward(minutes=6)
    stale = await look_up_key(federation, bea.key_id)

    for _ in range(10):
        await refresh_key(federation, stale)

    assert owner.key == stale.key
    assert len(fetches_of(peer, "/users/bea")) == 2


@pytest.mark.rule("SG-13", "SG-14")
async def test_whoever_waited_for_a_refresh_takes_its_key(federation, peer, clock):
    bea = peer.add_actor("bea")
    old = await find_signing_key(federation, bea.key_id)
    peer.serve("/users/bea", bea.with_key(other_rsa_pair()).document())
    clock.forward(minutes=6)

    found = await asyncio.gather(*(refresh_key(federation, old) for _ in range(5)))

    assert {owner and owner.key.pem() for owner in found} == {other_rsa_pair().public().pem()}
    assert len(peer.received) == 2


async def test_a_key_whose_owner_is_no_longer_served_is_not_refreshed(federation, peer, clock):
    bea = peer.add_actor("bea")
    old = await find_signing_key(federation, bea.key_id)
    peer.answers("/users/bea", 404)
    clock.forward(minutes=6)

    assert await refresh_key(federation, old) is None


async def test_a_key_without_an_owner_is_nobodys(federation, peer):
    key_id = peer.serve("/keys/a", {"id": f"{peer.origin}/keys/a", "publicKeyPem": "x"})

    with pytest.raises(RemoteRefusedError, match="owner"):
        await find_signing_key(federation, key_id)


async def test_a_stored_key_is_of_the_kind_it_was_stored_as(federation):
    pem = rsa_pair().public().pem()

    with pytest.raises(InvalidInputError, match="kind"):
        federation.keys.public("https://peer.example/#k", pem, "ed25519")


@pytest.mark.rule("SG-13")
async def test_one_hosts_keys_are_refreshed_thirty_times_an_hour(federation, peer, clock):
    crowd = [peer.add_actor(f"member{number}") for number in range(35)]
    for member in crowd:
        await find_signing_key(federation, member.key_id)
    clock.forward(minutes=6)
    peer.received.clear()

    for member in crowd:
        await refresh_key(federation, await look_up_key(federation, member.key_id))

    assert len(peer.received) == 30


@pytest.mark.rule("SG-15")
@pytest.mark.parametrize(("status", "is_gone"), [(410, True), (404, False), (500, False)])
async def test_an_actor_is_gone_when_its_server_says_410(federation, peer, status, is_gone):
    bea = peer.add_actor("bea")
    peer.answers("/users/bea", status)

    assert await is_gone_at_origin(federation, bea.id) is is_gone
    assert await is_gone_at_origin(federation, bea.id) is is_gone
    assert len(peer.received) == 1


@pytest.mark.rule("SG-13", "SG-15")
async def test_whether_a_living_actor_is_gone_is_asked_once(federation, peer):
    bea = peer.add_actor("bea")

    answers = [await is_gone_at_origin(federation, bea.id) for _ in range(5)]

    assert answers == [False] * 5
    assert len(peer.received) == 1


async def test_a_deleted_actor_is_an_error_of_its_own(federation, peer):
    bea = peer.add_actor("bea")
    peer.answers("/users/bea", 410)

    with pytest.raises(GoneError):
        await get_or_fetch_actor(federation, bea.id)


async def test_one_of_ours_cannot_be_learnt_from_outside(federation, peer):
    bea = peer.add_actor("bea")
    forged = bea.document(
        id=MEMBER, inbox=f"{MEMBER}/inbox", publicKey=key_entry(f"{MEMBER}#k", MEMBER)
    )

    with pytest.raises(RemoteRefusedError, match="ours"):
        await keep_actor(federation, read_actor(federation, forged))
