"""How the guild shows itself, and every component of the pages in one place, as they look now."""

from typing import Final

from aiohttp import web
from wtforms import RadioField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # younger than the stubs
from wtforms.validators import InputRequired, Length

from fedirec.community.look import MARKS, Look, change_look, check_accent
from fedirec.domain.contrast import DARK_GROUNDS, LIGHT_GROUNDS, least_contrast
from fedirec.errors import InvalidInputError
from fedirec.web.doors import see_other
from fedirec.web.forms import PageForm, Posted
from fedirec.web.keeping.pages import done_at, keeper_page
from fedirec.web.keeping.samples import SampleForm, sample_card, sample_person
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import gettext, later
from fedirec.web.look import LOOKS
from fedirec.web.marks import mark_path
from fedirec.web.viewers import viewer_of

PAGE: Final = "/admin/look"
_COLOUR: Final = {"spellcheck": "false", "autocapitalize": "none", "maxlength": 7}


class LookForm(PageForm):
    """Name, mark and colour."""

    title = StringField(
        later("Name of the guild"),
        [InputRequired(later("What people call the guild.")), Length(max=100)],
        render_kw={"maxlength": 100},
    )
    mark = RadioField(
        later("Mark"),
        choices=[SelectChoice(str(place), str(place + 1)) for place in range(MARKS)],
        description=later(
            "What stands for the guild: drawn from its address, none is better than another."
        ),
    )
    light = StringField(
        later("Colour by day"),
        description=later(
            "Such as #0a6650. It must be easy to read on our light grounds; empty"
            " for the green that fedirec comes with."
        ),
        render_kw=_COLOUR,
    )
    dark = StringField(
        later("Colour by night"),
        description=later(
            "Left out, it is the nearest to the colour by day that can be read in the dark."
        ),
        render_kw=_COLOUR,
    )


async def look_page(request: web.Request) -> web.Response:
    """Show the form, and all components as they look now."""
    look = request.app[LOOKS].look
    accent = look.accent
    form = LookForm(
        None,
        data={
            "title": look.title,
            "mark": str(look.mark),
            "light": "" if accent is None else accent.light,
            "dark": "" if accent is None else accent.dark,
        },
    )
    return _page(request, form)


async def take_look(request: web.Request, posted: Posted) -> web.Response:
    """Show the guild so, unless its colour cannot be read."""
    form = LookForm(posted.fields)
    if not form.validate():
        return _page(request, form, status=422)
    try:
        accent = check_accent(str(form.light.data or ""), str(form.dark.data or ""))
        look = Look(title=str(form.title.data), mark=int(form.mark.data), accent=accent)
        kept = await change_look(request.app[FEDERATION], look, by=viewer_of(request).name)
    except InvalidInputError as error:
        form.blame(error, otherwise="title")
        return _page(request, form, status=422)
    request.app[LOOKS].show(kept)
    return see_other(done_at(PAGE, "look"))


def _page(request: web.Request, form: LookForm, *, status: int = 200) -> web.Response:
    federation, looks = request.app[FEDERATION], request.app[LOOKS]
    here = federation.instance
    seeds = [Look(title="", mark=place).mark_seed(here) for place in range(MARKS)]
    accent = looks.look.accent
    wrong = SampleForm(None, prefix="wrong-")
    wrong["name"].errors = [gettext("What is wrong is said here, in words.")]
    context = {
        "form": form,
        "marks": [mark_path(seed) for seed in seeds],
        "ratios": None
        if accent is None
        else (
            f"{least_contrast(accent.light, LIGHT_GROUNDS):.1f}",
            f"{least_contrast(accent.dark, DARK_GROUNDS):.1f}",
        ),
        "sample": SampleForm(None, prefix="sample-", data={"kind": "one"}),
        "wrong": wrong,
        "sample_person": sample_person("robin", "Robin Wright", "school.example"),
        "sample_card": sample_card(here, federation.now()),
    }
    return keeper_page(request, "admin_look.html", context, status=status)
