"""The form for saying what somebody did well: its fields, and the draft that they make."""

import re
from typing import Any, Final

from wtforms import RadioField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined] # the stubs are older
from wtforms.validators import InputRequired, Length

from fedirec.activitypub.content import clean_line, clean_text, plain_text
from fedirec.activitypub.documents import JsonObject, load_document, object_of, text_of
from fedirec.activitypub.endorsements import parse_endorsement
from fedirec.domain.drafts import LINE_CHARACTERS, MAX_SKILLS, SKILL_CHARACTERS
from fedirec.domain.endorsements import (
    MAX_EVIDENCE,
    EndorsementDraft,
    Evidence,
    Period,
    Relation,
    ShownTo,
    Skill,
)
from fedirec.domain.limits import Limits
from fedirec.domain.origins import host_of, parse_url
from fedirec.errors import InvalidInputError
from fedirec.storage.offers import Offer
from fedirec.web.forms import PageForm
from fedirec.web.languages import LANGUAGES, gettext, later, ngettext

ROWS_SHOWN: Final = 3
WORDS_FIELD_MAX: Final = 5_000
_MOST: Final = 2_000
_DATE: Final = re.compile(r"\d{4}(-\d{2}){0,2}")
_PARTED: Final = re.compile(r"[,;\n]")

RELATIONS: Final = (
    SelectChoice(Relation.WORKED_WITH.value, later("We worked together")),
    SelectChoice(Relation.TAUGHT.value, later("I taught them")),
    SelectChoice(Relation.LEARNT_FROM.value, later("I learnt from them")),
    SelectChoice(Relation.LED.value, later("I led their work")),
    SelectChoice(Relation.LED_BY.value, later("They led my work")),
    SelectChoice(Relation.CLIENT_OF.value, later("I was their client")),
    SelectChoice(Relation.WORKED_FOR.value, later("I worked for them")),
    SelectChoice(Relation.CO_MEMBER.value, later("We were in the same group")),
    SelectChoice(Relation.EMPLOYER.value, later("I employed them")),
    SelectChoice(Relation.EMPLOYEE.value, later("They employed me")),
    SelectChoice(Relation.FAMILY.value, later("We are family, and I saw the work")),
    SelectChoice(Relation.OTHER.value, later("I know their work in another way")),
)
AUDIENCES: Final = (
    SelectChoice(ShownTo.PUBLIC.value, later("Everybody")),
    SelectChoice(ShownTo.FOLLOWERS.value, later("Those who follow me")),
    SelectChoice(ShownTo.GUILD.value, later("Members of this guild alone")),
)
_FIELD_OF: Final = {
    "skill": "skills",
    "endorsed": "to",
    "handle": "to",
    "period": "start",
    "evidence": "link_1",
}


class EndorseForm(PageForm):
    """Three fields must be filled in: who, words, relation. `link_1` to `title_8` are evidence."""

    to = StringField(
        later("Who"),
        [InputRequired(later("Say whom you mean.")), Length(max=_MOST)],
        description=later(
            "Their handle, such as @ada@guild.example, or the address of their page."
        ),
        render_kw={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"},
    )
    skills = StringField(
        later("For what"),
        [Length(max=_MOST)],
        description=later("In a few words, several parted by commas: green-oak joinery, roofs."),
        render_kw={"list": "own-words"},
    )
    words = TextAreaField(
        later("What did they do?"),
        [InputRequired(later("Say in your own words what they did."))],
        description=later(
            "40 to 1,000 characters. What happened is better than praise: “Stayed two evenings"
            " after the course so that all the joints closed.”"
        ),
        render_kw={"rows": "6"},
    )
    relation = RadioField(
        later("How you worked together"),
        [InputRequired(later("Choose what fits best."))],
        choices=RELATIONS,
    )
    start = StringField(
        later("When"),
        [InputRequired(later("Say in which month, or in which year."))],
        description=later("A month such as 2026-05, or a year."),
        render_kw={"inputmode": "numeric", "size": "10"},
    )
    end = StringField(
        later("Until when"),
        description=later("If it went on for longer: a month or a year."),
        render_kw={"inputmode": "numeric", "size": "10"},
    )
    setting = StringField(
        later("Where it was"),
        [Length(max=LINE_CHARACTERS)],
        description=later("The project, course or crew."),
    )
    language = SelectField(
        later("The language you wrote it in"),
        choices=[SelectChoice(tag, name) for tag, name in LANGUAGES.items()],
        default="en",
    )
    shown_to = RadioField(
        later("Who can read it"),
        choices=AUDIENCES,
        default=ShownTo.PUBLIC.value,
        description=later("They are told this when they are asked, and nobody sees it before."),
    )

    def rows(self, shown: int) -> list[tuple[Any, Any]]:
        """Return the fields of the first `shown` links, and of any others that say something."""
        pairs = [(self[f"link_{n}"], self[f"title_{n}"]) for n in range(1, MAX_EVIDENCE + 1)]
        used = [n for n, (link, title) in enumerate(pairs, 1) if link.data or title.data]
        return pairs[: max(shown, *used, 0)]

    def lay(self, error: InvalidInputError) -> None:
        """Put an error of the rules at the field of this form that it is about."""
        where = _FIELD_OF.get(error.field or "", error.field)
        self.blame(InvalidInputError(str(error), field=where), otherwise="words")

    def is_sound(self, limits: Limits) -> bool:
        """Check all that can be said without asking anybody, each error at its field."""
        is_sound = bool(self.validate())
        for check in (self._check_words, self._check_skills, self._check_dates, self._check_links):
            is_sound = check(limits) and is_sound
        return is_sound

    def _wrong(self, name: str, words: str) -> bool:
        self[name].errors = [*self[name].errors, words]
        return False

    def _check_words(self, limits: Limits) -> bool:
        count = len(clean_text(self.words.data or "", limit=WORDS_FIELD_MAX))
        if count == 0:
            return bool(not self.words.data) or self._wrong("words", str(_EMPTY))
        if count < limits.words_min:
            missing = limits.words_min - count
            return self._wrong(
                "words",
                ngettext(
                    "A little more: %(num)s character is missing, so that others can picture it.",
                    "A little more: %(num)s characters are missing, so that others can picture it.",
                    missing,
                ),
            )
        if count > limits.words_max:
            return self._wrong(
                "words",
                ngettext(
                    "%(num)s character too many: what can go?",
                    "%(num)s characters too many: what can go?",
                    count - limits.words_max,
                ),
            )
        return True

    def _check_skills(self, _limits: Limits) -> bool:
        names = skills_in(self.skills.data or "")
        if len(names) > MAX_SKILLS:
            words = gettext("At most %(most)s, parted by commas.", most=MAX_SKILLS)
            return self._wrong("skills", words)
        if any(len(name) > SKILL_CHARACTERS for name in names):
            words = gettext("Each has at most %(most)s characters.", most=SKILL_CHARACTERS)
            return self._wrong("skills", words)
        return True

    def _check_dates(self, _limits: Limits) -> bool:
        is_good = True
        for name in ("start", "end"):
            text = (self[name].data or "").strip()
            if text and not _is_date(text):
                is_good = self._wrong(name, gettext("Write a month as 2026-05, or a year as 2026."))
        if is_good and (self.start.data or "").strip():
            try:
                _period(self)
            except InvalidInputError:
                return self._wrong("end", gettext("This is before it began."))
        return is_good

    def _check_links(self, _limits: Limits) -> bool:
        is_good = True
        for link, title in self.rows(0):
            if title.data and not (link.data or "").strip():
                is_good = self._wrong(link.name, gettext("The address is missing."))
            elif link.data and not _is_link(link.data.strip()):
                words = gettext("Write the whole address, such as https://guild.example/plans.")
                is_good = self._wrong(link.name, words)
            if len(title.data or "") > LINE_CHARACTERS:
                words = gettext("Each has at most %(most)s characters.", most=LINE_CHARACTERS)
                is_good = self._wrong(title.name, words)
        return is_good


_EMPTY: Final = later("Say in your own words what they did.")

for _number in range(1, MAX_EVIDENCE + 1):
    setattr(
        EndorseForm,
        f"link_{_number}",
        StringField(
            later("Address"),
            [Length(max=_MOST)],
            render_kw={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"},
        ),
    )
    setattr(EndorseForm, f"title_{_number}", StringField(later("What it shows")))


def skills_in(text: str) -> list[str]:
    """Return what is parted by commas, each once, whatever its case."""
    found: dict[str, str] = {}
    for part in _PARTED.split(text):
        name = clean_line(part, limit=_MOST)
        if name:
            found.setdefault(name.casefold(), name)
    return list(found.values())


def draft_of(form: EndorseForm) -> EndorsementDraft:
    """Return what a sound form says."""
    setting = clean_line(form.setting.data or "", limit=LINE_CHARACTERS)
    return EndorsementDraft(
        words=clean_text(form.words.data or "", limit=WORDS_FIELD_MAX),
        relation=Relation(form.relation.data),
        period=_period(form),
        skills=tuple(Skill(name=name) for name in skills_in(form.skills.data or "")),
        evidence=tuple(
            Evidence(href=link.data.strip(), name=_name_of(link.data.strip(), title.data or ""))
            for link, title in form.rows(0)
            if (link.data or "").strip()
        ),
        setting=setting or None,
        shown_to=ShownTo(form.shown_to.data),
        language=form.language.data or "en",
    )


def begun_with(offer: Offer, limits: Limits) -> dict[str, str]:
    """Return the fields of a form that says what was offered, to be said anew."""
    note = note_of(offer, limits)
    if note is None:
        return {}
    said = parse_endorsement(note, limits=limits)
    content = text_of(note.get("content")) or ""
    quoted = content.partition("<blockquote>")[2].partition("</blockquote>")[0]
    words = "\n\n".join(plain_text(part) for part in quoted.split("</p>") if plain_text(part))
    fields = {
        "skills": ", ".join(skill.name for skill in said.skills),
        "words": words,
        "relation": said.relation.value,
        "start": said.period.start,
        "end": said.period.end or "",
        "setting": said.setting or "",
        "language": next(iter(object_of(note.get("contentMap")) or {}), "en"),
        "shown_to": said.shown_to.value,
    }
    for number, link in enumerate(said.evidence, 1):
        fields |= {f"link_{number}": link.href, f"title_{number}": link.name}
    return fields


def note_of(offer: Offer, limits: Limits) -> JsonObject | None:
    """Return the Note that was offered, until its text is erased."""
    if offer.body is None:
        return None
    return object_of(load_document(offer.body.encode(), limits=limits).get("object"))


def _period(form: EndorseForm) -> Period:
    start, end = (form.start.data or "").strip(), (form.end.data or "").strip()
    return Period(start=start, end=end if end and end != start else None)


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        Period(start=text)
    except InvalidInputError:
        return False
    return True


def _is_link(text: str) -> bool:
    try:
        parse_url(text, allow_http=True)
    except InvalidInputError:
        return False
    return True


def _name_of(href: str, title: str) -> str:
    """Return what a link is called: its title, else the host that it leads to."""
    return clean_line(title, limit=LINE_CHARACTERS) or host_of(href)
