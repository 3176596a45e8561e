"""Somebody without an account here signs in through their own server, and answers what is said."""

from datetime import timedelta

import pytest

from fedirec.community.elsewhere import LONGEST, UNDER_WAY_FOR
from fedirec.domain.endorsements import OfferState
from fedirec.federation.outbox import scene_of
from fedirec.storage import blocks, stamps
from tests.misbehaviour import drips, hangs, is_endless
from tests.peers import Peer
from tests.web.browser import Browser
from tests.web.crossing import back_of, crossed, link_of, offered, set_out, state_of
from tests.web.own_server import APPS, METADATA, REVOKE, TOKEN, VERIFY, OwnServer

CLOSED = "reply to the message that asked you"
LATE = "Please begin again"


@pytest.fixture
async def dan(peer):
    """Somebody on a server that knows nothing of endorsements."""
    return peer.add_actor("dan")


@pytest.fixture
async def server(peer, dan):
    """Dan's own server."""
    opened = OwnServer(peer)
    opened.open(dan)
    return opened


@pytest.mark.rule("HT-12")
async def test_the_way_to_their_server_is_a_link_on_a_page_that_names_it(home, server, dan):
    browser = Browser(home)

    seen = await set_out(browser, dan.handle)

    assert seen.status == 200
    assert "location" not in seen.headers
    assert f"<bdi>{dan.peer.host}</bdi>" in seen.text
    assert link_of(seen).startswith(f"{dan.peer.origin}/oauth/authorize?")


async def test_somebody_elsewhere_reads_accepts_and_withdraws_without_an_account(home, server, dan):
    offer, path = await offered(home, dan)

    browser, seen = await crossed(home, server, dan.handle, path)
    after = await browser.send(seen, button="Accept")
    async with home.federation.database.reading() as reader:
        [stamp] = await stamps.list_stamps_of(reader, offer.note_id)
    public = await home.page(offer.note_id)
    withdraw = f"/mine/endorsements/{path.rpartition('/')[2]}/withdraw"
    gone = await browser.send(after, withdraw)

    assert browser.pages[-1] == "/mine"
    assert "Cut and fitted every joint" in seen.text
    assert "Cut and fitted every joint" in after.text
    assert (stamp.actor_id, stamp.endorsed_id) == (home.instance.guild_id, dan.id)
    assert public.status == 200
    assert "Cut and fitted every joint" in public.text
    assert "Cut and fitted every joint" not in gone.text
    assert (await home.page(offer.note_id)).status == 410
    assert await state_of(home, offer) is OfferState.WITHDRAWN


async def test_declining_and_blocking_send_nothing_and_end_what_its_author_may_send(
    home, server, dan
):
    offer, path = await offered(home, dan)
    browser, seen = await crossed(home, server, dan.handle, path)

    after = await browser.send(seen, button="Decline, and hear no more from this person")

    assert "Nothing waits" in after.text
    assert await state_of(home, offer) is OfferState.DECLINED
    assert await home.count("stamps") == 0
    async with home.federation.database.reading() as reader:
        assert await blocks.is_actor_blocked(reader, dan.id, home.id("ada"))
    assert (await browser.get(path)).status == 404


@pytest.mark.rule("AC-05")
async def test_answers_need_a_form_of_ours_and_links_alone_do_nothing(home, server, dan):
    offer, path = await offered(home, dan)
    browser, _ = await crossed(home, server, dan.handle)

    for fields in ([("answer", "accept")], [("token", "x"), ("answer", "accept")]):
        assert (await browser.post(path, fields)).status == 403
    await browser.get(f"{path}?answer=accept")

    assert await state_of(home, offer) is OfferState.WAITING


async def test_the_token_is_used_once_and_given_back_and_nothing_of_it_is_kept(home, server, dan):
    await crossed(home, server, dan.handle)

    assert list(server.tokens) == server.revoked == ["token-0"]
    async with home.federation.database.reading() as reader:
        rows = await reader.fetch_all("select * from visitor_sessions")
        left = await reader.fetch_all("select * from remote_sign_ins")
    assert "token-0" not in str(rows)
    assert left == []


async def test_a_server_is_told_who_we_are_once_a_day_and_again_when_it_forgot(home, server, dan):
    await crossed(home, server, dan.handle)
    await crossed(home, server, dan.handle)
    told = len(server.apps)
    browser = Browser(home)
    seen = await set_out(browser, dan.handle)
    back = back_of(home, server, seen)
    server.codes.clear()

    refused = await browser.open(back)
    _, again = await crossed(home, server, dan.handle)
    home.clock.forward(timedelta(hours=21))
    await crossed(home, server, dan.handle)

    assert told == 1
    assert LATE in refused.text
    assert "Signed in as" in again.text
    assert len(server.apps) == 3


@pytest.mark.parametrize("way", ["again", "other browser", "foreign", "late", "other host"])
async def test_a_way_back_counts_once_in_time_and_in_the_browser_that_set_out(
    home, server, dan, way
):
    browser = Browser(home)
    back = back_of(home, server, await set_out(browser, dan.handle))
    if way == "again":
        await browser.get(back)
        del browser.cookies["session"]
        back = back.replace("code-0", "code-1")
        server.codes["code-1"] = {}
    elif way == "other browser":
        browser = Browser(home)
        await browser.get("/sign-in/elsewhere")
    elif way == "foreign":
        back = back[:-43] + "A" * 43
    elif way == "late":
        home.clock.forward(UNDER_WAY_FOR)
    else:
        back = back.replace(dan.peer.host, "other.example")

    seen = await browser.get(back)

    assert seen.status == 422
    assert LATE in seen.text
    assert len(server.tokens) == (1 if way == "again" else 0)
    assert "Sign out" not in (await browser.get("/")).text


async def test_a_code_that_was_used_opens_nothing(home, server, dan):
    _, _ = await crossed(home, server, dan.handle)
    thief = Browser(home)
    back = back_of(home, server, await set_out(thief, dan.handle))

    seen = await thief.get(back.replace("code-1", "code-0").replace("code-2", "code-0"))

    assert seen.status == 422
    assert LATE in seen.text


@pytest.mark.rule("AC-11")
async def test_the_same_mail_of_another_account_is_another_person(home, server, dan):
    _, path = await offered(home, dan)
    eve = dan.peer.add_actor("evelyn")
    server.sign_in(eve, email="somebody@mail.example")

    browser, seen = await crossed(home, server, eve.handle)

    assert eve.handle in seen.text
    assert "Nothing waits" in seen.text
    assert (await browser.get(path)).status == 404
    assert (await browser.post(path, [])).status == 403


@pytest.mark.rule("AC-11")
@pytest.mark.parametrize(
    "claim",
    [
        {"uri": "http://other.example/users/dan"},
        {"uri": "{origin}/users/evelyn"},
        {"acct": "dan@other.example"},
        {"username": "evelyn/../dan"},
        {"username": "nobody"},
        {"id": None},
        {"id": ""},
        {"username": 7},
    ],
)
async def test_a_server_speaks_for_none_but_its_own_account(home, server, dan, claim):
    said = {
        name: each.replace("{origin}", dan.peer.origin) if isinstance(each, str) else each
        for name, each in claim.items()
    }
    server.sign_in(dan, **said)

    _, seen = await crossed(home, server, dan.handle)

    assert seen.status == 422
    assert "Signed in as" not in seen.text
    assert await home.count("visitor_sessions") == 0
    assert server.revoked == ["token-0"]


@pytest.mark.rule("AC-11")
async def test_webfinger_that_leads_to_another_host_is_not_believed(home, server, dan):
    async with Peer() as other:
        victim = other.add_actor("dan")
        browser = Browser(home)
        back = back_of(home, server, await set_out(browser, dan.handle))
        dan.peer.serve(
            "/.well-known/webfinger",
            {
                "subject": f"acct:dan@{other.host}",
                "links": [{"rel": "self", "type": "application/activity+json", "href": victim.id}],
            },
        )
        server.account.pop("uri")

        seen = await browser.get(back)

    assert seen.status == 422
    assert await home.count("visitor_sessions") == 0


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        (path, answer)
        for path in (METADATA, APPS, TOKEN, VERIFY)
        for answer in ("slow", "endless", "silent", "garbage", "elsewhere", "inside")
        if (path, answer) != (METADATA, "garbage")  # then it does what it does as Mastodon does
    ],
)
async def test_bad_answers_end_in_a_page_that_says_so_and_open_nothing(
    home, server, dan, path, answer
):
    match answer:
        case "slow":
            dan.peer.behaves(path, drips(0.1))
        case "endless":
            dan.peer.behaves(path, is_endless())
        case "silent":
            dan.peer.behaves(path, hangs())
        case "garbage":
            dan.peer.serve(path, b'{"client_id": "a", "client_id": [', content_type="text/html")
        case "elsewhere":
            dan.peer.redirects(path, "http://127.0.0.2:9/")
        case _:
            dan.peer.redirects(path, "http://10.0.0.1/")
    browser = Browser(home)

    seen = await set_out(browser, dan.handle)
    if path in {TOKEN, VERIFY}:
        seen = await browser.get(back_of(home, server, seen))

    assert seen.status == 422
    assert 'role="alert"' in seen.text
    assert await home.count("visitor_sessions") == 0


@pytest.mark.parametrize("status", [401, 403, 404, 422])
async def test_a_server_that_lets_no_app_in_leaves_the_answer_by_reply(home, server, dan, status):
    dan.peer.answers(APPS, status, body=b"{}")

    seen = await set_out(Browser(home), dan.handle)

    assert seen.status == 422
    assert CLOSED in seen.text


async def test_a_token_that_is_not_taken_back_hinders_nobody(home, server, dan):
    dan.peer.answers(REVOKE, 500)

    _, seen = await crossed(home, server, dan.handle)

    assert "Signed in as" in seen.text


async def test_addresses_that_a_server_tells_count_on_its_own_origin_alone(home, server, dan):
    dan.peer.serve(
        METADATA,
        {
            "issuer": dan.peer.origin,
            "authorization_endpoint": "https://evil.example/authorize",
            "token_endpoint": "http://127.0.0.1:1/token",
            "app_registration_endpoint": f"{dan.peer.origin}{APPS}?x=1",
            "scopes_supported": ["read", "profile"],
        },
        content_type="application/json",
    )

    browser = Browser(home)
    seen = await set_out(browser, dan.handle)
    after = await browser.open(back_of(home, server, seen))

    assert server.apps["client-0"]["scopes"] == "profile"
    assert "Signed in as" in after.text


@pytest.mark.parametrize(
    "typed", ["", "dan at home", "@dan@", "http://[::1", "a b@c", "@ada@{host}"]
)
async def test_what_is_no_server_is_said_at_the_field(home, typed):
    seen = await set_out(Browser(home), typed.replace("{host}", home.instance.host))

    assert seen.status == 422
    assert 'aria-invalid="true"' in seen.text


async def test_the_server_alone_or_a_link_to_it_will_do(home, server, dan):
    for typed in (dan.peer.host, f"{dan.peer.origin}/@dan"):
        _, seen = await crossed(home, server, typed)

        assert dan.handle in seen.text


@pytest.mark.rule("HT-12")
@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\\evil", "/nowhere"]
)
async def test_the_way_back_leads_nowhere_but_to_pages_of_ours(home, server, dan, wanted):
    browser = Browser(home)
    seen = await browser.open("/sign-in/elsewhere")
    form = browser.form(seen, "/sign-in/elsewhere")
    over = await browser.post(form.action, form.filled({"handle": dan.handle, "next": wanted}))

    back = await browser.get(back_of(home, server, over))

    assert (back.status, back.headers["location"]) == (303, "/mine")


async def test_a_visit_opens_no_page_of_members_and_ends_by_itself(home, server, dan):
    browser, _ = await crossed(home, server, dan.handle)

    for path in ("/settings/security", "/welcome"):
        assert (await browser.get(path)).headers["location"].startswith("/sign-in?")
    front = await browser.get("/")
    home.clock.forward(LONGEST)

    assert front.headers["cache-control"] == "private, no-store"
    assert "Sign out" in front.text
    assert (await browser.get("/mine")).status == 303


async def test_signing_out_ends_a_visit(home, server, dan):
    browser, seen = await crossed(home, server, dan.handle)

    after = await browser.send(seen, "/sign-out")

    assert "Sign out" not in after.text
    assert await home.count("visitor_sessions") == 0


async def test_who_is_blocked_here_is_in_no_more(home, server, dan):
    browser, _ = await crossed(home, server, dan.handle)
    async with home.federation.database.transaction() as transaction:
        await blocks.block(
            transaction,
            blocks.INSTANCE,
            dan.id,
            kind="actor",
            reason=None,
            now=scene_of(home.federation).now,
        )

    assert (await browser.get("/mine")).status == 303
    _, seen = await crossed(home, server, dan.handle)
    assert LATE in seen.text


async def test_all_that_names_somebody_is_a_file_of_theirs_alone(home, server, dan):
    offer, path = await offered(home, dan)
    browser, seen = await crossed(home, server, dan.handle, path)
    eve = dan.peer.add_actor("evelyn")

    waiting = await browser.get("/mine/export")
    await browser.send(seen, button="Accept")
    agreed = await browser.get("/mine/export")
    server.sign_in(eve)
    stranger, _ = await crossed(home, server, eve.handle)
    others = await stranger.get("/mine/export")

    assert waiting.headers["content-disposition"].startswith("attachment")
    assert waiting.headers["cache-control"] == "private, no-store"
    assert offer.note_id in waiting.text
    kinds = [item.get("type") for item in agreed.json()["items"]]
    assert {"Note", "EndorsementConsent"} <= set(kinds)
    assert others.json()["items"] == []
