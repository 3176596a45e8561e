"""What an endorsement is, and the rules of consent before it is published. Pure.

From draft to offer or question, from stamp to published endorsement, and its later confirmation.
How all of it looks on the wire is `activitypub/endorsements.py` and FEDERATION.md.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from fedirec.domain.actors import Actor, ActorId
from fedirec.domain.dates import days_of
from fedirec.domain.drafts import check_language, check_line, check_link, check_skill_names
from fedirec.domain.limits import Limits
from fedirec.domain.public import PUBLIC_SPELLINGS
from fedirec.errors import InvalidInputError

MAX_EVIDENCE: Final = 8

# How often an ordinary post is asked about before it stays one (FEDERATION.md, "Endorsements").
_FIRST_CHECKS: Final = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(days=1),
)
_MISSING_CHECK_INTERVAL: Final = timedelta(days=1)
_MISSING_BELIEVED_AFTER: Final = timedelta(days=3)


class EndorsementType(StrEnum):
    """Said by a member, or decided by a guild."""

    ENDORSEMENT = "Endorsement"
    RECOGNITION = "Recognition"


class Relation(StrEnum):
    """Reads "the endorser … the endorsed"."""

    WORKED_WITH = "workedWith"
    TAUGHT = "taught"
    LEARNT_FROM = "learntFrom"
    LED = "led"
    LED_BY = "ledBy"
    CLIENT_OF = "clientOf"
    WORKED_FOR = "workedFor"
    CO_MEMBER = "coMember"
    EMPLOYER = "employer"
    EMPLOYEE = "employee"
    FAMILY = "family"
    OTHER = "other"


class ShownTo(StrEnum):
    """Who may read an endorsement once it is published."""

    PUBLIC = "public"
    FOLLOWERS = "followers"
    GUILD = "guild"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skill:
    """What somebody can do, in words; `same_as` is a URI of a public vocabulary."""

    name: str
    same_as: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A link to what was made. `seen` is when it was last found there; `digest` is multibase."""

    href: str
    name: str
    media_type: str | None = None
    seen: datetime | None = None
    digest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From when until when: each `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; no end means one span.

    Raises InvalidInputError with field `period` for a date that does not exist, or an end that is
    wholly before the start.
    """

    start: str
    end: str | None = None

    def __post_init__(self) -> None:
        try:
            first, _ = days_of(self.start)
            is_backwards = self.end is not None and days_of(self.end)[1] < first
        except InvalidInputError as error:
            raise InvalidInputError(str(error), field="period") from error
        if is_backwards:
            message = f"a period ends after it starts, found {self.start} to {self.end}"
            raise InvalidInputError(message, field="period")


@dataclass(frozen=True, slots=True, kw_only=True)
class EndorsementDraft:
    """What a member wrote, before anyone was asked. `words` are plain text."""

    words: str
    relation: Relation
    period: Period
    skills: tuple[Skill, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    setting: str | None = None
    shown_to: ShownTo = ShownTo.PUBLIC
    language: str = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endorsement:
    """The `endorsement` member of a note; `consent` and `credential` only once published."""

    type: EndorsementType
    endorsed: ActorId
    relation: Relation
    period: Period
    shown_to: ShownTo
    skills: tuple[Skill, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    setting: str | None = None
    definition: str | None = None
    decision: str | None = None
    consent: str | None = None
    credential: str | None = None


def check_draft(
    draft: EndorsementDraft, *, endorser: ActorId, endorsed: ActorId, limits: Limits
) -> None:
    """Raise InvalidInputError, naming the field, unless the draft may be offered."""
    if endorser == endorsed:
        raise InvalidInputError("nobody endorses themselves", field="endorsed")
    count = len(draft.words.strip())
    if not limits.words_min <= count <= limits.words_max:
        message = (
            f"the words have {limits.words_min} to {limits.words_max} characters, found {count}"
        )
        raise InvalidInputError(message, field="words")
    check_language(draft.language)
    check_skill_names([skill.name for skill in draft.skills])
    if len(draft.evidence) > MAX_EVIDENCE:
        message = f"at most {MAX_EVIDENCE} links as evidence, found {len(draft.evidence)}"
        raise InvalidInputError(message, field="evidence")
    for link in draft.evidence:
        check_link(link.href, field="evidence")
        check_line(link.name, field="evidence")
    if draft.setting is not None:
        check_line(draft.setting, field="setting")


class OfferState(StrEnum):
    """Where an offer stands. `ASIDE` waits too, without a notice, as its sender is a stranger."""

    WAITING = "waiting"
    ASIDE = "aside"
    ACCEPTED = "accepted"
    PUBLISHED = "published"
    DECLINED = "declined"
    EXPIRED = "expired"
    RETRACTED = "retracted"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class OfferWay(StrEnum):
    """How the endorsed is asked: by an `Offer`, a direct note, or a link handed over."""

    OFFER = "offer"
    QUESTION = "question"
    LINK = "link"


class OfferPolicy(StrEnum):
    """What an actor says about being offered endorsements; a stranger's server knows no offers."""

    WELCOME = "welcome"
    NEVER = "never"
    STRANGER = "stranger"


def who_may_offer(endorsed: Actor, endorser: ActorId, *, endorser_is_follower: bool) -> OfferPolicy:
    """Return whether this endorser may send that actor an `Offer`.

    The actor's own id alone, or an empty list, means never. `endorser_is_follower`: accepted as a
    follower of the endorsed, as far as is known here.
    """
    allowed = endorsed.can_endorse
    if allowed is None:
        return OfferPolicy.STRANGER
    if endorser == endorsed.id:
        return OfferPolicy.NEVER
    is_listed = endorser in allowed or not PUBLIC_SPELLINGS.isdisjoint(allowed)
    if is_listed or (endorser_is_follower and endorsed.followers in allowed):
        return OfferPolicy.WELCOME
    return OfferPolicy.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOffers:
    """How many offers wait, counted before a new one, without the ones that it would replace.

    `refused_at` is when something of this endorser for this person last came to nothing: declined,
    expired, withdrawn or taken back; `is_stopped` when they never want to be asked again, or
    blocked the endorser.
    """

    per_pair: int
    per_endorser: int
    per_endorsed: int
    host_today: int
    refused_at: datetime | None = None
    is_stopped: bool = False


def check_open_offers(counts: OpenOffers, *, now: datetime, limits: Limits) -> str | None:
    """Return None if one more offer may be made, else why not.

    The reason is for our own member or keeper; a remote endorser is told nothing.
    """
    if counts.is_stopped:
        return "this person does not want to be asked"
    if counts.refused_at is not None and now < counts.refused_at + limits.silence_after_refusal:
        return f"not published; ask again after {limits.silence_after_refusal.days} days"
    full = (
        (counts.per_pair, limits.open_offers_per_pair, "an offer to this person is still open"),
        (counts.per_endorser, limits.open_offers_per_endorser, "too many of your offers are open"),
        (counts.per_endorsed, limits.open_offers_per_endorsed, "too many offers wait for them"),
        (counts.host_today, limits.offers_per_host_day, "too many offers from one host today"),
    )
    return next((reason for count, limit, reason in full if count >= limit), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """How many direct notes have asked already, counted before a new one.

    `open_for_person` and `person_year` count what anyone of this instance asked that person;
    `is_stopped` means that they answered `stop`.
    """

    open_for_person: int
    person_year: int
    endorser_today: int
    guild_today: int
    host_today: int
    is_stopped: bool = False


def check_questions(counts: Questions, *, limits: Limits) -> str | None:
    """Return None if one more person may be asked by a direct note, else why not."""
    if counts.is_stopped:
        return "this person does not want to be asked"
    full = (
        (counts.open_for_person, limits.questions_per_person_open, "they have a question open"),
        (counts.person_year, limits.questions_per_person_year, "they were asked enough this year"),
        (counts.endorser_today, limits.questions_per_endorser_day, "you asked enough for today"),
        (counts.guild_today, limits.questions_per_guild_day, "the guild asked enough for today"),
        (counts.host_today, limits.questions_per_host_day, "their host was asked enough today"),
    )
    return next((reason for count, limit, reason in full if count >= limit), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StampFacts:
    """What a consent stamp says: who, about which note, in which exact words.

    `on_behalf_of` stands only in a guild's stamp: the person who answered it by a reply.
    """

    attributed_to: str
    note_id: str
    endorsed: str
    digest: str
    on_behalf_of: str | None = None


class StampVerdict(StrEnum):
    """What a stamp is worth. `BY_GUILD` counts only where that guild is trusted."""

    CONSENT = "consent"
    BY_GUILD = "by_guild"
    MISMATCH = "mismatch"


def judge_stamp(
    stamp: StampFacts,
    *,
    note_id: str,
    endorsed: str,
    digest: str,
    endorsed_origin_equals_stamp: bool,
) -> StampVerdict:
    """Return whether a stamp, fetched from its own id, is consent to this note with this digest.

    A person's own stamp must come from their origin. That a guild's comes from the guild's origin,
    and whether the guild is trusted, is for the caller to judge.
    """
    if (stamp.note_id, stamp.endorsed, stamp.digest) != (note_id, endorsed, digest):
        return StampVerdict.MISMATCH
    if stamp.on_behalf_of is not None:
        is_for_another = stamp.on_behalf_of == endorsed != stamp.attributed_to
        return StampVerdict.BY_GUILD if is_for_another else StampVerdict.MISMATCH
    is_own = stamp.attributed_to == endorsed and endorsed_origin_equals_stamp
    return StampVerdict.CONSENT if is_own else StampVerdict.MISMATCH


def next_stamp_check(
    now: datetime,
    *,
    checks: int,
    is_confirmed: bool,
    missing_since: datetime | None,
    limits: Limits,
) -> datetime | None:
    """Return when to ask for the stamp again; None means never: it is what it is now.

    `checks` counts those already made without ever confirming; `missing_since` is the first of the
    404s in a row, after three days of which the answer counts as 410.
    """
    if missing_since is not None:
        is_over = now - missing_since >= _MISSING_BELIEVED_AFTER
        return None if is_over else now + _MISSING_CHECK_INTERVAL
    if is_confirmed:
        return now + limits.stamp_check_interval
    return now + _FIRST_CHECKS[checks] if checks < len(_FIRST_CHECKS) else None
