"""WebFinger: what a handle leads to (RFC 7033), ours and others'.

It also says where somebody's own server takes them to follow or answer from there: by an OStatus
template with `{uri}`, or by activity intents (FEP-3b86).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from fedirec.activitypub.documents import JsonObject, as_list, is_uri
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.media_types import ACTIVITY_JSON, LD_ACTIVITY_JSON
from fedirec.domain.actors import Actor
from fedirec.errors import MalformedActivityError

INTENTS: Final = "https://w3id.org/fep/3b86/"
SUBSCRIBE: Final = "http://ostatus.org/schema/1.0/subscribe"
PROFILE_PAGE: Final = "http://webfinger.net/rel/profile-page"
SELF_TYPES: Final = frozenset({ACTIVITY_JSON, LD_ACTIVITY_JSON})
MAX_LINKS: Final = 100


_PLACE: Final = re.compile(r"\{[\w-]*\}")


class Wish(StrEnum):
    """What somebody wants to do on their own server with something of another."""

    FOLLOW = "follow"
    REPLY = "reply"


# Most particular first; a template must have the place that the thing goes into.
_WAYS: Final[Mapping[Wish, tuple[tuple[str, str], ...]]] = {
    Wish.FOLLOW: ((f"{INTENTS}Follow", "{object}"), (SUBSCRIBE, "{uri}")),
    Wish.REPLY: (
        (f"{INTENTS}Create", "{inReplyTo}"),
        (f"{INTENTS}Object", "{object}"),
        (SUBSCRIBE, "{uri}"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Jrd:
    """What a WebFinger answer says: whom it is about, the actor's id, templates by their `rel`."""

    subject: str
    self_href: str
    templates: Mapping[str, str]

    def way_to(self, wish: Wish, thing: str) -> str | None:
        """Return the address on that server for doing this with `thing`, a URI; None for none.

        It is a stranger's text still: to be checked as any URL.
        """
        for rel, place in _WAYS[wish]:
            template = self.templates.get(rel, "")
            if place in template:
                filled = template.replace(place, quote(thing, safe=""))
                return _PLACE.sub("", filled)
        return None


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
    return Jrd(subject=subject, self_href=self_href, templates=_templates(links))


def _is_self(link: JsonObject) -> bool:
    return link.get("rel") == "self" and link.get("type") in SELF_TYPES


def _templates(links: list[JsonObject]) -> dict[str, str]:
    """Return the first template of each relation that is a URI but for its places."""
    found: dict[str, str] = {}
    for link in links:
        rel, template = link.get("rel"), link.get("template")
        if isinstance(rel, str) and isinstance(template, str) and is_uri(_PLACE.sub("", template)):
            found.setdefault(rel, template)
    return found
