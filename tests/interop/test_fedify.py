"""fedirec and a server that nobody here wrote, both ways, over TLS with a private authority."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from fedirec.community import endorsements, following, job_notes, moderation
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import EndorsementDraft, Period, Relation
from fedirec.domain.job_notes import JobDraft, Pay, PayPer
from fedirec.storage import follows, inboxes, notes
from tests.fediverse import Home, eventually, utc_now
from tests.interop.exchange import (
    CAVAGE,
    RFC9421,
    Exchange,
    exchanging,
    follow_from_there,
    received_there,
)
from tests.interop.fedify_peer import FedifyPeer

DRAFT = EndorsementDraft(
    words="Found the failed wall plate that two firms had missed, and wrote it up plainly.",
    relation=Relation.WORKED_WITH,
    period=Period(start="2025-05"),
)


@pytest.fixture(
    params=[(CAVAGE, False), (RFC9421, False), (CAVAGE, True), (RFC9421, True)],
    ids=["cavage", "rfc9421", "cavage-authorized", "rfc9421-authorized"],
)
async def exchange(
    request: pytest.FixtureRequest, tmp_path: Path, node: str
) -> AsyncIterator[Exchange]:
    """Once for each scheme that Fedify knocks with first, with and without authorized fetch."""
    first_knock, is_authorized = request.param
    async with exchanging(
        tmp_path, node, first_knock=first_knock, authorized_fetch=is_authorized
    ) as both:
        yield both


async def test_the_peer_looks_up_our_actors(exchange):
    home, peer = exchange

    by_handle = await peer.call("lookup", **{"as": "dan", "what": home.handle("carol")})
    by_id = await peer.call("lookup", **{"as": "dan", "what": home.id("guild")})

    assert by_handle["id"] == home.id("carol")
    assert (by_id["type"], by_id["id"]) == ("Group", home.id("guild"))


async def test_a_person_there_follows_is_accepted_and_gets_a_job_note(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "carol")
    draft = JobDraft(
        title="Green-oak joiner, two weeks",
        words="Two weeks of green-oak joinery for a community kitchen.",
        pay=Pay(minimum=Decimal(24), maximum=Decimal(28), currency="EUR", per=PayPer.HOUR),
        closes_at=utc_now() + home.federation.limits.job_lifetime,
        contact=home.id("carol"),
    )

    job_id = await job_notes.post(home.federation, "carol", draft)

    create = await received_there(peer, "Create", job_id)
    assert create["actor"] == home.id("carol")
    raw = next(each for each in await peer.raw() if job_id in str(each["body"]))
    assert '"JobNote"' in str(raw["body"])


async def test_we_follow_a_person_there_and_receive_their_posts(exchange):
    home, peer = exchange

    await following.follow(home.federation, "carol", peer.handle("dan"))

    async def accepted() -> bool:
        async with home.federation.database.reading() as reader:
            return await follows.is_follower(
                reader, follower=home.id("carol"), followed=peer.id("dan")
            )

    await eventually(accepted, expecting="the Accept of our Follow")
    note = peer.note("dan", "1", "<p>Good morning</p>", to=["as:Public"])
    create = {"id": f"{peer.origin}/creates/1", "type": "Create", "to": ["as:Public"]}
    await peer.send("dan", home.id("carol"), {**create, "object": note})

    async def arrived() -> bool:
        async with home.federation.database.reading() as reader:
            page = await inboxes.list_inbox(reader, home.id("carol"), before=None, limit=20)
        return any("Good morning" in item.body for item in page.items)

    assert await eventually(arrived, expecting="the post in carol's inbox")


async def endorse_ann(exchange: Exchange) -> ObjectId:
    """Have carol endorse ann, who agrees; return the note's id."""
    home, _peer = exchange
    made = await endorsements.offer(home.federation, "carol", home.handle("ann"), DRAFT)
    await endorsements.answer(home.federation, "ann", made.offer.id, is_accepted=True)
    return made.offer.note_id


async def test_a_published_endorsement_and_its_boost_arrive_verified(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "carol")
    await follow_from_there(exchange, "dan", "guild")

    note_id = await endorse_ann(exchange)

    create = await received_there(peer, "Create", note_id)
    assert create["actor"] == home.id("carol")
    announce = await received_there(peer, "Announce", note_id)
    assert announce["actor"] == home.id("guild")
    raw = next(each for each in await peer.raw() if note_id in str(each["body"]))
    assert '"endorsement":' in str(raw["body"])
    assert '"consent":' in str(raw["body"])


async def test_likes_boosts_replies_undo_and_blocks_from_there_take_effect(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "carol")
    note_id = await endorse_ann(exchange)
    like = {"id": f"{peer.origin}/likes/1", "type": "Like", "object": note_id}
    boost = {"id": f"{peer.origin}/boosts/1", "type": "Announce", "object": note_id}
    reply = peer.note("dan", "2", "<p>Well done</p>", inReplyTo=note_id, to=[home.id("carol")])
    answer = {"id": f"{peer.origin}/creates/2", "type": "Create", "to": [home.id("carol")]}

    await peer.send("dan", home.id("carol"), like)
    await peer.send("dan", home.id("carol"), boost)
    await peer.send("dan", home.id("carol"), {**answer, "object": reply})

    assert await eventually(lambda: reacted(home, {"like", "announce"}), expecting="reactions")

    async def replied() -> bool:
        async with home.federation.database.reading() as reader:
            return await notes.find_note(reader, ObjectId(str(reply["id"]))) is not None

    assert await eventually(replied, expecting="the reply")
    undo = {"id": f"{peer.origin}/undos/1", "type": "Undo", "object": like_of(peer, like)}
    block = {"id": f"{peer.origin}/blocks/1", "type": "Block", "object": home.id("carol")}
    await peer.send("dan", home.id("carol"), undo)
    await peer.send("dan", home.id("carol"), block)
    assert await eventually(lambda: reacted(home, {"announce"}), expecting="the Undo")

    async def severed() -> bool:
        async with home.federation.database.reading() as reader:
            found = await follows.find_follow(reader, peer.id("dan"), home.id("carol"))
        return found is None

    assert await eventually(severed, expecting="the Block")


async def test_a_blocked_peer_is_refused_and_gets_nothing(exchange):
    home, peer = exchange
    await follow_from_there(exchange, "dan", "carol")

    await moderation.block_host(home.federation, peer.host)
    note_id = await endorse_ann(exchange)

    with pytest.raises(AssertionError):
        await peer.call("fetch", **{"as": "dan", "url": home.id("carol")})
    async with home.federation.database.reading() as reader:
        waiting = await reader.fetch_all("select * from deliveries where state <> 'delivered'")
    assert all(row["state"] == "cancelled" for row in waiting)
    assert all(note_id not in str(each["body"]) for each in await peer.raw())


def like_of(peer: FedifyPeer, like: dict[str, str]) -> dict[str, str]:
    """The Like as its Undo embeds it."""
    return {**like, "actor": peer.id("dan")}


async def reacted(home: Home, kinds: set[str]) -> bool:
    """Whether exactly these kinds of reactions are kept."""
    async with home.federation.database.reading() as reader:
        rows = await reader.fetch_all("select distinct kind from reactions")
    return {str(row["kind"]) for row in rows} - {"emoji"} == kinds
