"""The `endorsement` member of a Note, and the `skill` lists that job notes have too.

Reading names the field that is wrong, for the peer or the member who has to mend it.
"""

from enum import StrEnum
from typing import Final, TypeVar

from fedirec.activitypub.content import clean_line
from fedirec.activitypub.documents import (
    Json,
    JsonObject,
    as_list,
    id_of,
    instant_of,
    instant_text,
    object_of,
    text_of,
)
from fedirec.domain.actors import ActorId
from fedirec.domain.drafts import LINE_CHARACTERS, SKILL_CHARACTERS, check_link, check_skill_names
from fedirec.domain.endorsements import (
    MAX_EVIDENCE,
    Endorsement,
    EndorsementDraft,
    EndorsementType,
    Evidence,
    Period,
    Relation,
    ShownTo,
    Skill,
)
from fedirec.errors import MalformedActivityError

MEDIA_TYPE_CHARACTERS: Final = 127
DIGEST_CHARACTERS: Final = 128

_Choice = TypeVar("_Choice", bound=StrEnum)


def render_endorsement_member(draft: EndorsementDraft, endorsed: ActorId) -> JsonObject:
    """Return the `endorsement` member of an offered Note: no consent, no credential."""
    member: JsonObject = {"type": EndorsementType.ENDORSEMENT.value, "endorsed": endorsed}
    if draft.skills:
        member["skill"] = render_skills(draft.skills)
    member["relation"] = draft.relation.value
    member["period"] = {"from": draft.period.start}
    if draft.period.end is not None:
        member["period"] = {"from": draft.period.start, "until": draft.period.end}
    if draft.setting is not None:
        member["setting"] = clean_line(draft.setting, limit=LINE_CHARACTERS)
    if draft.evidence:
        member["evidence"] = [_render_evidence(link) for link in draft.evidence]
    member["shownTo"] = draft.shown_to.value
    return member


def parse_endorsement_member(member: JsonObject) -> Endorsement:
    """Read the `endorsement` member.

    Raises:
        InvalidInputError: with the field that is missing or wrong.
    """
    endorsed = id_of(member.get("endorsed"))
    if endorsed is None:
        raise MalformedActivityError("says whom it is about by an actor id", field="endorsed")
    setting = text_of(member.get("setting"))
    return Endorsement(
        type=_choice(member, "type", EndorsementType),
        endorsed=ActorId(endorsed),
        relation=_choice(member, "relation", Relation),
        period=_parse_period(member.get("period")),
        shown_to=_choice(member, "shownTo", ShownTo),
        skills=parse_skills(member.get("skill")),
        evidence=_parse_evidence(member.get("evidence")),
        setting=clean_line(setting, limit=LINE_CHARACTERS) or None if setting else None,
        definition=id_of(member.get("definition")),
        decision=id_of(member.get("decision")),
        consent=id_of(member.get("consent")),
        credential=id_of(member.get("credential")),
    )


def render_skills(skills: tuple[Skill, ...]) -> list[Json]:
    """Return skills as they stand in endorsements and job notes."""
    return [_render_skill(skill) for skill in skills]


def parse_skills(value: Json) -> tuple[Skill, ...]:
    """Read a list of skills, or a single one. Raises InvalidInputError with field `skill`."""
    skills = tuple(_parse_skill(item) for item in as_list(value))
    check_skill_names([skill.name for skill in skills])
    return skills


def _render_skill(skill: Skill) -> JsonObject:
    member: JsonObject = {"name": clean_line(skill.name, limit=SKILL_CHARACTERS)}
    if skill.same_as is not None:
        member["sameAs"] = skill.same_as
    return member


def _parse_skill(item: Json) -> Skill:
    name = text_of(item.get("name")) if isinstance(item, dict) else None
    if not isinstance(item, dict) or name is None:
        raise MalformedActivityError("a skill is an object with a name", field="skill")
    if len(name) > SKILL_CHARACTERS:
        message = f"a skill has at most {SKILL_CHARACTERS} characters"
        raise MalformedActivityError(message, field="skill")
    return Skill(name=clean_line(name, limit=SKILL_CHARACTERS), same_as=id_of(item.get("sameAs")))


def _choice(member: JsonObject, field: str, choices: type[_Choice]) -> _Choice:
    value = member.get(field)
    try:
        return choices(value if isinstance(value, str) else "")
    except ValueError as error:
        message = f"{field} is one of {', '.join(choices)}; found {value!r:.60}"
        raise MalformedActivityError(message, field=field) from error


def _parse_period(value: Json) -> Period:
    period = object_of(value)
    start = text_of(period.get("from")) if period is not None else None
    if period is None or start is None:
        raise MalformedActivityError("a period says from when", field="period")
    end = period.get("until")
    if end is not None and not isinstance(end, str):
        raise MalformedActivityError("a period ends with a date", field="period")
    return Period(start=start, end=end)


def _render_evidence(link: Evidence) -> JsonObject:
    member: JsonObject = {
        "type": "Link",
        "href": link.href,
        "name": clean_line(link.name, limit=LINE_CHARACTERS),
    }
    if link.media_type is not None:
        member["mediaType"] = link.media_type
    if link.seen is not None:
        member["seen"] = instant_text(link.seen)
    if link.digest is not None:
        member["digestMultibase"] = link.digest
    return member


def _parse_evidence(value: Json) -> tuple[Evidence, ...]:
    items = as_list(value)
    if len(items) > MAX_EVIDENCE:
        message = f"at most {MAX_EVIDENCE} links as evidence, found {len(items)}"
        raise MalformedActivityError(message, field="evidence")
    return tuple(_parse_link(item) for item in items)


def _parse_link(item: Json) -> Evidence:
    href = item.get("href") if isinstance(item, dict) else None
    name = text_of(item.get("name")) if isinstance(item, dict) else None
    if not isinstance(item, dict) or not isinstance(href, str) or name is None:
        raise MalformedActivityError("evidence is a Link with href and name", field="evidence")
    check_link(href, field="evidence")
    media_type = text_of(item.get("mediaType"))
    digest = text_of(item.get("digestMultibase"))
    return Evidence(
        href=href,
        name=clean_line(name, limit=LINE_CHARACTERS) or href,
        media_type=media_type[:MEDIA_TYPE_CHARACTERS] if media_type else None,
        seen=instant_of(item.get("seen")),
        digest=digest[:DIGEST_CHARACTERS] if digest else None,
    )
