"""Our actors as they are rendered, and read again."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.actors import (
    RemoteActorDocument,
    parse_actor,
    render_actor,
    render_instance_actor,
)
from fedirec.activitypub.documents import JsonObject, dump
from fedirec.activitypub.identifiers import Instance
from fedirec.activitypub.vocabulary import ACTOR_CONTEXT
from fedirec.domain.actors import Actor, ActorId, ActorKind, Host, ProfileField
from fedirec.domain.public import PUBLIC
from fedirec.signatures.keys import generate_ed25519, generate_rsa
from tests.unit.activitypub.samples import (
    BEA,
    CAROL,
    GUILD,
    GUILD_ACTOR,
    LIMITS,
    NOW,
    make_actor,
    payload,
)

WEAVERS = Instance(domain=Host("weavers.example"), host=Host("weavers.example"))


@dataclass(frozen=True)
class KeyPair:
    id: str
    kind: str
    public_key: str


def keys_of(actor_id: str) -> tuple[KeyPair, ...]:
    return (
        KeyPair(f"{actor_id}#main-key", "rsa", generate_rsa().public().pem()),
        KeyPair(f"{actor_id}#ed25519-key", "ed25519", generate_ed25519().public().pem()),
    )


def read(document: JsonObject) -> RemoteActorDocument:
    return parse_actor(document, limits=LIMITS, now=NOW)


@pytest.mark.parametrize(
    ("actor", "allowed", "instance", "name"),
    [
        (BEA, (PUBLIC,), WEAVERS, "fedirec/actor_member.json"),
        (CAROL, (str(CAROL.followers),), GUILD, "fedirec/actor_endorser.json"),
        (GUILD_ACTOR, (GUILD_ACTOR.id,), GUILD, "fedirec/actor_guild.json"),
    ],
)
def test_an_actor_of_ours_is_rendered_as_the_vocabulary_says(actor, allowed, instance, name):
    sample = payload(name)

    document = render_actor(
        replace(actor, can_endorse=allowed), instance=instance, keys=keys_of(actor.id)
    )

    assert dump({"c": document["@context"]}) == dump({"c": sample["@context"]})
    assert _without_key_texts(document) == _without_key_texts(sample)


def _without_key_texts(document: Any) -> Any:
    return {
        **document,
        "publicKey": {**document["publicKey"], "publicKeyPem": "…"},
        "assertionMethod": [
            {**key, "publicKeyMultibase": "…"} for key in document["assertionMethod"]
        ],
    }


RICH = replace(
    make_actor("dora", "weavers.example"),
    can_endorse=(PUBLIC,),
    is_locked=True,
    summary="<p>Weaver</p>",
    fields=(ProfileField(name="Site", value="<p>weaving</p>"),),
    icon="https://weavers.example/media/1.png",
    also_known_as=("https://a.example/users/dora",),
    moved_to=ActorId("https://a.example/users/dora"),
    fetched_at=NOW,
)


def test_nothing_is_said_of_what_is_not_known():
    document = render_actor(replace(CAROL, published_at=None), instance=GUILD, keys=())

    assert not {"published", "icon", "attachment", "publicKey"} & set(document)
    assert None not in document.values()


@pytest.mark.parametrize(
    "actor", [RICH, replace(RICH, fields=(), also_known_as=(), moved_to=None, can_endorse=())]
)
def test_an_actor_rendered_is_read_as_the_same_actor(actor):
    keys = keys_of(actor.id)

    found = read(render_actor(actor, instance=WEAVERS, keys=keys))

    assert found.actor == actor
    assert [key.id for key in found.keys] == [key.id for key in keys]


names = st.text("abcdefghijklmnopqrstuvwxyz0123456789_", min_size=1, max_size=30)


@given(names, st.sampled_from(ActorKind), st.booleans())
def test_any_member_rendered_is_read_as_the_same_member(name, kind, is_locked):
    actor = replace(
        make_actor(name, "weavers.example"), kind=kind, is_locked=is_locked, fetched_at=NOW
    )

    assert read(render_actor(actor, instance=WEAVERS, keys=())).actor == actor


def test_only_an_actor_that_has_them_brings_the_terms_of_fields_and_moves():
    plain = render_actor(CAROL, instance=GUILD, keys=())
    rich = render_actor(RICH, instance=WEAVERS, keys=())

    assert plain["@context"] == ACTOR_CONTEXT
    assert "PropertyValue" in str(rich["@context"])


def test_while_keys_change_both_are_published():
    first, second = keys_of(CAROL.id), keys_of(CAROL.id)

    document = render_actor(CAROL, instance=GUILD, keys=(*first, *second))

    assert isinstance(document["publicKey"], list)
    assert len(document["publicKey"]) == 2


def test_the_instance_actor_is_short_and_open():
    actor = _instance_actor()

    document = render_instance_actor(actor, instance=GUILD, keys=keys_of(actor.id)[:1])

    assert set(document) == {
        *("@context", "id", "type", "preferredUsername", "url", "inbox", "outbox"),
        *("endpoints", "manuallyApprovesFollowers", "publicKey"),
    }
    assert read(document).actor.id == "https://guild.example/actor"


def _instance_actor() -> Actor:
    return replace(
        make_actor("guild.example"),
        id=GUILD.actor_id,
        kind=ActorKind.APPLICATION,
        outbox=None,
        inbox=GUILD.inbox(GUILD.actor_id),
        url=f"{GUILD.origin}/about",
    )
