"""`fedirec queue`: what waits to be sent, what failed, and a keeper's hand on it."""

import argparse
from collections.abc import Awaitable
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, add_group, show

if TYPE_CHECKING:
    from fedirec.storage.database import Page, Reader
    from fedirec.storage.queue_lists import QueuedDelivery
    from fedirec.storage.queue_steering import Choice

PAGE = 500


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    group = add_group(commands, "queue", says="see and steer what waits to be sent")
    for name, says in (
        ("list", "list what is not delivered yet, newest first"),
        ("dead", "list what was given up"),
    ):
        parser = add_command(group, name, _list, says=says)
        _add_choice(parser)
        parser.set_defaults(which=name)
    parser = add_command(group, "show", _show, says="show where one activity went and waits")
    parser.add_argument("activity", metavar="ACTIVITY", help="its id")
    add_command(group, "shape", _shape, says="count what waits, by host and age")
    for name, says in (
        ("flush", "try at once what waits for its next try"),
        ("retry", "begin anew with what was given up"),
        ("hold", "put aside what waits, until it is released"),
        ("release", "let go on what was put aside"),
        ("cancel", "end what was not delivered yet, for good"),
    ):
        parser = add_command(group, name, _steer, says=says)
        _add_choice(parser)
        parser.add_argument("--all", action="store_true", help="everything; else name a part")
        parser.set_defaults(act=name)


def _add_choice(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("activity", metavar="ACTIVITY", nargs="?", help="the id of one activity")
    parser.add_argument("--host", metavar="H", help="what goes to one host")


def _choice(arguments: argparse.Namespace) -> "Choice":
    from fedirec.domain.origins import parse_host
    from fedirec.storage.queue_steering import Choice

    host = parse_host(arguments.host) if arguments.host else None
    return Choice(host=host, activity_id=arguments.activity)


async def _list(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.storage.queue_steering import FAILED, UNFINISHED

    choice = _choice(arguments)
    async with open_here() as federation, federation.database.reading() as reader:
        for state in UNFINISHED if arguments.which == "list" else FAILED:
            await _show_all(arguments, reader, choice, state=state)


async def _show(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.errors import NotFoundError
    from fedirec.storage.queue_steering import Choice

    choice = Choice(activity_id=arguments.activity)
    async with open_here() as federation, federation.database.reading() as reader:
        count = await _show_all(arguments, reader, choice)
    if not count:
        message = f"{arguments.activity} goes nowhere: see `fedirec queue list` for what does"
        raise NotFoundError(message)


async def _show_all(
    arguments: argparse.Namespace, reader: "Reader", choice: "Choice", *, state: str | None = None
) -> int:
    """Print every delivery that is chosen, and return how many they were."""
    from fedirec.cli.paging import all_of
    from fedirec.storage.queue_lists import list_deliveries

    def list_page(cursor: str | None) -> "Awaitable[Page[QueuedDelivery]]":
        return list_deliveries(
            reader,
            state=state,
            host=choice.host,
            activity_id=choice.activity_id,
            before=cursor,
            limit=PAGE,
        )

    count = 0
    async for delivery in all_of(list_page):
        _show_delivery(arguments, delivery)
        count += 1
    return count


async def _shape(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.storage.queue_steering import list_shape

    async with open_here() as federation, federation.database.reading() as reader:
        shapes = await list_shape(reader, federation.now())
    if not arguments.json:
        print(f"{'host':40} {'total':>6} {'<5 min':>6} {'<1 h':>6} {'<1 d':>6} {'older':>6}")
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
        text = f"{shape.host:40} {shape.total:6} {shape.under_5_minutes:6} {shape.under_1_hour:6}"
        show(arguments, record, f"{text} {shape.under_1_day:6} {shape.older:6}")


async def _steer(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.errors import InvalidInputError
    from fedirec.storage import queue_steering

    if not (arguments.all or arguments.host or arguments.activity):
        message = f"say which: `fedirec queue {arguments.act}` takes an ACTIVITY, --host H or --all"
        raise InvalidInputError(message)
    choice = _choice(arguments)
    async with open_here() as federation:
        now = federation.now()
        async with federation.database.transaction() as transaction:
            match arguments.act:
                case "flush":
                    count = await queue_steering.hurry(transaction, choice, now)
                case "retry":
                    count = await queue_steering.try_again(transaction, choice, now)
                case "hold":
                    count = await queue_steering.hold(transaction, choice)
                case "release":
                    count = await queue_steering.release(transaction, choice, now)
                case _:
                    count = await queue_steering.cancel(transaction, choice, now)
    show(arguments, {"act": arguments.act, "count": count}, f"{arguments.act}: {count} deliveries")


def _show_delivery(arguments: argparse.Namespace, delivery: "QueuedDelivery") -> None:
    record = {
        "id": delivery.activity_id,
        "inbox": delivery.inbox,
        "host": delivery.host,
        "state": delivery.state,
        "attempt": delivery.attempt,
        "next_at": delivery.next_at,
        "expires_at": delivery.expires_at,
        "last_class": delivery.last_class,
        "last_status": delivery.last_status,
        "last_detail": delivery.last_detail,
    }
    last = f", last {delivery.last_class} {delivery.last_status or ''}".rstrip()
    text = (
        f"{delivery.state:9} {delivery.activity_id}\n"
        f"          to {delivery.inbox}, attempt {delivery.attempt}"
        f"{last if delivery.last_class else ''}, next {delivery.next_at:%Y-%m-%d %H:%M}"
    )
    show(arguments, record, text)
