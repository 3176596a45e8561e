"""Text that tries to become more than text, in rows damaged as if every check had failed."""

from html.parser import HTMLParser

from fedirec.domain.actors import Actor, ActorId, ActorKind, Host, InboxUrl, ObjectId, ProfileField
from fedirec.domain.audience import Visibility
from fedirec.domain.endorsements import Evidence, Relation, ShownTo, Skill
from fedirec.domain.job_notes import JobNote, JobStatus, Organization
from fedirec.storage import actors, endorsements, job_notes, notes
from fedirec.storage.endorsements import StoredEndorsement
from fedirec.storage.job_notes import StoredJob
from fedirec.storage.notes import StoredNote
from tests.web.home import Home

MARKER = "owned"
CORPUS = (
    "<script>owned()</script>",
    "<ScRiPt src=//evil.example/x.js></ScRiPt>",
    "<img src=x onerror=owned()>",
    "<svg onload=owned()><script>owned()</script></svg>",
    "<svg><a xlink:href='javascript:owned()'><text>x</text></a></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=owned()>",
    "<a href='javascript:owned()'>x</a>",
    "<a href='JaVaScRiPt:owned()'>x</a>",
    "<a href='java\tscript:owned()'>x</a>",
    "<a href='&#106;avascript:owned()'>x</a>",
    "<a href='data:text/html,<script>owned()</script>'>x</a>",
    "<a href='vbscript:owned()'>x</a>",
    "<a href=' javascript:owned()'>x</a>",
    "<a href='https://ok.example/' onclick='owned()' style='x:expression(owned())'>x</a>",
    "<iframe src='javascript:owned()'></iframe>",
    "<iframe srcdoc='<script>owned()</script>'></iframe>",
    "<object data='javascript:owned()'></object>",
    "<embed src='javascript:owned()'>",
    "<form action='javascript:owned()'><input type=submit><button formaction='javascript:owned()'>",
    "<details open ontoggle=owned()>",
    "<body onload=owned()>",
    "<base href='https://evil.example/'>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<meta http-equiv=refresh content='0;url=javascript:owned()'>",
    "<style>@import 'https://evil.example/x.css';</style>",
    "<p style='background:url(javascript:owned())'>x</p>",
    "<video><source onerror=owned()></video>",
    "<template><script>owned()</script></template>",
    "<noscript><p title='</noscript><img src=x onerror=owned()>'></noscript>",
    "<!--><script>owned()</script-->",
    "<![CDATA[<script>owned()</script>]]>",
    "<<script>owned()//<</script>",
    "<scr<script>ipt>owned()</scr</script>ipt>",
    '"><script>owned()</script>',
    "' onmouseover='owned()",
    '" onfocus="owned()" autofocus="',
    "</title><script>owned()</script>",
    "</blockquote></article></main><script>owned()</script>",
    "{{ 7*7 }}{% include '/etc/passwd' %}",
    "%s%n{0.__class__}",
    "\u202egpj.exe\u202c\u200b",
    "<p>" * 300 + "deep",
)

_VOID = {"meta", "link", "input", "br"}
_URLS = ("href", "src", "action", "formaction", "data", "poster", "xlink:href", "srcset")


class Findings(HTMLParser):
    """Reads a page as a browser would, and notes what should never be on one."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.bad: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)
        if tag in {"script", "iframe", "object", "embed", "style", "base", "template", "math"}:
            self.bad.append(tag)
        for name, value in attrs:
            if name.startswith("on") or name in {"style", "srcdoc"}:
                self.bad.append(f"{tag} {name}")
            if name in _URLS and not _is_harmless(value or ""):
                self.bad.append(f"{tag} {name}={value}")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self.open:
            while self.open and self.open.pop() != tag:
                continue


def _is_harmless(url: str) -> bool:
    return url.startswith(("http://", "https://", "/", "#")) and not url.startswith("//")


def bad_things_in(page: str) -> list[str]:
    """What a page holds that would run or load something."""
    findings = Findings()
    findings.feed(page)
    findings.close()
    return findings.bad


async def save_hostile_peer(home: Home, text: str) -> Actor:
    """A remote actor all of whose texts are hostile."""
    actor = Actor(
        id=ActorId("https://evil.example/users/mallory"),
        kind=ActorKind.PERSON,
        is_local=False,
        host=Host("evil.example"),
        name="mallory",
        handle_domain=Host("evil.example"),
        display_name=text,
        summary=text,
        url="javascript:owned()",
        inbox=InboxUrl("https://evil.example/users/mallory/inbox"),
        outbox=None,
        followers=None,
        following=None,
        featured=None,
        shared_inbox=None,
        fields=(ProfileField(name=text, value=text),),
    )
    async with home.federation.database.transaction() as transaction:
        await actors.save_actor(transaction, actor)
    return actor


async def save_hostile_things(home: Home, text: str) -> tuple[ObjectId, ObjectId, ObjectId]:
    """An endorsement of ada by that actor, and an endorsement, a note and a job note of carol's."""
    mallory = await save_hostile_peer(home, text)
    carol = home.id("carol")
    praised = home.instance.endorsement_id("01K9ZQ4T7M3V8N2C6X5B1D0FGH")
    job = home.instance.job_id("01K9ZQ4T7M3V8N2C6X5B1D0FGJ")
    plain = home.instance.note_id("01K9ZQ4T7M3V8N2C6X5B1D0FGK")
    said = ObjectId("https://evil.example/endorsements/1")
    async with home.federation.database.transaction() as transaction:
        for note_id, author, kind in (
            (said, mallory.id, "endorsement"),
            (praised, carol, "endorsement"),
            (job, carol, "job_note"),
            (plain, carol, "note"),
        ):
            await notes.insert_note(transaction, _note(home, note_id, author, kind, text))
        for note_id, endorser, endorsed in (
            (said, mallory.id, home.id("ada")),
            (praised, carol, mallory.id),
        ):
            stored = _endorsement(home, note_id, endorser, endorsed, text)
            await endorsements.save_endorsement(transaction, stored)
        await job_notes.save_job(transaction, _job(home, job, carol, text))
        ada = await actors.get_actor(transaction, home.id("ada"))
        await actors.save_actor(transaction, _spoiled(ada, text))
    return praised, job, plain


def _spoiled(actor: Actor, text: str) -> Actor:
    members = {name: getattr(actor, name) for name in Actor.__dataclass_fields__}
    spoiled = {
        "display_name": text,
        "summary": text,
        "fields": (ProfileField(name=text, value=text),),
    }
    return Actor(**(members | spoiled))


def _note(home: Home, note_id: ObjectId, author: ActorId, kind: str, text: str) -> StoredNote:
    return StoredNote(
        id=note_id,
        actor_id=author,
        kind=kind,
        is_local=home.instance.owns(note_id),
        visibility=Visibility.PUBLIC,
        body="{}",
        content=f"<p>x</p><blockquote>{text}</blockquote>",
        language='en"><script>owned()</script>',
        url="javascript:owned()",
        in_reply_to=None,
        published_at=home.clock(),
        updated_at=home.clock(),
        tags=("joinery",),
    )


def _endorsement(
    home: Home, note_id: ObjectId, endorser: ActorId, endorsed: ActorId, text: str
) -> StoredEndorsement:
    return StoredEndorsement(
        note_id=note_id,
        endorser_id=endorser,
        endorsed_id=endorsed,
        relation=Relation.OTHER,
        period_from="2024",
        period_until=None,
        setting=text,
        skills=(Skill(name=text),),
        evidence=(Evidence(href="javascript:owned()", name=text),),
        shown_to=ShownTo.PUBLIC,
        digest="u",
        consent_id="javascript:owned()",
        state="confirmed",
        confirmed_at=home.clock(),
        missing_since=None,
        checks=0,
        next_check_at=None,
    )


def _job(home: Home, note_id: ObjectId, author: ActorId, text: str) -> StoredJob:
    closes_at = home.clock().replace(year=home.clock().year + 1)
    job = JobNote(
        title=text,
        contact="javascript:owned()",
        closes_at=closes_at,
        organization=Organization(name=text, url="javascript:owned()"),
        hours=text,
        term=text,
        place=text,
        skills=(Skill(name=text),),
    )
    return StoredJob(
        note_id=note_id,
        actor_id=author,
        title=text,
        status=JobStatus.OPEN,
        closes_at=closes_at,
        job=job,
    )
