"""Killed at each named point, the program keeps its promises: the crash matrix, row by row.

Each test arms one point, lets the program die there, starts it anew, and lets everybody repeat what
was not answered. Then all invariants hold, and the row's own promise.
"""

import ast
import asyncio
import re
import signal
from collections.abc import Iterator

import pytest

from fedirec.failpoints import NAMES, read_armed
from tests.chaos.invariants import rows_of, settle_and_check
from tests.chaos.program import program_over
from tests.rules import tree

SHOWN_WITHIN = 1.1
"""Seconds after which what another process wrote is shown (`web/shelf.py`)."""

# C11 (backup), C12 (media) and C13 (erasure) get their points together with their features; of C14
# there are stamps so far, and no credentials.


async def died_at(world, point, act) -> None:
    """Start the program with a point armed, act, and see it die there.

    What it left is looked at before the next start, which takes leases up as soon as they ran out.
    """
    await world.program.start(failpoints=f"{point}=kill")
    await act
    assert await world.program.ended() == -signal.SIGKILL


@pytest.mark.rule("ST-01")
@pytest.mark.parametrize("point", ["inbox.verified", "inbox.written"])
async def test_before_the_commit_nothing_is_kept_and_the_repeat_counts(world, point, database_url):
    pia = world.actors[0]

    await died_at(world, point, world.say(pia, world.mention(pia, "ada"), to="ada"))

    assert not world.said[0].is_accepted
    assert await rows_of(database_url, "received") == []
    await world.program.start()
    await settle_and_check(world, database=database_url)


@pytest.mark.rule("ST-01")
async def test_after_the_commit_it_is_kept_once_and_the_repeat_is_welcome(world, database_url):
    pia = world.actors[0]

    await died_at(world, "inbox.committed", world.say(pia, world.mention(pia, "ada"), to="ada"))

    assert not world.said[0].is_accepted
    assert len(await rows_of(database_url, "received")) == 1
    await world.program.start()
    await settle_and_check(world, database=database_url)
    assert len(await rows_of(database_url, "received")) == 1


@pytest.mark.rule("ST-03")
@pytest.mark.parametrize("point", ["received.claimed", "received.applied", "received.settled"])
async def test_in_the_middle_of_handling_all_of_it_happens_or_nothing(world, point, database_url):
    pia = world.actors[0]

    await died_at(world, point, world.say(pia, world.mention(pia, "ada"), to="ada"))

    is_done = point == "received.settled"
    [row] = await rows_of(database_url, "received")
    assert (row["attempt"], row["state"]) == (1, "handled" if is_done else "leased")
    assert len(await rows_of(database_url, "notes")) == is_done
    await world.program.start()
    await settle_and_check(world, database=database_url)
    [row] = await rows_of(database_url, "received")
    assert row["attempt"] == (1 if is_done else 2)


@pytest.mark.rule("ST-01")
@pytest.mark.parametrize("point", ["outbox.written", "outbox.committed"])
async def test_a_member_who_got_no_answer_posts_again_and_has_said_it_once(
    world, point, database_url
):
    await died_at(world, point, world.do("ada", world.note("ada")))

    assert world.acts[0].location is None
    kept = len(await rows_of(database_url, "activities"))
    assert kept == (1 if point == "outbox.committed" else 0)
    assert len(await rows_of(database_url, "deliveries")) == kept * len(world.peers)
    await world.program.start()
    await settle_and_check(world, database=database_url)
    assert len(await rows_of(database_url, "activities")) == 1


@pytest.mark.rule("ST-01")
@pytest.mark.parametrize("point", ["fan_out.written", "fan_out.committed"])
async def test_in_the_middle_of_a_fan_out_everybody_gets_it_once(world, point, database_url):
    world.program.settings["LIMITS__INBOXES_PER_TRANSACTION"] = "1"

    await died_at(world, point, world.do("ada", world.note("ada")))

    await world.program.start()
    await settle_and_check(world, database=database_url)
    got = [len(peer.posts) for peer in world.peers]
    assert min(got) == 1
    deliveries = await rows_of(database_url, "deliveries")
    assert len({row["inbox"] for row in deliveries}) == len(deliveries) == len(world.peers)


@pytest.mark.rule("ST-04")
@pytest.mark.parametrize("point", ["delivery.claimed", "delivery.answered", "delivery.settled"])
async def test_what_was_in_flight_is_sent_again_with_the_same_bytes(world, point, database_url):
    await died_at(world, point, world.do("ada", world.note("ada")))

    await world.program.start()
    await settle_and_check(world, database=database_url)
    bodies = [{request.body for request in peer.posts} for peer in world.peers]
    assert [len(each) for each in bodies] == [1, 1, 1]


@pytest.mark.rule("ST-04")
async def test_a_request_whose_answer_was_never_read_is_sent_again(world, program, database_url):
    async def killing(_request) -> None:
        await program.kill()

    await program.start()
    world.peers[0].behaves("/inbox", killing, times=1)
    await world.do("ada", world.note("ada"))
    assert await program.ended() == -signal.SIGKILL
    await program.start()

    await settle_and_check(world, database=database_url)
    first, again = world.peers[0].posts
    assert first.body == again.body
    # signed anew: within one second the date is the same, and so is the signature
    is_same_second = first.header("date") == again.header("date")
    assert is_same_second or first.header("signature") != again.header("signature")


@pytest.mark.parametrize("point", ["keys.written", "keys.committed"])
async def test_half_way_through_a_rotation_one_set_of_keys_is_published(
    world, program, point, database_url
):
    await program.start()
    before = await published_keys(world, "ada")

    code = await program.command("member", "rotate-keys", "ada", failpoints=f"{point}=kill")

    assert code == -signal.SIGKILL
    await asyncio.sleep(SHOWN_WITHIN)
    after = await published_keys(world, "ada")
    assert (before < after) if point == "keys.committed" else (before == after)
    await world.do("ada", world.note("ada"))
    await settle_and_check(world, database=database_url)
    assert {signing_key(request) for peer in world.peers for request in peer.posts} <= after


async def published_keys(world, member) -> set[str]:
    """The ids of the keys in a member's actor document, as peers read it."""
    keys = (await world.fetch(world.prepared.id(member)))["publicKey"]
    return {each["id"] for each in (keys if isinstance(keys, list) else [keys])}


def signing_key(request) -> str:
    """The id of the key that a request was signed with, in either scheme."""
    said = f"{request.header('signature-input')} {request.header('signature')}"
    [found] = re.findall(r'keyid="([^"]+)"', said, re.IGNORECASE)
    return str(found)


@pytest.mark.rule("ST-08")
@pytest.mark.parametrize("point", ["migration.written", "migration.committed"])
async def test_killed_in_the_middle_of_migrating_the_next_start_goes_on(
    prepared, tmp_path, empty_url, point
):
    async with program_over(prepared, tmp_path, database=empty_url) as program:
        await program.launch(failpoints=f"{point}=kill@2")
        assert await program.ended() == -signal.SIGKILL
        applied = await rows_of(empty_url, "migrations")

        await program.start()

        assert len(applied) == (2 if point == "migration.committed" else 1)
        assert len(await rows_of(empty_url, "members")) == 0
        assert await program.leave() == 0


async def test_killed_while_consent_is_given_nothing_of_it_stands_half(
    world, program, database_url
):
    await program.start(failpoints="consent.written=kill")
    offered = await world.do("ada", world.endorsement("ben"))

    await world.do("ben", {"type": "Accept", "object": offered.location})

    assert await program.ended() == -signal.SIGKILL
    assert await rows_of(database_url, "stamps") == []
    await program.start()
    await settle_and_check(world, database=database_url)
    assert len(await rows_of(database_url, "stamps")) == 1


def test_every_point_is_in_the_code_once_and_has_a_crash_test():
    passed = [name for path in tree.modules() for name in points_passed(tree.parsed(path))]
    tested = {
        node.value
        for path in tree.modules(under="tests/chaos/")
        for node in ast.walk(tree.parsed(path))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert sorted(passed) == sorted(NAMES)
    assert {name for name in NAMES if not any(name in text for text in tested)} == set()


def points_passed(module: ast.Module) -> Iterator[str]:
    """The names that a module hands to `failpoint`."""
    for node in ast.walk(module):
        if isinstance(node, ast.Call) and tree.dotted(node.func) == "failpoint":
            (name,) = node.args
            yield str(ast.literal_eval(name))


@pytest.mark.parametrize("text", ["inbox.comitted=kill", "inbox.committed=explode", "x"])
def test_a_point_that_is_misspelled_is_refused(text):
    with pytest.raises(ValueError, match="expected a point"):
        read_armed(text)
