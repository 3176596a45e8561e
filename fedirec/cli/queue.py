"""`fedirec queue`: what waits to be sent and to be handled, what failed, and a keeper's hand on it.

An activity of ours is named by its id, which is a URL; what was received by the number we gave it.
So an id from any list works in any command.
"""

import argparse
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, add_group, show

if TYPE_CHECKING:
    from fedirec.storage.queue_steering import HostShape

_RECEIVED = "what was received, in place of what is sent"
_RECEIVED_WORDS = ("received activity", "received activities")
_DELIVERY_WORDS = ("delivery", "deliveries")


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    group = add_group(commands, "queue", says="see and steer what waits to be sent or handled")
    parser = add_command(group, "list", _list, says="list what is not done yet, newest first")
    _add_choice(parser, is_of_both=True)
    parser = add_command(group, "dead", _dead, says="list what was given up, sent or received")
    _add_choice(parser, is_of_both=True)
    parser = add_command(group, "show", _show, says="show where one activity went and waits")
    parser.add_argument("id", metavar="ID", help="of an activity of ours, or of one received")
    parser = add_command(group, "shape", _shape, says="count what waits, by host and age")
    parser.add_argument("--received", action="store_true", help=_RECEIVED)
    for name, says, is_of_both in (
        ("flush", "try at once what waits for its next try", True),
        ("retry", "begin anew with what was given up", True),
        ("hold", "put aside what waits to be sent, until it is released", False),
        ("release", "let go on what was put aside", False),
        ("cancel", "end what is not done yet, or is dead, for good", True),
    ):
        parser = add_command(group, name, _steer, says=says)
        _add_choice(parser, is_of_both=is_of_both)
        parser.add_argument("--all", action="store_true", help="everything; else name a part")
        parser.set_defaults(act=name)


def _add_choice(parser: argparse.ArgumentParser, *, is_of_both: bool) -> None:
    parser.add_argument("id", metavar="ID", nargs="?", help="as a list shows it")
    parser.add_argument("--host", metavar="H", help="what goes to one host, or came from it")
    if is_of_both:
        parser.add_argument("--received", action="store_true", help=_RECEIVED)
    else:
        parser.set_defaults(received=False)


def _is_about_received(arguments: argparse.Namespace) -> bool:
    """Whether the command is about what was received: it says so, or its id does."""
    return arguments.received or (arguments.id is not None and "/" not in arguments.id)


def _host(arguments: argparse.Namespace) -> str | None:
    from fedirec.domain.origins import parse_host

    return parse_host(arguments.host) if arguments.host else None


async def _list(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.cli.queue_printing import Printing
    from fedirec.storage import queue_steering, received_steering

    async with open_here() as federation, federation.database.reading() as reader:
        printing = Printing(arguments=arguments, reader=reader, now=federation.now())
        if _is_about_received(arguments):
            for state in received_steering.UNFINISHED:
                await printing.received(state=state, host=_host(arguments), id_=arguments.id)
            return
        for sent in queue_steering.UNFINISHED:
            await printing.deliveries(state=sent, host=_host(arguments), id_=arguments.id)


async def _dead(arguments: argparse.Namespace) -> None:
    """List what was given up, of both: either needs a keeper."""
    from fedirec.cli.opening import open_here
    from fedirec.cli.queue_printing import Printing
    from fedirec.domain.queue_states import ReceivedState
    from fedirec.storage.queue_steering import FAILED

    async with open_here() as federation, federation.database.reading() as reader:
        printing = Printing(arguments=arguments, reader=reader, now=federation.now())
        if not _is_about_received(arguments):
            for state in FAILED:
                await printing.deliveries(state=state, host=_host(arguments), id_=arguments.id)
        await printing.received(state=ReceivedState.DEAD, host=_host(arguments), id_=arguments.id)


async def _show(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.cli.queue_printing import Printing
    from fedirec.errors import NotFoundError

    async with open_here() as federation, federation.database.reading() as reader:
        printing = Printing(
            arguments=arguments, reader=reader, now=federation.now(), is_in_full=True
        )
        count = await printing.deliveries(id_=arguments.id)
        count += await printing.received(id_=arguments.id)
    if not count:
        message = f"{arguments.id} goes nowhere: see `fedirec queue list` for what does"
        raise NotFoundError(message)


async def _shape(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.storage.queue_steering import list_shape
    from fedirec.storage.received_steering import list_received_shape

    lister = list_received_shape if arguments.received else list_shape
    async with open_here() as federation, federation.database.reading() as reader:
        shapes = await lister(reader, federation.now())
    if not arguments.json:
        print(f"{'host':40} {'total':>6} {'<5 min':>6} {'<1 h':>6} {'<1 d':>6} {'older':>6}")
        print(_shape_line("TOTAL", shapes))
    for shape in shapes:
        record = {
            "id": shape.host,
            "total": shape.total,
            "under_5_minutes": shape.under_5_minutes,
            "under_1_hour": shape.under_1_hour,
            "under_1_day": shape.under_1_day,
            "older": shape.older,
            "oldest_at": shape.oldest_at,
        }
        show(arguments, record, _shape_line(shape.host, [shape]))


def _shape_line(name: str, shapes: "list[HostShape]") -> str:
    counts = (
        sum(shape.total for shape in shapes),
        sum(shape.under_5_minutes for shape in shapes),
        sum(shape.under_1_hour for shape in shapes),
        sum(shape.under_1_day for shape in shapes),
        sum(shape.older for shape in shapes),
    )
    return f"{name:40} " + " ".join(f"{count:6}" for count in counts)


async def _steer(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.steering import Act, Steering, steer
    from fedirec.errors import InvalidInputError

    if not (arguments.all or arguments.host or arguments.id):
        message = f"say which: `fedirec queue {arguments.act}` takes an ID, --host H or --all"
        raise InvalidInputError(message)
    is_received = _is_about_received(arguments)
    steering = Steering(
        act=Act(arguments.act), is_received=is_received, host=_host(arguments), id=arguments.id
    )
    async with open_here() as federation:
        count = await steer(federation, steering, by=None)
    one, many = _RECEIVED_WORDS if is_received else _DELIVERY_WORDS
    record = {"id": arguments.id, "act": arguments.act, "of": many, "count": count}
    show(arguments, record, f"{arguments.act}: {count} {one if count == 1 else many}")
