"""The guild's boosts: planned once, made when due, undone when the note goes."""

from fedirec.domain.actors import ActivityId
from fedirec.storage import announcements
from fedirec.storage.announcements import Announcement
from tests.storage.samples import DAY, MINUTE, NOW, a_note

FIRST, SECOND = a_note(1).id, a_note(2).id
BOOST = ActivityId("https://guild.example/activities/1")


async def test_a_boost_is_planned_once_and_made_when_due(database):
    async with database.transaction() as transaction:
        await announcements.plan_announcement(transaction, FIRST, due_at=NOW + MINUTE)
        await announcements.plan_announcement(transaction, FIRST, due_at=NOW)
        await announcements.plan_announcement(transaction, SECOND, due_at=NOW)

        assert await announcements.list_due(transaction, now=NOW, limit=9) == [SECOND]
        due = await announcements.list_due(transaction, now=NOW + MINUTE, limit=9)
        assert due == [SECOND, FIRST]
        planned = await announcements.find_announcement(transaction, SECOND)
        assert planned == Announcement(note_id=SECOND, activity_id=None)

        await announcements.record_announcement(transaction, SECOND, BOOST, NOW)

        assert await announcements.list_due(transaction, now=NOW, limit=9) == []
        made = await announcements.find_announcement(transaction, SECOND)
        assert made == Announcement(note_id=SECOND, activity_id=BOOST)
        assert await announcements.count_since(transaction, NOW - DAY) == 1
        assert await announcements.count_since(transaction, NOW + DAY) == 0


async def test_what_is_gone_is_forgotten_and_what_is_only_planned_is_not_made(database):
    async with database.transaction() as transaction:
        for note_id in (FIRST, SECOND):
            await announcements.plan_announcement(transaction, note_id, due_at=NOW)
        await announcements.record_announcement(transaction, SECOND, BOOST, NOW)

        await announcements.forget_planned(transaction, FIRST)
        await announcements.forget_planned(transaction, SECOND)

        assert await announcements.find_announcement(transaction, FIRST) is None
        assert await announcements.find_announcement(transaction, SECOND) is not None
        await announcements.forget_announcement(transaction, SECOND)
        assert await announcements.find_announcement(transaction, SECOND) is None


async def test_a_boost_taken_in_hand_is_planned_anew_when_it_is_put_off(database):
    async with database.transaction() as transaction:
        await announcements.plan_announcement(transaction, FIRST, due_at=NOW)

        assert await announcements.claim(transaction, FIRST, now=NOW)
        assert not await announcements.claim(transaction, FIRST, now=NOW + MINUTE)
        await announcements.postpone(transaction, FIRST, until=NOW + DAY)

        assert await announcements.list_due(transaction, now=NOW + MINUTE, limit=9) == []
        assert await announcements.count_since(transaction, NOW) == 0
        assert await announcements.claim(transaction, FIRST, now=NOW + DAY)
