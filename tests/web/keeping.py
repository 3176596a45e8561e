"""A guild that has something to keep: servers in trouble, things that wait, a report, an hour."""

from datetime import timedelta

from fedirec.domain.actors import ActivityId, Host, InboxUrl
from fedirec.domain.follows import FollowState
from fedirec.storage import activities, follows, history, reports
from fedirec.storage.activities import LocalActivity
from fedirec.storage.actors import save_actor
from fedirec.storage.database import to_microseconds
from fedirec.storage.follows import Follow
from fedirec.storage.peers import see_peer
from fedirec.storage.reports import Report
from tests.storage.samples import actor_id, an_actor
from tests.web.browser import Browser, signed_in
from tests.web.home import Home

SLOW = Host("slow.example")
PEER = Host("peer.example")
PAGES = (
    "/admin", "/admin?span=month", "/admin/queue", "/admin/queue?of=received",
    "/admin/queue?state=held", "/admin/peers", "/admin/peers/slow.example", "/admin/blocks",
    "/admin/reports", "/admin/reports?state=closed", "/admin/look", "/admin/rules",
    "/admin/rules/rules", "/admin/log",
)  # fmt: skip


async def keeper_of(home: Home, *, is_strong: bool = True) -> Browser:
    """Ada keeps the guild, and signed in with a second factor."""
    async with home.federation.database.transaction() as transaction:
        await transaction.execute("update members set is_admin = true where name = 'ada'")
    return await signed_in(home, "ada", is_strong=is_strong)


async def fill(home: Home, *, text: str = "they copied my words", count: int = 3) -> None:
    """Let some follow and be followed, some wait, some be counted, and somebody report."""
    now, database = home.clock(), home.federation.database
    async with database.transaction() as transaction:
        for number in range(count):
            zoe = an_actor(f"zoe{number}", SLOW, display_name=text)
            await save_actor(transaction, zoe)
            await follows.save_follow(transaction, a_follow(home, zoe.id, number))
        for host in (SLOW, PEER):
            await see_peer(transaction, host, now)
        await transaction.execute(
            "update peers set last_status = 503, last_detail = :text, last_failure_at = :now"
            " where host = :host",
            {"text": text, "now": to_microseconds(now), "host": SLOW},
        )
        counted = {"delivery.ok": 20, "delivery.temporary": 3, "inbox.kept": 7}
        more = {"refused.signature": 2, "signature.cavage": 5, "most.age": 600, "most.waiting": 4}
        await history.note_history(transaction, {**counted, **more}, now=now)
        await history.note_history(
            transaction, {**counted, "signature.rfc9421": 9}, now=now - timedelta(hours=5)
        )
        report = Report(
            id="01K9ZQ4T7M3V8N2C6X5B1D0FGH",
            reporter_id=actor_id("zoe0", SLOW),
            objects=(home.id("carol"), "https://peer.example/notes/1"),
            content=f"<p>{text}</p>",
            received_at=now,
        )
        await reports.insert_report(transaction, report)
    for number in range(count):
        await wait_for(home, number, detail=text)


async def wait_for(home: Home, number: int, *, state: str = "waiting", detail: str = "") -> str:
    """Let one delivery wait; return the id of its activity."""
    now = home.clock()
    at = to_microseconds(now)
    id_ = ActivityId(f"{home.instance.origin}/activities/{number:026d}")
    async with home.federation.database.transaction() as transaction:
        said = LocalActivity(
            id=id_, actor_id=home.id("ada"), type="Create", object_id=None, body="{}",
            is_public=True, readers=(), published_at=now,
        )  # fmt: skip
        await activities.insert_activity(transaction, said)
        await transaction.execute(
            "insert into deliveries (activity_id, inbox, host, actor_id, order_key, state, attempt,"
            " next_at, last_class, last_status, last_detail, created_at, expires_at)"
            " values (:id, :inbox, :host, :actor, :id, :state, 2, :next, 'temporary', 503, :detail,"
            " :now, :end)",
            {
                "id": id_, "inbox": InboxUrl(f"https://{SLOW}/inbox"), "host": SLOW,
                "actor": home.id("ada"), "state": state, "detail": detail, "now": at,
                "next": at + 60_000_000, "end": at + 86_400_000_000,
            },
        )  # fmt: skip
    return id_


def a_follow(home: Home, other: str, number: int) -> Follow:
    """Carol is followed by one, and follows the next."""
    one, two = (actor_id(other.rpartition("/")[2], SLOW), home.id("carol"))
    return Follow(
        follower_id=one if number % 2 else two,
        followed_id=two if number % 2 else one,
        activity_id=f"https://{SLOW}/follows/{number}",
        state=FollowState.ACCEPTED,
        requested_at=home.clock(),
        accepted_at=home.clock(),
    )


async def state_of(home: Home, number: int) -> str:
    """The state of a delivery that was let wait."""
    async with home.federation.database.reading() as reader:
        row = await reader.fetch_one(
            "select state from deliveries where activity_id = :id",
            {"id": f"{home.instance.origin}/activities/{number:026d}"},
        )
    assert row is not None
    return str(row["state"])
