"""Waiting for another process, on a machine that may have much else to do."""

import asyncio
from collections.abc import Callable
from typing import Final

PATIENCE_SECONDS: Final = 100.0  # longer than the first wait after a failed try


async def until(
    is_so: Callable[[], bool], *, expecting: str, seconds: float = PATIENCE_SECONDS
) -> None:
    """Look again and again until something is so; fails when it is not by then."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not is_so():
        assert asyncio.get_running_loop().time() < deadline, f"{expecting} did not happen"
        await asyncio.sleep(0.02)
