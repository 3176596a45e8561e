"""The fediverse-pasture's six people knock at a running instance, signed and unsigned."""

import asyncio
import json
from pathlib import Path
from typing import Final

import pytest

from tests.fediverse import running
from tests.interop.node import PASTURE

PATIENCE_SECONDS: Final = 90
PAYLOADS: Final = PASTURE.parents[1] / "payloads" / "pasture"
UNSIGNED: Final = {"alice", "dean"}
SIGNED: Final = {"bob", "claire", "emily", "frank"}


async def run_in_pasture(python: str, folder: Path, program: str, *arguments: str) -> bytes:
    """Run one of the programs in pasture/ in a folder of its own; return what it printed."""
    await asyncio.to_thread(folder.mkdir)
    process = await asyncio.create_subprocess_exec(
        python,
        str(PASTURE / program),
        *arguments,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            printed, complaints = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, complaints.decode()
    return printed


@pytest.mark.rule("SG-01")
async def test_unsigned_posts_are_refused_and_all_signed_ones_accepted(tmp_path, pasture_python):
    async with running(tmp_path / "guild") as home:
        await home.add("carol")

        printed = await run_in_pasture(
            pasture_python, tmp_path / "pasture", "verify_actor.py", home.id("carol")
        )

    said = json.loads(printed)
    people = {name: each for name, each in said["result"].items() if name != "webfinger"}
    assert {name for name, each in people.items() if each["get_actor"]} == UNSIGNED | SIGNED
    assert {name for name, each in people.items() if each["post_inbox"]} == SIGNED, said["steps"]
    assert said["result"]["webfinger"]
    # the pasture takes a 400 for success too; nobody signed may get one
    assert [step for step in said["steps"] if step == "202"] == ["202"] * len(SIGNED), said["steps"]


async def test_the_inputs_kept_here_are_those_of_the_pasture(tmp_path, pasture_python):
    kept = {path.name: path.read_bytes() for path in PAYLOADS.glob("*.json")}

    await run_in_pasture(
        pasture_python, tmp_path / "here", "write_inputs.py", str(tmp_path / "inputs")
    )

    written = {path.name: path.read_bytes() for path in (tmp_path / "inputs").glob("*.json")}
    assert written == kept
