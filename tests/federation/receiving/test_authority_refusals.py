"""Who may say what: ids and authors that do not fit, lookalike hosts, other spellings."""

import json
from typing import Any

import pytest

from fedirec.domain.public import PUBLIC
from tests.federation.receiving.door import (
    Outcome,
    create,
    deliver,
    fetches,
    follows_here,
    kept_note,
    note,
    outcome_of,
    post,
    quiet,
    refusal,
    rows,
    serve_note,
)
from tests.fediverse import Home
from tests.peers import ACTIVITY_JSON, PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")

LD_JSON = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


async def boosted(home: Home, booster: PeerActor, object_: Any) -> Outcome:
    """What becomes of a boost addressed to ada."""
    return await deliver(
        home, booster, booster.activity("Announce", object_, to=[PUBLIC], cc=[home.id("ada")])
    )


@pytest.mark.rule("OR-01")
async def test_a_document_that_bears_anothers_id_is_nobodys(home, peer, alice, stranger, mallory):
    bread = note(alice, home)
    poison = json.dumps(bread | {"content": "<p>Poison.</p>"}).encode()
    stranger.answers("/notes/1", 200, {"Content-Type": ACTIVITY_JSON}, poison)

    outcome = await boosted(home, mallory, f"{stranger.origin}/notes/1")

    assert outcome.state == "ignored"
    assert await kept_note(home, bread["id"]) is None
    assert await kept_note(home, f"{stranger.origin}/notes/1") is None


@pytest.mark.rule("OR-01")
async def test_a_redirect_by_way_of_a_stranger_makes_a_document_nobodys(
    home, peer, alice, stranger, mallory
):
    bread = note(alice, home)
    serve_note(peer, bread)
    stranger.redirects("/notes/1", bread["id"])
    peer.redirects("/notes/back", f"{stranger.origin}/notes/1")

    outcomes = [
        await boosted(home, mallory, f"{stranger.origin}/notes/1"),
        await boosted(home, mallory, f"{peer.origin}/notes/back"),
    ]

    assert outcomes[0].state == "ignored"
    for url in (f"{stranger.origin}/notes/1", f"{peer.origin}/notes/back"):
        assert await kept_note(home, url) is None


@pytest.mark.rule("OR-02")
@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/ld+json",
        'application/ld+json; profile="https://example.com/ns"',
        "text/html",
        "text/plain; a=application/activity+json",
        "application/activity+json, text/html",
        "application/activity+jsonp",
        "image/png",
        "application/octet-stream",
        "",
    ],
)
async def test_an_upload_that_looks_like_a_note_is_none(home, peer, alice, content_type):
    bread = note(alice, home)
    body = json.dumps(bread).encode()
    path = bread["id"].removeprefix(peer.origin)
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    peer.answers(path, 200, {"Content-Type": content_type}, body)

    outcome = await boosted(home, alice, bread["id"])

    assert outcome.state == "ignored"
    assert await kept_note(home, bread["id"]) is None


@pytest.mark.rule("OR-02")
@pytest.mark.parametrize(
    "content_type", [ACTIVITY_JSON, f"{ACTIVITY_JSON}; charset=utf-8", LD_JSON]
)
async def test_what_says_that_it_is_a_note_is_one(home, peer, alice, content_type):
    bread = note(alice, home)
    body = json.dumps(bread).encode()
    await deliver(home, alice, alice.activity("Follow", home.id("ada")))
    peer.answers(bread["id"].removeprefix(peer.origin), 200, {"Content-Type": content_type}, body)

    outcome = await boosted(home, alice, bread["id"])

    assert outcome.state == "handled"
    assert await kept_note(home, bread["id"]) is not None


@pytest.mark.rule("OR-02")
@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (ACTIVITY_JSON, 202),
        (f"{ACTIVITY_JSON}; charset=utf-8", 202),
        (LD_JSON, 202),
        ("application/json", 415),
        ("text/html", 415),
        ("application/activity+json, text/html", 415),
    ],
)
async def test_a_post_says_that_it_is_an_activity(home, alice, content_type, status):
    answer = await post(
        home,
        alice,
        alice.activity("Follow", home.id("ada")),
        headers={"content-type": content_type},
    )

    assert answer.status == status


FOREIGN = {
    "a numeric actor": ({"actor": 1}, {}, 400),
    "two actors": ({"actor": ["http://a.example/1", "http://b.example/2"]}, {}, 400),
    "an actor without scheme": ({"actor": "alice"}, {}, 400),
    "a numeric id": ({"id": 7}, {}, 400),
    "another's id": ({"id": "http://elsewhere.example/1"}, {}, 403),
    "a numeric author": ({}, {"attributedTo": 1}, 403),
    "no author": ({}, {"attributedTo": None}, 403),
    "a stranger before the author": ({}, {"attributedTo": ["http://x.example/u", "ALICE"]}, 403),
    "an author in a list of lists": ({}, {"attributedTo": [["ALICE"]]}, 403),
    "an object elsewhere": ({}, {"id": "http://elsewhere.example/notes/1"}, 403),
    "an object without id": ({}, {"id": None}, 403),
    "an object of ours": ({}, {"id": "OURS/notes/1"}, 403),
    "an activity of ours": ({"id": "OURS/activities/1"}, {}, 403),
}


def filled(value: Any, home: Home, alice: PeerActor) -> Any:
    """The same with ids for the words that stand for them."""
    text = json.dumps(value).replace("ALICE", alice.id).replace("OURS", home.origin)
    return json.loads(text)


@pytest.mark.rule("OR-03", "OR-17")
@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("kind", ["Create", "Update"])
async def test_an_author_speaks_for_nobody_else(home, peer, alice, foreign, kind):
    of_activity, of_object, status = FOREIGN[foreign]
    bread = note(alice, home, **filled(of_object, home, alice))
    activity = create(alice, bread) | filled(of_activity, home, alice) | {"type": kind}

    refused = await refusal(home, peer, post(home, alice, activity))

    assert refused.status == status
    assert refused.expected


@pytest.mark.rule("OR-03")
async def test_nobody_outside_is_one_of_ours(home, peer, alice):
    forged = alice.activity("Follow", home.id("ben")) | {"actor": home.id("ada")}

    refused = await refusal(home, peer, post(home, alice, forged))

    assert refused.status == 403


@pytest.mark.rule("OR-03", "OR-13")
async def test_an_id_before_the_object_does_not_vouch_for_the_object(home, peer, alice, stranger):
    smuggled = note(alice, home, id=f"{stranger.origin}/notes/9")
    activity = alice.activity(
        "Update", [f"{peer.origin}/notes/1", smuggled], to=[PUBLIC], cc=[home.id("ada")]
    )

    answer = await post(home, alice, activity)
    await quiet(home)

    assert answer.status in {202, 403}
    assert await kept_note(home, smuggled["id"]) is None


async def test_an_object_known_by_its_id_alone_is_fetched_from_there(home, peer, alice):
    bread = note(alice, home)
    serve_note(peer, bread)

    outcome = await deliver(
        home, alice, create(alice, bread["id"], to=[PUBLIC], cc=[home.id("ada")])
    )

    kept = await kept_note(home, bread["id"])
    assert outcome.state == "handled"
    assert kept is not None
    assert kept["actor_id"] == alice.id


@pytest.mark.rule("OR-03")
async def test_an_object_known_by_its_id_alone_is_its_authors_all_the_same(home, peer, alice):
    bob = peer.add_actor("bob")
    bread = note(bob, home)
    serve_note(peer, bread)

    outcome = await deliver(
        home, alice, create(alice, bread["id"], to=[PUBLIC], cc=[home.id("ada")])
    )

    assert outcome.state == "ignored"
    assert await kept_note(home, bread["id"]) is None


@pytest.mark.rule("OR-12")
@pytest.mark.parametrize(
    "lookalike",
    [
        "http://{host}.evil.example",
        "http://{host}@evil.example",
        "http://evil{host}",
        "http://{name}:444",
        "http://{name}.:{port}",
        "https://{host}",
        "http://{host}\\@evil.example",
        "http://{host}%2eevil.example",
        "http:{host}",
        "//{host}",
    ],
)
async def test_a_host_that_only_looks_like_the_actors_is_another(home, peer, alice, lookalike):
    name, _, port = peer.host.rpartition(":")
    origin = lookalike.format(host=peer.host, name=name, port=port)
    activity = create(alice, note(alice, home, id=f"{origin}/notes/1"))

    refused = await refusal(home, peer, post(home, alice, activity))

    assert refused.status in {400, 403}


@pytest.mark.rule("OR-12")
async def test_another_spelling_of_the_scheme_is_the_same_host(home, peer, alice):
    bread = note(alice, home, id=f"HTTP://{peer.host}/notes/1")

    answer = await post(home, alice, create(alice, bread))

    assert answer.status == 202


SPELLINGS = {
    "keywords": lambda text: text.replace('"type"', '"@type"').replace('"id"', '"@id"'),
    "prefixes": lambda text: text.replace('"Create"', '"as:Create"').replace('"Note"', '"as:Note"'),
    "prefixed members": lambda text: text.replace('"actor"', '"as:actor"').replace(
        '"object"', '"as:object"'
    ),
    "full names": lambda text: text.replace(
        '"Note"', '"https://www.w3.org/ns/activitystreams#Note"'
    ),
    "lists of types": lambda text: text.replace('"Create"', '["Create"]'),
    "public in short": lambda text: text.replace(PUBLIC, "as:Public"),
}


@pytest.mark.rule("OR-13")
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_another_spelling_says_the_same(home, alice, spelling):
    bread = note(alice, home)
    activity = create(alice, bread)
    body = SPELLINGS[spelling](json.dumps(activity)).encode()

    answer = await post(home, alice, body)

    assert answer.status == 202
    assert (await outcome_of(home, activity["id"])).state == "handled"
    kept = await kept_note(home, bread["id"])
    assert kept is not None
    assert kept["visibility"] == "public"


@pytest.mark.rule("OR-03", "OR-13")
@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_another_spelling_gives_no_more_authority(home, peer, alice, spelling):
    activity = create(alice, note(alice, home, attributedTo="http://elsewhere.example/users/bob"))
    body = SPELLINGS[spelling](json.dumps(activity)).encode()

    refused = await refusal(home, peer, post(home, alice, body))

    assert refused.status == 403


@pytest.mark.rule("OR-13")
@pytest.mark.parametrize(
    "mixed",
    [
        {"@type": "Follow"},
        {"@id": "http://x.example/1"},
        {"as:actor": "http://x.example/1"},
        {"https://www.w3.org/ns/activitystreams#object": "http://x.example/1"},
    ],
)
async def test_two_spellings_of_one_member_are_refused(home, peer, alice, mixed):
    refused = await refusal(
        home, peer, post(home, alice, alice.activity("Follow", home.id("ada")) | mixed)
    )

    assert (refused.status, refused.fetches) == (400, 0)
    assert "two spellings" in refused.expected


@pytest.mark.rule("OR-14")
async def test_no_context_is_ever_fetched(home, alice, stranger):
    contexts = ["https://www.w3.org/ns/activitystreams", f"{stranger.origin}/context.jsonld"]
    bread = note(alice, home, **{"@context": contexts})
    activity = create(alice, bread) | {"@context": contexts}

    outcome = await deliver(home, alice, activity)

    assert outcome.state == "handled"
    assert stranger.received == []


@pytest.mark.rule("OR-17")
async def test_one_id_of_two_actors_is_two_activities(home, peer, alice):
    bob = peer.add_actor("bob")
    first = alice.activity("Follow", home.id("ada"))

    await deliver(home, alice, first)
    answer = await post(home, bob, {**first, "actor": bob.id})
    await quiet(home)

    assert answer.status == 202
    assert await follows_here(home, alice.id, home.id("ada"))
    assert await follows_here(home, bob.id, home.id("ada"))


@pytest.mark.rule("OR-17")
async def test_another_body_under_a_known_id_changes_nothing(home, alice):
    first = alice.activity("Follow", home.id("ada"))

    await deliver(home, alice, first)
    answer = await post(home, alice, {**first, "object": home.id("ben")})
    await quiet(home)

    assert answer.status == 202
    assert not await follows_here(home, alice.id, home.id("ben"))


@pytest.mark.rule("OR-17")
async def test_the_same_in_two_personal_inboxes_reaches_both(home, alice):
    letter = note(alice, home, to=[home.id("ada"), home.id("ben")], cc=None)
    activity = create(alice, letter)

    for name in ("ada", "ben"):
        await deliver(home, alice, activity, to=f"/users/{name}/inbox")
        await quiet(home)

    owners = await rows(
        home, "select owner_id from inbox_items where object_id = :id", id=letter["id"]
    )
    assert {row["owner_id"] for row in owners} == {home.id("ada"), home.id("ben")}


@pytest.mark.rule("OR-17")
async def test_the_same_boost_in_two_personal_inboxes_reaches_both(home, peer, alice):
    bread = note(alice, home)
    serve_note(peer, bread)
    activity = alice.activity("Announce", bread["id"], to=[PUBLIC])

    for name in ("ada", "ben"):
        await deliver(home, alice, activity, to=f"/users/{name}/inbox")
        await quiet(home)

    owners = await rows(
        home, "select owner_id from inbox_items where activity_id = :id", id=activity["id"]
    )
    assert {row["owner_id"] for row in owners} == {home.id("ada"), home.id("ben")}
    assert len([path for path in fetches(peer) if path in bread["id"]]) <= 2
