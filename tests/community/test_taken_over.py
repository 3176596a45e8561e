"""What one worker had too long and another took over: what the first one brings then counts not."""

from datetime import timedelta

import pytest

from fedirec.errors import LeaseLostError
from fedirec.federation.received import Prepared, apply_all, prepare
from fedirec.storage import follows
from tests.community.guild import handle_alone

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def is_followed(guild, name, by) -> bool:
    """Whether an actor elsewhere follows somebody here."""
    async with guild.federation.database.reading() as reader:
        return await follows.is_follower(reader, by.id, guild.id(name))


@pytest.mark.rule("ST-04")
async def test_what_another_worker_took_over_takes_effect_by_that_one_alone(guild, bea):
    [ada] = await guild.add("ada")
    await guild.keep(bea, bea.activity("Follow", guild.id(ada)))
    [late] = await guild.lease()
    guild.clock.forward(days=1)
    [other] = await guild.lease()
    lost = guild.federation.counts.leases_lost["received"]

    await handle_alone(guild.federation, late)
    meanwhile = await is_followed(guild, ada, by=bea)
    await handle_alone(guild.federation, other)

    assert not meanwhile
    assert await is_followed(guild, ada, by=bea)
    assert guild.federation.counts.leases_lost["received"] == lost + 1


@pytest.mark.rule("ST-04")
async def test_one_of_a_batch_that_was_taken_over_leaves_the_others_to_be_tried_alone(
    guild, bea, dan
):
    ada, ben = await guild.add("ada", "ben")
    await guild.keep(bea, bea.activity("Follow", guild.id(ada)))
    [late] = await guild.lease()
    guild.clock.forward(days=1)
    [other] = await guild.lease()
    await guild.keep(dan, dan.activity("Follow", guild.id(ben)))
    [mate] = await guild.lease()
    batch = [await prepare(guild.federation, claimed) for claimed in (late, mate)]

    with pytest.raises(LeaseLostError):
        await apply_all(guild.federation, batch)
    together = [await is_followed(guild, ada, by=bea), await is_followed(guild, ben, by=dan)]
    for prepared in batch:
        await apply_all(guild.federation, [prepared])
    alone = [await is_followed(guild, ada, by=bea), await is_followed(guild, ben, by=dan)]
    await handle_alone(guild.federation, other)

    assert (together, alone) == ([False, False], [False, True])
    assert await is_followed(guild, ada, by=bea)


@pytest.mark.rule("ST-05")
async def test_what_follows_from_a_batch_is_in_its_order_though_it_is_one_instant(guild, bea):
    names = await guild.add("ada", "ben", "cem", "dora", "eve", "fay")
    for name in names:
        await guild.keep(bea, bea.activity("Follow", guild.id(name)))
    leased = sorted(await guild.lease(), key=lambda claimed: claimed.id)
    wanted = [prepared.activity.object_id for prepared in await prepare_all(guild, leased)]

    latest = await apply_all(guild.federation, await prepare_all(guild, leased))

    async with guild.federation.database.reading() as reader:
        rows = await reader.fetch_all(
            "select actor_id from activities where type = 'Accept' order by id"
        )
    assert len(wanted) > 1
    assert [row["actor_id"] for row in rows if row["actor_id"] in wanted] == wanted
    assert latest - guild.federation.now() == timedelta(milliseconds=len(wanted) - 1)


async def prepare_all(guild, leased) -> list[Prepared]:
    """Prepare what was leased, in its order."""
    return [await prepare(guild.federation, claimed) for claimed in leased]
