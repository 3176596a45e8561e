"""The guild's look as pages show it, read once in five seconds; its colours as a stylesheet.

The sheet's name says both colours, so that it can be made from its name alone: every process has
it, and browsers may keep it for ever.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from aiohttp import web

from fedirec.activitypub.identifiers import Instance
from fedirec.community.look import Look, read_look
from fedirec.domain.contrast import Accent, ink_on
from fedirec.errors import StorageUnavailableError
from fedirec.federation.context import Federation
from fedirec.web.marks import mark_path

SECONDS: Final = 5.0
_NAME: Final = re.compile(r"accent-([0-9a-f]{6})-([0-9a-f]{6})\.css")


class Looks:
    """The look of one instance; `monotonic` returns seconds."""

    def __init__(self, federation: Federation, monotonic: Callable[[], float]) -> None:
        self._federation = federation
        self._monotonic = monotonic
        self._read_at = float("-inf")
        self.show(Look(title=federation.instance.title))

    def show(self, look: Look) -> None:
        """Show this look from now on."""
        self.look = look
        self.site: Instance = replace(self._federation.instance, title=look.title)

    async def refresh(self) -> None:
        """Read the look if that is long ago; without a database the last one stays."""
        now = self._monotonic()
        if now - self._read_at < SECONDS:
            return
        self._read_at = now
        try:
            async with self._federation.database.reading() as reader:
                self.show(await read_look(reader, self._federation.instance))
        except StorageUnavailableError:
            self._read_at = float("-inf")

    def draw_mark(self, actor_id: str) -> str:
        """Return the path of an actor's mark; the guild's is the one that its keepers chose."""
        here = self._federation.instance
        return mark_path(self.look.mark_seed(here) if actor_id == here.guild_id else actor_id)

    @property
    def accent_sheet(self) -> str | None:
        """The name of the stylesheet of the guild's colours, None for our own."""
        accent = self.look.accent
        return None if accent is None else sheet_name(accent)


LOOKS = web.AppKey("looks", Looks)


def sheet_name(accent: Accent) -> str:
    """Return the name of the stylesheet of an accent."""
    return f"accent-{accent.light.removeprefix('#')}-{accent.dark.removeprefix('#')}.css"


def accent_sheet(name: str) -> bytes | None:
    """Return the stylesheet of that name; None for a name of another form."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    light, dark = (f"#{digits}" for digits in found.groups())
    return (
        f"@layer tokens{{:root{{--accent:light-dark({light},{dark});"
        f"--on-accent:light-dark({ink_on(light)},{ink_on(dark)})}}}}\n"
    ).encode()
