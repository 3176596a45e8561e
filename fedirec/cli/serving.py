"""`fedirec serve` and `fedirec worker`: the commands that stay."""

import argparse
import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
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
    with loading():
        from fedirec.cli.logs import configure_logs
        from fedirec.config import load_settings
        from fedirec.server import LOCK_NAME, serve

    settings = load_settings()
    configure_logs(style=settings.log, level=settings.log_level)
    is_first = not (settings.data / LOCK_NAME).exists()

    def say_ready(federation: "Federation") -> None:
        instance = federation.instance
        text = f"{instance.title} is open at {instance.origin}/ (listening on {settings.listen})"
        if is_first:
            text += (
                f"\nServed from here for the first time, as @{instance.guild_name}@"
                f"{instance.domain}, with ids on {instance.host}: both are for ever. If that is "
                f"not what you meant, stop now, and begin anew with an empty database."
            )
        record = {
            "id": instance.guild_id,
            "origin": instance.origin,
            "domain": instance.domain,
            "host": instance.host,
            "listen": settings.listen,
            "is_first": is_first,
        }
        show(arguments, record, text)

    await serve(
        settings, stop=stop_on_signals(), has_workers=not arguments.no_workers, ready=say_ready
    )


async def _worker(_arguments: argparse.Namespace) -> None:
    with loading():
        from fedirec.cli.logs import configure_logs
        from fedirec.config import load_settings
        from fedirec.server import work

    settings = load_settings()
    configure_logs(style=settings.log, level=settings.log_level)
    await work(settings, stop=stop_on_signals())


@contextmanager
def loading() -> Iterator[None]:
    """Load for good: nobody looks for garbage in the block, nor later in what it leaves behind.

    Modules are no garbage until the process ends, and to look through them again and again while
    they load is a tenth of the CPU of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def stop_on_signals() -> "asyncio.Event":
    """Return an event that SIGTERM and SIGINT set, so that what is under way can end well (OP-07).

    A second signal ends the process at once.
    """
    import asyncio

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def begin_to_stop() -> None:
        stop.set()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, begin_to_stop)
    return stop
