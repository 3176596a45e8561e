"""Every page as a browser shows it: readable by everyone, in any light, on any screen."""

import pytest

from tests.browser.chromium import NARROW, SCHEMES, WIDE, chromium, real_complaints, watched
from tests.web.browser import signed_in
from tests.web.home import Home
from tests.web.stories import endorsed, offered, posted

PUBLIC = (
    "/", "/@ada", "/@carol", "/members", "/jobs", "/about", "/nowhere", "/sign-in", "/language",
    "/authorize_interaction?uri=@ada@guild.example",
    "/search?q=oak", "/search?q=nothing", "/tags/greenoakjoinery",
)  # fmt: skip
OF_MEMBERS = (
    "/", "/settings/security", "/settings/security/prove", "/welcome",
    "/settings", "/settings/profile", "/settings/privacy", "/settings/language",
    "/network", "/network/followers", "/network/requests", "/network/blocked",
    "/network/find?handle=nonsense", "/network/find", "/jobs/new", "/progress",
    "/search?q=oak+frame",
    "/home", "/notifications", "/endorse", "/endorse?to=@carol@guild.example", "/drafts", "/offers",
    "/ask", "/ask/sent",
)  # fmt: skip


async def with_stories(home: Home) -> tuple[str, ...]:
    """Let something have happened; return the addresses of what came of it."""
    note_id, job_id = await endorsed(home), await posted(home)
    await offered(
        home, setting="second roof", words="A second time, as carefully as the first one."
    )
    return tuple(address.removeprefix(home.instance.origin) for address in (note_id, job_id))


@pytest.mark.slow
@pytest.mark.rule("HT-03", "PA-08")
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_every_page_is_without_fault(home, width, scheme):
    told = await with_stories(home)
    ada = await signed_in(home, "ada", is_strong=True)
    faults = []

    async with chromium() as browser:
        for paths, cookies in (((*PUBLIC, *told), {}), (OF_MEMBERS, ada.cookies)):
            async with watched(
                browser, home, width=width, scheme=scheme, cookies=cookies
            ) as window:
                for path in paths:
                    status = await window.open(path)
                    faults += [f"{path}: {found}" for found in await window.violations()]
                    if await window.overflow() > 0:
                        faults.append(f"{path}: wider than {width} pixels")
                    faults += real_complaints(window.complaints, status)
                    faults += window.strangers
                    window.complaints.clear()

    assert faults == []
