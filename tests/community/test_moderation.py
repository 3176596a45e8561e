"""Whom the guild speaks with: blocks of hosts, and the list of the only ones that may speak."""

import pytest

from fedirec.community import following, job_notes, moderation
from fedirec.domain.actors import Host, InboxUrl
from fedirec.errors import BlockedError, InvalidInputError
from fedirec.federation.inbox import check_host
from fedirec.storage import blocks, deliveries
from fedirec.storage.deliveries import Leaving
from tests.community.guild import open_guild
from tests.community.test_job_notes import job_draft
from tests.peers import Peer

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def waiting_for(guild, *hosts) -> list[int]:
    """How many deliveries are not sent yet, for each of the hosts."""
    found = await guild.rows("select host from deliveries where state in ('due', 'waiting')")
    return [sum(row["host"] == host for row in found) for host in hosts]


@pytest.mark.parametrize(
    "text", ["", "not a host", "https://peer.example/", "a/b", "peer..example", "@bea@peer.example"]
)
async def test_what_is_no_host_is_refused_with_the_field_named(guild, text):
    acts = (
        moderation.block_host,
        moderation.unblock_host,
        moderation.allow_host,
        moderation.disallow_host,
    )
    for act in acts:
        with pytest.raises(InvalidInputError, match="expected a host") as refusal:
            await act(guild.federation, text)
        assert refusal.value.field == "host"


async def test_nobody_blocks_the_own_instance(guild):
    with pytest.raises(InvalidInputError, match="this instance itself"):
        await moderation.block_host(guild.federation, guild.federation.instance.host)


async def test_a_host_is_blocked_in_one_spelling(guild):
    assert await moderation.block_host(guild.federation, " Bäcker.Example ") == (
        "xn--bcker-gra.example"
    )

    async with guild.federation.database.reading() as reader:
        [found] = [
            each
            for each in await blocks.list_blocks(reader, blocks.INSTANCE)
            if each.target == "xn--bcker-gra.example"
        ]
    assert (found.kind, found.reason) == ("host", None)


@pytest.mark.rule("PA-10")
async def test_a_block_beats_what_waits_for_the_host_and_its_subdomains(guild, bea):
    [ada] = await guild.add("ada")
    await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
    note_id = await job_notes.post(guild.federation, ada, job_draft(guild))
    [made] = await guild.rows("select id from activities where object_id = :id", id=note_id)
    async with guild.federation.database.transaction() as transaction:
        await deliveries.enqueue(
            transaction,
            Leaving(
                activity_id=made["id"],
                actor_id=guild.id(ada),
                order_key=note_id,
                first_try_at=guild.clock.now,
                expires_at=guild.clock.now,
            ),
            [
                (InboxUrl(f"https://{host}/inbox"), Host(host))
                for host in ("spam.example", "a.spam.example", "notspam.example")
            ],
        )

    await moderation.block_host(guild.federation, "spam.example", reason="spam")

    hosts = ("spam.example", "a.spam.example", "notspam.example", bea.peer.host)
    assert await waiting_for(guild, *hosts) == [0, 0, 1, 2]


@pytest.mark.rule("PA-01", "PA-10")
async def test_a_block_beats_what_came_before_it_and_ends_what_goes_out(guild, peer, bea):
    [ada] = await guild.add("ada")
    await guild.know(bea)
    await guild.hear(bea, bea.activity("Follow", guild.id(ada)))
    await guild.send()
    heard = len(peer.posts)

    await moderation.block_host(guild.federation, peer.host)
    said = await guild.hear(bea, bea.activity("Like", guild.id(ada)))
    await job_notes.post(guild.federation, ada, job_draft(guild))
    await guild.send()

    assert said == f"{bea.id} was blocked meanwhile"
    assert len(peer.posts) == heard
    with pytest.raises(BlockedError, match="blocked"):
        await check_host(guild.federation, bea.id)


async def test_an_ended_block_lets_both_speak_again(guild, peer, bea):
    await moderation.block_host(guild.federation, peer.host)

    await moderation.unblock_host(guild.federation, peer.host)

    await check_host(guild.federation, bea.id)


@pytest.mark.rule("PA-04")
async def test_with_an_allow_list_only_the_listed_are_heard_asked_and_sent_to(tmp_path):
    async with (
        open_guild(tmp_path, allow_list=True) as guild,
        Peer(address="127.0.0.31") as friend,
        Peer(address="127.0.0.32") as stranger,
    ):
        [ada] = await guild.add("ada")
        bea, dan = friend.add_actor("bea"), stranger.add_actor("dan")
        await moderation.allow_host(guild.federation, friend.host)
        await moderation.allow_host(guild.federation, stranger.host)
        for actor in (bea, dan):
            await guild.hear(actor, actor.activity("Follow", guild.id(ada)))
        await guild.send()
        seen = len(stranger.received)

        await moderation.disallow_host(guild.federation, stranger.host)
        await job_notes.post(guild.federation, ada, job_draft(guild))
        await guild.send()

        assert [post.json()["type"] for post in friend.posts] == ["Accept", "Create"]
        with pytest.raises(BlockedError, match="not listed"):
            await check_host(guild.federation, dan.id)
        with pytest.raises(BlockedError):
            await following.follow(guild.federation, ada, dan.handle)
        assert len(stranger.received) == seen


@pytest.mark.rule("PA-04")
async def test_to_allow_a_blocked_host_ends_the_block(tmp_path):
    async with open_guild(tmp_path, allow_list=True) as guild:
        await moderation.block_host(guild.federation, "peer.example")

        await moderation.allow_host(guild.federation, "peer.example")

        await check_host(guild.federation, "https://peer.example/users/bea")
        await moderation.block_host(guild.federation, "peer.example")
        with pytest.raises(BlockedError, match="blocked"):
            await check_host(guild.federation, "https://peer.example/users/bea")
