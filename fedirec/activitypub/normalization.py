"""One function that brings JSON-LD spellings to the fixed profile we read: compact AS2 terms.

No JSON-LD processing: contexts are never fetched, and a document that could mean something else to
a JSON-LD processor than to us is refused (OR-13, OR-14, SG-16). What is already in the profile
comes back as the very same object, so that digests and proofs are of what was sent.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple, NoReturn

from fedirec.activitypub.documents import Json, JsonObject, as_list, dump
from fedirec.activitypub.vocabulary import (
    AS_NAMESPACE,
    ENDORSEMENT_CONTEXT,
    JOB_CONTEXT,
    OUR_NAMESPACE,
    STAMP_CONTEXT,
    STAMP_TYPE,
)
from fedirec.errors import MalformedActivityError

MAX_DEPTH: Final = 64  # the loader allows fewer; this holds for values made in memory

_KEYWORDS: Final = {"@id": "id", "@type": "type"}
_KEPT: Final = frozenset({"@context", "@none"})  # `@none` is a key of language maps
_REARRANGING: Final = frozenset({"@graph", "@included", "@reverse", "@nest", "@index"})
_VALUE_MEMBERS: Final = frozenset({"@value", "@type", "type", "@language", "@direction"})
_CONTAINERS: Final = frozenset({dict, list})
_CONTEXT_BYTES: Final = 4_096
_PREFIXES: Final = {
    "as": AS_NAMESPACE,
    "fr": OUR_NAMESPACE,
    "sec": "https://w3id.org/security#",
    "gts": "https://gotosocial.org/ns#",
    "vf": "https://w3id.org/valueflows/ont/vf#",
    "om2": "http://www.ontology-of-units-of-measure.org/resource/om-2/",
    "schema": "http://schema.org#",
}


def normalize(document: JsonObject, *, max_depth: int = MAX_DEPTH) -> JsonObject:
    """Return the document in compact terms; the same object where nothing had to change.

    `@id`, `@type`, `as:name`, full IRIs of ActivityStreams, `@value` and `@set` are rewritten.

    Raises:
        MalformedActivityError: two spellings of one member, a keyword that re-arranges the graph,
            or a `@context` that gives one of our terms, `id`, `type` or `as` another meaning.
    """
    look = _look_at(document, max_depth)
    if not look.is_plain:
        normal = _normalize(document, max_depth)
        if not isinstance(normal, dict):
            _refuse("expected an object")
        document, look = normal, _look_at(normal, max_depth)
    if look.contexts:
        _check_contexts(look.contexts, is_ours=look.is_ours)
    return document


class _Look(NamedTuple):
    """A document at a glance.

    `is_plain`: nothing is spelled otherwise than we read it, as in most. `contexts` are those with
    definitions of their own; `is_ours`: it speaks our vocabulary.
    """

    is_plain: bool
    contexts: list[Json]
    is_ours: bool


def _look_at(document: JsonObject, depth: int) -> _Look:
    """Look at every object once, level by level; what is deeper than `depth` is not plain."""
    is_plain, is_ours = True, False
    contexts: list[Json] = []
    level: list[Json] = [document]
    while level and depth >= 0:
        below: list[Json] = []
        for value in level:
            if type(value) is not dict:
                below += [item for item in as_list(value) if type(item) in _CONTAINERS]
                continue
            is_plain = is_plain and _has_plain_names(value)
            is_ours = is_ours or _is_ours(value)
            contexts += _defining(value.get("@context"))
            below += [
                member
                for name, member in value.items()
                if type(member) in _CONTAINERS and name != "@context"
            ]
        level, depth = below, depth - 1
    return _Look(is_plain=is_plain and not level, contexts=contexts, is_ours=is_ours)


def _has_plain_names(value: JsonObject) -> bool:
    """Whether no name in it is a keyword, a compact IRI or a full one, its types included."""
    names = "".join(value)
    if ":" in names or names.count("@") != ("@context" in value):
        return False
    kind = value.get("type")
    if isinstance(kind, str):
        return ":" not in kind
    return not any(isinstance(item, str) and ":" in item for item in as_list(kind))


def _is_ours(value: JsonObject) -> bool:
    return "endorsement" in value or "job" in value or STAMP_TYPE in as_list(value.get("type"))


def _defining(context: Json) -> list[Json]:
    """Return what of a context is no name of one that is known: its definitions."""
    if context is None or isinstance(context, str):
        return []
    return [item for item in as_list(context) if isinstance(item, dict | list)]


def _refuse(message: str) -> NoReturn:
    raise MalformedActivityError(message)


def _normalize(value: Json, depth: int) -> Json:
    """Normalize what may still be `depth` levels deep."""
    if depth < 0:
        _refuse("nested too deep")
    if isinstance(value, list):
        items = [
            _normalize(item, depth - 1) if isinstance(item, dict | list) else item for item in value
        ]
        changed = any(new is not old for new, old in zip(items, value, strict=True))
        return items if changed else value
    if not isinstance(value, dict):
        return value
    if "@value" in value:
        return _literal(value)
    if "@set" in value or "@list" in value:
        return _items(value, depth)
    return _normalize_members(value, depth)


def _normalize_members(value: JsonObject, depth: int) -> JsonObject:
    members: JsonObject = {}
    is_changed = False
    for key, member in value.items():
        name = _name_of(key)
        if name in members:
            _refuse(f"{name!r} stands in two spellings")
        if name == "type":
            normal: Json = _normalize_type(member)
        elif name == "@context" or not isinstance(member, dict | list):
            normal = member
        else:
            normal = _normalize(member, depth - 1)
        is_changed = is_changed or name != key or normal is not member
        members[name] = normal
    return members if is_changed else value


@lru_cache(1_024)  # the same few members everywhere
def _name_of(key: str) -> str:
    if key in _REARRANGING:
        _refuse(f"{key} is not read")
    if key.startswith("@") and key not in _KEPT:
        if key not in _KEYWORDS:
            _refuse(f"{key} is not read")
        return _KEYWORDS[key]
    return _without_prefix(key)


def _without_prefix(name: str) -> str:
    return name.removeprefix("as:").removeprefix(AS_NAMESPACE)


def _normalize_type(value: Json) -> Json:
    if isinstance(value, str):
        name = _without_prefix(value)
        return name if name != value else value
    if isinstance(value, list):
        names: list[Json] = [
            _without_prefix(item) if isinstance(item, str) else item for item in value
        ]
        return names if names != value else value
    return value


def _literal(value: JsonObject) -> Json:
    literal = value["@value"]
    if set(value) - _VALUE_MEMBERS or isinstance(literal, dict | list):
        _refuse("a literal with other members")
    return literal


def _items(value: JsonObject, depth: int) -> Json:
    if len(value) != 1:
        _refuse("@set or @list beside other members")
    return _normalize(as_list(next(iter(value.values()))), depth - 1)


def _check_contexts(contexts: list[Json], *, is_ours: bool) -> None:
    """Refuse contexts under which our plain reading would be the wrong one.

    A server writes the same in all that it sends: what was found good is remembered.
    """
    try:
        text = dump({"contexts": contexts})
    except UnicodeEncodeError:
        _refuse("half a character in a @context")
    if len(text) > _CONTEXT_BYTES:
        _check_definitions(contexts, is_ours=is_ours)
    else:
        _check_known(text, is_ours=is_ours)


@lru_cache(256)
def _check_known(text: bytes, *, is_ours: bool) -> None:
    _check_definitions(json.loads(text)["contexts"], is_ours=is_ours)


def _check_definitions(contexts: list[Json], *, is_ours: bool) -> None:
    definitions = list(_definitions({"@context": contexts}))
    prefixes = {
        term: definition for term, definition in definitions if isinstance(definition, str)
    } | _PREFIXES
    for term, definition in definitions:
        if term in _REARRANGING:
            _refuse(f"@context: {term} is not read")
        if term in _FIXED_TERMS and _iri_of(definition, prefixes) != _FIXED_TERMS[term]:
            _refuse(f"@context gives {term!r} another meaning")
    if is_ours or any(_is_ours(value) for value in _objects(contexts)):
        _check_our_terms(definitions, prefixes)


def _check_our_terms(definitions: list[tuple[str, Json]], prefixes: dict[str, str]) -> None:
    for term, definition in definitions:
        expected = _OUR_TERMS.get(term)
        is_scoped = isinstance(definition, dict) and "@context" in definition
        if expected and (is_scoped or _iri_of(definition, prefixes) != expected):
            _refuse(f"@context gives {term!r} another meaning")


def _definitions(document: Json) -> Iterator[tuple[str, Json]]:
    """Yield every inline definition of every `@context`, wherever it stands."""
    for value in _objects(document):
        if "@context" in value:
            for context in as_list(value["@context"]):
                if isinstance(context, dict):
                    yield from context.items()


def _objects(document: Json) -> Iterator[JsonObject]:
    """Yield every object in a document, itself included."""
    waiting: list[Json] = [document]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            waiting.extend(item for item in current.values() if isinstance(item, dict | list))
        elif isinstance(current, list):
            waiting.extend(current)


def _iri_of(definition: Json, prefixes: dict[str, str]) -> str | None:
    """Return the IRI a term definition stands for, compact forms expanded once."""
    iri = definition.get("@id") if isinstance(definition, dict) else definition
    if not isinstance(iri, str):
        return None
    prefix, colon, rest = iri.partition(":")
    if colon and not rest.startswith("//") and prefix in prefixes:
        return prefixes[prefix] + rest
    return iri


def _our_terms() -> dict[str, str]:
    return {
        term: str(_iri_of(definition, _PREFIXES))
        for context in (ENDORSEMENT_CONTEXT, STAMP_CONTEXT, JOB_CONTEXT)
        for term, definition in _definitions({"@context": context})
    }


_FIXED_TERMS: Final = {"id": "@id", "type": "@type", "as": AS_NAMESPACE, "fr": OUR_NAMESPACE}
_OUR_TERMS: Final = _our_terms()
