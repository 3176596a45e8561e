"""An endorsement from wish to page and back, between two guilds, over real signed HTTP."""

import pytest

from fedirec.community import endorsements, following
from fedirec.domain.actors import ObjectId
from fedirec.domain.endorsements import (
    EndorsementDraft,
    OfferState,
    OfferWay,
    Period,
    Relation,
    ShownTo,
    Skill,
)
from fedirec.storage import endorsements as endorsement_rows
from fedirec.storage import follows, offers
from fedirec.storage.endorsements import StoredEndorsement
from fedirec.storage.offers import Offer
from tests.fediverse import Home, eventually

DRAFT = EndorsementDraft(
    words="Cut and fitted every joint of the frame, and taught two of us as she went.",
    relation=Relation.WORKED_WITH,
    period=Period(start="2024-03", end="2024-09"),
    skills=(Skill(name="green-oak joinery"),),
    setting="restoration of the village hall",
)


async def offer_waiting(home: Home, offer_id: str) -> Offer:
    """Wait until an offer has arrived, and return it."""

    async def look() -> Offer | None:
        async with home.federation.database.reading() as reader:
            return await offers.find_offer(reader, offer_id)

    return await eventually(look, expecting=f"the offer {offer_id}")


async def shown(home: Home, note_id: str) -> StoredEndorsement:
    """Wait until an endorsement is confirmed on an instance, and return it."""

    async def look() -> StoredEndorsement | None:
        async with home.federation.database.reading() as reader:
            found = await endorsement_rows.find_endorsement(reader, ObjectId(note_id))
            return found if found is not None and found.state == "confirmed" else None

    return await eventually(look, expecting=f"the endorsement {note_id}")


async def status_of(home: Home, url: str, status: int) -> bool:
    """Wait until a stranger's look at `url` gives `status`."""

    async def look() -> bool | None:
        return (await home.get(url))[0] == status or None

    return await eventually(look, expecting=f"{status} for {url}")


async def test_an_accepted_offer_is_published_stamped_and_boosted(guilds):
    builders, weavers = guilds

    made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), DRAFT)
    waiting = await offer_waiting(weavers, made.offer.id)
    assert made.way is OfferWay.OFFER
    assert (await builders.get(made.offer.note_id))[0] == 404
    await endorsements.answer(weavers.federation, "bea", waiting.id, is_accepted=True)

    at_home = await shown(builders, made.offer.note_id)
    abroad = await shown(weavers, made.offer.note_id)
    assert at_home.digest == abroad.digest == waiting.digest
    status, note = await builders.get(made.offer.note_id)
    assert status == 200
    assert note["endorsement"]["consent"].startswith(weavers.origin)
    status, stamp = await weavers.get(note["endorsement"]["consent"])
    assert (status, stamp["digestMultibase"]) == (200, waiting.digest)

    async def boosted() -> bool:
        _status, outbox = await builders.get(f"{builders.id('guild')}/outbox?page=true")
        return made.offer.note_id in str(outbox)

    assert await eventually(boosted, expecting="the guild's boost")


async def test_an_offer_between_two_members_of_one_guild_needs_no_post_to_ourselves(guilds):
    builders, _weavers = guilds

    made = await endorsements.offer(builders.federation, "carol", builders.handle("ann"), DRAFT)
    await endorsements.answer(builders.federation, "ann", made.offer.id, is_accepted=True)

    await shown(builders, made.offer.note_id)
    async with builders.federation.database.reading() as reader:
        sent = await reader.fetch_all("select * from deliveries")
    assert list(sent) == []


async def test_a_declined_offer_looks_like_silence_to_who_made_it(guilds):
    builders, weavers = guilds
    made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), DRAFT)
    waiting = await offer_waiting(weavers, made.offer.id)

    await endorsements.answer(weavers.federation, "bea", waiting.id, is_accepted=False)

    async with weavers.federation.database.reading() as reader:
        sent = await reader.fetch_all("select * from deliveries")
    assert list(sent) == []
    assert (await offer_waiting(builders, made.offer.id)).state is OfferState.WAITING
    assert (await builders.get(made.offer.note_id))[0] == 404


async def test_the_endorsed_withdraws_and_it_is_gone_on_both_sides(guilds):
    builders, weavers = guilds
    made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), DRAFT)
    waiting = await offer_waiting(weavers, made.offer.id)
    await endorsements.answer(weavers.federation, "bea", waiting.id, is_accepted=True)
    await shown(builders, made.offer.note_id)
    await shown(weavers, made.offer.note_id)
    _status, note = await builders.get(made.offer.note_id)

    await endorsements.withdraw(weavers.federation, "bea", made.offer.note_id)

    assert await status_of(weavers, note["endorsement"]["consent"], 410)
    assert await status_of(builders, made.offer.note_id, 410)


async def test_the_endorser_withdraws_and_the_copy_goes_too(guilds):
    builders, weavers = guilds
    made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), DRAFT)
    waiting = await offer_waiting(weavers, made.offer.id)
    await endorsements.answer(weavers.federation, "bea", waiting.id, is_accepted=True)
    await shown(weavers, made.offer.note_id)
    _status, note = await builders.get(made.offer.note_id)

    await endorsements.withdraw(builders.federation, "carol", made.offer.note_id)

    assert await status_of(builders, made.offer.note_id, 410)
    assert await status_of(weavers, note["endorsement"]["consent"], 410)


async def test_an_edit_stands_only_after_it_is_agreed_to(guilds):
    builders, weavers = guilds
    made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), DRAFT)
    await offer_waiting(weavers, made.offer.id)
    await endorsements.answer(weavers.federation, "bea", made.offer.id, is_accepted=True)
    first = await shown(weavers, made.offer.note_id)
    new_words = "Cut every joint of the frame, taught two of us, and kept the drawings current."

    again = await endorsements.amend(
        builders.federation,
        "carol",
        made.offer.note_id,
        EndorsementDraft(words=new_words, relation=DRAFT.relation, period=DRAFT.period),
    )
    await offer_waiting(weavers, again.offer.id)
    assert new_words not in str((await builders.get(made.offer.note_id))[1])
    await endorsements.answer(weavers.federation, "bea", again.offer.id, is_accepted=True)

    async def edited() -> StoredEndorsement | None:
        found = await shown(weavers, made.offer.note_id)
        return found if found.digest != first.digest else None

    assert (await eventually(edited, expecting="the edit")).consent_id != first.consent_id
    assert new_words in str((await builders.get(made.offer.note_id))[1])
    assert await status_of(weavers, str(first.consent_id), 410)


async def test_a_retracted_offer_can_no_longer_be_answered(guilds):
    builders, weavers = guilds
    made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), DRAFT)
    await offer_waiting(weavers, made.offer.id)

    await endorsements.withdraw(builders.federation, "carol", made.offer.note_id)

    async def retracted() -> bool:
        return (await offer_waiting(weavers, made.offer.id)).state is OfferState.RETRACTED

    assert await eventually(retracted, expecting="the retraction")


async def test_followers_only_reaches_the_follower_and_no_stranger(guilds):
    builders, weavers = guilds
    await following.follow(weavers.federation, "bea", builders.handle("carol"))

    async def followed() -> bool:
        async with builders.federation.database.reading() as reader:
            return await follows.is_follower(
                reader, follower=weavers.id("bea"), followed=builders.id("carol")
            )

    await eventually(followed, expecting="the follow")
    draft = EndorsementDraft(
        words=DRAFT.words,
        relation=DRAFT.relation,
        period=DRAFT.period,
        shown_to=ShownTo.FOLLOWERS,
    )

    made = await endorsements.offer(builders.federation, "carol", builders.handle("ann"), draft)
    await endorsements.answer(builders.federation, "ann", made.offer.id, is_accepted=True)

    await shown(weavers, made.offer.note_id)
    assert (await builders.get(made.offer.note_id))[0] == 404


@pytest.mark.parametrize("words", ["too short", "long " * 300])
async def test_words_out_of_bounds_are_refused_with_the_field_named(guilds, words):
    builders, weavers = guilds
    draft = EndorsementDraft(words=words, relation=DRAFT.relation, period=DRAFT.period)

    with pytest.raises(Exception, match="40 to 1000") as refusal:
        await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), draft)

    assert getattr(refusal.value, "field", None) == "words"
