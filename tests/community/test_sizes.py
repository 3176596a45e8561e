"""How much an endorsement may hold: what is accepted here is still one when it is published."""

from dataclasses import replace
from typing import Any

import pytest

from fedirec.activitypub.documents import dump
from fedirec.activitypub.endorsements import why_not_endorsement
from fedirec.community import endorsements
from fedirec.domain.endorsements import EndorsementDraft, Evidence
from fedirec.errors import InvalidInputError
from tests.community.elsewhere import offered_to, stamp_by
from tests.community.guild import DRAFT

pytestmark = pytest.mark.asyncio(loop_scope="module")

STEP = 16


def with_links(length) -> EndorsementDraft:
    """A text with eight links of so many characters."""
    links = [f"https://hall.example/{number}/".ljust(length, "x") for number in range(8)]
    return replace(DRAFT, evidence=tuple(Evidence(href=link, name="diary") for link in links))


async def largest_offer(guild, who, person) -> Any:
    """Offer the largest text that is accepted; return the offer, and how many were refused."""
    refused = 0
    for length in range(2_000, 1_000, -STEP):
        try:
            return await endorsements.offer(
                guild.federation, who, person.handle, with_links(length)
            ), refused
        except InvalidInputError:
            refused += 1
    raise AssertionError(refused)


async def test_the_largest_text_that_is_accepted_counts_once_it_is_published(guild, bea):
    [ada] = await guild.add("ada")
    made, refused = await largest_offer(guild, ada, bea)
    [offer] = [each for each in await guild.sent(bea, "Offer") if each["id"] == made.offer.id]

    stamp_id = stamp_by(bea, offer["object"])
    await guild.hear(bea, bea.activity("Accept", offer["id"], result=stamp_id))

    [create] = await guild.sent(bea, "Create")
    limits = guild.federation.limits
    assert refused > 0
    assert len(dump(create["object"])) > limits.note_bytes - 2 * endorsements.PUBLICATION_BYTES
    assert why_not_endorsement(create["object"], limits=limits) is None
    assert await guild.shows(made.offer.note_id)


async def test_what_is_too_large_is_not_offered_to_anybody(guild, bea):
    [ada] = await guild.add("ada")

    with pytest.raises(InvalidInputError, match="shorten them") as caught:
        await endorsements.offer(guild.federation, ada, bea.handle, with_links(2_000))

    assert caught.value.field == "words"
    assert await guild.sent(bea, "Offer") == []


async def test_a_new_text_that_is_too_large_leaves_the_old_as_it_was(guild, bea):
    [ada] = await guild.add("ada")
    offer = await offered_to(guild, ada, bea)

    with pytest.raises(InvalidInputError) as caught:
        await endorsements.amend(guild.federation, ada, offer["object"]["id"], with_links(2_000))

    assert caught.value.field == "words"
    assert len(await guild.sent(bea, "Offer")) == 1
