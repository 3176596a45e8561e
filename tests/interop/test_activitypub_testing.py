"""The test cases of activitypub-testing pass against a running instance, client side included."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from fedirec.community.membership import make_token
from tests.fediverse import running

FOLDER: Final = Path(__file__).parent / "activitypub_testing"
PATIENCE_SECONDS: Final = 60

PASS: Final = (
    "actor-must-serve-as2-object-to-get",
    "actor-objects-must-have-inbox-outbox-properties",
    "create-then-update-modifies-object-checked-by-get",
    "followers-collection-must-be-a-collection",
    "following-collection-must-be-a-collection",
    "inbox-must-be-an-orderedcollection",
    "outbox-must-be-an-orderedcollection",
    "outbox-post-must-accept-non-activity-object",
    "outbox-post-servers-must-return-a-201-created-http-code",
    "outbox-wraps-object-with-create-checked-using-get-location",
)
INAPPLICABLE: Final = {
    "liked-collection-must-be-a-collection": "what members like is theirs: no such collection",
    "likes-collection-must-be-a-collection": "`likes` is of objects; an actor has none",
    "shares-collection-must-be-a-collection": "`shares` is of objects; an actor has none",
    "outbox-post-server-adds-to-outbox-collection-checked-by-outbox-get": (
        "posts an object that has an id and nothing else, as text/plain: refused"
    ),
    "post-outbox-server-overwrites-id-property": (
        "posts as text/plain, which ActivityPub 6 forbids: refused"
    ),
}


@pytest.fixture
async def outcomes(tmp_path: Path, node: str) -> AsyncIterator[dict[str, tuple[str, str]]]:
    """What each case says of a member of a running instance: its outcome, and why."""
    async with running(tmp_path) as home:
        await home.add("carol")
        token = await make_token(home.federation, "carol", ("read", "write"))
        process = await asyncio.create_subprocess_exec(
            node,
            "run.mjs",
            cwd=FOLDER,
            env={**os.environ, "ACTOR": home.id("carol"), "AUTHORIZATION": f"Bearer {token}"},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                said, complaints = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        assert process.returncode == 0, complaints.decode()
        results = [json.loads(line) for line in said.splitlines()]
        yield {each["slug"]: (each["outcome"], each.get("info") or "") for each in results}


@pytest.mark.spec("ActivityPub 6", level="MUST")
async def test_every_case_that_applies_passes_and_the_others_are_known(outcomes):
    passed = {slug for slug, (outcome, _why) in outcomes.items() if outcome == "passed"}
    others = {slug: said for slug, said in outcomes.items() if slug not in passed}

    assert passed == set(PASS), others
    assert {slug: outcome for slug, (outcome, _why) in others.items()} == dict.fromkeys(
        INAPPLICABLE, "inapplicable"
    )
