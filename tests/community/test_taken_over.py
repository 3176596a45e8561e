"""What one worker had too long and another took over: what the first one brings then counts not."""

import pytest

from fedirec.errors import LeaseLostError
from fedirec.federation.received import apply_all, prepare
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
