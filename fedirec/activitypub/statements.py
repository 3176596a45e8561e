"""The text of an endorsement for people, as HTML; made once, and stored as bytes from then on.

A new wording here concerns new drafts only: a stamp is for the exact text that was agreed to.
"""

# ruff: noqa: A002 (an id is `id` in keyword arguments, as it is in the documents)

from fedirec.activitypub.content import (
    clean_line,
    clean_text,
    escaped,
    hashtag,
    hashtag_html,
    hashtag_url,
    link_html,
    mention_html,
    paragraphs,
)
from fedirec.activitypub.documents import Json, JsonObject
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.phrasebook import phrases_in
from fedirec.activitypub.phrases import period_words
from fedirec.domain.actors import Actor
from fedirec.domain.endorsements import EndorsementDraft, Skill

MAX_HASHTAGS = 3
NAME_CHARACTERS = 300


def statement(
    *,
    id: str,
    instance: Instance,
    endorser: Actor,
    endorsed: Actor,
    draft: EndorsementDraft,
) -> str:
    """Return the whole content: for whom and what, the words, how both met, tags, link."""
    tags = " ".join(hashtag_html(tag, instance=instance) for tag in hashtags_of(draft.skills))
    facts = said_by(endorser, endorsed, draft)
    return "".join(
        (
            f"<p>{headline(mention_html(endorsed), draft)}</p>",
            f"<blockquote>{words_of(draft)}</blockquote>",
            f"<p>{facts} {tags}</p>" if tags else f"<p>{facts}</p>",
            f"<p>{link_html(id)}</p>",
        )
    )


def headline(endorsed: str, draft: EndorsementDraft) -> str:
    """Return who did what well; `endorsed` is HTML."""
    phrases = phrases_in(draft.language)
    skills = ", ".join(escaped(clean_line(skill.name, limit=100)) for skill in draft.skills)
    if not skills:
        return phrases.headline.format(endorsed=endorsed)
    return phrases.headline_with_skills.format(endorsed=endorsed, skills=skills)


def words_of(draft: EndorsementDraft) -> str:
    """Return the member's own words as paragraphs."""
    return paragraphs(clean_text(draft.words, limit=len(draft.words)))


def said_by(endorser: Actor, endorsed: Actor, draft: EndorsementDraft) -> str:
    """Return how the two know each other, when, and where."""
    phrases = phrases_in(draft.language)
    sentence = phrases.relations[draft.relation].format(
        endorser=name_of(endorser),
        endorsed=name_of(endorsed),
        period=period_words(draft.period, phrases),
    )
    if draft.setting is None:
        return sentence
    setting = escaped(clean_line(draft.setting, limit=NAME_CHARACTERS)).removesuffix(".")
    return f"{sentence} {phrases.setting.format(setting=setting)}"


def name_of(actor: Actor) -> str:
    """Return what people call an actor, escaped: the display name, else the name of the handle."""
    return escaped(clean_line(actor.display_name, limit=NAME_CHARACTERS) or actor.name)


def hashtags_of(skills: tuple[Skill, ...]) -> tuple[str, ...]:
    """Return the tags of the first three skills that can be tags, each once."""
    found = (hashtag(skill.name) for skill in skills)
    return tuple(dict.fromkeys(tag for tag in found if tag))[:MAX_HASHTAGS]


def mention_tag(actor: Actor) -> JsonObject:
    """Return the `tag` item without which nobody is told that they are mentioned."""
    return {"type": "Mention", "href": actor.id, "name": actor.handle}


def hashtag_tags(tags: tuple[str, ...], *, instance: Instance) -> list[Json]:
    """Return the `tag` items of hashtags given without `#`."""
    return [
        {"type": "Hashtag", "href": hashtag_url(tag, instance=instance), "name": f"#{tag}"}
        for tag in tags
    ]
