"""A member's page: its picture, its two actions, its page for paper; as cheap for any length."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fedirec.domain.actors import ActorId, ProfileField
from fedirec.storage import actors
from fedirec.storage.cards import Person
from fedirec.web.pages.cards import EndorsementView
from fedirec.web.pages.ego import BOX, MOST, picture_of
from tests.web.home import Home
from tests.web.hostile import CORPUS, bad_things_in, save_hostile_things
from tests.web.stories import WORDS, endorsed


def person(name: str) -> Person:
    """Somebody here."""
    return Person(
        id=ActorId(f"https://guild.example/users/{name}"),
        name=name,
        handle_domain="guild.example",
        display_name=name,
        url=f"https://guild.example/@{name}",
        kind="Person",
        is_local=True,
    )


def view(endorser: str, where: str | None = "the hall") -> EndorsementView:
    """What somebody said of ada."""
    return EndorsementView(
        note_id="https://guild.example/endorsements/1",
        url="https://guild.example/endorsements/1",
        heading="Joinery",
        hue=1,
        words=WORDS,
        language="en",
        endorser=person(endorser),
        endorsed=person("ada"),
        role="worked with Ada",
        where=where,
        slug=None if where is None else where.replace(" ", "-"),
        when="2024",
        evidence=(),
        is_by_reply=False,
        published_at=datetime(2026, 5, 4, tzinfo=UTC),
        updated_at=None,
        confirmed_at=None,
        consent_id=None,
        is_ours=True,
    )


def test_nobody_said_anything_so_there_is_no_picture():
    assert picture_of([]) is None


def test_each_person_in_each_context_is_a_mark_and_each_endorsement_a_line():
    picture = picture_of([view("bea"), view("bea"), view("bea", "a barn"), view("col", None)])

    assert picture is not None
    assert [len(node.lines) for node in picture.nodes] == [2, 1, 1]
    assert len(picture.arcs) == 3
    assert len(picture.rows) == 4
    assert len({(node.x, node.y) for node in picture.nodes}) == 3


@pytest.mark.parametrize("people", [1, MOST, MOST + 1, 100])
def test_a_picture_has_forty_marks_at_most_and_none_outside(people):
    views = [view(f"m{number}", f"work {number % 7}") for number in range(people)]

    picture = picture_of(views)

    assert picture is not None
    assert len(picture.nodes) <= MOST
    assert picture.is_grouped is (people > MOST)
    assert len(picture.rows) == people
    assert all(0 < node.x < BOX and 0 < node.y < BOX for node in picture.nodes)


def test_too_many_contexts_are_not_all_drawn_and_all_told():
    picture = picture_of([view(f"m{number}", f"work {number}") for number in range(100)])

    assert picture is not None
    assert len(picture.nodes) == MOST
    assert len(picture.rows) == 100


async def test_a_profile_shows_who_said_what_as_a_picture_and_as_a_table(home):
    await endorsed(home)

    text = (await home.page("/@ada")).text

    picture = text[text.index('<svg class="ego-picture"') : text.index("</figure>")]
    assert 'href="/@carol"' in picture
    assert "Size and distance mean nothing" in picture
    assert "<table" in picture
    assert "restoration of the village hall" in picture


async def test_a_profile_leads_to_endorsing_and_to_following(home):
    text = (await home.page("/@ada")).text

    assert re.search(r'href="/endorse\?to=%40ada%40127\.0\.0\.1', text)
    assert 'href="/follow/ada"' in text
    assert "/endorse?" not in (await home.page("/@guild")).text


async def test_a_profile_vouches_for_its_links(home):
    value = '<a href="https://ada.example/" rel="nofollow">ada.example</a>'
    async with home.federation.database.transaction() as transaction:
        ada = await actors.get_actor(transaction, home.id("ada"))
        fields = (ProfileField(name="Site", value=value), ProfileField(name="Trade", value="oak"))
        await actors.save_actor(transaction, replace(ada, fields=fields))

    text = (await home.page("/@ada")).text

    assert text.count('<link rel="me" href="https://ada.example/">') == 1


async def test_a_page_for_paper_has_every_word_unfolded(home):
    await endorsed(home)

    text = (await home.page("/@ada/cv")).text

    assert WORDS in text
    assert "<details" not in text
    assert "noindex" in text
    assert "https://hall.example/diary/roof" in text


@pytest.mark.rule("AC-08")
async def test_a_page_for_paper_of_nobody_is_no_page(home):
    nobody, nothing = await home.page("/@nobody/cv"), await home.page("/nowhere")

    assert (nobody.status, nobody.body) == (404, nothing.body)


@pytest.mark.rule("HT-01", "HT-02")
async def test_no_text_of_a_peer_becomes_more_than_text_on_paper(home):
    for text in CORPUS:
        async with home.federation.database.transaction() as transaction:
            for table in ("job_notes", "endorsements", "notes"):
                await transaction.execute(f"delete from {table}")  # noqa: S608
        await save_hostile_things(home, text)

        seen = await home.page("/@ada/cv")

        assert seen.status == 200
        assert bad_things_in(seen.text) == [], text


async def statements_for(home: Home, path: str) -> int:
    """How many statements a page costs that nobody asked for this second."""
    home.federation.database.changes.note(["update actors set name = name"])
    home.counts.clear()
    assert (await home.page(path)).status == 200
    return len(home.counts.statements)


@pytest.mark.parametrize("path", ["/@ada", "/@ada/cv"])
async def test_a_profile_costs_as_many_statements_whatever_was_said(home, path):
    await endorsed(home)
    few = await statements_for(home, path)
    for _ in range(5):
        home.clock.forward(home.federation.limits.silence_after_refusal)
        await endorsed(home)

    assert await statements_for(home, path) == few
