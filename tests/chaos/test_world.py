"""The world of the other tests without any trouble: every promise is kept, and none missed."""

from tests.chaos.invariants import settle_and_check


async def test_without_trouble_everything_holds(world, program, database_url):
    await program.start()
    pia, quin, _ = world.actors

    told = await world.do("ada", world.note("ada"))
    offered = await world.do("ada", world.endorsement("ben"))
    await world.do("ben", {"type": "Accept", "object": offered.location})
    mention = await world.say(pia, world.mention(pia, "ada"), to="ada")
    await world.say(pia, world.edit(pia, mention.activity["object"]), to="ada")
    like = await world.say(quin, quin.activity("Like", await world.made_by(told)), to="ada")
    await world.say(quin, quin.activity("Follow", world.prepared.id("cyd")), to="cyd")
    await world.say(quin, quin.activity("Undo", dict(like.activity)), to="ada")
    await world.do("ada", {"type": "Delete", "object": await world.made_by(told)})

    await settle_and_check(world, database=database_url)
    assert await program.leave() == 0
