"""Actors of every software, as they are read."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.actors import (
    ActorKey,
    RemoteActorDocument,
    parse_actor,
)
from fedirec.activitypub.documents import JsonObject
from fedirec.domain.actors import ProfileField
from fedirec.domain.public import PUBLIC
from fedirec.errors import MalformedActivityError
from tests.unit.activitypub.samples import (
    JSON_VALUES,
    LIMITS,
    NOW,
    changed,
    mutated,
    payload,
)

ACTORS = [
    "mastodon/actor_person.json",
    "mastodon/actor_person_44_moved.json",
    "mastodon/instance_actor.json",
    "gotosocial/actor.json",
    "misskey/actor.json",
    "akkoma/actor.json",
    "lemmy/group.json",
    "fedify/actor_two_keys.json",
    "fedirec/actor_member.json",
    "fedirec/actor_endorser.json",
    "fedirec/actor_guild.json",
]


def read(document: JsonObject) -> RemoteActorDocument:
    return parse_actor(document, limits=LIMITS, now=NOW)


@pytest.mark.parametrize("name", ACTORS)
def test_every_actor_is_read_with_its_inbox_and_its_keys(name):
    document = payload(name)

    found = read(document)

    assert found.actor.id == document["id"]
    assert found.actor.inbox == document["inbox"]
    assert found.actor.name == document["preferredUsername"]
    assert found.actor.kind.value == document["type"]
    assert found.keys
    assert {key.owner for key in found.keys} == {document["id"]}
    assert not found.actor.is_local
    assert found.actor.fetched_at == NOW


def test_an_actor_of_mastodon_is_read_in_full():
    actor = read(payload("mastodon/actor_person.json")).actor

    assert actor.display_name == "Bea Example"
    assert actor.url == "https://mastodon.example/@bea"
    assert actor.shared_inbox == "https://mastodon.example/inbox"
    assert actor.fields[0].name == "Website"
    assert 'href="https://bea.example"' in actor.fields[0].value
    assert actor.icon == "https://mastodon.example/system/accounts/avatars/original/placeholder.png"
    assert actor.is_discoverable
    assert not actor.is_locked
    assert actor.published_at == datetime(2026, 2, 3, tzinfo=UTC)
    assert actor.can_endorse is None


def test_a_moved_actor_says_where_to():
    actor = read(payload("mastodon/actor_person_44_moved.json")).actor

    assert actor.moved_to is not None
    assert actor.is_locked


def test_a_key_stub_of_gotosocial_is_no_actor():
    with pytest.raises(MalformedActivityError, match="inbox"):
        read(payload("gotosocial/key_stub.json"))


def test_keys_are_read_from_both_lists():
    keys = read(payload("fedify/actor_two_keys.json")).keys

    assert [key.id.partition("#")[2] for key in keys] == ["main-key", "multikey-1", "multikey-2"]
    assert keys[0].pem is not None
    assert keys[2].multibase == "z6MkPLACEHOLDERED25519"


def test_a_key_may_be_listed_by_its_id_alone_and_may_expire():
    document = changed(
        payload("fedirec/actor_member.json"),
        publicKey=["https://weavers.example/keys/1", None, 5, {"id": "x"}],
        assertionMethod={
            "id": "https://weavers.example/users/bea#k",
            "controller": "https://weavers.example/users/bea",
            "publicKeyMultibase": "z6Mk",
            "expires": "2027-01-01T00:00:00Z",
        },
    )

    keys = read(document).keys

    assert keys == (
        ActorKey(id="https://weavers.example/keys/1", owner="https://weavers.example/users/bea"),
        ActorKey(
            id="https://weavers.example/users/bea#k",
            owner="https://weavers.example/users/bea",
            multibase="z6Mk",
            expires_at=datetime(2027, 1, 1, tzinfo=UTC),
        ),
    )


def test_a_revoked_or_bloated_key_is_not_read():
    key = payload("fedirec/actor_member.json")["publicKey"]
    document = changed(
        payload("fedirec/actor_member.json"),
        publicKey=[
            {**key, "revoked": "2026-01-01T00:00:00Z"},
            {**key, "publicKeyPem": "x" * 9_000},
        ],
        assertionMethod=...,
    )

    assert read(document).keys == ()


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ({"canEndorse": {"manualApproval": ["as:Public"]}}, (PUBLIC,)),
        ({"canEndorse": {"manualApproval": PUBLIC}}, (PUBLIC,)),
        ({"canEndorse": {"manualApproval": []}}, ()),
        ({"canEndorse": {"manualApproval": None}}, None),
        ({"canEndorse": {"automaticApproval": [PUBLIC]}}, None),
        ({"canFeature": {"manualApproval": [PUBLIC]}}, None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_who_may_offer_is_read_and_absence_is_told_from_never(policy, expected):
    document = changed(payload("fedirec/actor_member.json"), interactionPolicy=policy)

    assert read(document).actor.can_endorse == expected


@pytest.mark.parametrize("member", ["followers", "following", "featured", "outbox"])
def test_collections_of_somebody_else_are_left_out(member):
    document = changed(payload("fedirec/actor_member.json"), **{member: "https://a.example/x"})

    assert getattr(read(document).actor, member) is None


def test_a_page_on_another_server_is_not_shown():
    document = changed(payload("fedirec/actor_member.json"), url="https://evil.example/@bea")

    assert read(document).actor.url == "https://weavers.example/users/bea"


@pytest.mark.parametrize(
    "change",
    [
        {"id": ...},
        {"id": 5},
        {"type": "Note"},
        {"type": ...},
        {"inbox": ...},
        {"inbox": "mailto:bea@weavers.example"},
        {"preferredUsername": "b e a"},
        {"preferredUsername": "bea@weavers.example"},
        {"preferredUsername": "\u202eaeb"},
        {"preferredUsername": "x" * 300},
    ],
)
def test_what_lacks_a_part_of_an_actor_is_refused(change):
    with pytest.raises(MalformedActivityError):
        read(changed(payload("fedirec/actor_member.json"), **change))


@pytest.mark.spec("ActivityPub 4.1", level="MAY")
def test_an_actor_without_username_is_called_by_the_end_of_its_id():
    document = changed(payload("fedirec/actor_member.json"), preferredUsername=..., name=None)

    assert read(document).actor.name == "bea"


def test_an_actor_without_any_name_is_refused():
    document = changed(
        payload("fedirec/actor_member.json"), preferredUsername="", id="https://weavers.example/"
    )

    with pytest.raises(MalformedActivityError):
        read(document)


@pytest.mark.rule("RX-03")
@pytest.mark.parametrize(("count", "kept"), [(16, 16), (17, 0), (1_600, 0)])
def test_lists_over_their_cap_are_not_read(count, kept):
    document = changed(
        payload("fedirec/actor_member.json"),
        alsoKnownAs=[f"https://a.example/{number}" for number in range(count)],
        attachment=[{"type": "PropertyValue", "name": f"n{n}", "value": "v"} for n in range(count)],
        publicKey=[payload("fedirec/actor_member.json")["publicKey"]] * count,
    )

    found = read(document)

    assert len(found.actor.also_known_as) == len(found.actor.fields) == kept
    assert len(found.keys) <= 20


@pytest.mark.rule("RX-03", "HT-01", "HT-06")
def test_texts_of_an_actor_are_cut_and_safe():
    document = changed(
        payload("fedirec/actor_member.json"),
        name="\u202e" + "n" * 5_000,
        summary="<p>x</p><script>alert(1)</script>" + "s" * 10_000,
        attachment={"type": "PropertyValue", "name": "<b>", "value": "<a href=javascript:x>v</a>"},
    )

    actor = read(document).actor

    assert actor.display_name == "n" * 300
    assert actor.summary.startswith("<p>x</p>s")
    assert len(actor.summary) < 4_100
    assert actor.fields == (
        ProfileField(name="<b>", value='<a rel="nofollow noopener noreferrer ugc">v</a>'),
    )


@pytest.mark.parametrize(
    "change", [{"name": ...}, {"name": ""}, {"name": "\u200b"}, {"name": None}]
)
def test_an_actor_without_a_name_is_called_by_its_handle(change):
    actor = read(changed(payload("fedirec/actor_member.json"), **change)).actor

    assert actor.display_name == "bea"


@given(st.dictionaries(st.sampled_from(list(payload(ACTORS[0]))), JSON_VALUES))
def test_any_json_is_an_actor_or_malformed(members):
    try:
        read({**payload(ACTORS[0]), **members})
    except MalformedActivityError:
        return


@given(st.sampled_from(ACTORS).flatmap(mutated))
def test_any_mutation_of_a_real_actor_is_an_actor_or_malformed(document):
    try:
        read(document)
    except MalformedActivityError:
        return
