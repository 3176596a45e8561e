"""Rows of the keepers' pages, on both engines: reports, silences, texts, ties, versions."""

from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.follows import FollowState
from fedirec.storage import about_texts, follows, reports, silences
from fedirec.storage.about_texts import AboutText
from fedirec.storage.checkup import database_version
from fedirec.storage.consequences import list_ties, sever_actor, sever_host
from fedirec.storage.database import Database
from fedirec.storage.follows import Follow
from fedirec.storage.peers import list_named, see_peer
from fedirec.storage.reports import Report
from tests.storage.samples import NOW, THEIRS, actor_id, an_actor, save_actors


def a_follow(one: ActorId, two: ActorId) -> Follow:
    return Follow(
        follower_id=one, followed_id=two, activity_id=f"{one}#{two}",
        state=FollowState.ACCEPTED, requested_at=NOW, accepted_at=NOW,
    )  # fmt: skip


async def with_follows(database: Database) -> tuple[Actor, Actor, Actor, Actor]:
    ada, zoe, sub = an_actor("ada"), an_actor("zoe", THEIRS), an_actor("sub", f"a.{THEIRS}")
    other = an_actor("other", f"not{THEIRS}")
    await save_actors(database, ada, zoe, sub, other)
    async with database.transaction() as transaction:
        for one, two in ((ada, zoe), (zoe, ada), (sub, ada), (ada, other)):
            await follows.save_follow(transaction, a_follow(one.id, two.id))
    return ada, zoe, sub, other


async def test_ties_are_counted_by_host_and_a_host_is_severed_with_its_subdomains(database):
    await with_follows(database)

    async with database.transaction() as transaction:
        before = await list_ties(transaction)
        severed = await sever_host(transaction, THEIRS)
        after = await list_ties(transaction)

    assert before.follows == {THEIRS: 2, f"a.{THEIRS}": 1, f"not{THEIRS}": 1}
    assert severed == 3
    assert after.follows == {f"not{THEIRS}": 1}
    assert after.deliveries == {}


async def test_an_actor_is_severed_alone(database):
    _, zoe, *_ = await with_follows(database)

    async with database.transaction() as transaction:
        assert await sever_actor(transaction, zoe.id) == 2


async def test_who_is_silenced_is_unheard_by_all_but_their_followers(database):
    ada, zoe, sub, other = await with_follows(database)
    pairs = [(ada.id, each.id) for each in (zoe, sub, other)]

    async with database.transaction() as transaction:
        assert await silences.list_unheard(transaction, pairs) == frozenset()
        await silences.silence(transaction, THEIRS, kind="host", reason=None, now=NOW)
        await silences.silence(transaction, THEIRS, kind="host", reason="loud", now=NOW)
        found = await silences.list_unheard(transaction, pairs)
        [silence] = await silences.list_silences(transaction)
        assert await silences.end_silence(transaction, THEIRS)
        assert not await silences.end_silence(transaction, THEIRS)

    assert found == {(ada.id, sub.id)}
    assert silence.reason == "loud"


async def test_a_report_is_resolved_once(database):
    report = Report(
        id="1", reporter_id=actor_id("zoe", THEIRS), objects=(), content="x", received_at=NOW
    )
    async with database.transaction() as transaction:
        await reports.insert_report(transaction, report)
        assert (await reports.list_reports(transaction, is_open=True)).items == (report,)
        for by, was_open in (("ada", True), ("carol", False)):
            resolved = await reports.resolve_report(
                transaction, "1", by=by, note=f"by {by}", now=NOW
            )
            assert resolved is was_open
        assert (await reports.list_reports(transaction, is_open=True)).items == ()
        [found] = (await reports.list_reports(transaction, is_open=False)).items

    assert (found.resolved_by, found.resolution) == ("ada", "by ada")


async def test_a_text_stands_until_it_is_dropped(database):
    async with database.transaction() as transaction:
        for source in ("one", "two"):
            text = AboutText(slug="rules", source=source, updated_at=NOW)
            await about_texts.save_text(transaction, text)
        assert (await about_texts.list_texts(transaction))["rules"].source == "two"
        assert await about_texts.drop_text(transaction, "rules")
        assert await about_texts.list_texts(transaction) == {}


async def test_peers_are_found_by_name_and_the_database_says_its_version(database):
    async with database.transaction() as transaction:
        await see_peer(transaction, THEIRS, NOW)
        assert set(await list_named(transaction, [THEIRS, "never.example"])) == {THEIRS}
        assert await list_named(transaction, []) == {}
        version = await database_version(transaction, database.engine)

    assert version.split()[0] in {"SQLite", "PostgreSQL"}
