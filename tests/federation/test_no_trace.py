"""What waits, was declined or has expired leaves no trace on any page, feed or collection."""

import re
from collections import deque
from datetime import timedelta

import pytest

from fedirec.community import endorsements, upkeep
from fedirec.domain.endorsements import EndorsementDraft, Period, Relation
from tests.federation.test_endorsing import DRAFT, offer_waiting, shown
from tests.fediverse import Home, running, utc_now

SECRET = EndorsementDraft(
    words="Nobody but the two of them may read this sentence before it is agreed to.",
    relation=Relation.TAUGHT,
    period=Period(start="2023"),
    setting="the unmentioned workshop",
)
MAX_PAGES = 300


async def crawl(home: Home) -> dict[str, str]:
    """Fetch everything that can be reached from the front door, as a person and as a peer."""
    instance = home.federation.instance
    waiting = deque(
        [f"{home.origin}/", f"{home.origin}/about", f"{home.origin}/jobs", f"{home.origin}/members"]
        + [f"{home.origin}/.well-known/nodeinfo", f"{home.origin}/nodeinfo/2.1"]
        + [f"{home.origin}/users/{name}" for name in ("carol", "ann", "bea", instance.guild_name)]
    )
    seen: dict[str, str] = {}
    while waiting and len(seen) < MAX_PAGES:
        url = waiting.popleft()
        if url in seen:
            continue
        texts = []
        for accept in ("text/html", "application/activity+json"):
            async with home.client.get(url, headers={"Accept": accept}) as response:
                texts.append(f"{response.status} {await response.text(errors='replace')}")
        seen[url] = "\n".join(texts)
        links = re.findall(r'"(https?://[^"\s]+|/[^"\s]*)"', seen[url])
        absolute = (home.origin + link if link.startswith("/") else link for link in links)
        waiting.extend(link for link in absolute if link.startswith(home.origin))
    return seen


async def traces(home: Home, *marks: str) -> list[str]:
    """Return the places where any of the marks can be read."""
    return [url for url, text in (await crawl(home)).items() if any(mark in text for mark in marks)]


@pytest.mark.parametrize("answer", [None, False], ids=["waiting", "declined"])
async def test_an_offer_that_is_not_agreed_to_can_be_read_nowhere(guilds, answer):
    builders, weavers = guilds
    made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), SECRET)
    waiting = await offer_waiting(weavers, made.offer.id)
    if answer is not None:
        await endorsements.answer(weavers.federation, "bea", waiting.id, is_accepted=answer)

    marks = (SECRET.words, "unmentioned workshop", made.offer.note_id, made.offer.id)
    assert await traces(builders, *marks) == []
    assert await traces(weavers, *marks) == []
    for url in (made.offer.note_id, made.offer.id):
        assert (await builders.get(url))[0] == 404
        assert (await builders.page(url))[0] == 404


async def test_an_expired_offer_can_be_read_nowhere_and_its_text_is_erased(tmp_path):
    later = timedelta()

    async with running(tmp_path, now=lambda: utc_now() + later) as home:
        await home.add("carol", "ann")
        made = await endorsements.offer(home.federation, "carol", home.handle("ann"), SECRET)
        later = timedelta(days=31)
        await upkeep.expire_offers(home.federation)
        later = timedelta(days=39)
        await upkeep.forget_old(home.federation)

        assert await traces(home, SECRET.words, made.offer.note_id, made.offer.id) == []
        kept = await offer_waiting(home, made.offer.id)
        assert (kept.state, kept.body) == ("expired", None)


async def test_an_edit_that_is_not_agreed_to_does_not_show(guilds):
    builders, weavers = guilds
    made = await endorsements.offer(builders.federation, "carol", weavers.handle("bea"), DRAFT)
    await offer_waiting(weavers, made.offer.id)
    await endorsements.answer(weavers.federation, "bea", made.offer.id, is_accepted=True)
    await shown(weavers, made.offer.note_id)

    again = await endorsements.amend(builders.federation, "carol", made.offer.note_id, SECRET)
    await offer_waiting(weavers, again.offer.id)

    assert await traces(builders, SECRET.words, again.offer.id) == []
    assert await traces(weavers, SECRET.words, again.offer.id) == []


async def test_the_crawl_finds_what_is_public(guilds):
    builders, _weavers = guilds
    made = await endorsements.offer(builders.federation, "carol", builders.handle("ann"), DRAFT)
    await endorsements.answer(builders.federation, "ann", made.offer.id, is_accepted=True)
    await shown(builders, made.offer.note_id)

    found = await traces(builders, DRAFT.words)

    assert made.offer.note_id in found
    assert f"{builders.origin}/@ann" in found
