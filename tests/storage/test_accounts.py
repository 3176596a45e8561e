"""What lets members in is kept, taken once, and forgotten in its time, on both engines."""

from datetime import timedelta

import pytest

from fedirec.domain.throttling import Throttle
from fedirec.storage import (
    access,
    familiar_addresses,
    members,
    passkeys,
    passwords,
    second_factors,
    sessions,
    throttles,
    tokens,
)
from fedirec.storage.admin_acts import AdminAct, list_acts, record_act, was_keeper_here
from fedirec.storage.invites import Invite, find_open_invite, insert_invite, list_invites
from fedirec.storage.members import Member
from fedirec.storage.passkeys import Purpose
from fedirec.storage.sessions import Session
from tests.rules import tree
from tests.storage.samples import DAY, MINUTE, NOW, actor_id, an_actor, save_actors

HOUR = timedelta(hours=1)


@pytest.fixture
async def accounts(database):
    """A database with the members ada and ben; ada keeps the guild."""
    await save_actors(database, an_actor("ada"), an_actor("ben"))
    async with database.transaction() as transaction:
        for name in ("ada", "ben"):
            member = Member(
                name=name,
                actor_id=actor_id(name),
                is_admin=name == "ada",
                shows_network=False,
                language="en",
                created_at=NOW,
            )
            await members.insert_member(transaction, member)
    return database


def a_session(digest: str, name: str = "ada", *, until: timedelta = 90 * DAY) -> Session:
    return Session(
        digest=digest,
        member_name=name,
        is_admin=name == "ada",
        language="en",
        created_at=NOW,
        seen_at=NOW,
        proved_at=NOW,
        expires_at=NOW + until,
        is_strong=False,
        label="Firefox on Linux",
    )


async def test_a_session_brings_its_member_and_is_forgotten_when_over(accounts):
    async with accounts.transaction() as transaction:
        for each in (a_session("a"), a_session("b", until=DAY), a_session("c", "ben")):
            await sessions.insert_session(transaction, each)
        assert await sessions.find_session(transaction, "a", NOW) == a_session("a")
        assert await sessions.find_session(transaction, "b", NOW + DAY) is None
        assert await sessions.prune_sessions(transaction, NOW + DAY) == 1
        assert await sessions.end_sessions(transaction, "ada", except_digest="a") == 0
        assert await sessions.touch_session(transaction, "a", NOW + HOUR)
        assert not await sessions.touch_session(transaction, "a", NOW + HOUR + MINUTE)
        assert await sessions.prune_sessions(transaction, NOW + 14 * DAY) == 1  # ben's, idle

        left = await sessions.list_sessions(transaction, "ada", NOW + DAY)
        assert [(each.digest, each.seen_at) for each in left] == [("a", NOW + HOUR)]


async def test_all_that_lets_a_member_in_ends_at_once(accounts):
    async with accounts.transaction() as transaction:
        for name in ("ada", "ben"):
            await sessions.insert_session(transaction, a_session(f"s {name}", name))
            await second_factors.insert_pending(
                transaction, f"p {name}", name, expires_at=NOW + DAY
            )
            await passwords.insert_reset(transaction, f"r {name}", name, expires_at=NOW + DAY)
            await tokens.insert_token(transaction, f"t {name}", name, ("read",), NOW)
            await insert_invite(transaction, a_claim(name), f"i {name}")
        await sessions.insert_session(transaction, a_session("kept"))

    async with accounts.transaction() as transaction:
        await access.take_account(transaction, "ada")
        await access.end_access(transaction, "ada", NOW, except_digest="kept")

    async with accounts.reading() as reader:
        for name, stays in (("ada", False), ("ben", True)):
            found = [
                await sessions.find_session(reader, f"s {name}", NOW),
                await second_factors.find_pending(reader, f"p {name}", NOW, most=5),
                await passwords.find_reset(reader, f"r {name}", NOW),
                await tokens.find_token(reader, f"t {name}", NOW),
                await find_open_invite(reader, f"i {name}", NOW),
            ]
            assert [each is not None for each in found] == [stays] * 5, name
        assert await sessions.find_session(reader, "kept", NOW) is not None


def a_claim(name: str) -> Invite:
    return Invite(
        id=f"id of {name}",
        made_by=None,
        for_name=name,
        is_claim=True,
        created_at=NOW,
        expires_at=NOW + DAY,
    )


async def test_what_waits_is_forgotten_in_its_time(accounts):
    async with accounts.transaction() as transaction:
        await second_factors.insert_pending(transaction, "x", "ada", expires_at=NOW + MINUTE)
        await passwords.insert_reset(transaction, "x", "ada", expires_at=NOW + MINUTE)
        await passkeys.insert_challenge(
            transaction, "x", Purpose.SIGN_IN, None, expires_at=NOW + MINUTE
        )
        await throttles.save_throttle(transaction, "x", Throttle(tries=1, next_at=NOW, last_at=NOW))
        await familiar_addresses.remember_address(transaction, "ada", "x", NOW, most=3)
        for when, gone in ((NOW, 0), (NOW + MINUTE, 1)):
            pruned = [
                await second_factors.prune_pending(transaction, when),
                await passwords.prune_resets(transaction, when),
                await passkeys.prune_challenges(transaction, when),
                await throttles.prune_throttles(transaction, when),
                await familiar_addresses.prune_addresses(transaction, when),
            ]
            assert pruned == [gone] * 5


async def test_few_addresses_of_a_member_are_remembered(accounts):
    async with accounts.transaction() as transaction:
        for number in range(6):
            await familiar_addresses.remember_address(
                transaction, "ada", f"address {number}", NOW + number * MINUTE, most=3
            )
        await familiar_addresses.remember_address(transaction, "ben", "address 0", NOW, most=3)

        known = [
            await familiar_addresses.is_familiar(transaction, "ada", f"address {number}", NOW)
            for number in range(6)
        ]
        assert known == [False, False, False, True, True, True]
        assert not await familiar_addresses.is_familiar(
            transaction, "ada", "address 5", NOW + 6 * MINUTE
        )
        await familiar_addresses.forget_addresses(transaction, "ada")
        assert await familiar_addresses.is_familiar(transaction, "ben", "address 0", NOW)
        assert not await familiar_addresses.is_familiar(transaction, "ada", "address 5", NOW)


async def test_invitations_come_in_pages(accounts):
    async with accounts.transaction() as transaction:
        for name in ("a", "b", "c"):
            await insert_invite(transaction, a_claim(name), name)

    async with accounts.reading() as reader:
        first = await list_invites(reader, before=None, limit=2)
        rest = await list_invites(reader, before=first.next_cursor, limit=2)

    assert [invite.for_name for invite in (*first.items, *rest.items)] == ["c", "b", "a"]
    assert rest.next_cursor is None


async def test_an_act_is_written_down_with_what_there_is_to_say(accounts):
    act = AdminAct(
        id="1",
        acted_at=NOW,
        actor_name="ada",
        act="invite.create",
        subject="x",
        detail={"for_name": "béa", "days": 7},
    )
    async with accounts.transaction() as transaction:
        await record_act(transaction, act)

        assert (await list_acts(transaction, before=None, limit=5)).items == (act,)
        assert await was_keeper_here(transaction, NOW)
        assert not await was_keeper_here(transaction, NOW + MINUTE)
        await members.set_admin(transaction, "ada", False)  # noqa: FBT003 - the value itself
        assert not await was_keeper_here(transaction, NOW)


@pytest.mark.rule("AC-12")
def test_nothing_changes_the_log_of_acts_or_takes_from_it():
    written = [
        path
        for path in tree.modules()
        for word in ("update admin_acts", "delete from admin_acts", "into admin_acts")
        if word in tree.text(path)
    ]

    assert written == ["fedirec/storage/admin_acts.py"]
    assert "on conflict" not in tree.text(written[0]).split("async def list_acts")[0]
