"""How a guild shows itself: its name, the drawing of its mark, its colour. Not the layout."""

import json
from dataclasses import dataclass, replace
from typing import Final

from fedirec.activitypub.content import clean_line
from fedirec.activitypub.identifiers import Instance
from fedirec.community.keepers import record
from fedirec.community.membership import announce_profile
from fedirec.domain.contrast import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    TEXT,
    Accent,
    least_contrast,
    nearest_readable,
    parse_colour,
)
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.storage import actors, instance
from fedirec.storage.database import Reader

MARKS: Final = 12
"""How many drawings there are to choose from; the first is that of the guild's id."""

_TITLE_CHARACTERS: Final = 100
_VALUE: Final = "look"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """`mark` is which drawing, from 0; `accent` None is the colour that fedirec comes with."""

    title: str
    mark: int = 0
    accent: Accent | None = None

    def mark_seed(self, here: Instance) -> str:
        """Return what the guild's mark is drawn from."""
        return f"{here.guild_id} {self.mark}" if self.mark else here.guild_id


def check_accent(light: str, dark: str) -> Accent | None:
    """Return the accent of two colours as a keeper wrote them, None when both are empty.

    A dark one that is left out is the nearest to the light one that can be read in the dark. Raises
    InvalidInputError, with `field` `light` or `dark`, for what cannot be read; it has a suggestion.
    """
    if not light.strip() and not dark.strip():
        return None
    by_day = _readable("light", light or dark, LIGHT_GROUNDS)
    by_night = (
        _readable("dark", dark, DARK_GROUNDS)
        if dark.strip()
        else nearest_readable(by_day, DARK_GROUNDS)
    )
    return Accent(light=by_day, dark=by_night)


async def read_look(reader: Reader, here: Instance) -> Look:
    """Return the look as keepers chose it; what they did not choose comes from the settings."""
    value = await instance.find_value(reader, _VALUE)
    if value is None:
        return Look(title=here.title)
    chosen = json.loads(value)
    light, dark = chosen["light"], chosen["dark"]
    accent = None if light is None else Accent(light=light, dark=dark)
    return Look(title=chosen["title"], mark=chosen["mark"], accent=accent)


async def change_look(federation: Federation, look: Look, *, by: str | None) -> Look:
    """Show the guild so from now on; its followers elsewhere are told of a new name."""
    title = clean_line(look.title, limit=_TITLE_CHARACTERS)
    if not title:
        raise InvalidInputError("a guild has a name", field="title")
    kept = replace(look, title=title, mark=look.mark % MARKS)
    accent = kept.accent
    chosen = {
        "title": kept.title,
        "mark": kept.mark,
        "light": None if accent is None else accent.light,
        "dark": None if accent is None else accent.dark,
    }
    async with federation.database.transaction() as transaction:
        await instance.set_value(transaction, _VALUE, json.dumps(chosen))
        guild = await actors.get_actor(transaction, federation.instance.guild_id)
        if guild.display_name != title:
            renamed = replace(guild, display_name=title)
            await actors.save_actor(transaction, renamed)
            await announce_profile(transaction, federation, renamed)
        await record(transaction, federation, by, "look.change", title, **chosen)
    federation.memory.forget()
    federation.wake()
    return kept


def _readable(field: str, text: str, grounds: tuple[str, ...]) -> str:
    try:
        colour = parse_colour(text)
    except InvalidInputError as error:
        raise InvalidInputError(str(error), field=field) from error
    found = least_contrast(colour, grounds)
    if found < TEXT:
        suggested = nearest_readable(colour, grounds)
        message = (
            f"expected a contrast of {TEXT} at least, found {found:.1f}; {suggested} can be read"
        )
        raise InvalidInputError(message, field=field)
    return colour
