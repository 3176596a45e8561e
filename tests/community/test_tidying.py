"""What is kept for a time goes when it is over, and what is past its time is no longer sent."""

import pytest

from fedirec.community import endorsements, upkeep
from fedirec.domain.actors import Host
from fedirec.domain.notifications import Notice, NoticeKind
from fedirec.errors import FedirecError
from fedirec.storage import notifications, peers
from fedirec.storage.received import insert_received
from tests.community.elsewhere import OTHER, follow, offered
from tests.community.guild import DRAFT
from tests.storage.samples import a_received

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def tables_with(guild, words) -> set[str]:
    """Name every table that holds these words in any column."""
    tables = await guild.rows("select name from sqlite_master where type = 'table'")
    found = set()
    for name in (str(table["name"]) for table in tables):
        rows = await guild.rows(f"select * from {name}")  # noqa: S608 - a table of ours
        if any(words in str(value) for row in rows for value in row.values()):
            found.add(name)
    return found


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


async def test_a_step_of_tidying_that_fails_undoes_and_stops_no_other(guild):
    federation, now = guild.federation, guild.clock.now
    carol, guild_id = federation.instance.member_id("carol"), federation.instance.guild_id
    notice = Notice(owner=carol, kind=NoticeKind.FOLLOW, actor_id=guild_id)
    async with federation.database.transaction() as transaction:
        await notifications.add_notices(transaction, [notice], ulid=federation.mint().ulid, now=now)
        await peers.see_peer(transaction, Host("stuck.example"), now)
        await transaction.execute(
            "insert into outbox_posts (actor_id, key, digest, request_id, activity_id, created_at)"
            " values (:guild, 'key', 'digest', 'request', 'activity', 1)",
            {"guild": guild_id},
        )
        await transaction.execute(
            "create trigger stuck before delete on peers begin select raise(abort, 'stuck'); end"
        )

    guild.clock.forward(days=400)
    with pytest.raises(FedirecError, match="stuck"):
        await upkeep.forget_old(federation)

    async with federation.database.transaction() as transaction:
        await transaction.execute("drop trigger stuck")
        assert await peers.find_peer(transaction, Host("stuck.example")) is not None
        kept = await notifications.list_notifications(transaction, carol, before=None, limit=9)
        posts = await transaction.fetch_all("select * from outbox_posts")
    assert (kept.items, posts) == ((), [])


async def test_all_that_was_received_long_ago_is_forgotten_at_once(guild):
    made = [a_received(number) for number in range(1_100)]
    async with guild.federation.database.transaction() as transaction:
        await insert_received(transaction, made)
        await transaction.execute("update received set state = 'handled', settled_at = 1")

    await upkeep.forget_old(guild.federation)

    assert await guild.rows("select id from received") == []


async def test_the_words_of_a_declined_offer_of_ours_go_when_silence_would_take_them(guild):
    ada, ben = await guild.add("ada", "ben")
    made = await endorsements.offer(guild.federation, ada, guild.handle(ben), DRAFT)
    await endorsements.answer(guild.federation, ben, made.offer.id, is_accepted=False)
    assert await tables_with(guild, DRAFT.words) == {"offers", "activities"}

    await guild.keep_up(days=36)
    assert await tables_with(guild, DRAFT.words) == {"offers", "activities"}
    await guild.keep_up(days=1, seconds=1)

    assert await tables_with(guild, DRAFT.words) == set()
    [kept] = await guild.rows("select body from activities where id = :id", id=made.offer.id)
    assert f'"object":"{made.offer.note_id}"' in str(kept["body"]).replace(" ", "")
    shown = await guild.rows("select * from inbox_items where source_id = :id", id=made.offer.id)
    assert shown == []


@pytest.mark.parametrize("days_waited", [1, 29])
async def test_nor_do_those_of_one_from_elsewhere_and_it_stays_a_repeat(guild, bea, days_waited):
    [ada] = await guild.add("ada")
    await guild.know(bea)
    await follow(guild, guild.id(ada), bea.id)
    guild.clock.forward(days=31)
    offer = offered(guild, bea, ada)
    words = offer["object"]["content"]
    await guild.hear(bea, offer)
    await guild.keep_up(days=days_waited)
    await endorsements.answer(guild.federation, ada, offer["id"], is_accepted=False)
    assert await tables_with(guild, words) == {"offers", "received"}

    await guild.keep_up(days=7, seconds=1)

    assert await tables_with(guild, words) == set()
    kept = await guild.rows("select id from received where activity_key = :id", id=offer["id"])
    assert len(kept) == (1 if days_waited == 1 else 0)


async def test_nor_do_those_of_a_question_whether_it_expired_or_was_replaced(guild, dan):
    [ada] = await guild.add("ada")
    await guild.know(dan)
    await follow(guild, dan.id, guild.guild_id)
    made = await endorsements.offer(guild.federation, ada, dan.handle, DRAFT)
    await guild.send()
    async with guild.federation.database.transaction() as transaction:
        await transaction.execute(
            "update offers set state = 'superseded', answered_at = created_at where id = :id",
            {"id": made.offer.id},
        )
    later = await endorsements.offer(guild.federation, ada, dan.handle, OTHER)
    await guild.send()
    assert await tables_with(guild, DRAFT.words) == {"offers", "activities", "notes"}

    await guild.keep_up(days=7, seconds=1)
    assert await tables_with(guild, DRAFT.words) == set()
    assert await tables_with(guild, OTHER.words) == {"offers", "activities", "notes"}
    await guild.keep_up(days=23)
    await guild.keep_up(days=7, seconds=1)

    assert await tables_with(guild, OTHER.words) == set()
    deleted = {each["object"]["id"] for each in await guild.sent(dan, "Delete")}
    assert deleted == {made.offer.question_id, later.offer.question_id}
