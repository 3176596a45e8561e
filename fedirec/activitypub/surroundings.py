"""What stands in a Note around an endorsement's core: nothing there may show, no more may see it.

The core is what was agreed to; what is beside it was not, so it makes an ordinary post of the Note.
"""

from typing import Final

from fedirec.activitypub.documents import (
    Json,
    JsonObject,
    as_list,
    id_of,
    ids_of,
    is_uri,
    types_of,
)
from fedirec.activitypub.vocabulary import QUOTE_MEMBERS
from fedirec.domain.endorsements import Endorsement, ShownTo
from fedirec.domain.origins import same_origin
from fedirec.domain.public import PUBLIC

_SHOWS_BESIDE: Final = (
    *("attachment", "summary", "summaryMap", "name", "nameMap", "inReplyTo", "image", "icon"),
    *QUOTE_MEMBERS,
)


def why_more_shows(document: JsonObject, endorsement: Endorsement) -> str | None:
    """Return what a reader would see that nobody agreed to, None if nothing."""
    return _why_members(document) or _why_tags(document, endorsement)


def why_too_wide(
    document: JsonObject, endorsement: Endorsement, *, followers: str | None, guild: str | None
) -> str | None:
    """Return why more may see it than `shownTo` says, None if not; fewer may always.

    `followers` and `guild` are as for `why_not_endorsement`.
    """
    if endorsement.shown_to is ShownTo.PUBLIC:
        return None
    author = str(id_of(document.get("attributedTo")))
    parties = {endorsement.endorsed, author}
    others = recipients_of(document) - parties
    meant = followers if endorsement.shown_to is ShownTo.FOLLOWERS else guild
    if meant is not None:
        is_narrow = others <= {meant}
    else:
        is_collective = all(_is_collective(uri, author) for uri in others)
        is_narrow = len(others) <= 1 and is_collective and followers not in others
    return None if is_narrow else f"more may see it than its {endorsement.shown_to}"


def recipients_of(document: JsonObject) -> set[str]:
    """Return every id that a document is addressed to, in whichever member."""
    members = ("to", "cc", "audience", "bto", "bcc")
    return {uri for name in members for uri in ids_of(document.get(name))}


def _why_members(document: JsonObject) -> str | None:
    """Return what shows in members of its own; empty ones show nothing."""
    beside = next((name for name in _SHOWS_BESIDE if document.get(name)), None)
    if beside is not None:
        return f"{beside} shows beside what was agreed"
    texts = document.get("contentMap")
    if not isinstance(texts, dict) or list(texts.values()) != [document.get("content")]:
        return "contentMap says something else than content, or says it twice"
    note_id = id_of(document.get("id"))
    if note_id is None:
        return "its id is not a URL"
    pages = [id_of(link) for link in as_list(document.get("url"))]
    if any(page is None or not same_origin(page, note_id) for page in pages):
        return "url is on another server"
    return None


def _why_tags(document: JsonObject, endorsement: Endorsement) -> str | None:
    hashtags = 0
    for tag in as_list(document.get("tag")):
        types = types_of(tag) if isinstance(tag, dict) else ()
        if types == ("Hashtag",):
            hashtags += 1
        elif types != ("Mention",) or not _is_mention_of(tag, endorsement.endorsed):
            return "tag holds more than a mention of the endorsed, and hashtags"
    if hashtags > len(endorsement.skills):
        return "there are more hashtags than skills"
    return None


def _is_mention_of(tag: Json, endorsed: str) -> bool:
    return isinstance(tag, dict) and tag.get("href") == endorsed


def _is_collective(uri: str, author: str) -> bool:
    return uri != PUBLIC and is_uri(uri) and same_origin(uri, author)
