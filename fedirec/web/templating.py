"""Pages from templates: autoescape on, a missing name is an error, remote HTML cleaned once more.

Nothing but `clean` makes a string that is not escaped, and it goes through the one sanitizer
(HT-01), so that not even a damaged row can put a script on a page.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

import aiohttp_jinja2
import jinja2
from aiohttp import hdrs, web
from cachetools import LRUCache

from fedirec.activitypub.content import clean_html
from fedirec.activitypub.phrasebook import phrases_in
from fedirec.activitypub.phrases import day_words
from fedirec.web.answers import HTML, PRIVATE, PUBLIC_CHECKED, answer
from fedirec.web.assets import find_folder
from fedirec.web.browsers import form_token
from fedirec.web.keys import ASSETS, FEDERATION, OPTIONS
from fedirec.web.languages import LANGUAGES, direction_of, gettext, ngettext, spoken
from fedirec.web.links import href_of
from fedirec.web.look import LOOKS
from fedirec.web.viewers import find_viewer, find_visitor, is_own_page
from fedirec.web.wayfinding import ways_of

_CLEANED: Final = 512
_CARDS: Final = 1_024


class CleanHtml(str):
    """HTML out of the sanitizer: templates put it in as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """Say that escaping was done (the protocol of markupsafe)."""
        return str(self)


def set_up_templates(application: web.Application) -> None:
    """Give the application its templates and filters."""
    environment = aiohttp_jinja2.setup(
        application,
        extensions=["jinja2.ext.i18n"],
        loader=jinja2.FileSystemLoader(find_folder("templates")),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined] # of the extension
    looks = application[LOOKS]
    for name, macro in (
        ("card", "endorsement_card"), ("fold", "endorsement_fold"), ("job_item", "job_item"),
    ):  # fmt: skip
        environment.globals[name] = make_remembering(environment, macro, lambda: looks.look.mark)
    environment.filters["clean"] = make_cleaner()
    environment.filters["day"] = day
    environment.filters["link"] = href_of
    environment.filters["mark"] = looks.draw_mark
    environment.filters["lower_first"] = lower_first


def make_cleaner() -> Callable[[str], CleanHtml]:
    """Return the filter for remote HTML; what it cleaned lately it knows by heart.

    Cleaning costs 45 microseconds a note, which is more than the rest of its card.
    """
    known: LRUCache[str, CleanHtml] = LRUCache(_CLEANED)

    def clean(html: str) -> CleanHtml:
        cleaned = known.get(html)
        if cleaned is None:
            cleaned = known[html] = CleanHtml(clean_html(html))
        return cleaned

    return clean


def make_remembering(
    environment: jinja2.Environment, macro: str, beside: Callable[[], object] = lambda: None
) -> Callable[..., str]:
    """Return the macro of `macros.html`, with its answers remembered by all that they show.

    `beside` returns what else they show.

    A view is a value, so what was made of it can never be stale; twenty cards from memory cost 60
    microseconds where twenty made anew cost 1,500; twenty job notes cost 70, and 510 made anew.
    """
    known: LRUCache[tuple[object, ...], str] = LRUCache(_CARDS)

    def remembered(*arguments: object) -> str:
        key = (spoken(), beside(), *arguments)
        made = known.get(key)
        if made is None:
            macros = environment.get_template("macros.html").module
            made = known[key] = getattr(macros, macro)(*arguments)
        return made

    return remembered


def day(instant: datetime) -> str:
    """Return an instant's day in words: `4 May 2026`."""
    return day_words(instant.date(), phrases_in(spoken()))


def lower_first(words: str) -> str:
    """Return words as they stand inside a sentence."""
    return words[:1].lower() + words[1:]


def render(request: web.Request, template: str, context: Mapping[str, object]) -> bytes:
    """Return the page as bytes: the context of every page, and this one's."""
    application = request.app
    instance, looks = application[FEDERATION].instance, application[LOOKS]
    page = {
        "site": looks.site,
        "accent_sheet": looks.accent_sheet,
        "guild_handle": f"@{instance.guild_name}@{instance.domain}",
        "assets": application[ASSETS],
        "version": application[OPTIONS].version,
        "language": spoken(),
        "languages": LANGUAGES,
        "direction": direction_of(spoken()),
        "viewer": find_viewer(request),
        "visitor": find_visitor(request),
        "wayfinding": partial(ways_of, find_viewer(request)),
        "here": request.path,
        "form_token": partial(form_token, request),
        "alternate": None,
        "canonical": None,
        "is_indexed": True,
        "section": "",
        **context,
    }
    return aiohttp_jinja2.render_string(template, request, page).encode()


def page(
    request: web.Request,
    template: str,
    context: Mapping[str, object],
    *,
    headers: Mapping[str, str] | None = None,
) -> web.Response:
    """Return a public page with its ETag; who is signed in, and sees their menu, gets it alone."""
    body = render(request, template, context)
    cache = PRIVATE if is_own_page(request) else PUBLIC_CHECKED
    said = {**(headers or {}), hdrs.CONTENT_LANGUAGE: spoken()}
    return answer(request, body, content_type=HTML, cache=cache, headers=said)


def alternate_link(activity_id: str) -> str:
    """Return the Link header that leads from a page to its activity JSON."""
    return f'<{activity_id}>; rel="alternate"; type="application/activity+json"'
