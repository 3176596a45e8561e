"""WebFinger: what a handle leads to (RFC 7033), ours and others'."""

from dataclasses import dataclass
from typing import Final

from fedirec.activitypub.documents import Json, JsonObject, as_list, is_uri
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.media_types import ACTIVITY_JSON, LD_ACTIVITY_JSON
from fedirec.domain.actors import Actor
from fedirec.errors import MalformedActivityError

SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
PROFILE_PAGE: Final = "http://webfinger.net/rel/profile-page"
SELF_TYPES: Final = frozenset({ACTIVITY_JSON, LD_ACTIVITY_JSON})
MAX_LINKS: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Jrd:
    """What a WebFinger answer says: whom it is about, the actor's id, how to follow from there."""

    subject: str
    self_href: str
    subscribe_template: str | None


def render_jrd(actor: Actor, *, instance: Instance) -> JsonObject:
    """Return the answer for one of our actors; `self` is its id, byte for byte."""
    template = f"{instance.origin}/authorize_interaction?uri={{uri}}"
    return {
        "subject": f"acct:{actor.name}@{actor.handle_domain}",
        "aliases": list(dict.fromkeys((actor.url, actor.id))),
        "links": [
            {"rel": PROFILE_PAGE, "type": "text/html", "href": actor.url},
            {"rel": "self", "type": ACTIVITY_JSON, "href": actor.id},
            {"rel": SUBSCRIBE, "template": template},
        ],
    }


def parse_jrd(document: JsonObject) -> Jrd:
    """Read an answer; only a `self` link of an ActivityStreams type counts, as for Mastodon.

    Raises:
        MalformedActivityError: no subject, or no such link.
    """
    subject = document.get("subject")
    links = [link for link in as_list(document.get("links"))[:MAX_LINKS] if isinstance(link, dict)]
    self_href = next((link.get("href") for link in links if _is_self(link)), None)
    if not isinstance(subject, str) or not isinstance(self_href, str) or not is_uri(self_href):
        raise MalformedActivityError("expected a subject, and a self link to an actor")
    templates = (link.get("template") for link in links if link.get("rel") == SUBSCRIBE)
    return Jrd(
        subject=subject,
        self_href=self_href,
        subscribe_template=_template_of(next(templates, None)),
    )


def _is_self(link: JsonObject) -> bool:
    return link.get("rel") == "self" and link.get("type") in SELF_TYPES


def _template_of(value: Json) -> str | None:
    is_usable = isinstance(value, str) and "{uri}" in value and is_uri(value.replace("{uri}", ""))
    return value if isinstance(value, str) and is_usable else None
