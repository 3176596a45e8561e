"""Direct notes that ask somebody on another kind of server for consent, answered in one word.

Who may be asked, how often, and what counts as an answer is in `domain/endorsements.py` and
`domain/consent_words.py`. A question is never edited.
"""

# ruff: noqa: A002 (an id is `id` in keyword arguments, as it is in the documents)

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.activitypub.content import link_html, mention_html, paragraphs
from fedirec.activitypub.documents import JsonObject, ids_of, instant_text
from fedirec.activitypub.phrasebook import phrases_in
from fedirec.activitypub.render import render_create
from fedirec.activitypub.statements import headline, mention_tag, name_of, said_by, words_of
from fedirec.activitypub.vocabulary import QUESTION_CONTEXT
from fedirec.domain.actors import Actor
from fedirec.domain.audience import Audience
from fedirec.domain.endorsements import EndorsementDraft
from fedirec.domain.origins import host_of

DEFAULT_LANGUAGE: Final = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentQuestion:
    """Who asks whom for consent to what; `asker` is the endorser or the guild.

    `details` is the page where the person may also answer.
    """

    asker: Actor
    endorser: Actor
    endorsed: Actor
    draft: EndorsementDraft
    details: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndorsementRequest:
    """Who asks whom to endorse them; `words` are plain text and remind of what it was."""

    asker: Actor
    asked: Actor
    words: str
    link: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """What one says to another; `content` is HTML."""

    sender: Actor
    receiver: Actor
    content: str
    language: str


def render_question(
    question: ConsentQuestion,
    *,
    activity_id: str,
    id: str,
    published: datetime,
    in_reply_to: str | None = None,
) -> JsonObject:
    """Return the Create of the direct Note that asks.

    `in_reply_to` is what the person wrote to the asker, if that is why they may be asked.
    """
    letter = _Letter(
        sender=question.asker,
        receiver=question.endorsed,
        content=_question_text(question, id),
        language=question.draft.language,
    )
    note = _direct_note(letter, id=id, published=published, in_reply_to=in_reply_to)
    return _sent(activity_id, note, published)


def render_explanation(
    *,
    activity_id: str,
    id: str,
    asker: Actor,
    endorsed: Actor,
    in_reply_to: str,
    published: datetime,
) -> JsonObject:
    """Return the Create of the one answer to what was no answer: it says which words are."""
    text = phrases_in(DEFAULT_LANGUAGE).explanation.format(person=mention_html(endorsed))
    letter = _Letter(
        sender=asker, receiver=endorsed, content=f"<p>{text}</p>", language=DEFAULT_LANGUAGE
    )
    note = _direct_note(letter, id=id, published=published, in_reply_to=in_reply_to)
    return _sent(activity_id, note, published)


def render_request(
    request: EndorsementRequest, *, activity_id: str, id: str, published: datetime
) -> JsonObject:
    """Return the Create of the direct Note in which a member asks for an endorsement."""
    phrases = phrases_in(request.language)
    asks = phrases.request.format(
        person=mention_html(request.asked),
        asker=name_of(request.asker),
        name=request.asker.name,
        host=request.asker.handle_domain,
    )
    where = phrases.how_to_endorse.format(link=link_html(request.link))
    letter = _Letter(
        sender=request.asker,
        receiver=request.asked,
        content=f"<p>{asks}</p><blockquote>{paragraphs(request.words)}</blockquote><p>{where}</p>",
        language=request.language,
    )
    note = _direct_note(letter, id=id, published=published, in_reply_to=None)
    return _sent(activity_id, note, published)


def _question_text(question: ConsentQuestion, id: str) -> str:
    """Return who asks, the whole text, where it would appear, and how to answer."""
    phrases = phrases_in(question.draft.language)
    endorser, host = name_of(question.endorser), host_of(id)
    asks = phrases.asks.format(
        person=mention_html(question.endorsed),
        endorser=endorser,
        name=question.endorser.name,
        host=question.endorser.handle_domain,
    )
    would_say = (
        f"<p>{headline(name_of(question.endorsed), question.draft)}</p>",
        words_of(question.draft),
        f"<p>{said_by(question.endorser, question.endorsed, question.draft)}</p>",
    )
    shown = phrases.shown_to[question.draft.shown_to].format(host=host, endorser=endorser)
    return "".join(
        (
            f"<p>{asks}</p>",
            f"<blockquote>{''.join(would_say)}</blockquote>",
            f"<p>{shown}</p>",
            f"<p>{phrases.how_to_answer.format(endorser=endorser)}</p>",
            f"<p>{phrases.details.format(link=link_html(question.details))}</p>",
        )
    )


def _direct_note(
    letter: _Letter, *, id: str, published: datetime, in_reply_to: str | None
) -> JsonObject:
    note: JsonObject = {
        "id": id,
        "type": "Note",
        "attributedTo": letter.sender.id,
        "to": [letter.receiver.id],
        "published": instant_text(published),
        "url": id,
    }
    if in_reply_to is not None:
        note["inReplyTo"] = in_reply_to
    return note | {
        "content": letter.content,
        "contentMap": {letter.language: letter.content},
        "directMessage": True,
        "tag": [mention_tag(letter.receiver)],
        "interactionPolicy": {"canQuote": {"automaticApproval": [letter.sender.id]}},
    }


def _sent(activity_id: str, note: JsonObject, published: datetime) -> JsonObject:
    return render_create(
        id=activity_id,
        actor=str(note["attributedTo"]),
        object_=note,
        audience=Audience(to=ids_of(note["to"])),
        published=published,
        context=QUESTION_CONTEXT,
    )
