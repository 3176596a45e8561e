"""What is kept for a time goes when it is over, and what is past its time is no longer sent."""

from fedirec.community import upkeep
from fedirec.domain.actors import Host
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.storage import notifications, peers


async def test_notices_and_silent_servers_are_forgotten_in_their_time(guild):
    federation, now = guild.federation, guild.clock.now
    carol, guild_id = federation.instance.member_id("carol"), federation.instance.guild_id
    notice = Notice(owner=carol, kind=NoticeKind.FOLLOW, actor_id=guild_id)
    async with federation.database.transaction() as transaction:
        await notifications.add_notices(transaction, [notice], ulid=federation.mint().ulid, now=now)
        await peers.see_peer(transaction, Host("silent.example"), now)

    guild.clock.forward(days=29)
    await upkeep.forget_old(federation)
    async with federation.database.reading() as reader:
        assert await peers.find_peer(reader, Host("silent.example")) is not None

    guild.clock.forward(days=2)
    await upkeep.forget_old(federation)
    async with federation.database.reading() as reader:
        assert await peers.find_peer(reader, Host("silent.example")) is None
        kept = await notifications.list_notifications(reader, carol, before=None, limit=9)
    assert len(kept.items) == 1

    guild.clock.forward(days=365)
    await upkeep.forget_old(federation)
    async with federation.database.reading() as reader:
        kept = await notifications.list_notifications(reader, carol, before=None, limit=9)
    assert kept.items == ()
