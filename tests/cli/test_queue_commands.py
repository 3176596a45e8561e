"""`fedirec queue` on deliveries that wait for a host which never answers."""

import asyncio
from datetime import timedelta

import pytest

from fedirec.cli.opening import open_here
from fedirec.domain.actors import ActivityId, Host, InboxUrl
from fedirec.domain.circuits import Sign
from fedirec.domain.queue_states import ReceivedState
from fedirec.storage import deliveries
from fedirec.storage.circuits import HostSigns, note_signs
from fedirec.storage.deliveries import Leaving
from fedirec.storage.peers import see_peer
from fedirec.storage.queue import claim_received, settle_received
from fedirec.storage.received import insert_received
from tests.storage.samples import a_received

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


def receive(*numbers: int) -> list[str]:
    """Let some activities be received, of which all failed for good; return their ids."""

    async def insert() -> list[str]:
        async with open_here() as federation, federation.database.transaction() as transaction:
            items = [a_received(number) for number in numbers]
            await insert_received(transaction, items)
            claimed = await claim_received(
                transaction,
                now=federation.now(),
                limit=9,
                token="t",
                lease_until=federation.now(),
            )
            for item in claimed:
                await settle_received(
                    transaction,
                    id=item.id,
                    token="t",
                    state=ReceivedState.DEAD,
                    now=federation.now(),
                    detail="Traceback:\n  \x1b[31mKeyError: 'oak'",
                )
            return [item.id for item in items]

    return asyncio.run(insert())


@pytest.mark.rule("OP-05", "ST-03")
def test_what_is_dead_is_shown_whichever_way_it_went_with_its_traceback(guild, waiting):
    (dead,) = receive(7)

    (listed,) = guild.done("queue", "dead").records
    shown = guild.run("queue", "dead").out

    assert (listed["id"], listed["state"], listed["type"]) == (dead, "dead", "Create")
    assert "it failed here again and again" in shown
    assert "| Traceback:\n" in shown
    assert "\x1b" not in shown + guild.run("queue", "show", dead, "--json").out
    assert guild.done("queue", "dead", "--host", FAR).records == []


def test_what_was_received_is_tried_again_and_ended_by_its_id_or_host(guild):
    (first, second) = receive(7, 8)

    assert guild.done("queue", "retry", first).record["count"] == 1
    assert [item["id"] for item in guild.done("queue", "list", "--received").records] == [first]
    assert guild.done("queue", "shape", "--received").record["total"] == 1
    assert guild.done("queue", "list").records == []
    assert (
        guild.done("queue", "cancel", "--host", "peer.example", "--received").record["count"] == 2
    )
    assert guild.done("queue", "show", second).record["reason"] == "ended by a keeper"
    assert "cannot be put aside" in guild.run("queue", "hold", first).complaint


def test_why_something_waits_is_told_in_words(guild, waiting):
    guild.done("queue", "hold", waiting)

    assert guild.done("queue", "show", waiting).record["reason"].startswith("put aside by a keeper")
    assert "far.example: put aside by a keeper" in guild.run("queue", "list").out


def test_the_shape_ends_with_nothing_cut_and_begins_with_the_sum(guild, waiting):
    lines = guild.run("queue", "shape").out.splitlines()

    assert lines[1].split()[:2] == ["TOTAL", "1"]
    assert len(lines) == 3


def test_what_a_keeper_did_is_told_in_words(guild, waiting):
    put_aside = guild.run("queue", "hold", waiting).out
    again = guild.run("queue", "hold", waiting).out
    ended = guild.run("queue", "cancel", "--received", "--all").out

    assert put_aside == "hold: 1 delivery\n"
    assert again == "hold: 0 deliveries\n"
    assert ended == "cancel: 0 received activities\n"


def test_an_author_sees_how_many_servers_got_it_and_why_the_others_did_not(guild, waiting):
    created = guild.done("outbox", "ada").records[0]

    told = guild.done("reached", "ada", str(created["object"]["id"])).records

    assert told[0] | {"id": ""} == {"id": "", "reached": 0, "total": 1, "is_spreading": False}
    assert told[1] == {"id": FAR, "state": "due", "reason": "about to be sent"}
    shown = guild.run("reached", "ada", waiting).out
    assert shown == "reached 0 of 1 server\n  far.example: about to be sent\n"


def test_nobody_but_the_author_and_an_admin_sees_it(guild):
    guild.done("job", "bo", *JOB, *PAY)
    job = str(guild.done("outbox", "bo").records[0]["id"])
    guild.done("member", "add", "cy")

    assert guild.done("reached", "ada", job).record["total"] == 0
    unseen = guild.run("reached", "cy", job).complaint.replace(job, "")
    assert unseen == guild.run("reached", "cy", "https://x.example/").complaint.replace(
        "https://x.example/", ""
    )


def test_a_server_that_does_not_answer_is_told_in_words_with_what_it_said(guild, waiting):
    async def fail() -> None:
        async with open_here() as federation, federation.database.transaction() as transaction:
            now = federation.now()
            signs = HostSigns(
                host=FAR, signs=(Sign.FAILS,) * 20, status=502, detail="\x1b[31mbad\ngateway"
            )
            await note_signs(transaction, [signs], now)

    asyncio.run(fail())

    told = guild.done("peer", "show", FAR).record
    shown = guild.run("peer", "show", FAR).out
    assert told["standing"] == "open"
    assert str(told["says"]).startswith("does not answer since ")
    assert shown.endswith("last trouble: 502 \\u001b[31mbad gateway\n")
    listed = guild.done("queue", "list").record
    assert str(listed["reason"]).startswith("does not answer since ")
    assert "; asked again at " in str(listed["reason"])


def test_a_subdomain_of_a_blocked_server_is_blocked_too(guild):
    async def meet() -> None:
        async with open_here() as federation, federation.database.transaction() as transaction:
            await see_peer(transaction, Host("a.far.example"), federation.now())

    asyncio.run(meet())
    guild.done("peer", "block", FAR)

    assert guild.done("peer", "show", "a.far.example").record["standing"] == "blocked"
