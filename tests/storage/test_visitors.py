"""People from elsewhere: under way once, in for a while, and what names them, on both engines."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedirec.domain.actors import Host
from fedirec.storage import actors, blocks, cards, visitors
from fedirec.storage.naming import find_naming
from fedirec.storage.visitors import RemoteApp, RemoteSignIn, VisitorSession
from tests.storage.samples import MINUTE, NOW, actor_id, an_actor, save_actors

HOST = Host("social.example")
APP = RemoteApp(host=HOST, client_id="us", client_secret="ours", scope="profile", registered_at=NOW)
SIGN_IN = RemoteSignIn(
    digest="d",
    browser_digest="b",
    host=HOST,
    client_id="us",
    client_secret="ours",
    token_url="https://social.example/oauth/token",
    revocation_url="https://social.example/oauth/revoke",
    code_verifier="v",
    onward="/mine",
    expires_at=NOW + 10 * MINUTE,
)
SESSION = VisitorSession(
    digest="s",
    actor_id=actor_id("dan"),
    host=HOST,
    account_id="7",
    created_at=NOW,
    expires_at=NOW + timedelta(hours=12),
)


async def test_what_a_server_knows_us_as_is_replaced_and_forgotten(database):
    async with database.transaction() as transaction:
        await visitors.save_app(transaction, APP)
        later = replace(APP, client_id="us again", registered_at=NOW + MINUTE)
        await visitors.save_app(transaction, later)

        assert await visitors.find_app(transaction, HOST, since=NOW) == later
        assert await visitors.find_app(transaction, HOST, since=NOW + MINUTE) is None
        assert not await visitors.forget_app(transaction, HOST, "us")
        assert await visitors.forget_app(transaction, HOST, "us again")
        assert await visitors.find_app(transaction, HOST, since=NOW) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"browser_digest": "of another"},
        {"host": Host("other.example")},
        {"now": NOW + 10 * MINUTE},
    ],
)
async def test_who_is_under_way_is_taken_once_by_the_right_one_in_time(database, changes):
    right: dict[str, Any] = {"browser_digest": "b", "host": HOST, "now": NOW}
    async with database.transaction() as transaction:
        await visitors.insert_sign_in(transaction, SIGN_IN)

        assert await visitors.take_sign_in(transaction, "d", **(right | changes)) is None
        assert await visitors.take_sign_in(transaction, "x", **right) is None
        assert await visitors.take_sign_in(transaction, "d", **right) == SIGN_IN
        assert await visitors.take_sign_in(transaction, "d", **right) is None


async def test_a_visit_ends_by_time_by_sign_out_by_a_block_and_when_its_person_is_gone(database):
    await save_actors(database, an_actor("dan"))
    async with database.transaction() as transaction:
        await visitors.insert_visitor(transaction, SESSION)

        assert await visitors.find_visitor(transaction, "s", NOW) == SESSION
        assert await visitors.find_visitor(transaction, "s", SESSION.expires_at) is None
        await blocks.block(
            transaction, blocks.INSTANCE, SESSION.actor_id, kind="actor", reason=None, now=NOW
        )
        assert await visitors.find_visitor(transaction, "s", NOW) is None
        await blocks.unblock(transaction, blocks.INSTANCE, SESSION.actor_id)
        assert await visitors.end_visitor(transaction, "s")
        assert not await visitors.end_visitor(transaction, "s")
        await visitors.insert_visitor(transaction, SESSION)
        await actors.mark_gone(transaction, SESSION.actor_id, NOW)
        assert await visitors.find_visitor(transaction, "s", NOW) is None


async def test_what_is_over_is_forgotten(database):
    async with database.transaction() as transaction:
        await visitors.insert_sign_in(transaction, SIGN_IN)
        await visitors.insert_visitor(transaction, SESSION)

        assert await visitors.prune_visitors(transaction, NOW) == 0
        assert await visitors.prune_visitors(transaction, SIGN_IN.expires_at) == 1
        assert await visitors.prune_visitors(transaction, SESSION.expires_at) == 1


async def test_nothing_names_whom_nobody_knows(database):
    async with database.reading() as reader:
        found = await find_naming(reader, actor_id("dan"))

        assert (found.bodies, found.follows, found.blocks, found.reactions) == ((), (), (), ())
        assert await cards.list_cards_naming(reader, actor_id("dan")) == []
