"""`fedirec queue` on deliveries that wait for a host which never answers."""

import asyncio
from datetime import timedelta

import pytest

from fedirec.cli.opening import open_here
from fedirec.domain.actors import ActivityId, Host, InboxUrl
from fedirec.storage import deliveries
from fedirec.storage.deliveries import Leaving
from fedirec.storage.peers import see_peer

JOB = ("--title", "Two framers", "--words", "Six weeks from March, tools and lunch are there.")
PAY = ("--pay-min", "190", "--pay-max", "220", "--currency", "EUR", "--per", "day")
FAR = Host("far.example")


@pytest.fixture
def waiting(guild):
    """The id of an activity of ada's that waits for far.example."""
    return send(guild, "https://far.example/inbox")


def send(guild, *inboxes: str) -> ActivityId:
    """Let ada post a job note that waits for these inboxes at far.example; return the activity."""
    guild.done("job", "ada", *JOB, *PAY)
    created = guild.done("outbox", "ada").records[0]
    activity_id = ActivityId(str(created["id"]))

    async def enqueue() -> None:
        async with open_here() as federation, federation.database.transaction() as transaction:
            await deliveries.enqueue(
                transaction,
                Leaving(
                    activity_id=activity_id,
                    actor_id=federation.instance.member_id("ada"),
                    order_key=activity_id,
                    first_try_at=federation.now(),
                    expires_at=federation.now() + timedelta(days=1),
                ),
                [(InboxUrl(inbox), FAR) for inbox in inboxes],
            )

    asyncio.run(enqueue())
    return activity_id


def test_what_waits_is_listed_shown_and_counted(guild, waiting):
    (listed,) = guild.done("queue", "list").records
    (shown,) = guild.done("queue", "show", waiting).records
    (shape,) = guild.done("queue", "shape").records

    assert listed == shown
    assert (listed["id"], listed["host"], listed["state"]) == (waiting, FAR, "due")
    assert (shape["id"], shape["total"], shape["under_5_minutes"]) == (FAR, 1, 1)
    assert waiting in guild.run("queue", "list").out
    assert FAR in guild.run("queue", "shape").out


def test_a_list_can_be_of_one_host_or_activity(guild, waiting):
    assert len(guild.done("queue", "list", "--host", "Far.Example").records) == 1
    assert guild.done("queue", "list", "--host", "near.example").records == []
    assert len(guild.done("queue", "list", waiting).records) == 1
    assert guild.done("queue", "list", "https://near.example/a").records == []


def test_a_delivery_is_held_released_and_cancelled(guild, waiting):
    for act, state in (("hold", "held"), ("release", "due"), ("cancel", "cancelled")):
        assert guild.done("queue", act, "--host", FAR).record["count"] == 1
        assert guild.done("queue", "show", waiting).record["state"] == state


def test_blocking_a_host_cancels_what_waits_for_it(guild, waiting):
    guild.done("peer", "block", FAR)

    assert guild.done("queue", "show", waiting).record["state"] == "cancelled"
    assert guild.done("queue", "list").records == []


def test_nothing_is_cut_from_a_long_queue(guild, waiting):
    newer = send(guild, *(f"https://far.example/{number}" for number in range(501)))

    assert len(guild.done("queue", "list").records) == 502
    assert len(guild.done("queue", "show", newer).records) == 501
    assert [item["id"] for item in guild.done("queue", "list", waiting).records] == [waiting]
    assert guild.done("queue", "show", waiting).record["id"] == waiting


def test_nothing_is_cut_from_a_long_list_of_hosts(guild):
    async def meet() -> None:
        async with open_here() as federation, federation.database.transaction() as transaction:
            for number in range(501):
                await see_peer(transaction, Host(f"{number}.example"), federation.now())

    asyncio.run(meet())

    assert len(guild.done("peer", "list").records) == 501


def test_an_outbox_is_shown_as_far_as_wanted(guild, waiting):
    send(guild, "https://far.example/inbox")

    assert len(guild.done("outbox", "ada", "--limit", "1").records) == 1
    assert len(guild.done("outbox", "ada", "--limit", "1000").records) == 2
    assert len(guild.done("inbox", "ada", "--limit", "1").records) <= 1
