"""A member's home: what came in, in order, with an end; and what they were told."""

import re

from fedirec.community.following import follow
from tests.web.browser import Browser, signed_in
from tests.web.home import Home
from tests.web.hostile import CORPUS, bad_things_in
from tests.web.stories import endorsed, offered, posted


async def follows(home: Home, who: str, whom: str) -> None:
    """Let a member follow another."""
    await follow(home.federation, who, f"@{whom}@{home.instance.domain}")


def items_of(page: str) -> list[str]:
    """The items of a list on a page."""
    return re.findall(r'<li class="item">(.*?)</li>', page, re.DOTALL)


async def test_a_new_member_reads_what_to_do(home):
    ada = await signed_in(home, "ada")

    seen = await ada.get("/home")

    assert "No news. Endorse someone you worked with this month." in seen.text
    assert 'href="/endorse"' in seen.text


async def test_what_came_in_stands_newest_first_and_by_kind(home):
    await follows(home, "ada", "carol")
    await posted(home)
    home.clock.forward(home.federation.limits.announce_delay)
    await follows(home, "carol", "ada")
    home.clock.forward(home.federation.limits.announce_delay)
    offer = await offered(home)
    ada = await signed_in(home, "ada")

    pages = {
        only: items_of((await ada.get(f"/home?only={only}")).text)
        for only in ("all", "endorsements", "jobs", "replies", "follows")
    }

    [asked, followed, work] = pages["all"]
    assert "Read and answer" in asked
    assert offer.note_id[-26:] in asked
    assert "follows you" in followed
    assert "Green-oak joiner" in work
    assert pages["endorsements"] == [asked]
    assert pages["jobs"] == [work]
    assert pages["replies"] == []
    assert pages["follows"] == [followed]


async def test_a_part_that_is_none_is_refused(home):
    ada = await signed_in(home, "ada")

    assert (await ada.get("/home?only=likes")).status == 400


async def test_an_end_says_when_it_was_read_last_and_looking_changes_nothing(home):
    await offered(home)
    ada = await signed_in(home, "ada")

    first = await ada.get("/home")
    again = await ada.get("/home")
    read = await ada.send(again, "/home")

    assert first.body == again.body
    assert "chip-wait" in items_of(again.text)[0]
    assert "You are up to date.<" in again.text
    assert re.search(r"up to date, last read \w+day, \d+ \w+ 20\d\d\.", read.text)
    assert "chip-wait" not in items_of(read.text)[0]
    assert "Mark all as read" not in read.text


async def test_a_long_inbox_has_pages_and_an_end(home):
    await follows(home, "ada", "carol")
    for number in range(25):
        await posted(home, title=f"Work {number}")
        home.clock.forward(home.federation.limits.announce_delay)
    ada = await signed_in(home, "ada")

    first = await ada.get("/home?only=jobs")
    [path] = re.findall(r'href="(/home\?only=jobs&amp;before=\w+)"', first.text)
    last = await ada.get(path.replace("&amp;", "&"))

    shown = [re.findall(r"Work \d+</a>", item)[0] for item in items_of(first.text + last.text)]
    assert shown == [f"Work {number}</a>" for number in reversed(range(25))]
    assert "You are up to date" not in first.text
    assert "You are up to date" in last.text


async def test_an_answered_offer_is_not_asked_again(home):
    note_id = await endorsed(home)
    ada = await signed_in(home, "ada")

    seen = await ada.get("/home?only=endorsements")

    [said] = items_of(seen.text)
    assert "Read and answer" not in said
    assert note_id in said


async def test_notices_have_a_next_step_and_are_read_by_a_button_alone(home):
    offer = await offered(home)
    await follows(home, "carol", "ada")
    ada = await signed_in(home, "ada")
    assert ">news<" in (await ada.get("/jobs")).text

    await ada.get("/notifications")
    seen = await ada.get("/notifications")
    [followed, asked] = items_of(seen.text)
    read = await ada.send(seen, "/notifications")

    assert f'href="/offers/{offer.note_id[-26:]}"' in asked
    assert "Read and answer" in asked
    assert 'href="/@carol"' in followed
    assert "chip-wait" in asked
    assert "chip-wait" not in "".join(items_of(read.text))
    assert ">news<" not in read.text


async def test_the_writer_is_told_of_an_agreement(home):
    await endorsed(home)
    carol = await signed_in(home, "carol")

    [told] = items_of((await carol.get("/notifications")).text)

    assert "agreed to what you wrote about them" in told


async def test_nothing_told_is_said_in_words(home):
    ada = await signed_in(home, "ada")

    assert "You were told nothing yet" in (await ada.get("/notifications")).text


async def test_what_a_member_received_is_theirs_alone(home):
    offer = await offered(home)
    carol = await signed_in(home, "carol")

    for path in ("/home", "/notifications"):
        assert offer.note_id[-26:] not in (await carol.get(path)).text


async def test_a_strange_point_to_begin_at_shows_nothing_bad(home):
    await offered(home)
    ada: Browser = await signed_in(home, "ada")

    for text in CORPUS[:6]:
        for path in ("/home", "/notifications"):
            seen = await ada.get(f"{path}?before={''.join(f'%{b:02x}' for b in text.encode())}")
            assert bad_things_in(seen.text) == []


async def test_the_front_page_leads_members_home(home):
    ada = await signed_in(home, "ada")

    assert 'href="/home"' in (await ada.get("/")).text
    assert 'href="/home"' not in (await home.page("/")).text
