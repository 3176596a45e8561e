"""What a member chooses: how they are shown, who sees and asks what, in which language."""

from typing import Final

from aiohttp import web
from wtforms import BooleanField, RadioField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from fedirec.community.membership import choose_listing
from fedirec.community.own_words import MAX_FIELDS, words_as_typed
from fedirec.community.profiles import EndorsedBy, ProfileChanges, change_profile
from fedirec.domain.actors import Actor
from fedirec.domain.drafts import LINE_CHARACTERS
from fedirec.domain.public import PUBLIC
from fedirec.errors import InvalidInputError, NotFoundError
from fedirec.storage import actors, members
from fedirec.storage.members import Member
from fedirec.web.doors import private_page, refused_form, see_other
from fedirec.web.forms import PageForm, Posted, choices, form_of
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import LANGUAGES, Later, later
from fedirec.web.pages.job_form import listed_in
from fedirec.web.pages.once import said
from fedirec.web.pages.sessions import set_language_cookie
from fedirec.web.viewers import viewer_of

SECTIONS: Final[tuple[tuple[str, Later, Later], ...]] = (
    (
        "/settings/profile",
        later("Profile"),
        later("Name, a few words, links, place, and whether you look for work."),
    ),
    (
        "/settings/privacy",
        later("Privacy"),
        later("Who finds you, follows you, and sees whom you know."),
    ),
    ("/settings/language", later("Language"), later("In which language pages speak to you.")),
    (
        "/settings/security",
        later("Security"),
        later("Password, passkeys, authenticator app, browsers that are signed in."),
    ),
)
_SUMMARY_CHARACTERS: Final = 2_000
_SAVED: Final = "saved"
_FORM: Final = "settings_form.html"
_MOST_LANGUAGES: Final = 10


def _line(label: Later, description: Later | None = None) -> StringField:
    return StringField(
        label,
        [Length(max=LINE_CHARACTERS)],
        description=description or "",
        render_kw={"maxlength": LINE_CHARACTERS},
    )


class ProfileForm(PageForm):
    """How a member is shown. The four lines about them are name and value each."""

    display_name = StringField(
        later("Name"),
        [InputRequired(later("Others need a name for you.")), Length(max=LINE_CHARACTERS)],
        render_kw={"maxlength": LINE_CHARACTERS, "autocomplete": "name"},
    )
    summary = TextAreaField(
        later("A few words about your work"),
        [Length(max=_SUMMARY_CHARACTERS)],
        render_kw={"rows": 4, "maxlength": _SUMMARY_CHARACTERS},
    )
    name_1, value_1 = _line(later("First line: what")), _line(later("First line: which"))
    name_2, value_2 = _line(later("Second line: what")), _line(later("Second line: which"))
    name_3, value_3 = _line(later("Third line: what")), _line(later("Third line: which"))
    name_4, value_4 = _line(later("Fourth line: what")), _line(later("Fourth line: which"))
    place = _line(later("Place"), later("As near as you like, such as Brno, or not at all."))
    speaks = _line(later("Languages"), later("With commas between them."))
    open_to_work = RadioField(
        later("Open to work"),
        choices=choices(
            ("hidden", later("Say nothing about it")),
            ("yes", later("Yes")),
            ("no", later("No")),
        ),
    )
    endorsed_by = RadioField(
        later("Who may ask you to agree to an endorsement"),
        choices=choices(
            (EndorsedBy.ANYONE.value, later("Anybody")),
            (EndorsedBy.FOLLOWERS.value, later("Who follows you")),
            (EndorsedBy.NOBODY.value, later("Nobody")),
        ),
    )


class PrivacyForm(PageForm):
    """Who finds and sees what; all of it is off until it is chosen."""

    is_listed = BooleanField(
        later("List me among the members"),
        description=later("Everybody finds you there, by search and in directories elsewhere."),
    )
    is_locked = BooleanField(
        later("Ask me before somebody follows me"),
        description=later("Who asks waits on your network page until you answer."),
    )
    shows_network = BooleanField(
        later("Show whom I follow and who follows me"),
        description=later("Otherwise these lists are yours alone."),
    )


class LanguageForm(PageForm):
    """In which language pages speak."""

    language = RadioField(later("Language"), choices=choices(*LANGUAGES.items()))


async def settings_page(request: web.Request) -> web.Response:
    """List what can be chosen."""
    return private_page(request, "settings.html", {"sections": SECTIONS})


async def profile_page(request: web.Request) -> web.Response:
    """Show the form of the profile, as it stands."""
    actor, member = await _self(request)
    form = form_of(ProfileForm, None, **_begun(actor, member))
    return private_page(request, _FORM, _context(request, "profile", form))


async def take_profile(request: web.Request, posted: Posted) -> web.Response:
    """Change the profile, and tell every follower."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    form: ProfileForm = form_of(ProfileForm, posted)
    context = _context(request, "profile", form)
    if not form.validate():
        return refused_form(request, _FORM, context)
    places = range(1, MAX_FIELDS + 1)
    changes = ProfileChanges(
        display_name=said(form.display_name),
        summary=said(form.summary),
        fields=tuple((said(form[f"name_{n}"]), said(form[f"value_{n}"])) for n in places),
        endorsed_by=EndorsedBy(form.endorsed_by.data),
    )
    try:
        await change_profile(federation, viewer.name, changes)
    except InvalidInputError as error:
        form.blame(error, otherwise="name_1" if error.field == "fields" else "display_name")
        return refused_form(request, _FORM, context)
    async with federation.database.transaction() as transaction:
        await members.set_own_words(
            transaction,
            viewer.name,
            place=said(form.place).strip(),
            speaks=listed_in(said(form.speaks))[:_MOST_LANGUAGES],
            open_to_work=said(form.open_to_work),
        )
    return see_other(f"/settings/profile?{_SAVED}=1")


async def privacy_page(request: web.Request) -> web.Response:
    """Show who finds and sees what."""
    actor, member = await _self(request)
    form = form_of(
        PrivacyForm,
        None,
        is_listed=member.is_listed,
        is_locked=actor.is_locked,
        shows_network=member.shows_network,
    )
    return private_page(request, _FORM, _context(request, "privacy", form))


async def take_privacy(request: web.Request, posted: Posted) -> web.Response:
    """Change that; only what differs is told to anybody."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    form: PrivacyForm = form_of(PrivacyForm, posted)
    actor, member = await _self(request)
    if bool(form.is_listed.data) != member.is_listed:
        await choose_listing(federation, viewer.name, bool(form.is_listed.data))
    chosen = bool(form.is_locked.data), bool(form.shows_network.data)
    if chosen != (actor.is_locked, member.shows_network):
        changes = ProfileChanges(is_locked=chosen[0], shows_network=chosen[1])
        await change_profile(federation, viewer.name, changes)
    return see_other(f"/settings/privacy?{_SAVED}=1")


async def language_page(request: web.Request) -> web.Response:
    """Show in which language pages speak to the viewer."""
    form = form_of(LanguageForm, None, language=viewer_of(request).session.language)
    return private_page(request, _FORM, _context(request, "language", form))


async def take_language(request: web.Request, posted: Posted) -> web.Response:
    """Speak another language to the viewer, in this browser and in every other."""
    federation, viewer = request.app[FEDERATION], viewer_of(request)
    form: LanguageForm = form_of(LanguageForm, posted)
    if not form.validate():
        return refused_form(request, _FORM, _context(request, "language", form))
    async with federation.database.transaction() as transaction:
        await members.set_language(transaction, viewer.name, said(form.language))
    response = see_other(f"/settings/language?{_SAVED}=1")
    set_language_cookie(request, response, said(form.language))
    return response


def _context(request: web.Request, which: str, form: PageForm) -> dict[str, object]:
    return {"which": which, "form": form, "is_saved": _SAVED in request.query}


async def _self(request: web.Request) -> tuple[Actor, Member]:
    viewer = viewer_of(request)
    async with request.app[FEDERATION].database.reading() as reader:
        member = await members.find_member(reader, viewer.name)
        if member is None:
            message = f"there is no member called {viewer.name}"
            raise NotFoundError(message)
        return await actors.get_actor(reader, member.actor_id), member


def _begun(actor: Actor, member: Member) -> dict[str, object]:
    begun: dict[str, object] = {
        "display_name": actor.display_name,
        "summary": words_as_typed(actor.summary),
        "place": member.place,
        "speaks": ", ".join(member.speaks),
        "open_to_work": member.open_to_work,
        "endorsed_by": _endorsed_by(actor).value,
    }
    for place, field in enumerate(actor.fields[:MAX_FIELDS], start=1):
        begun |= {f"name_{place}": field.name, f"value_{place}": words_as_typed(field.value)}
    return begun


def _endorsed_by(actor: Actor) -> EndorsedBy:
    asked = actor.can_endorse or ()
    if PUBLIC in asked:
        return EndorsedBy.ANYONE
    return EndorsedBy.FOLLOWERS if actor.followers in asked else EndorsedBy.NOBODY
