"""From an invitation to a job note by keyboard alone, and the same with script switched off."""

from dataclasses import dataclass

import pytest

from fedirec.community.invitations import create_invite
from fedirec.community.passwords import set_password
from tests.browser.chromium import NARROW, WIDE, Watched, chromium, watched
from tests.web.home import Home

PASSWORD = "green joints hold well"
WORDS = "Ada found the failed wall plate that two firms had missed, and wrote it up plainly."
_FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels && at.labels[0];
  return {
    name: at.name || "",
    text: (label ? label.innerText : at.innerText || "").trim(),
    is_seen: at === document.body || getComputedStyle(at).outlineStyle !== "none",
  };
}"""
TITLE = "Two framers for a barn repair"
_MOST_STEPS = 120


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Hands that have no mouse."""

    window: Watched

    async def reach(self, *, name: str = "", text: str = "") -> None:
        """Press Tab until the control called so has the focus, which must be seen at each step."""
        page = self.window.page
        for _ in range(_MOST_STEPS):
            await page.keyboard.press("Tab")
            at = await page.evaluate(_FOCUSED)
            assert at["is_seen"], f"nobody sees where the focus is: {at}"
            if (name and at["name"] == name) or (text and at["text"].split("\n")[0] == text):
                return
        message = f"Tab never reached {name or text} on {page.url}"
        raise AssertionError(message)

    async def fill(self, **fields: str) -> None:
        """Reach each field and type into it."""
        for name, text in fields.items():
            await self.reach(name=name)
            await self.window.page.keyboard.press("Control+A")
            await self.window.page.keyboard.type(text)

    async def choose(self, name: str) -> None:
        """Take the first of a group of choices."""
        await self.reach(name=name)
        await self.window.page.keyboard.press("Space")

    async def go(self, text: str) -> None:
        """Follow a link or press a button, and wait for the page it leads to."""
        await self.reach(text=text)
        async with self.window.page.expect_navigation():
            await self.window.page.keyboard.press("Enter")

    async def unfold(self, text: str) -> None:
        """Open what is folded."""
        await self.reach(text=text)
        await self.window.page.keyboard.press("Enter")


@pytest.mark.slow
@pytest.mark.parametrize(("has_script", "width"), [(True, WIDE), (False, NARROW)])
async def test_a_newcomer_recognises_somebody_and_posts_work(home, has_script, width):
    await set_password(home.federation, "ada", PASSWORD)
    options = {"width": width, "has_script": has_script}

    async with (
        chromium() as browser,
        watched(browser, home, **options) as hers,
        watched(browser, home, **options) as adas,
        watched(browser, home, **options) as anybodys,
    ):
        grace, ada = Keyboard(hers), Keyboard(adas)
        await join(grace, home)
        await recognise(grace, home)
        await agree(ada)
        await anybodys.open("/@ada")
        assert WORDS in await anybodys.page.inner_text("main")
        await post_work(grace)
        await anybodys.open("/jobs")
        assert TITLE in await anybodys.page.inner_text("main")
        await grace.unfold("You")
        await grace.go("Sign out")
        assert await hers.page.get_by_role("link", name="Sign in").is_visible()

    for window in (hers, adas, anybodys):
        assert window.complaints == []
        assert window.strangers == []


async def join(grace: Keyboard, home: Home) -> None:
    """By an invitation: two fields."""
    invite = (await create_invite(home.federation)).link.removeprefix(home.instance.origin)
    await grace.window.open(invite)
    await grace.fill(name="grace", password=PASSWORD)
    await grace.go("Join")
    assert grace.window.page.url.endswith("/welcome")


async def recognise(grace: Keyboard, home: Home) -> None:
    """Say what Ada did well: at most four pages, three fields to fill, none of them twice."""
    page = grace.window.page
    pages = [page.url]
    await grace.go("Recognise someone you worked with")
    pages.append(page.url)
    required = await page.locator(":required").evaluate_all(
        "all => [...new Set(all.filter(one => !one.value || one.type == 'radio')"
        ".map(one => one.name))]"
    )
    await grace.fill(to=f"@ada@{home.instance.domain}", words=WORDS)
    await grace.choose("relation")
    await grace.go("Send")
    pages.append(page.url)
    assert "/offers/" in page.url
    assert sorted(required) == ["relation", "to", "words"]
    assert len(pages) <= 4


async def agree(ada: Keyboard) -> None:
    """Sign in, read what waits, and accept it."""
    await ada.window.open("/home")
    await ada.fill(name="ada", password=PASSWORD)
    await ada.go("Sign in")
    await ada.go("Read and answer")
    assert WORDS in await ada.window.page.inner_text("main")
    await ada.go("Accept")


async def post_work(grace: Keyboard) -> None:
    """Post a job note by way of the menu."""
    await grace.unfold("You")
    await grace.go("Post work")
    await grace.fill(pay="24", pay_to="28", title=TITLE)
    await grace.fill(words="Two weeks of green-oak framing for a barn, in company.")
    await grace.go("Post it")
