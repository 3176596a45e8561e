"""Where somebody goes once they are let in, and the form that they had typed before (HT-12)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import hdrs, web

from fedirec.web.doors import AGAIN_FIELD, KEPT, NEXT_FIELD, ask_again, see_other
from fedirec.web.forms import Posted
from fedirec.web.links import known_path

HOME: Final = "/home"


@dataclass(frozen=True, slots=True, kw_only=True)
class Onward:
    """What signing in was asked for: a page, or a form of `again` that was sent too late."""

    next: str = HOME
    again: str | None = None
    kept: Sequence[tuple[str, str]] = ()

    @property
    def hidden(self) -> list[tuple[str, str]]:
        """The fields that carry it through the forms of signing in."""
        if self.again is None:
            return [(NEXT_FIELD, self.next)]
        return [(AGAIN_FIELD, self.again), *((KEPT + name, text) for name, text in self.kept)]


async def read_onward(request: web.Request, posted: Posted | None) -> Onward:
    """Return what the query asks for, or the form that came; nothing that leads out of here."""
    if posted is None:
        given = request.query.get(NEXT_FIELD, HOME)
        return Onward(next=await known_path(request, given, otherwise=HOME))
    again = posted.text(AGAIN_FIELD)
    known = await known_path(request, again, otherwise="", method=hdrs.METH_POST)
    if again and known:
        kept = [
            (name.removeprefix(KEPT), text)
            for name, text in posted.fields.items()
            if name.startswith(KEPT)
        ]
        return Onward(again=again, kept=kept)
    return Onward(next=await known_path(request, posted.text(NEXT_FIELD), otherwise=HOME))


async def go_on(request: web.Request, onward: Onward) -> web.Response:
    """Send somebody who was let in to where they wanted."""
    if onward.again is None:
        return see_other(onward.next)
    return await ask_again(request, onward.again, onward.kept)
