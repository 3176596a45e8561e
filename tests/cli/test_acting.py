"""Members act by commands: here, and towards people whose server does not answer."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fedirec.cli.opening import open_here
from fedirec.domain.actors import Host
from fedirec.storage.peers import see_peer

WORDS = "Found the failed wall plate that two firms had missed, and wrote it up plainly."
ENDORSE = ("--words", WORDS, "--relation", "workedWith", "--from", "2026-03")
JOB = ("--title", "Two framers", "--words", "Six weeks from March, tools and lunch are there.")
PAY = ("--pay-min", "190", "--pay-max", "220", "--currency", "EUR", "--per", "day")


@pytest.fixture
def bo(guild, place):
    """Bo's handle."""
    return f"@bo@{place.removeprefix('http://')}"


@pytest.fixture
def offer(guild, bo):
    """An offer of ada's to bo, as it was printed."""
    return guild.done("endorse", "ada", bo, *ENDORSE, "--skill", "roof surveys").record


def test_a_member_is_added_listed_and_disabled(guild, place):
    added = guild.done("member", "add", "cyd", "--display-name", "Cyd Shingle").record
    assert added["id"] == f"{place}/users/cyd"

    guild.done("member", "disable", "cyd")

    listed = {record["name"]: record for record in guild.done("member", "list").records}
    assert list(listed) == ["ada", "bo", "cyd"]
    assert listed["cyd"]["disabled_at"] is not None
    assert listed["bo"]["disabled_at"] is None


@pytest.mark.rule("AC-13")
def test_a_name_is_never_given_twice(guild):
    guild.done("member", "disable", "bo")

    again = guild.run("member", "add", "bo")

    assert "is or was taken" in again.complaint


@pytest.mark.parametrize("name", ["Ada", "a-b", "", "x" * 31, "admin"])
def test_a_name_that_cannot_be_one_is_refused(guild, name):
    assert "name: " in guild.run("member", "add", name).complaint


def test_a_token_is_printed_once_and_kept_as_a_digest(guild):
    token = str(guild.done("member", "token", "ada", "--scope", "read").record["token"])

    assert len(token) >= 40
    for file in (guild.folder / "data").iterdir():
        assert token.encode() not in file.read_bytes()


def test_a_scope_that_is_none_is_refused(guild):
    assert (
        "scopes are read and write"
        in guild.run("member", "token", "ada", "--scope", "all").complaint
    )


@pytest.mark.parametrize(
    "words",
    [
        ("member", "disable", "eve"),
        ("member", "token", "eve"),
        ("follow", "eve", "@ada@guild.test"),
        ("unfollow", "eve", "@ada@guild.test"),
        ("endorse", "eve", "@ada@guild.test", *ENDORSE),
        ("offers", "eve"),
        ("answer", "eve", "https://guild.test/activities/1", "accept"),
        ("withdraw", "eve", "https://guild.test/endorsements/1"),
        ("job", "eve", *JOB, *PAY),
        ("job", "close", "eve", "https://guild.test/jobs/1"),
        ("inbox", "eve"),
        ("outbox", "eve"),
    ],
)
def test_an_unknown_member_is_one_line_that_says_who_there_is(guild, words):
    complaint = guild.run(*words).err.splitlines()[-1]

    assert complaint == "fedirec: there is no member called eve: see `fedirec member list`"


@pytest.mark.parametrize(
    "handle", ["ada", "@ada", "@ada@", "@a b@guild.test", "https://guild.test"]
)
@pytest.mark.parametrize("command", ["follow", "unfollow", "endorse"])
def test_a_bad_handle_is_one_line_that_shows_a_good_one(guild, command, handle):
    ran = guild.run(command, "ada", handle, *(ENDORSE if command == "endorse" else ()))

    assert ran.code != 0
    assert "expected a handle such as @ada@guild.example" in ran.err.splitlines()[-1]


def test_a_peer_that_is_down_is_one_line(guild, unused_tcp_port):
    ran = guild.run("follow", "ada", f"@ida@127.0.0.1:{unused_tcp_port}")

    assert ran.code != 0
    assert f"127.0.0.1:{unused_tcp_port}" in ran.err.splitlines()[-1]
    assert "try again" in ran.err.splitlines()[-1]


def test_a_domain_that_cannot_be_resolved_is_one_line(guild):
    ran = guild.run("follow", "ada", "@ida@nowhere.test")

    assert ran.code != 0
    assert "nowhere.test" in ran.err.splitlines()[-1]


def test_who_needs_a_server_is_told_when_nobody_serves(guild):
    ran = guild.run("follow", "ada", "@ida@nowhere.test")

    assert ran.err.splitlines()[0].startswith("fedirec: nobody serves this instance")


def test_following_somebody_here_is_accepted_at_once(guild, bo, place):
    made = guild.done("follow", "ada", bo).record
    assert made["state"] == "accepted"
    assert made["actor"] == f"{place}/users/bo"

    guild.done("unfollow", "ada", bo)

    assert "does not follow" in guild.run("unfollow", "ada", bo).err


def test_an_offer_waits_for_its_answer(guild, offer, place):
    (waiting,) = guild.done("offers", "bo").records

    assert offer["way"] == "offer"
    assert waiting["id"] == offer["id"]
    assert waiting["endorser"] == f"{place}/users/ada"
    assert WORDS in str(waiting["content"])
    assert guild.done("offers", "ada").records == []
    assert "no offer waits for ada" in guild.run("offers", "ada").out
    assert WORDS in guild.run("offers", "bo").out


def test_an_accepted_offer_is_in_the_outbox(guild, offer):
    guild.done("answer", "bo", str(offer["id"]), "accept")

    created = [item for item in guild.done("outbox", "ada").records if item["type"] == "Create"]
    assert [item["object"]["id"] for item in created] == [offer["endorsement"]]
    assert guild.done("offers", "bo").records == []


def test_a_declined_offer_leaves_nothing_to_see(guild, offer):
    assert "nothing was sent" in guild.run("answer", "bo", str(offer["id"]), "decline").out

    kinds = [item["type"] for item in guild.done("outbox", "ada").records]
    assert "Create" not in kinds
    assert guild.done("outbox", "bo").records == []


def test_an_offer_cannot_be_answered_twice(guild, offer):
    guild.done("answer", "bo", str(offer["id"]), "decline")

    again = guild.run("answer", "bo", str(offer["id"]), "accept")

    assert "can no longer be answered" in again.err


def test_a_long_link_can_be_evidence(guild, bo):
    url = f"https://hall.example/{'x' * 400}"

    offered = guild.done("endorse", "ada", bo, *ENDORSE, "--evidence", url).record

    assert offered["state"] == "waiting"


@pytest.mark.parametrize("who", ["ada", "bo"])
def test_either_of_the_two_can_withdraw(guild, offer, who):
    guild.done("answer", "bo", str(offer["id"]), "accept")

    guild.done("withdraw", who, str(offer["endorsement"]))

    kinds = [item["type"] for name in ("ada", "bo") for item in guild.done("outbox", name).records]
    assert "Delete" in kinds


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--words", "Short.", "--relation", "led", "--from", "2026"), "words: "),
        (("--words", WORDS, "--relation", "led", "--from", "2026-13"), "period: "),
        (("--words", WORDS, "--relation", "led", "--from", "2026", "--to", "2025"), "period: "),
        ((*ENDORSE, "--evidence", "not a link"), "evidence: "),
        ((*ENDORSE, *("--skill", "oak") * 2), "skill: "),
    ],
)
def test_an_endorsement_that_cannot_be_names_what_is_wrong(guild, bo, words, said):
    ran = guild.run("endorse", "ada", bo, *words)

    assert ran.code != 0
    assert f"fedirec: {said}" in ran.err.splitlines()[-1]
    assert guild.done("offers", "bo").records == []


def test_a_job_note_is_posted_and_closed(guild, place):
    posted = guild.done("job", "ada", *JOB, *PAY, "--place", "Brno", "--remote", "partly").record
    assert str(posted["id"]).startswith(f"{place}/jobs/")

    closed = guild.done("job", "close", "ada", str(posted["id"]), "--filled").record

    assert closed["status"] == "filled"
    assert "filled already" in guild.run("job", "close", "ada", str(posted["id"])).complaint
    kinds = [item["type"] for item in guild.done("outbox", "ada").records]
    assert kinds == ["Update", "Create"]


def test_a_job_note_closes_at_the_end_of_its_day(guild):
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)

    posted = guild.done("job", "ada", *JOB, *PAY, "--closes", tomorrow.isoformat()).record

    assert posted["closes_at"] == f"{tomorrow}T23:59:59Z"
    assert "closes: " in guild.run("job", "ada", *JOB, *PAY, "--closes", "2020-01-31").complaint


def test_a_day_that_is_none_shows_how_to_write_one(guild):
    with pytest.raises(SystemExit):
        guild.run("job", "ada", *JOB, *PAY, "--closes", "tomorrow")

    assert "a day is written YYYY-MM-DD, not 'tomorrow'" in guild.capture.readouterr().err


@pytest.mark.parametrize(
    ("pay", "said"),
    [
        ((), "says what it pays"),
        (PAY[:6], "--pay-min, --pay-max, --currency and --per together"),
        (("--pay-min", "much", *PAY[2:]), "two plain amounts, found 'much'"),
        (("--pay-min", "300", *PAY[2:]), "from less to more"),
        ((*PAY[:4], "--currency", "euros", "--per", "day"), "three capital letters"),
    ],
)
def test_pay_is_stated_in_full(guild, pay, said):
    assert said in guild.run("job", "ada", *JOB, *pay).complaint


def test_an_inbox_shows_what_came_newest_first(guild, bo):
    guild.done("follow", "bo", bo.replace("@bo@", "@ada@"))
    first = guild.done("job", "ada", *JOB, *PAY).record["id"]
    second = guild.done("job", "ada", *JOB, *PAY).record["id"]

    came = [
        item["object"]["id"]
        for item in guild.done("inbox", "bo").records
        if item["type"] == "Create"
    ]

    assert came == [second, first]
    assert str(first) in guild.run("inbox", "bo").out


def test_hosts_are_blocked_allowed_shown_and_forgotten(guild):
    guild.done("peer", "block", "Spam.Example", "--reason", "sells followers")
    assert guild.done("peer", "list").records == [{"id": "spam.example", "standing": "blocked"}]

    guild.done("peer", "allow", "spam.example")
    assert guild.done("peer", "list").records == [{"id": "spam.example", "standing": "allowed"}]

    assert "never met spam.example" in guild.run("peer", "show", "spam.example").complaint
    guild.done("peer", "forget", "spam.example")


def test_a_host_that_is_none_is_refused(guild, place):
    assert "expected a host" in guild.run("peer", "block", "https://spam.example/x").complaint
    own = place.removeprefix("http://")
    assert "this instance itself" in guild.run("peer", "block", own).complaint


def test_a_host_that_was_met_is_shown(guild):
    async def meet() -> None:
        async with open_here() as federation, federation.database.transaction() as transaction:
            await see_peer(transaction, Host("peer.example"), federation.now())

    asyncio.run(meet())

    assert guild.done("peer", "show", "Peer.example").record["standing"] == "closed"
    guild.done("peer", "block", "peer.example")
    assert guild.done("peer", "list").record["standing"] == "blocked"
    guild.done("peer", "forget", "peer.example")
    assert guild.done("peer", "list").record == {"id": "peer.example", "standing": "blocked"}


def test_probing_a_host_says_what_it_answers(guild):
    class Nobody(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Nobody) as peer:
        threading.Thread(target=peer.serve_forever, daemon=True).start()
        probed = guild.done("peer", "probe", f"127.0.0.1:{peer.server_port}").record
        peer.shutdown()

    assert probed["status"] == 404


def test_probing_a_host_that_is_down_is_one_line(guild, unused_tcp_port):
    complaint = guild.run("peer", "probe", f"127.0.0.1:{unused_tcp_port}").complaint

    assert f"127.0.0.1:{unused_tcp_port}" in complaint


def test_the_queue_of_a_quiet_guild_is_empty(guild):
    for command in ("list", "dead", "shape"):
        assert guild.done("queue", command).records == []
    for act in ("flush", "retry", "hold", "release", "cancel"):
        assert guild.done("queue", act, "--all").record["count"] == 0


def test_steering_everything_has_to_be_said(guild):
    assert "--host H or --all" in guild.run("queue", "cancel").complaint


def test_an_activity_that_goes_nowhere_is_said_so(guild):
    assert "goes nowhere" in guild.run("queue", "show", "https://guild.test/a").complaint
