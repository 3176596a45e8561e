"""WebFinger, NodeInfo, host-meta, and our own ids."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedirec.activitypub.host_meta import render_host_meta, render_host_meta_json
from fedirec.activitypub.identifiers import Instance, Mint, make_ulid
from fedirec.activitypub.nodeinfo import render_nodeinfo, render_nodeinfo_index
from fedirec.activitypub.webfinger import INTENTS, SUBSCRIBE, Jrd, Wish, parse_jrd, render_jrd
from fedirec.domain.actors import Host
from fedirec.errors import MalformedActivityError
from tests.unit.activitypub.samples import CAROL, GUILD, JSON_VALUES, NOW, changed, payload

SPLIT = Instance(domain=Host("guild.example"), host=Host("social.guild.example"))


def test_our_answer_leads_to_the_actor_byte_for_byte():
    jrd = parse_jrd(render_jrd(CAROL, instance=GUILD))

    assert jrd == Jrd(
        subject="acct:carol@guild.example",
        self_href="https://guild.example/users/carol",
        templates={SUBSCRIBE: "https://guild.example/authorize_interaction?uri={uri}"},
    )


def test_a_split_domain_answers_with_the_domain_of_the_handle():
    actor = replace(
        CAROL, host=SPLIT.host, id=SPLIT.member_id("carol"), url=SPLIT.profile_url("carol")
    )

    document = render_jrd(actor, instance=SPLIT)

    assert document["subject"] == "acct:carol@guild.example"
    assert document["aliases"] == [
        "https://social.guild.example/@carol",
        "https://social.guild.example/users/carol",
    ]


def test_the_answer_of_mastodon_is_read():
    jrd = parse_jrd(payload("mastodon/webfinger.json"))

    assert jrd.subject == "acct:bea@mastodon.example"
    assert jrd.self_href == "https://mastodon.example/ap/users/115000000000000001"
    assert jrd.way_to(Wish.FOLLOW, "https://guild.example/users/ada") == (
        "https://mastodon.example/authorize_interaction?uri="
        "https%3A%2F%2Fguild.example%2Fusers%2Fada"
    )


def link(**members: object) -> Any:
    return {
        "rel": "self",
        "type": "application/activity+json",
        "href": "https://a.example/users/ada",
        **members,
    }


@pytest.mark.parametrize(
    "type_",
    [
        "application/activity+json",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    ],
)
def test_both_types_of_activity_json_count(type_):
    assert parse_jrd({"subject": "acct:ada@a.example", "links": [link(type=type_)]}).self_href


@pytest.mark.parametrize(
    "change",
    [
        {"subject": ...},
        {"subject": 5},
        {"links": ...},
        {"links": [link(type="text/html")]},
        {"links": [link(rel="alternate")]},
        {"links": [link(href="javascript:alert(1)")]},
        {"links": [link(href=None)]},
        {"links": ["https://a.example"]},
    ],
)
def test_an_answer_that_leads_to_no_actor_is_refused(change):
    with pytest.raises(MalformedActivityError):
        parse_jrd(changed({"subject": "acct:ada@a.example", "links": [link()]}, **change))


@pytest.mark.parametrize("template", ["https://a.example/", "javascript:{uri}", 5, None])
def test_a_template_that_cannot_be_used_is_left_out(template):
    jrd = jrd_with((SUBSCRIBE, template))

    assert jrd.way_to(Wish.FOLLOW, "x") is None


def jrd_with(*templates: tuple[str, Any]) -> Jrd:
    """An answer with these templates."""
    links = [{"rel": rel, "template": template} for rel, template in templates]
    return parse_jrd({"subject": "acct:ada@a.example", "links": [link(), *links]})


def test_an_intent_is_preferred_and_places_that_nothing_goes_into_are_emptied():
    subscribe = (SUBSCRIBE, "https://a.example/s?uri={uri}")
    follow = (f"{INTENTS}Follow", "https://a.example/f?id={object}&done={on-success}")
    create = (f"{INTENTS}Create", "https://a.example/c?re={inReplyTo}&text={content}")
    share = (f"{INTENTS}Create", "https://a.example/c?text={content}")
    jrd, other = jrd_with(subscribe, follow, create), jrd_with(subscribe, share)

    assert jrd.way_to(Wish.FOLLOW, "a&b") == "https://a.example/f?id=a%26b&done="
    assert jrd.way_to(Wish.REPLY, "a&b") == "https://a.example/c?re=a%26b&text="
    assert other.way_to(Wish.REPLY, "a&b") == "https://a.example/s?uri=a%26b"
    assert jrd_with().way_to(Wish.REPLY, "a&b") is None


@given(st.dictionaries(st.sampled_from(["subject", "links", "aliases"]), JSON_VALUES))
def test_any_json_is_an_answer_or_malformed(document):
    try:
        parse_jrd(document)
    except MalformedActivityError:
        return


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_nodeinfo_says_what_we_are_and_counts_nobody(version):
    index: Any = render_nodeinfo_index(GUILD)
    document = render_nodeinfo(GUILD, version=version, software_version="1.2.3")

    assert f"https://guild.example/nodeinfo/{version}" in [
        entry["href"] for entry in index["links"]
    ]
    assert document["version"] == version
    assert document["software"] == {"name": "fedirec", "version": "1.2.3"}
    assert document["protocols"] == ["activitypub"]
    assert document["usage"] == {"users": {}}
    assert document["metadata"] == {"nodeName": "A guild"}


def test_nodeinfo_names_the_actor_of_the_instance():
    index: Any = render_nodeinfo_index(GUILD)

    assert index["links"][-1] == {
        "rel": "https://www.w3.org/ns/activitystreams#Application",
        "href": "https://guild.example/actor",
    }


def test_host_meta_says_where_to_ask_in_both_forms():
    template = "https://guild.example/.well-known/webfinger?resource={uri}"

    root = ET.fromstring(render_host_meta(GUILD))  # noqa: S314 (our own text)

    assert root[0].attrib == {"rel": "lrdd", "template": template}
    assert render_host_meta_json(GUILD) == {"links": [{"rel": "lrdd", "template": template}]}


# Identifiers


def test_ids_are_made_of_an_instant_and_ten_random_bytes():
    first = make_ulid(datetime(2026, 5, 4, tzinfo=UTC), b"\x00" * 10)
    later = make_ulid(datetime(2026, 5, 5, tzinfo=UTC), b"\x00" * 10)

    assert len(first) == 26
    assert first < later
    assert make_ulid(NOW, b"\x01" * 10) != make_ulid(NOW, b"\x02" * 10)


def test_a_mint_makes_ids_of_its_instance():
    mint = Mint(instance=GUILD, now=NOW, randomness=bytes)

    assert mint.activity_id() == f"https://guild.example/activities/{mint.ulid()}"


def test_every_thing_has_its_place():
    ulid = "01K9ZQ4T7M3V8N2C6X5B1D0FGH"

    assert GUILD.endorsement_id(ulid) == f"https://guild.example/endorsements/{ulid}"
    assert GUILD.job_id(ulid) == f"https://guild.example/jobs/{ulid}"
    assert GUILD.note_id(ulid) == f"https://guild.example/notes/{ulid}"
    assert GUILD.stamp_id(ulid) == f"https://guild.example/stamps/{ulid}"
    assert GUILD.profile_url("carol") == CAROL.url
    assert GUILD.inbox(CAROL.id) == CAROL.inbox
    assert GUILD.followers(CAROL.id) == CAROL.followers
    assert GUILD.shared_inbox == CAROL.shared_inbox


@pytest.mark.parametrize(
    ("uri", "is_ours"),
    [
        ("https://guild.example", True),
        ("https://guild.example/users/carol", True),
        ("HTTPS://Guild.Example:443/users/carol", True),
        ("https://guild.example.evil.example/users/carol", False),
        ("https://guild.example:8443/users/carol", False),
        ("http://guild.example/users/carol", False),
        ("https://guild.example@evil.example/", False),
        ("https://guild.example\\@evil.example/", False),
        ("acct:carol@guild.example", False),
        ("", False),
    ],
)
def test_what_is_ours_is_told_by_the_whole_origin(uri, is_ours):
    assert GUILD.owns(uri) is is_ours
