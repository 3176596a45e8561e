"""A real instance as a process that keeps, but neither handles nor sends: to try `kill -9` on.

Run with the settings as JSON on standard input; says `ready` when it answers. It has no workers, so
the moment between keeping and working lasts until it is killed.
"""

import asyncio
import json
import sys

from fedirec.config import build_settings
from fedirec.server import serve


async def run() -> None:
    """Serve without workers until killed."""
    settings = build_settings(json.load(sys.stdin), heeds_environment=False)
    await serve(
        settings,
        stop=asyncio.Event(),
        has_workers=False,
        ready=lambda _federation: print("ready", flush=True),  # noqa: T201
    )


if __name__ == "__main__":
    asyncio.run(run())
