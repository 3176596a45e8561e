"""Every payload through the real inbox, signed by peers that play the hosts it names."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count

import pytest
import pytest_asyncio

from fedirec.activitypub.parse import kind_of
from fedirec.activitypub.webfinger import parse_jrd
from fedirec.domain.actors import ActorId
from fedirec.storage import actors
from tests.federation.receiving.conftest import GENEROUS
from tests.federation.receiving.door import Clock, post, rows
from tests.federation.receiving.sample_givens import our_note
from tests.federation.receiving.sample_outcomes import LEFT, SAMPLES
from tests.federation.receiving.sample_world import ACTORS, FOLDER, World
from tests.fediverse import Home, running

pytestmark = pytest.mark.asyncio(loop_scope="module")

WRITTEN_AT = datetime(2026, 5, 8, 12, tzinfo=UTC)  # when the payloads say that it is
ACTIVITIES = [name for name, sample in SAMPLES.items() if sample.state is not None]
DOCUMENTS = [name for name, sample in SAMPLES.items() if sample.state is None]


@pytest.fixture(scope="module")
def marks() -> Iterator[str]:
    """Something to tell one test's ids of ours from another's."""
    return (f"T{number}" for number in count())


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Home]:
    """The guild of carol, bea and eli, at the hour of the payloads."""
    clock = Clock(ahead=WRITTEN_AT - datetime.now(UTC))
    folder = tmp_path_factory.mktemp("guild")
    async with running(folder, now=clock, limits=GENEROUS) as home:
        await home.add("carol", "bea", "eli")
        yield home


@pytest_asyncio.fixture(loop_scope="module")
async def world(request, home, addresses, marks) -> AsyncIterator[World]:
    """The stage of one payload."""
    async with AsyncExitStack() as stack:
        world = World(
            home=home,
            stack=stack,
            mark=next(marks),
            addresses=addresses,
            ours=SAMPLES[request.node.callspec.params["name"]].ours,
        )
        await our_note(world)
        yield world


async def test_no_payload_is_without_a_row():
    found = {
        str(path.relative_to(FOLDER).with_suffix(""))
        for path in FOLDER.rglob("*.json")
        if path.relative_to(FOLDER).parts[0] != "pasture"
    }

    assert found == set(SAMPLES)


@pytest.mark.parametrize("name", ACTIVITIES)
async def test_a_payload_has_the_outcome_that_is_written(world, name):
    sample = SAMPLES[name]
    for earlier in sample.after:
        before = SAMPLES[earlier]
        if before.given is not None:
            await before.given(world, earlier)
        assert (await world.send(earlier))[0] == 202
    if sample.given is not None and sample.given not in {
        SAMPLES[earlier].given for earlier in sample.after
    }:
        await sample.given(world, name)

    status, outcome = await world.send(name, to=sample.inbox)

    assert (status, outcome.state) == (202, sample.state), outcome
    assert sample.reason in (outcome.reason or "")
    document = await world.load(name)
    object_ = document.get("object")
    while isinstance(object_, list | dict):
        object_ = object_[0] if isinstance(object_, list) else object_["id"]
    for what, expected in sample.leaves.items():
        query = LEFT[what]
        names = {"actor": document["actor"], "object": object_, "id": document.get("id")}
        used = {key: value for key, value in names.items() if f":{key}" in query}
        assert len(await rows(world.home, query, **used)) == expected, what


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_document_that_is_no_activity_is_refused_as_one(world, name):
    sample = SAMPLES[name]

    status, _outcome = await world.send(name)

    assert status == 400
    assert kind_of(await world.load(name)) is sample.kind


@pytest.mark.parametrize("name", ACTORS)
async def test_an_actor_of_any_software_can_sign_and_follow(world, name):
    described = await world.load(name)
    actor, key_id = await world.actor(described["id"])
    follow = actor.activity("Follow", world.home.id("carol"))

    answer = await post(world.home, actor, follow, key_id=key_id)

    assert answer.status == 202
    async with world.home.federation.database.reading() as reader:
        kept = await actors.get_actor(reader, ActorId(described["id"]))
    assert kept.name == described["preferredUsername"]
    assert kept.inbox == described["inbox"]
    assert kept.kind == described["type"]


@pytest.mark.parametrize("name", ["mastodon/webfinger"])
async def test_a_webfinger_answer_names_its_actor(world, name):
    jrd = parse_jrd(await world.load(name))

    assert jrd.subject.startswith("acct:")
    assert jrd.self_href.startswith("http")
