"""What a stranger can make us read, keep, fetch and compute: bounded, and cheap checks first."""

import asyncio
from collections.abc import Iterable

import pytest

from fedirec.domain.public import PUBLIC
from tests.federation.receiving.door import (
    create,
    deliver,
    fetches,
    follow_from_here,
    kept_note,
    note,
    post,
    quiet,
    refusal,
    rows,
    serve_note,
)
from tests.fediverse import Home
from tests.peers import ACTIVITY_JSON

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 1_048_576


async def raw(home: Home, head: str, chunks: Iterable[bytes]) -> int:
    """Send these very bytes and return the status of the first answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", home.port)
    try:
        writer.write(head.encode())
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
        line = await asyncio.wait_for(reader.readline(), 5)
    except ConnectionError:
        line = await asyncio.wait_for(reader.readline(), 5)
    finally:
        writer.close()
    return int(line.split()[1])


def head_of(home: Home, *lines: str) -> str:
    """The head of a POST to the shared inbox."""
    usual = (
        "POST /inbox HTTP/1.1",
        f"Host: 127.0.0.1:{home.port}",
        f"Content-Type: {ACTIVITY_JSON}",
    )
    return "\r\n".join([*usual, *lines, "", ""])


@pytest.mark.rule("RX-01")
async def test_a_body_in_endless_chunks_is_cut_off_at_the_limit(home, peer):
    chunk = b"10000\r\n" + b"a" * 65_536 + b"\r\n"

    before = await rows(home, "select count(*) as found from received")
    status = await raw(home, head_of(home, "Transfer-Encoding: chunked"), [chunk] * 20)

    assert status == 413
    assert await rows(home, "select count(*) as found from received") == before


@pytest.mark.rule("RX-01", "RX-14")
async def test_a_body_announced_as_too_large_is_refused_before_it_is_sent(home):
    status = await raw(home, head_of(home, f"Content-Length: {LIMIT + 1}"), [])

    assert status == 413


@pytest.mark.rule("RX-01")
@pytest.mark.parametrize(
    "lines",
    [
        [f"X-Many-{number}: a" for number in range(101)],
        ["X-Large: " + "a" * 8_000, "X-Larger: " + "b" * 8_000, "X-Last: " + "c" * 8_000],
        ["X-Huge: " + "a" * 100_000],
    ],
    ids=["many", "large", "huge"],
)
async def test_a_head_over_its_limits_is_refused(home, lines):
    status = await raw(home, head_of(home, "Content-Length: 2", *lines), [b"{}"])

    assert status in {400, 401, 413, 431}


DOCUMENTS = {
    "nothing": b"",
    "no object": b"[]",
    "a text": b'"Follow"',
    "a number": b"1",
    "null": b"null",
    "cut off": b'{"type": "Follow"',
    "two documents": b'{"type": "Follow"} {"type": "Like"}',
    "a comma too many": b'{"type": "Follow",}',
    "a comment": b'{"type": "Follow"} // hello',
    "single quotes": b"{'type': 'Follow'}",
    "not a number": b'{"type": NaN}',
    "infinity": b'{"type": -Infinity}',
    "an endless number": b'{"n": ' + b"1" * 10_000 + b"}",
    "a tiny number": b'{"n": 1e-99999999999}',
    "a large exponent": b'{"n": 1e999}',
    "a key twice": b'{"actor": "http://a.example/", "actor": "http://b.example/"}',
    "a key twice below": b'{"object": {"id": "http://a.example/", "id": "http://b.example/"}}',
    "a byte order mark": b'\xef\xbb\xbf{"type": "Follow"}',
    "UTF-16": '{"type": "Follow"}'.encode("utf-16"),
    "broken UTF-8": b'{"type": "\xff"}',
    "overlong UTF-8": b'{"type": "\xc0\xaf"}',
    "NUL": b'{"type": "Follow", "content": "\\u0000"}',
    "half a character": b'{"type": "Follow", "content": "\\ud800"}',
    "deep lists": b'{"a": ' + b"[" * 40 + b"]" * 40 + b"}",
    "very deep lists": b'{"a": ' + b"[" * 100_000,
    "deep objects": b'{"a": ' * 40 + b"1" + b"}" * 40,
    "very many values": b'{"a": [' + b"1," * 20_000 + b"1]}",
    "a raw control character": b'{"type": "a\nb"}',
    "an unknown escape": b'{"type": "\\x"}',
}


@pytest.mark.rule("RX-02")
@pytest.mark.parametrize("name", DOCUMENTS)
async def test_what_is_no_sound_document_is_malformed_and_never_our_fault(home, peer, alice, name):
    refused = await refusal(home, peer, post(home, alice, DOCUMENTS[name]))

    assert (refused.status, refused.fetches) == (400, 0)
    assert refused.expected


def tags(count: int) -> list[dict[str, str]]:
    return [{"type": "Hashtag", "name": f"#tag{number}"} for number in range(count)]


def people(count: int) -> list[str]:
    return [f"http://x.example/users/{number}" for number in range(count)]


@pytest.mark.rule("RX-03")
@pytest.mark.parametrize(
    ("name", "fill", "cap"),
    [
        ("tag", tags, 64),
        ("attachment", lambda n: [{"type": "Document", "url": "http://x.example/a"}] * n, 16),
        ("bcc", people, 498),
    ],
)
async def test_lists_have_a_cap_over_which_a_post_is_not_kept(home, alice, name, fill, cap):
    fitting = note(alice, home, **{name: fill(cap)}, cc=None, to=[PUBLIC, home.id("ada")])
    taken = await deliver(home, alice, create(alice, fitting))
    over = [note(alice, home, **{name: fill(n)}, cc=[home.id("ada")]) for n in (cap + 3, 6_000)]

    statuses = [(await post(home, alice, create(alice, too_much))).status for too_much in over]
    await quiet(home)

    assert taken.state == "handled"
    assert set(statuses) <= {202, 400}
    for too_much in over:
        assert await kept_note(home, too_much["id"]) is None


@pytest.mark.rule("RX-03")
async def test_texts_over_their_cap_are_cut(home, alice):
    letter = note(
        alice,
        home,
        content="<p>" + "bread " * 100_000 + "</p>",
        name="n" * 100_000,
        summary="s" * 100_000,
    )

    outcome = await deliver(home, alice, create(alice, letter))

    kept = await kept_note(home, letter["id"])
    assert outcome.state == "handled"
    assert kept is not None
    assert len(str(kept["content"]).encode()) <= 65_536 + len("</p>")


@pytest.mark.rule("RX-03")
@pytest.mark.parametrize(
    "changes",
    [
        {"name": "n" * 100_000},
        {"summary": "s" * 500_000},
        {"alsoKnownAs": people(1_000)},
        {"attachment": [{"type": "PropertyValue", "name": "a", "value": "b"}] * 1_000},
        {"url": "http://x.example/" + "u" * 100_000},
        {"preferredUsername": "p" * 100_000},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_an_actor_that_describes_itself_at_length_is_cut_or_refused(home, peer, changes):
    alice = peer.add_actor("alice")
    peer.serve("/users/alice", alice.document(**changes))

    answer = await post(home, alice, alice.activity("Follow", home.id("ada")))
    await quiet(home)

    assert answer.status in {202, 401}
    found = await rows(home, "select * from actors where id = :id", id=alice.id)
    assert sum(len(str(value)) for row in found for value in dict(row).values()) < 150_000


@pytest.mark.rule("RX-04")
async def test_a_thread_without_end_is_not_followed(home, peer, alice):
    for number in range(100, 130):
        answered = f"{peer.origin}/notes/{number + 1}"
        serve_note(peer, note(alice, home, id=f"{peer.origin}/notes/{number}", inReplyTo=answered))
    letter = note(alice, home, inReplyTo=f"{peer.origin}/notes/100")

    await deliver(home, alice, create(alice, letter))
    await deliver(home, alice, create(alice, f"{peer.origin}/notes/101", to=[home.id("ada")]))

    assert len([path for path in fetches(peer) if "/notes/" in path]) <= 1


@pytest.mark.rule("RX-04")
@pytest.mark.parametrize("kind", ["Announce", "Create", "Update", "Delete", "Move", "Accept"])
async def test_one_activity_causes_five_requests_at_most(home, peer, alice, stranger, kind):
    await follow_from_here(home, alice)
    loop = stranger.redirects("/a", f"{stranger.origin}/b")
    stranger.redirects("/b", f"{stranger.origin}/c")
    stranger.redirects("/c", f"{stranger.origin}/d")
    stranger.answers("/d", 401)
    own = peer.redirects("/notes/loop", f"{peer.origin}/notes/loop2")
    peer.redirects("/notes/loop2", f"{peer.origin}/notes/loop3")
    peer.answers("/notes/loop3", 401)
    object_ = {"Announce": loop, "Move": alice.id}.get(kind, own)
    before = len(fetches(peer))

    await post(
        home,
        alice,
        alice.activity(kind, object_, target=loop, result=own, to=[home.id("ada"), PUBLIC]),
    )
    await quiet(home)

    assert len(fetches(peer)) - before + len(fetches(stranger)) <= 5


@pytest.mark.rule("RX-04", "SG-16")
async def test_a_pointer_causes_five_requests_at_most(home, peer, alice, mallory):
    bread = note(alice, home, endorsement={"consent": f"{peer.origin}/a", "endorsed": alice.id})
    serve_note(peer, bread)
    peer.answers("/a", 401)

    await post(home, mallory, create(alice, bread) | {"proof": {"type": "DataIntegrityProof"}})
    await quiet(home)

    assert len(fetches(peer)) <= 5


@pytest.mark.rule("TR-06")
async def test_no_address_in_an_actors_document_is_fetched_or_posted_to(home, peer, stranger):
    canary = stranger.origin
    alice = peer.add_actor(
        "alice",
        outbox=f"{canary}/outbox",
        followers=f"{canary}/followers",
        following=f"{canary}/following",
        featured=f"{canary}/featured",
        featuredTags=f"{canary}/tags",
        url=f"{canary}/@alice",
        endpoints={"sharedInbox": f"{canary}/inbox", "proxyUrl": f"{canary}/proxy"},
        sharedInbox=f"{canary}/inbox",
        icon={"type": "Image", "url": f"{canary}/icon.png"},
        image={"type": "Image", "url": f"{canary}/image.png"},
        attachment=[{"type": "PropertyValue", "name": "w", "value": f"<a href='{canary}'>w</a>"}],
        tag=[{"type": "Emoji", "name": ":a:", "icon": {"url": f"{canary}/a.png"}}],
        alsoKnownAs=[f"{canary}/users/alice"],
        movedTo=f"{canary}/users/alice",
        **{"@context": [f"{canary}/context", "https://www.w3.org/ns/activitystreams"]},
    )

    await post(home, alice, alice.activity("Follow", home.id("ada")))
    await post(home, alice, alice.activity("Update", alice.document()))
    await post(home, alice, create(alice, note(alice, home)))
    await quiet(home)
    await asyncio.sleep(0.2)

    assert stranger.received == []


@pytest.mark.rule("TR-06")
async def test_an_inbox_on_another_host_makes_an_actor_nobody(home, peer, stranger):
    alice = peer.add_actor("alice", inbox=f"{stranger.origin}/inbox")

    refused = await refusal(home, peer, post(home, alice, alice.activity("Follow", home.id("ada"))))

    assert refused.status == 401
    assert stranger.received == []


@pytest.mark.rule("TR-06")
async def test_no_address_in_a_note_is_fetched(home, alice, stranger):
    canary = stranger.origin
    letter = note(
        alice,
        home,
        url=[{"type": "Link", "href": f"{canary}/url"}, f"{canary}/other"],
        inReplyTo=f"{canary}/parent",
        context=f"{canary}/context",
        conversation=f"{canary}/conversation",
        attachment=[{"type": "Image", "url": f"{canary}/a.png"}],
        icon={"type": "Image", "url": f"{canary}/icon.png"},
        image=f"{canary}/image.png",
        preview={"type": "Link", "href": f"{canary}/preview"},
        tag=[{"type": "Mention", "href": f"{canary}/users/x", "name": "@x"}],
        quoteUrl=f"{canary}/quoted",
        content=f'<p><a href="{canary}/linked">x</a><img src="{canary}/img.png"></p>',
        generator=f"{canary}/generator",
        replies=f"{canary}/replies",
    )

    await deliver(home, alice, create(alice, letter))

    assert stranger.received == []
