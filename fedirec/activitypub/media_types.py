"""Media types on the wire, and the one reading of a Content-Type: exact, for authority rests on it.

What another program may read as a second type is none here (threats OR-02).
"""

import re
from collections.abc import Mapping
from typing import Final

ACTIVITY_JSON: Final = "application/activity+json"
JRD_JSON: Final = "application/jrd+json"
LD_JSON: Final = "application/ld+json"
LD_PROFILE: Final = "https://www.w3.org/ns/activitystreams"
LD_ACTIVITY_JSON: Final = f'{LD_JSON}; profile="{LD_PROFILE}"'

_TOKEN: Final = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"  # noqa: S105 (RFC 9110 §5.6.2, no secret)
_MEDIA_TYPE: Final = re.compile(rf"({_TOKEN}/{_TOKEN})((?:[ \t]*;.*)?)", re.DOTALL)
_PARAMETER: Final = re.compile(
    rf'[ \t]*;[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|"((?:[^"\\]|\\.)*)"))?[ \t]*'
)


def is_activity_type(content_type: str) -> bool:
    """Whether a body of this type is an ActivityStreams document, the header read exactly (OR-02).

    `application/activity+json`, or `application/ld+json` with the profile in quotes; a type with
    anything else in it, such as a second type after a comma, is none.
    """
    parsed = parse_media_type(content_type)
    if parsed is None:
        return False
    media_type, parameters = parsed
    if parameters.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
        return False
    if media_type == ACTIVITY_JSON:
        return True
    return media_type == LD_JSON and LD_PROFILE in parameters.get("profile", "").split()


def parse_media_type(text: str) -> tuple[str, Mapping[str, str]] | None:
    """Read a Content-Type (RFC 9110 §8.3.1): type in lower case, parameters; None if it is none."""
    shape = _MEDIA_TYPE.fullmatch(text.strip(" \t"))
    if shape is None:
        return None
    media_type, rest = shape.groups()
    parameters: dict[str, str] = {}
    position = 0
    while position < len(rest):
        found = _PARAMETER.match(rest, position)
        if found is None:
            return None
        name, token, quoted = found.groups()
        if name is not None:
            value = token if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
            if parameters.setdefault(name.lower(), value) != value:
                return None
        position = found.end()
    return media_type.lower(), parameters
