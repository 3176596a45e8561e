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


async def test_what_follows_at_once_is_not_lost_beside_what_it_follows(
    world, program, database_url
):
    await program.start()
    pia = world.actors[0]

    for _ in range(8):
        made = await world.say(pia, world.mention(pia, "ada"), to="ada")
        await world.say(pia, world.edit(pia, made.activity["object"]), to="ada")
    for said in world.said[:4]:
        await world.say(pia, pia.activity("Delete", said.activity["object"]["id"]), to="ada")

    await settle_and_check(world, database=database_url)
