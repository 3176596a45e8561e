"""The keepers' pages as a browser shows them, and the page with every component of the look."""

import pytest

from tests.browser.chromium import NARROW, SCHEMES, WIDE, chromium, real_complaints, watched
from tests.web.keeping import PAGES, fill, keeper_of

ABOUT = ("/about/rules", "/about/federation", "/privacy", "/accessibility")


@pytest.mark.slow
@pytest.mark.rule("HT-03", "PA-08")
@pytest.mark.parametrize("width", [WIDE, NARROW])
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_every_keepers_page_is_without_fault(home, width, scheme):
    ada = await keeper_of(home)
    faults = []

    async with (
        chromium() as browser,
        watched(browser, home, width=width, scheme=scheme, cookies=ada.cookies) as window,
    ):
        for is_filled in (False, True):
            if is_filled:
                await fill(home)
            for path in (*PAGES, *ABOUT):
                status = await window.open(path)
                faults += [f"{path}: {found}" for found in await window.violations()]
                if await window.overflow() > 0:
                    faults.append(f"{path}: wider than {width} pixels")
                faults += real_complaints(window.complaints, status)
                faults += window.strangers
                window.complaints.clear()

    assert faults == []
