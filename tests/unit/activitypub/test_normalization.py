"""One profile of JSON-LD: other spellings are rewritten, other meanings are refused."""

import copy
from typing import Any

import pytest
from hypothesis import given

from fedirec.activitypub.documents import JsonObject
from fedirec.activitypub.normalization import normalize
from fedirec.activitypub.parse import Activity, parse_activity_document
from fedirec.domain.moderation import Admitted, Refused, admit
from fedirec.errors import MalformedActivityError
from tests.unit.activitypub.samples import JSON_VALUES, LIMITS, NAMES, payload

CREATE: Any = {
    "@context": "https://www.w3.org/ns/activitystreams",
    "id": "https://a.example/1",
    "type": "Create",
    "actor": "https://a.example/users/ada",
    "to": ["https://www.w3.org/ns/activitystreams#Public"],
    "object": {
        "id": "https://a.example/2",
        "type": "Note",
        "attributedTo": "https://a.example/users/ada",
        "content": "hi",
    },
}
AS = "https://www.w3.org/ns/activitystreams#"


def respelled(value: Any, key: Any, type_name: Any) -> Any:
    if isinstance(value, list):
        return [respelled(item, key, type_name) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key(name): type_name(item) if name == "type" else respelled(item, key, type_name)
        for name, item in value.items()
    }


def as_prefixed(name: str) -> str:
    return name if name.startswith("@") or name in {"id", "type"} else f"as:{name}"


def as_keyword(name: str) -> str:
    return f"@{name}" if name in {"id", "type"} else name


def as_iri(name: str) -> str:
    return name if name.startswith("@") or name in {"id", "type"} else AS + name


SPELLINGS: dict[str, Any] = {
    "keywords": (as_keyword, str),
    "prefixes": (as_prefixed, lambda name: f"as:{name}"),
    "full IRIs": (as_iri, lambda name: AS + name),
    "lists of types": (str, lambda name: [f"as:{name}"]),
}


@pytest.mark.parametrize("name", [name for name in NAMES if name != "fedify/actor_two_keys.json"])
def test_what_peers_really_send_is_in_the_profile_already(name):
    document = payload(name)

    assert normalize(document) is document


@pytest.mark.rule("OR-13")
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_another_spelling_says_the_same_and_has_the_same_authority(spelling):
    plain = parse_activity_document(CREATE, limits=LIMITS)

    other = parse_activity_document(respelled(CREATE, *spelling), limits=LIMITS)

    assert _facts(other) == _facts(plain)
    assert _admitted(other) == _admitted(plain)


def _facts(activity: Activity) -> tuple[object, ...]:
    return (
        activity.id,
        activity.type,
        activity.actor,
        activity.object_id,
        activity.object_kind,
        activity.object_owner,
        activity.addressees,
    )


def _admitted(activity: Activity) -> Admitted | Refused:
    return admit(
        signer=activity.actor,
        actor=activity.actor,
        activity_id=activity.id,
        object_id=activity.object_id,
        object_owner=activity.object_owner,
        activity_type=activity.type,
        our_origin="https://guild.example",
    )


@pytest.mark.rule("OR-13")
@pytest.mark.parametrize(
    ("first", "second"),
    [("type", "@type"), ("id", "@id"), ("actor", "as:actor"), ("as:to", AS + "to")],
)
def test_two_spellings_of_one_member_are_refused(first, second):
    document = {**CREATE, first: "Create", second: "Delete"}

    with pytest.raises(MalformedActivityError, match="two spellings"):
        normalize(document)


@pytest.mark.rule("SG-16")
@pytest.mark.parametrize("keyword", ["@graph", "@included", "@reverse", "@nest", "@index", "@json"])
@pytest.mark.parametrize("is_inside", [False, True])
def test_keywords_that_rearrange_a_document_are_refused(keyword, is_inside):
    document = copy.deepcopy(CREATE)
    place = document["object"] if is_inside else document
    assert isinstance(place, dict)
    place[keyword] = [{"type": "Delete"}]

    with pytest.raises(MalformedActivityError):
        normalize(document)


@pytest.mark.rule("SG-16", "OR-13")
@pytest.mark.parametrize(
    "definition",
    [
        {"as": "https://evil.example/ns#"},
        {"fr": "https://evil.example/ns#"},
        {"type": "as:actor"},
        {"id": "https://evil.example/id"},
        {"@reverse": {"x": "y"}},
    ],
)
def test_contexts_that_move_the_ground_are_refused_anywhere(definition):
    document = {**CREATE, "object": {"@context": [definition], "type": "Note"}}
    nested = {**CREATE, "@context": [[{"@context": definition}]]}

    for each in (document, nested):
        with pytest.raises(MalformedActivityError, match="@context"):
            normalize(each)


@pytest.mark.rule("SG-16")
@pytest.mark.parametrize(
    "definition",
    [
        {"endorsed": "https://evil.example/ns#endorsed"},
        {"endorsed": {"@type": "@id"}},
        {"relation": None},
        {"consent": {"@id": "fr:credential", "@type": "@id"}},
        {"endorsement": {"@id": "fr:endorsement", "@context": {"x": "y"}}},
    ],
)
def test_our_terms_given_another_meaning_are_refused_where_they_are_used(definition):
    document = payload("fedirec/endorsement_create.json")
    document["@context"].append(definition)

    with pytest.raises(MalformedActivityError, match="another meaning"):
        normalize(document)


def test_terms_of_the_same_name_in_other_vocabularies_disturb_nobody():
    document = {**CREATE, "@context": [{"skill": "https://other.example/skill", "status": None}]}

    assert normalize(document) is document


def test_our_terms_under_another_prefix_are_the_same_terms():
    document = payload("fedirec/endorsement_create.json")
    ours = "https://w3id.org/fedirec/ns#"
    document["@context"].append({"x": ours, "relation": "x:relation", "period": f"{ours}period"})

    assert normalize(document) is document


@pytest.mark.rule("OR-14")
@pytest.mark.parametrize(
    "context",
    [
        "https://canary.example/context.jsonld",
        ["https://www.w3.org/ns/activitystreams", "https://canary.example/context.jsonld"],
        "http://169.254.169.254/latest",
        None,
    ],
)
def test_a_context_elsewhere_is_not_looked_at_and_changes_nothing(context):
    plain = parse_activity_document(CREATE, limits=LIMITS)

    other = parse_activity_document({**CREATE, "@context": context}, limits=LIMITS)

    assert _facts(other) == _facts(plain)


def test_literals_and_sets_are_unwrapped():
    document: JsonObject = {
        "type": "Note",
        "name": {"@value": "x", "@language": "en"},
        "to": {"@set": ["y"]},
    }

    assert normalize(document) == {"type": "Note", "name": "x", "to": ["y"]}


@pytest.mark.parametrize(
    "value",
    [{"@value": {"a": 1}}, {"@value": 1, "id": "x"}, {"@set": [], "type": "x"}, {"@base": "x"}],
)
def test_odd_uses_of_keywords_are_refused(value):
    with pytest.raises(MalformedActivityError):
        normalize({"type": "Note", "name": value})


def test_a_document_is_an_object_and_no_literal():
    with pytest.raises(MalformedActivityError):
        normalize({"@value": "x"})


@pytest.mark.rule("RX-02")
def test_endless_nesting_made_in_memory_is_refused():
    document: JsonObject = {}
    document["object"] = document

    with pytest.raises(MalformedActivityError):
        normalize(document)


@given(JSON_VALUES)
def test_normalizing_is_done_once(value):
    document = {"type": "Note", "value": value}
    try:
        normal = normalize(document)
    except MalformedActivityError:
        return
    assert normalize(normal) is normal
