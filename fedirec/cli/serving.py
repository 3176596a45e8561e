"""`fedirec serve` and `fedirec worker`: the commands that stay."""

import argparse
import signal
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, show

if TYPE_CHECKING:
    import asyncio

    from fedirec.federation.context import Federation


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    parser = add_command(commands, "serve", _serve, says="serve this instance until interrupted")
    parser.add_argument(
        "--no-workers", action="store_true", help="leave sending and handling to `fedirec worker`"
    )
    add_command(commands, "worker", _worker, says="send and handle only, without serving pages")


async def _serve(arguments: argparse.Namespace) -> None:
    from fedirec.cli.logs import configure_logs
    from fedirec.config import load_settings
    from fedirec.server import serve

    settings = load_settings()
    configure_logs(style=settings.log, level=settings.log_level)

    def say_ready(federation: "Federation") -> None:
        origin = federation.instance.origin
        show(
            arguments,
            {"id": federation.instance.guild_id, "origin": origin, "listen": settings.listen},
            f"{federation.instance.title} is open at {origin}/ (listening on {settings.listen})",
        )

    await serve(
        settings, stop=stop_on_signals(), has_workers=not arguments.no_workers, ready=say_ready
    )


async def _worker(_arguments: argparse.Namespace) -> None:
    from fedirec.cli.logs import configure_logs
    from fedirec.config import load_settings
    from fedirec.server import work

    settings = load_settings()
    configure_logs(style=settings.log, level=settings.log_level)
    await work(settings, stop=stop_on_signals())


def stop_on_signals() -> "asyncio.Event":
    """Return an event that SIGTERM and SIGINT set, so that what is under way can end well."""
    import asyncio

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
