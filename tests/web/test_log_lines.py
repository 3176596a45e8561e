"""What is logged of a request: its number, what was expected; nothing of what was said (OP-05)."""

import pytest
import structlog

from tests.web.home import open_home
from tests.web.test_metrics import OPEN
from tests.web.test_refusals import note, signed

WORDS = "Good evening"  # as the note of `test_refusals` says


@pytest.mark.rule("OP-05")
async def test_no_token_body_signature_or_query_is_ever_logged(tmp_path, peer):
    actor = peer.add_actor("dan")
    async with open_home(tmp_path, options=OPEN) as home:
        token = await home.token("ada")
        request = signed(actor, f"{home.instance.origin}/inbox", note(actor, home))
        headers = {name.lower(): value for name, value in request["headers"].items()}
        signature = headers["signature"].partition('signature="')[2][:40]
        with structlog.testing.capture_logs() as events:
            await home.ask("/inbox", method="POST", **request)
            await home.ask("/inbox", method="POST", **{**request, "body": b'{"type": "x"}'})
            for bearer in (token, f"{token}x"):
                headers = {"Authorization": f"Bearer {bearer}", "Cookie": "session=hush-hush"}
                await home.ask("/users/ada/inbox?token=in-the-query", headers=headers)
                await home.ask("/metrics", headers=headers)

    said = str(events)
    assert [event["event"] for event in events].count("request.refused") >= 3
    assert all("request_id" in event for event in events if event["event"] == "request.refused")
    for secret in (token, WORDS, signature, "hush-hush", "in-the-query"):
        assert secret not in said
