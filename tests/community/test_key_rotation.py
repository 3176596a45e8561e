"""New keys for an actor: the old key tells of the new one, and peers go on believing (SG-14)."""

import pytest

from fedirec.community import endorsements, following, membership, profiles
from fedirec.signatures.cavage import parse_signature
from fedirec.storage import follows, keys
from tests.community.guild import open_guild
from tests.federation.test_endorsing import DRAFT, offer_waiting, shown
from tests.fediverse import Home, eventually, running_together
from tests.peers import Peer


def key_of(request) -> str:
    """The key id that a delivery was signed with."""
    return parse_signature([request.header("signature")]).key_id


async def keys_at(home, actor_id) -> set[str]:
    """The ids of the keys that another instance holds of an actor."""
    async with home.federation.database.reading() as reader:
        return {key.id for key in await keys.list_remote_keys(reader, actor_id)}


@pytest.mark.rule("SG-14")
async def test_the_update_is_signed_by_the_old_key_and_all_later_by_the_new(tmp_path):
    async with open_guild(tmp_path) as guild, Peer() as peer:
        bea, (ada,) = peer.add_actor("bea"), await guild.add("ada")
        await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
        await guild.send()
        old = key_of(peer.posts[-1])

        guild.clock.forward(seconds=5)
        await membership.rotate_keys(guild.federation, guild.id(ada))
        guild.clock.forward(seconds=5)
        await profiles.amend_profile(guild.federation, ada, display_name="Ada", summary=None)
        await guild.send()

        rotating, later = peer.posts[-2:]
        new = rotating.json()["object"]["publicKey"]["id"]
        assert key_of(rotating) == old == f"{guild.id(ada)}#main-key"
        assert key_of(later) == new != old


@pytest.mark.rule("SG-14")
async def test_after_the_minute_of_grace_what_is_late_is_signed_by_the_new_key(tmp_path):
    async with open_guild(tmp_path) as guild, Peer() as peer:
        bea, (ada,) = peer.add_actor("bea"), await guild.add("ada")
        await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
        await guild.send()
        guild.clock.forward(seconds=5)

        await membership.rotate_keys(guild.federation, guild.id(ada))
        guild.clock.forward(minutes=2)
        await guild.send()

        update = peer.posts[-1]
        assert key_of(update) == update.json()["object"]["publicKey"]["id"]


async def test_for_that_minute_both_keys_are_listed_and_then_the_new_alone(tmp_path):
    async with open_guild(tmp_path) as guild:
        [ada] = await guild.add("ada")
        guild.clock.forward(seconds=5)
        await membership.rotate_keys(guild.federation, guild.id(ada))
        listed = []

        for _ in range(2):
            async with guild.federation.database.reading() as reader:
                found = await keys.list_keys(reader, guild.id(ada), now=guild.clock.now)
            listed.append([key.kind for key in found])
            guild.clock.forward(minutes=1)

        assert [sorted(kinds) for kinds in listed] == [
            ["ed25519", "ed25519", "rsa", "rsa"],
            ["ed25519", "rsa"],
        ]


@pytest.mark.rule("SG-14")
async def test_peers_take_the_new_keys_and_drop_the_old(tmp_path):
    async with running_together(tmp_path, "builders", "weavers") as (builders, weavers):
        await builders.add("carol")
        await weavers.add("bea")
        await following.follow(weavers.federation, "bea", builders.handle("carol"))
        await eventually(lambda: is_followed(builders, weavers), expecting="the follow")
        carol = builders.id("carol")
        before = await keys_at(weavers, carol)

        await membership.rotate_keys(builders.federation, carol)
        await eventually(lambda: has_other_keys(weavers, carol, before), expecting="the new keys")

        made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), DRAFT)
        waiting = await offer_waiting(weavers, made.offer.id)
        await endorsements.answer(weavers.federation, "bea", waiting.id, is_accepted=True)
        await shown(weavers, made.offer.note_id)


async def is_followed(builders: Home, weavers: Home) -> bool:
    """Whether bea follows carol, as bea's guild knows."""
    async with weavers.federation.database.reading() as reader:
        return await follows.is_follower(
            reader, follower=weavers.id("bea"), followed=builders.id("carol")
        )


async def has_other_keys(home, actor_id, before) -> bool:
    """Whether the key set of an actor was replaced."""
    now = await keys_at(home, actor_id)
    return bool(now) and now != before
