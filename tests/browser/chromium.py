"""A real browser, without a window: the system's Chromium, driven by Playwright.

It reaches this machine alone: whatever else it asks for is noted, and is a failure of the page.
"""

import os
import shutil
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, async_playwright

from tests.missing import leave_out
from tests.web.home import Home

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
)  # fmt: skip
WIDE, NARROW = 1200, 320
Scheme = Literal["dark", "light"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
_RULES = {"type": "tag", "values": [
    "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice",
]}  # fmt: skip


def find_chromium(*, search_path: str | None = None) -> str:
    """Return the path of the browser, or leave the test out."""
    named = os.environ.get("FEDIREC_TEST_CHROMIUM")
    found = named or next(filter(None, (shutil.which(n, path=search_path) for n in NAMES)), None)
    if found is None:
        leave_out("Chromium is not on the path: install the package `chromium`")
    return found


@dataclass(slots=True)
class Watched:
    """A page of a browser, and what it complained about or asked of others meanwhile."""

    page: Page
    home: Home
    complaints: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    async def open(self, path: str) -> int:
        """Open a page of the instance; return its status."""
        response = await self.page.goto(self.home.instance.origin + path)
        assert response is not None
        return response.status

    async def violations(self) -> list[str]:
        """What axe finds wrong with the page as it is shown now, each with where it is."""
        found = await Axe().run(self.page, options={"runOnly": _RULES})
        return [
            f"{rule['id']}: {node['target']} {node.get('failureSummary', '')[:200]}"
            for rule in found.response["violations"]
            for node in rule["nodes"]
        ]

    async def overflow(self) -> int:
        """How many pixels the page is wider than its window."""
        wide: int = await self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return wide


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser, for the block."""
    path = find_chromium()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def watched(
    browser: Browser,
    home: Home,
    *,
    width: int = WIDE,
    scheme: Scheme = "light",
    has_script: bool = True,
    cookies: Mapping[str, str] | None = None,
    **options: Any,
) -> AsyncIterator[Watched]:
    """A window of its own, with what it needs to be signed in."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        java_script_enabled=has_script,
        reduced_motion="reduce",
        locale="en",
        **options,
    )
    await context.add_cookies(
        [
            {"name": name, "value": value, "url": home.instance.origin}
            for name, value in (cookies or {}).items()
        ]
    )
    page = await context.new_page()
    seen = Watched(page=page, home=home)
    page.on(
        "console",
        lambda message: (
            seen.complaints.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on(
        "request",
        lambda request: (
            seen.strangers.append(request.url) if not is_ours(request.url, home) else None
        ),
    )
    try:
        yield seen
    finally:
        await context.close()


def is_ours(url: str, home: Home) -> bool:
    """Whether a request stays here."""
    return url == home.instance.origin or url.startswith(f"{home.instance.origin}/")


def real_complaints(complaints: Sequence[str], status: int) -> list[str]:
    """Complaints less the one that Chromium makes of every status that is no success."""
    return [said for said in complaints if status < 400 or "Failed to load resource" not in said]
