"""Two guilds that can reach each other, with members who know each other's work."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fediverse import Home, running_together


@pytest.fixture
async def guilds(tmp_path: Path) -> AsyncIterator[tuple[Home, Home]]:
    """Carol at the builders, Bea at the weavers."""
    async with running_together(tmp_path, "builders", "weavers") as (builders, weavers):
        await builders.add("carol", "ann")
        await weavers.add("bea")
        yield builders, weavers
