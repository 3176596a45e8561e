"""Whom the instance refuses or silences: the list, and lists of others, looked at before use."""

from datetime import date
from typing import Final

from aiohttp import hdrs, web
from wtforms import RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # younger than the stubs
from wtforms.validators import InputRequired, Length

from fedirec.community import about_texts, moderation
from fedirec.community.moderation import Target, TargetKind
from fedirec.domain.actors import Host
from fedirec.domain.block_lists import Listed, Severity, read_list, write_list
from fedirec.domain.moderation import HostVerdict, admit_host
from fedirec.errors import InvalidInputError
from fedirec.storage import blocks, silences
from fedirec.storage.consequences import Ties, list_ties
from fedirec.web.doors import see_other
from fedirec.web.forms import PageForm, Posted
from fedirec.web.keeping.pages import chosen, done_at, keeper_page
from fedirec.web.keeping.peers import tied
from fedirec.web.keys import FEDERATION
from fedirec.web.languages import later
from fedirec.web.viewers import viewer_of

PAGE: Final = "/admin/blocks"
_REFUSED: Final = web.HTTPUnprocessableEntity.status_code
_ACTS: Final = frozenset({"unblock", "unsilence", "publish", "hide"})
_SHOWN: Final = 1_000


class BlockForm(PageForm):
    """Whom to block or to silence, and why."""

    target = StringField(
        later("Server or person"),
        [
            InputRequired(later("The name of a server, or the address of somebody there.")),
            Length(max=2_000),
        ],
        description=later(
            "Such as peer.example, which covers its subdomains too, or "
            "https://peer.example/users/ann."
        ),
        render_kw={"spellcheck": "false", "autocapitalize": "none"},
    )
    how = RadioField(
        later("How"),
        choices=[
            SelectChoice("block", later("Block: nothing comes, nothing goes, follows are cut")),
            SelectChoice(
                "silence", later("Silence: members hear nothing of it, unless they follow it")
            ),
        ],
        default="block",
    )
    reason = StringField(
        later("Why"),
        [Length(max=500)],
        description=later(
            "For you and your fellow keepers; in the public list too, if there is one."
        ),
    )


class ListForm(PageForm):
    """A list of blocks of somebody else's."""

    list = TextAreaField(
        later("List"),
        [InputRequired(later("The text of a list, one server a line."))],
        description=later("The text of a CSV file as Mastodon exports it, or one server a line."),
        render_kw={"rows": 6, "spellcheck": "false"},
    )


async def blocks_page(request: web.Request) -> web.Response:
    """Show whom the instance blocks and silences, and the forms to change it."""
    return await _page(request, BlockForm(), ListForm())


async def take_block(request: web.Request, posted: Posted) -> web.Response:
    """Block or silence one, or take it back, or publish the list."""
    federation, by = request.app[FEDERATION], viewer_of(request).name
    if posted.text("act"):
        act = chosen(posted.text("act"), _ACTS)
        target = posted.text("target")
        if act == "unblock":
            await moderation.unblock(federation, target, by=by)
        elif act == "unsilence":
            await moderation.end_silence(federation, target, by=by)
        else:
            await about_texts.show_blocks(federation, act == "publish", by=by)
        return see_other(done_at(PAGE, act))
    form = BlockForm(posted.fields)
    if not form.validate():
        return await _page(request, form, ListForm(), status=_REFUSED)
    try:
        named = moderation.check_target(federation, str(form.target.data))
    except InvalidInputError as error:
        form.blame(error, otherwise="target")
        return await _page(request, form, ListForm(), status=_REFUSED)
    how, reason = str(form.how.data), str(form.reason.data or "")
    if how == "block":
        await moderation.block_all(federation, [(named, reason)], by=by)
    else:
        await moderation.silence_all(federation, [(named, reason)], by=by)
    return see_other(done_at(PAGE, how))


async def back_to_blocks(_request: web.Request) -> web.Response:
    """Lead to the list: a draft is nowhere but on the page that shows it."""
    return see_other(PAGE)


async def take_draft(request: web.Request, posted: Posted) -> web.Response:
    """Show what a list would do, before anything is done."""
    federation, form = request.app[FEDERATION], ListForm(posted.fields)
    if not form.validate():
        return await _page(request, BlockForm(), form, status=_REFUSED)
    source = str(form.list.data)
    try:
        listed, unread = read_list(source)
    except InvalidInputError as error:
        form.blame(error, otherwise="list")
        return await _page(request, BlockForm(), form, status=_REFUSED)
    async with federation.database.reading() as reader:
        blocked = await blocks.blocked_hosts(reader)
        silenced = {each.target for each in await silences.list_silences(reader)}
        ties = await list_ties(reader)
    fresh = _fresh(listed, blocked, silenced, federation.instance.host)
    drafted = [(each, *_cut(each, ties)) for each in fresh]
    context = {
        "source": source,
        "drafted": drafted,
        "known": len(listed) - len(fresh),
        "unread": unread,
        "follows": sum(follows for _, follows, _ in drafted),
        "deliveries": sum(deliveries for _, _, deliveries in drafted),
    }
    return keeper_page(request, "admin_blocks_draft.html", context)


async def take_import(request: web.Request, posted: Posted) -> web.Response:
    """Take over what is new of a list that was looked at."""
    federation, by = request.app[FEDERATION], viewer_of(request).name
    listed, _ = read_list(posted.text("list"))
    async with federation.database.reading() as reader:
        blocked = await blocks.blocked_hosts(reader)
        silenced = {each.target for each in await silences.list_silences(reader)}
    chosen_ones = set(posted.fields.getall("host", []))
    fresh = _fresh(listed, blocked, silenced, federation.instance.host)
    taken = [each for each in fresh if not chosen_ones or each.host in chosen_ones]
    for severity, act in (
        (Severity.SUSPEND, moderation.block_all),
        (Severity.SILENCE, moderation.silence_all),
    ):
        targets = [
            (Target(kind=TargetKind.HOST, name=each.host), each.reason)
            for each in taken
            if each.severity is severity
        ]
        if targets:
            await act(federation, targets, by=by)
    return see_other(done_at(PAGE, "import"))


async def export(request: web.Request) -> web.Response:
    """Give the list as a file with Mastodon's columns (HT-08)."""
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        blocked = await blocks.list_blocks(reader, blocks.INSTANCE)
        silent = await silences.list_silences(reader)
    entries = [
        Listed(host=Host(each.target), severity=severity, reason=each.reason or "")
        for severity, found in ((Severity.SUSPEND, blocked), (Severity.SILENCE, silent))
        for each in found
        if each.kind == TargetKind.HOST
    ]
    day: date = federation.now().date()
    headers = {
        hdrs.CACHE_CONTROL: "private, no-store",
        hdrs.CONTENT_DISPOSITION: f'attachment; filename="blocks-{day.isoformat()}.csv"',
    }
    return web.Response(
        body=write_list(entries).encode(), content_type="text/csv", charset="utf-8", headers=headers
    )


async def _page(
    request: web.Request, form: BlockForm, list_form: ListForm, *, status: int = 200
) -> web.Response:
    federation = request.app[FEDERATION]
    async with federation.database.reading() as reader:
        blocked = await blocks.list_blocks(reader, blocks.INSTANCE)
        silent = await silences.list_silences(reader)
        is_public = await about_texts.shows_blocks(reader)
    context = {
        "form": form,
        "list_form": list_form,
        "blocks": blocked[:_SHOWN],
        "silences": silent[:_SHOWN],
        "is_cut": len(blocked) > _SHOWN or len(silent) > _SHOWN,
        "is_public": is_public,
    }
    return keeper_page(request, "admin_blocks.html", context, status=status)


def _fresh(
    listed: list[Listed], blocked: frozenset[str], silenced: set[str], ours: str
) -> list[Listed]:
    """Return what a list asks for that is not so yet; never to block ourselves."""
    return [
        each
        for each in listed
        if each.severity is not Severity.NOOP
        and admit_host(each.host, blocked=blocked, allowed=None) is HostVerdict.ADMIT
        and not (each.severity is Severity.SILENCE and each.host in silenced)
        and admit_host(Host(ours), blocked=frozenset({each.host}), allowed=None)
        is HostVerdict.ADMIT
    ]


def _cut(each: Listed, ties: Ties) -> tuple[int, int]:
    """Return how many follows and deliveries an entry cuts: a silence cuts none."""
    if each.severity is not Severity.SUSPEND:
        return 0, 0
    return tied(ties.follows, each.host), tied(ties.deliveries, each.host)
