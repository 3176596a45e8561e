"""Keys of remote actors: whose they are, and how often they may be asked for."""

import asyncio
from datetime import timedelta

import pytest

from fedirec.errors import (
    FedirecError,
    InvalidInputError,
    RemoteRefusedError,
    UnauthenticatedError,
)
from fedirec.federation.remote_actors import (
    find_signing_key,
    get_or_fetch_actor,
    look_up_key,
    refresh_key,
)
from fedirec.storage import keys
from tests.federation.peers_side.home import count_rows, key_entry
from tests.keys import ed25519_pair, other_rsa_pair, rsa_pair


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
    assert len(peer.received) == 2


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
