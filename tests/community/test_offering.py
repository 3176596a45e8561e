"""How often anyone may ask, whom, and what they learn of a no: nothing."""

from dataclasses import replace
from typing import Any

import pytest

from fedirec.community import endorsements
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import Evidence, OfferState, OfferWay
from fedirec.errors import ConflictError, ForbiddenError, InvalidInputError, NotFoundError
from fedirec.storage import actors, blocks
from tests.community.elsewhere import OTHER, follow, instant, offered
from tests.community.guild import DRAFT
from tests.federation.receiving.door import fetches

pytestmark = pytest.mark.asyncio(loop_scope="module")

OPEN = "an offer to this person is still open"
OVER = "not published; ask again after 90 days"


async def offer(guild, who, whom, draft=DRAFT) -> Any:
    """Ask somebody, here by name, else by handle."""
    handle = whom if whom.startswith("@") else guild.handle(whom)
    return (await endorsements.offer(guild.federation, who, handle, draft)).offer


async def amend(guild, who, note_id) -> Any:
    """Ask again a minute later, with another text."""
    guild.clock.forward(minutes=1)
    return (await endorsements.amend(guild.federation, who, note_id, OTHER)).offer


async def decline(guild, who, offer_id) -> None:
    """Say no, as somebody here."""
    await endorsements.answer(guild.federation, who, offer_id, is_accepted=False)


async def refusal(guild, who, whom) -> str | None:
    """Why somebody cannot be asked now; None if they can."""
    try:
        await offer(guild, who, whom, OTHER)
    except ForbiddenError as error:
        return str(error)
    return None


async def let_allow(guild, name, *allowed) -> None:
    """Let a member say who may offer them anything."""
    async with guild.federation.database.transaction() as transaction:
        changed = replace(await guild.actor(name), can_endorse=allowed)
        await actors.save_actor(transaction, changed)


@pytest.mark.parametrize("answer", ["none", "declined"])
async def test_one_offer_to_a_person_is_open_at_a_time_answered_or_not(guild, answer):
    ada, ben = await guild.add("ada", "ben")
    made = await offer(guild, ada, ben)
    if answer == "declined":
        await decline(guild, ben, made.id)

    said = [await refusal(guild, ada, ben)]
    await guild.keep_up(days=29)
    said.append(await refusal(guild, ada, ben))
    await guild.keep_up(days=1)
    said.append(await refusal(guild, ada, ben))
    await guild.keep_up(days=89)
    said.append(await refusal(guild, ada, ben))
    await guild.keep_up(days=1)
    said.append(await refusal(guild, ada, ben))

    assert said == [OPEN, OPEN, OVER, OVER, None]


@pytest.mark.parametrize("answer", ["none", "declined"])
async def test_an_amended_text_is_taken_alike_answered_or_not(guild, answer):
    ada, ben = await guild.add("ada", "ben")
    made = await offer(guild, ada, ben)
    if answer == "declined":
        await decline(guild, ben, made.id)

    again = await amend(guild, ada, made.note_id)

    assert (again.way, again.note_id) == (OfferWay.OFFER, made.note_id)
    is_asked = await guild.state_of(again.id) is OfferState.WAITING
    assert is_asked == (answer == "none")
    assert await refusal(guild, ada, ben) == OPEN


@pytest.mark.parametrize("answer", ["none", "declined"])
async def test_an_offer_is_taken_back_alike_answered_or_not(guild, answer):
    ada, ben = await guild.add("ada", "ben")
    made = await offer(guild, ada, ben)
    if answer == "declined":
        await decline(guild, ben, made.id)

    await endorsements.withdraw(guild.federation, ada, made.note_id)

    assert await guild.state_of(made.id) is OfferState.RETRACTED
    assert await refusal(guild, ada, ben) == OVER
    with pytest.raises(NotFoundError, match="neither wrote"):
        await endorsements.withdraw(guild.federation, ada, made.note_id)


async def test_somebody_who_blocks_the_endorser_is_not_asked_and_nobody_is_told(guild):
    ada, ben = await guild.add("ada", "ben")
    async with guild.federation.database.transaction() as transaction:
        await blocks.block(
            transaction,
            guild.id(ben),
            guild.id(ada),
            kind="actor",
            reason=None,
            now=guild.clock.now,
        )

    made = await offer(guild, ada, ben)

    assert await guild.state_of(made.id) is OfferState.DECLINED
    told = await guild.rows("select * from notifications where owner_id = :id", id=guild.id(ben))
    assert told == []
    assert await refusal(guild, ada, ben) == OPEN


async def test_ten_offers_of_one_endorser_are_open_at_most(guild):
    ada, *others = await guild.add("ada", *["ben"] * 11)
    for other in others[:10]:
        await offer(guild, ada, other)

    assert await refusal(guild, ada, others[10]) == "too many of your offers are open"


async def test_twenty_offers_wait_for_one_person_at_most(guild, peer):
    [ada] = await guild.add("ada")
    others = [peer.add_actor(f"p{number}") for number in range(21)]
    for other in others:
        await guild.hear(other, offered(guild, other, ada))

    waiting = await guild.rows(
        "select * from offers where endorsed_id = :id and state in ('waiting', 'aside')",
        id=guild.id(ada),
    )
    assert len(waiting) == 20


async def test_fifty_offers_a_day_from_one_host_reach_one_person_at_most(guild, peer):
    [ada] = await guild.add("ada")
    for number in range(51):
        other = peer.add_actor(f"q{number}")
        asked = offered(guild, other, ada)
        await guild.hear(other, asked)
        await guild.hear(other, other.activity("Undo", asked))

    found = await guild.rows("select * from offers where endorsed_id = :id", id=guild.id(ada))
    assert len(found) == 50


async def test_after_a_withdrawal_ninety_days_of_silence(guild):
    ada, ben = await guild.add("ada", "ben")
    made = await offer(guild, ada, ben)
    await endorsements.answer(guild.federation, ben, made.id, is_accepted=True)
    assert await refusal(guild, ada, ben) is None  # another text, while the first one stands
    [newest] = await guild.rows(
        "select note_id from offers where endorser_id = :id and state = 'waiting'",
        id=guild.id(ada),
    )
    await endorsements.withdraw(guild.federation, ada, newest["note_id"])

    await guild.keep_up(days=91)
    await endorsements.withdraw(guild.federation, ben, made.note_id)

    assert await refusal(guild, ada, ben) == OVER


async def test_who_never_wants_endorsements_is_sent_none(guild, peer):
    ada, ben = await guild.add("ada", "ben")
    await let_allow(guild, ben, guild.id(ben))
    never: dict[str, dict[str, list[str]]] = {"canEndorse": {"manualApproval": []}}
    eve = peer.add_actor("eve", interactionPolicy=never)

    for whom in (ben, eve.handle, guild.handle("guild")):
        said = await refusal(guild, ada, whom)
        assert said is not None
        assert said.endswith("takes no endorsements; nothing was sent")
    assert await guild.rows("select * from offers where endorser_id = :id", id=guild.id(ada)) == []


async def test_who_takes_offers_of_followers_alone_is_asked_by_followers_alone(guild, peer):
    ada, ben, carl = await guild.add("ada", "ben", "carl")
    await let_allow(guild, ben, f"{guild.id(ben)}/followers")
    await follow(guild, guild.id(ada), guild.id(ben))

    assert await refusal(guild, carl, ben) is not None
    assert await guild.state_of((await offer(guild, ada, ben)).id) is OfferState.WAITING


async def test_elsewhere_only_their_own_server_knows_their_followers(guild, peer):
    [ada] = await guild.add("ada")
    fay = peer.add_actor(
        "fay",
        interactionPolicy={
            "canEndorse": {"manualApproval": [f"{peer.origin}/users/fay/followers"]}
        },
    )

    made = await offer(guild, ada, fay.handle)

    assert made.way is OfferWay.OFFER
    [sent] = await guild.sent(fay, "Offer")
    assert (sent["to"], sent["id"]) == ([fay.id], made.id)


async def test_an_offer_elsewhere_goes_to_the_personal_inbox_alone(guild, peer, bea):
    [ada] = await guild.add("ada")

    await offer(guild, ada, bea.handle)
    await guild.send()

    assert [post.path for post in peer.posts] == ["/users/bea/inbox"]
    assert guild.id(ada) not in fetches(peer)


async def test_nobody_endorses_themselves(guild):
    [ada] = await guild.add("ada")

    with pytest.raises(InvalidInputError) as caught:
        await offer(guild, ada, ada)

    assert caught.value.field == "endorsed"


async def test_only_who_was_asked_answers_and_only_in_time(guild):
    ada, ben, carl = await guild.add("ada", "ben", "carl")
    made = await offer(guild, ada, ben)

    with pytest.raises(NotFoundError, match="no offer"):
        await decline(guild, carl, made.id)
    await guild.keep_up(days=31)
    for is_accepted in (True, False):
        with pytest.raises(ConflictError, match="no longer"):
            await endorsements.answer(guild.federation, ben, made.id, is_accepted=is_accepted)
    assert await guild.state_of(made.id) is OfferState.EXPIRED


async def test_only_the_newest_text_is_agreed_to(guild):
    ada, ben = await guild.add("ada", "ben")
    made = await offer(guild, ada, ben)
    again = await amend(guild, ada, made.note_id)

    with pytest.raises(ConflictError, match="no longer"):
        await endorsements.answer(guild.federation, ben, made.id, is_accepted=True)
    await endorsements.answer(guild.federation, ben, again.id, is_accepted=True)

    assert await guild.state_of(made.id) is OfferState.SUPERSEDED
    assert await guild.shows(made.note_id)


async def test_an_older_text_agreed_to_elsewhere_is_not_published(guild, bea):
    [ada] = await guild.add("ada")
    made = await offer(guild, ada, bea.handle)
    await amend(guild, ada, made.note_id)

    said = await guild.hear(bea, bea.activity("Accept", made.id, result=f"{bea.id}#stamp"))

    assert said == "accepts an offer that is superseded"
    assert not await guild.shows(made.note_id)


async def test_only_who_wrote_it_amends_it_and_not_what_was_withdrawn(guild):
    ada, ben = await guild.add("ada", "ben")
    made = await offer(guild, ada, ben)
    await endorsements.answer(guild.federation, ben, made.id, is_accepted=True)

    for note_id in (made.note_id, ObjectId(f"{made.note_id}0")):
        with pytest.raises(NotFoundError, match="no endorsement"):
            await endorsements.amend(guild.federation, ben, note_id, OTHER)
    await endorsements.withdraw(guild.federation, ben, made.note_id)
    with pytest.raises(ConflictError, match="was withdrawn"):
        await endorsements.amend(guild.federation, ada, made.note_id, OTHER)


async def test_what_came_to_nothing_is_erased_after_a_week(guild):
    ada, ben, carl = await guild.add("ada", "ben", "carl")
    declined, retracted = await offer(guild, ada, ben), await offer(guild, ada, carl)
    await decline(guild, ben, declined.id)
    await endorsements.withdraw(guild.federation, ada, retracted.note_id)

    await guild.keep_up(days=7)
    before = [(await guild.offer(made.id)).body for made in (declined, retracted)]
    await guild.keep_up(seconds=1)
    after = [await guild.offer(made.id) for made in (declined, retracted)]
    await guild.keep_up(days=30)

    assert None not in before
    assert after[0].body is not None  # or the endorser could tell the no from silence
    assert after[1].body is None
    assert [made.digest for made in after] == [declined.digest, retracted.digest]
    assert (await guild.offer(declined.id)).body is None


async def test_an_offer_of_a_stranger_waits_aside_without_a_notice_and_can_be_answered(guild, bea):
    [ada] = await guild.add("ada")
    asked = offered(guild, bea, ada)

    assert await guild.hear(bea, asked) is None

    assert await guild.state_of(asked["id"]) is OfferState.ASIDE
    told = await guild.rows("select * from notifications where owner_id = :id", id=guild.id(ada))
    assert told == []
    answered = await endorsements.answer(guild.federation, ada, asked["id"], is_accepted=True)
    assert answered.state is OfferState.ACCEPTED


async def test_an_offer_from_a_known_host_by_somebody_followed_here_is_told(guild, bea):
    [ada] = await guild.add("ada")
    await guild.know(bea)
    await follow(guild, guild.id(ada), bea.id)
    guild.clock.forward(days=15)
    asked = offered(guild, bea, ada)

    await guild.hear(bea, asked)

    assert await guild.state_of(asked["id"]) is OfferState.WAITING
    told = await guild.rows("select kind from notifications where owner_id = :id", id=guild.id(ada))
    assert [row["kind"] for row in told] == ["offer"]


async def test_an_offer_taken_back_before_it_came_stays_away(guild, bea):
    [ada] = await guild.add("ada")
    asked = offered(guild, bea, ada)

    await guild.hear(bea, bea.activity("Undo", asked))
    said = await guild.hear(bea, asked)

    assert said == "was taken back before it came"
    assert await guild.rows("select * from offers where id = :id", id=asked["id"]) == []


async def test_a_declined_text_from_elsewhere_does_not_come_back_for_ninety_days(guild, bea):
    [ada] = await guild.add("ada")
    first, second, third = (offered(guild, bea, ada) for _ in range(3))
    await guild.hear(bea, first)
    await decline(guild, ada, first["id"])

    assert await guild.hear(bea, second) == OVER
    guild.clock.forward(days=91)
    third |= {"published": instant(guild), "endTime": instant(guild, in_days=30)}
    assert await guild.hear(bea, third) is None


async def test_a_text_too_large_to_count_elsewhere_is_refused(guild):
    ada, ben = await guild.add("ada", "ben")
    links = tuple(
        Evidence(href=f"https://elsewhere.example/{number}{'x' * 1_800}", name="plans")
        for number in range(8)
    )

    with pytest.raises(InvalidInputError, match="shorten") as caught:
        await offer(guild, ada, ben, replace(DRAFT, evidence=links))

    assert caught.value.field == "words"


async def test_a_yes_is_taken_back_before_it_is_published_elsewhere(guild, bea):
    [ada] = await guild.add("ada")
    asked = offered(guild, bea, ada)
    await guild.hear(bea, asked)
    await endorsements.answer(guild.federation, ada, asked["id"], is_accepted=True)

    await endorsements.withdraw(guild.federation, ada, asked["object"]["id"])

    assert await guild.state_of(asked["id"]) is OfferState.WITHDRAWN
    [accept] = await guild.sent(bea, "Accept")
    [delete] = await guild.sent(bea, "Delete")
    assert delete["object"]["id"] == accept["result"]
