"""What Prometheus is told, and whom else it is told to: nobody (OP-06)."""

import hashlib
import re

import pytest
import structlog

from fedirec.storage.received import insert_received
from fedirec.web.keys import WebOptions
from tests.rules import tree
from tests.storage.samples import a_received
from tests.web.home import Home, open_home

TOKEN = "a-token-of-a-good-length-indeed"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
OPEN = WebOptions(version="0.1.0", metrics_digest=hashlib.sha256(TOKEN.encode()).digest())


@pytest.fixture
async def watched(tmp_path):
    async with open_home(tmp_path, options=OPEN) as opened:
        yield opened


async def figures(home: Home) -> dict[str, float]:
    """The value of each line, by its name and labels."""
    seen = await home.ask("/metrics", headers=BEARER)
    assert seen.status == 200
    assert seen.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert seen.headers["cache-control"] == "private, no-store"
    lines = [line for line in seen.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


@pytest.mark.rule("OP-06")
async def test_there_is_no_such_address_without_a_token_in_the_settings(home):
    assert (await home.ask("/metrics", headers=BEARER)).status == 404


@pytest.mark.rule("OP-06")
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"},
     {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer \udcff"}],
)  # fmt: skip
async def test_who_has_not_the_token_is_told_nothing(watched, headers):
    seen = await watched.ask("/metrics", headers=headers)

    assert seen.status == 401
    assert b"fedirec_" not in seen.body


@pytest.mark.rule("OP-06")
async def test_what_waits_is_told_by_state_with_its_age_and_how_late_it_is(watched):
    async with watched.federation.database.transaction() as transaction:
        items = [a_received(number, created_at=watched.clock()) for number in (1, 2)]
        await insert_received(transaction, items)
    watched.clock.forward(watched.federation.limits.lease)

    told = await figures(watched)

    assert told['fedirec_queue_depth{state="due",work="received"}'] == 2
    assert told['fedirec_queue_oldest_seconds{state="due",work="received"}'] == 60
    assert told['fedirec_queue_late_seconds{work="received"}'] == 60
    assert told["fedirec_hosts_down"] == 0
    assert 0 < told["fedirec_disk_free_bytes"] < told["fedirec_disk_bytes"]


async def test_requests_are_counted_by_the_template_of_their_route(watched):
    for name in ("ada", "carol", "nobody"):
        await watched.ask(f"/users/{name}")
    await watched.ask("/no/such/place?secret=1")
    await watched.ask("/users/ada", method="PURGE")

    told = await figures(watched)

    counts = {
        tuple(re.findall(r'"(.*?)"', name)): value
        for name, value in told.items()
        if name.startswith("fedirec_request_seconds_count")
    }
    assert counts == {
        ("GET", "/users/{name}", "2xx"): 2,
        ("GET", "/users/{name}", "4xx"): 1,
        ("GET", "none", "4xx"): 1,
        ("other", "none", "4xx"): 1,
    }


async def test_what_this_process_did_is_counted_by_kind(watched):
    counts = watched.federation.counts
    counts.attempts.update(["ok", "ok", "temporary"])
    counts.circuits.update(["open"])
    counts.leases_lost.update(["deliveries"])
    counts.failures.update(["received"])
    counts.received.update(["kept"])
    counts.handled.update(["ignored"])
    counts.loop_lag.observe(0.3)
    counts.commits.observe(3)

    told = await figures(watched)

    assert told['fedirec_delivery_attempts_total{class="ok"}'] == 2
    assert told['fedirec_circuit_changes_total{circuit="open"}'] == 1
    assert told['fedirec_lease_losses_total{work="deliveries"}'] == 1
    assert told['fedirec_work_failures_total{work="received"}'] == 1
    assert told['fedirec_received_total{outcome="kept"}'] == 1
    assert told['fedirec_handled_total{outcome="ignored"}'] == 1
    assert told['fedirec_loop_lag_seconds_bucket{le="0.2"}'] == 0
    assert told['fedirec_loop_lag_seconds_bucket{le="0.5"}'] == 1
    assert told['fedirec_commit_rows_bucket{le="4.0"}'] == 1
    assert told["fedirec_commit_rows_sum"] == 3
    assert told["fedirec_tasks"] > 0
    assert told["process_resident_memory_bytes"] > 0
    assert told["process_open_fds"] > 0


async def test_the_page_for_keepers_names_each_figure_and_the_reverse(watched):
    seen = await watched.ask("/metrics", headers=BEARER)
    told = set(re.findall(r"^# TYPE (fedirec_\w+) ", seen.text, re.MULTILINE))

    written = re.findall(r"^\| `(fedirec_\w+)`", tree.text("docs/operations.md"), re.MULTILINE)

    assert sorted(written) == sorted(told)


@pytest.mark.rule("OP-05")
async def test_a_slow_request_is_logged_with_its_route_and_number(tmp_path):
    slow = WebOptions(version="0.1.0", slow_seconds=0.0)
    async with open_home(tmp_path, options=slow) as home:
        with structlog.testing.capture_logs() as events:
            seen = await home.ask("/users/ada?secret=1")

    (event,) = [event for event in events if event["event"] == "request.slow"]
    assert event["log_level"] == "warning"
    assert (event["route"], event["status"]) == ("/users/{name}", 200)
    assert event["request_id"] == seen.headers["x-request-id"]
    assert "secret" not in str(event)


@pytest.mark.rule("OP-05")
async def test_trouble_of_ours_is_logged_with_its_cause_at_every_level(home):
    await home.federation.database.close()

    with structlog.testing.capture_logs() as events:
        seen = await home.page("/members")

    (event,) = [event for event in events if event.get("status") == seen.status]
    assert seen.status == 503
    assert event["log_level"] == "warning"
    assert "closed" in event["expected"]
