"""A good signature for another hour, place or time round; and signatures that are none."""

import json
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.federation.receiving.door import (
    create,
    deliver,
    follows_here,
    names_of,
    note,
    outcome_of,
    post,
    quiet,
    refusal,
    rows,
    send,
)
from tests.federation.receiving.signing import CAVAGE, Draft, sign_draft
from tests.fediverse import Home
from tests.peers import PeerActor

pytestmark = pytest.mark.asyncio(loop_scope="module")

TIMED = ("(request-target)", "host", "(created)", "digest")
EXPIRING = ("(request-target)", "host", "date", "digest", "(expires)")


def drafted(
    home: Home, actor: PeerActor, activity: dict[str, Any], *, to: str = "/inbox", **changes: Any
) -> Draft:
    """A signed request, ready to be sent more than once."""
    body = json.dumps(activity).encode()
    at = home.federation.now()
    return Draft(url=home.origin + to, body=body, actor=actor, at=at, **changes)


async def received(home: Home, activity_id: str) -> int:
    """How often an activity stands in the table of what came."""
    found = await rows(home, "select activity_key, body from received")
    return sum(activity_id in names_of(row) for row in found)


@pytest.mark.rule("SG-09", "OR-17")
async def test_the_same_request_again_changes_nothing(home, alice):
    activity = alice.activity("Follow", home.id("ada"))
    draft = drafted(home, alice, activity)
    headers = sign_draft(draft)

    first = await send(home.client, draft.url, headers, draft.body)
    await outcome_of(home, activity["id"])
    again = await send(home.client, draft.url, headers, draft.body)
    await quiet(home)

    assert (first.status, again.status) == (202, 202)
    assert await received(home, activity["id"]) == 1
    accepts = await rows(
        home,
        "select id from activities where type = 'Accept' and body like :body",
        body=f"%{activity['id']}%",
    )
    assert len(accepts) == 1


@pytest.mark.rule("OR-17")
async def test_what_is_sent_again_with_a_new_signature_counts_once(home, alice, clock):
    activity = create(alice, note(alice, home))
    first = await post(home, alice, activity)
    await outcome_of(home, activity["id"])
    clock.forward(seconds=1)

    again = await post(home, alice, activity)
    await quiet(home)

    assert (first.status, again.status) == (202, 202)
    assert await received(home, activity["id"]) == 1


@pytest.mark.rule("SG-09")
async def test_a_follow_that_was_undone_is_not_brought_back_by_a_replay(home, alice, clock):
    activity = alice.activity("Follow", home.id("ada"))
    draft = drafted(home, alice, activity)
    headers = sign_draft(draft)
    await send(home.client, draft.url, headers, draft.body)
    await outcome_of(home, activity["id"])
    await deliver(home, alice, alice.activity("Undo", activity))
    clock.forward(seconds=1)

    again = await send(home.client, draft.url, headers, draft.body)
    await quiet(home)

    assert again.status == 202
    assert not await follows_here(home, alice.id, home.id("ada"))


@pytest.mark.rule("SG-09")
async def test_a_follow_that_was_undone_is_not_brought_back_by_a_new_signature(home, alice):
    activity = alice.activity("Follow", home.id("ada"))
    await deliver(home, alice, activity)
    await deliver(home, alice, alice.activity("Undo", activity))

    again = await post(home, alice, activity, to="/users/ada/inbox")
    await quiet(home)

    assert again.status == 202
    assert not await follows_here(home, alice.id, home.id("ada"))


@pytest.mark.rule("SG-09", "SG-12")
@pytest.mark.parametrize("elsewhere", ["/users/ben/inbox", "/inbox?x=1", "/%69nbox"])
async def test_what_was_signed_for_one_inbox_opens_no_other(home, peer, alice, elsewhere):
    draft = drafted(home, alice, alice.activity("Follow", home.id("ada")))
    headers = sign_draft(draft)

    refused = await refusal(
        home, peer, send(home.client, home.origin + elsewhere, headers, draft.body)
    )

    assert refused.status == 401
    assert "expected a signature by" in refused.expected


@pytest.mark.rule("SG-12")
@pytest.mark.parametrize(
    "target", ["/inbox?x=1", "/users/%61da/inbox", "/users/ada/inbox?a=%2F&b=%C3%A9", "/%69nbox"]
)
@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_the_target_is_verified_as_it_was_written(home, alice, target, scheme):
    activity = alice.activity("Follow", home.id("ada"))

    answer = await post(home, alice, activity, to=target, scheme=scheme)

    assert answer.status == 202


@pytest.mark.rule("SG-12")
@pytest.mark.parametrize(
    ("target", "statuses"),
    [
        ("//inbox", {404}),
        ("/inbox;a=1", {404}),
        ("/users/ada/%2e%2e/inbox", {404}),
        ("/users/ada/../ben/inbox", {404}),
        ("/users/ad%C3%A4/inbox", {404}),
        ("/users/%FF/inbox", {400, 404}),
        ("/inbox%00", {400, 404}),
    ],
)
async def test_a_target_that_only_looks_like_an_inbox_is_none(home, peer, alice, target, statuses):
    activity = alice.activity("Follow", home.id("ada"))

    refused = await refusal(home, peer, post(home, alice, activity, to=target))

    assert refused.status in statuses
    assert refused.fetches == 0


@pytest.mark.rule("SG-09", "SG-10")
@pytest.mark.parametrize(
    "off",
    [
        timedelta(hours=-2),
        timedelta(hours=2),
        timedelta(days=-365 * 20),
        timedelta(days=365 * 1000),
    ],
    ids=["2 h old", "2 h ahead", "20 years old", "1000 years ahead"],
)
@pytest.mark.parametrize("scheme", ["cavage", "rfc9421"])
async def test_what_was_signed_at_another_hour_is_refused(home, peer, alice, off, scheme):
    at = home.federation.now() + off

    refused = await refusal(
        home,
        peer,
        post(home, alice, alice.activity("Follow", home.id("ada")), at=at, scheme=scheme),
    )

    assert (refused.status, refused.fetches) == (401, 0)


@pytest.mark.rule("SG-10")
@pytest.mark.parametrize(
    "date",
    [
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Tue, 31 Feb 2026 10:00:00 GMT",
        "2026-03-01T10:00:00Z",
        "yesterday",
        "",
    ],
)
async def test_a_date_that_is_none_or_far_away_is_refused(home, peer, alice, date):
    refused = await refusal(
        home,
        peer,
        post(home, alice, alice.activity("Follow", home.id("ada")), headers={"date": date}),
    )

    assert (refused.status, refused.fetches) == (401, 0)


@pytest.mark.rule("SG-10")
@pytest.mark.parametrize("created", ["-1", "0", "12345678901234567890", "1e9", "now", ""])
async def test_a_moment_of_creation_that_is_none_is_refused(home, peer, alice, created):
    refused = await refusal(
        home,
        peer,
        post(
            home,
            alice,
            alice.activity("Follow", home.id("ada")),
            covered=TIMED,
            algorithm="hs2019",
            parameters={"created": created},
        ),
    )

    assert (refused.status, refused.fetches) == (401, 0)


@pytest.mark.rule("SG-09", "SG-10")
@pytest.mark.parametrize(
    ("age", "expires_in", "status"),
    [
        (timedelta(), timedelta(seconds=-1), 401),
        (timedelta(minutes=5), timedelta(minutes=-1), 401),
        (timedelta(hours=2), timedelta(hours=1), 202),
        (timedelta(hours=13), timedelta(hours=1), 401),
    ],
    ids=["over", "over by a minute", "2 h old but not over", "13 h old"],
)
async def test_a_signed_expiry_ends_a_signature_or_lets_it_live(
    home, alice, age, expires_in, status
):
    now = datetime.fromtimestamp(int(home.federation.now().timestamp()), UTC)

    answer = await post(
        home,
        alice,
        alice.activity("Follow", home.id("ada")),
        at=now - age,
        covered=EXPIRING,
        algorithm="hs2019",
        parameters={"expires": int((now + expires_in).timestamp())},
    )

    assert answer.status == status


@pytest.mark.rule("SG-09")
async def test_clocks_that_are_a_little_apart_are_no_matter(home, alice):
    statuses = [
        (
            await post(
                home,
                alice,
                alice.activity("Follow", home.id("ada")),
                at=home.federation.now() + timedelta(seconds=off),
            )
        ).status
        for off in (-3_500, -50, 50, 3_500)
    ]

    assert statuses == [202] * 4


MALFORMED = [
    "",
    ",",
    "keyId",
    "keyId=",
    'keyId="',
    'keyId="a"',
    'keyId="http://x.example/k"',
    'keyId="http://x.example/k",signature=""',
    'keyId="http://x.example/k",signature="not base64"',
    'keyId="http://x.example/k",headers="",signature="eA=="',
    'keyId="http://x.example/k",headers="date date",signature="eA=="',
    'keyId="http://x.example/k",keyId="http://x.example/j",signature="eA=="',
    'keyId="http://x.example/k" signature="eA=="',
    'keyId="http://x.example/k",signature="eA=="extra',
    f'keyId="http://x.example/{"k" * 9_000}",signature="eA=="',
]


@pytest.mark.rule("SG-11")
@pytest.mark.parametrize("value", MALFORMED, ids=range(len(MALFORMED)))
async def test_a_signature_outside_the_grammar_is_malformed(home, peer, alice, value):
    refused = await refusal(
        home,
        peer,
        post(home, alice, alice.activity("Follow", home.id("ada")), sent={"signature": value}),
    )

    assert refused.status in {400, 401}
    assert refused.fetches == 0


@pytest.mark.rule("SG-11")
async def test_no_scribble_in_place_of_a_signature_is_an_error_of_ours(home, alice):
    dice = random.Random(11)  # noqa: S311 (a scribbler, no secret)
    scribbles = [
        "".join(dice.choices('keyId="signature,headers:;()= \\\t@/%1', k=dice.randrange(60)))
        for _ in range(60)
    ]

    statuses = set()
    for number, scribble in enumerate(scribbles):
        name = ("signature", "signature-input", "authorization", "digest", "date")[number % 5]
        sent: dict[str, str | None] = {name: scribble.strip()}
        if name == "authorization":
            sent = {"signature": None, name: f"Signature {scribble.strip()}"}
        answer = await post(home, alice, alice.activity("Like", "http://x.example/"), sent=sent)
        statuses.add(answer.status)

    assert statuses <= {400, 401}


@pytest.mark.rule("SG-11")
async def test_commas_in_quotes_and_unknown_parameters_are_read_by_the_grammar(home, alice):
    draft = drafted(home, alice, alice.activity("Follow", home.id("ada")))
    headers = sign_draft(draft)
    headers["signature"] = 'note="a,b=\\"c\\",keyId=x",' + headers["signature"]

    answer = await send(home.client, draft.url, headers, draft.body)

    assert answer.status == 202


@pytest.mark.rule("SG-11")
@pytest.mark.parametrize(
    "signature_input",
    [
        'sig1=("@method");created=1;keyid="http://x.example/k"',
        'sig1=("@method"),sig2=("@path")',
        "sig1",
        "",
    ],
)
async def test_beside_a_signature_input_a_good_draft_cavage_signature_counts_for_nothing(
    home, peer, alice, signature_input
):
    refused = await refusal(
        home,
        peer,
        post(
            home,
            alice,
            alice.activity("Follow", home.id("ada")),
            sent={"signature-input": signature_input},
        ),
    )

    assert (refused.status, refused.fetches) == (400, 0)


@pytest.mark.rule("SG-11")
async def test_two_message_signatures_are_one_too_many(home, peer, alice):
    draft = drafted(home, alice, alice.activity("Follow", home.id("ada")), scheme="rfc9421")
    headers = sign_draft(draft)
    for name in ("signature", "signature-input"):
        headers[name] = f"{headers[name]}, {headers[name].replace('sig1', 'sig2')}"

    refused = await refusal(home, peer, send(home.client, draft.url, headers, draft.body))

    assert (refused.status, refused.fetches) == (400, 0)


@pytest.mark.rule("SG-02", "SG-11")
async def test_without_a_list_of_headers_only_the_date_would_be_signed(home, peer, alice):
    draft = drafted(home, alice, alice.activity("Follow", home.id("ada")))
    headers = sign_draft(draft)
    headers["signature"] = headers["signature"].replace(f'headers="{" ".join(CAVAGE)}",', "")

    refused = await refusal(home, peer, send(home.client, draft.url, headers, draft.body))

    assert (refused.status, refused.fetches) == (401, 0)
