"""`fedirec demo`: two guilds on loopback in one process, and a story told over real signed HTTP."""

import argparse
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command

if TYPE_CHECKING:
    import asyncio
    import socket
    from pathlib import Path

    from fedirec.config import Settings
    from fedirec.federation.context import Federation

LOOPBACK = "127.0.0.1"


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    parser = add_command(commands, "demo", _demo, says="run two guilds here and tell their story")
    parser.add_argument(
        "--once", action="store_true", help="end after the story instead of serving until Ctrl-C"
    )


async def _demo(arguments: argparse.Namespace) -> None:
    import asyncio
    from pathlib import Path
    from tempfile import TemporaryDirectory

    from fedirec.cli.logs import configure_logs
    from fedirec.cli.serving import stop_on_signals

    configure_logs(style="console", level="error")
    stop = stop_on_signals()
    with TemporaryDirectory(prefix="fedirec-demo-") as folder:
        async with asyncio.TaskGroup() as tasks:
            frame = await _open_guild(tasks, Path(folder), "Oak Frame Guild", stop)
            roof = await _open_guild(tasks, Path(folder), "Roofers' Co-op", stop)
            try:
                await _tell(arguments, frame, roof, stop)
            finally:
                stop.set()


async def _tell(
    arguments: argparse.Namespace, frame: "Federation", roof: "Federation", stop: "asyncio.Event"
) -> None:
    """Tell the story, or as much of it as there is time for before a signal."""
    import asyncio

    from fedirec.cli.demo_story import Story, tell

    async with asyncio.TaskGroup() as tasks:
        story = Story(arguments=arguments, frame=frame, roof=roof)
        telling = tasks.create_task(tell(story))
        stopping = tasks.create_task(stop.wait())
        await asyncio.wait((telling, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not telling.done():
            telling.cancel()
        elif telling.exception() is None and not arguments.once:
            story.say("Both guilds stay open: look around. Ctrl-C closes them and tidies up.")
            await stop.wait()
        stopping.cancel()


async def _open_guild(
    tasks: "asyncio.TaskGroup", folder: "Path", title: str, stop: "asyncio.Event"
) -> "Federation":
    """Serve one more guild on a free port, in a folder of its own; return it once it answers."""
    import asyncio
    import socket

    from fedirec.server import serve

    listener = socket.create_server((LOOPBACK, 0))
    settings = _settings(folder, title, listener)
    opened: asyncio.Future[Federation] = asyncio.get_running_loop().create_future()
    tasks.create_task(serve(settings, stop=stop, ready=opened.set_result, listener=listener))
    return await opened


def _settings(folder: "Path", title: str, listener: "socket.socket") -> "Settings":
    from fedirec.config import build_settings

    port = listener.getsockname()[1]
    return build_settings(
        {
            "domain": f"{LOOPBACK}:{port}",
            "host": f"http://{LOOPBACK}:{port}",
            "title": title,
            "data": folder / str(port),
            "listen": f"{LOOPBACK}:{port}",
            "test_network": f"{LOOPBACK}/32",
            # nobody who watches wants to wait a minute, and both guilds are one minute old
            "limits": {"announce_delay": "0s", "new_host_age": "0s"},
        },
        heeds_environment=False,
    )
