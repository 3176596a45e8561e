"""`fedirec job` and `fedirec job close`: short notices of work."""

import argparse
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, a_day, add_command, end_of, show

if TYPE_CHECKING:
    from datetime import datetime

    from fedirec.domain.job_notes import JobDraft, Pay
    from fedirec.federation.context import Federation
    from fedirec.storage.members import Member


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    parser = add_command(commands, "job", _post, says="post a job note, as a member")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("--title", metavar="T", required=True)
    parser.add_argument("--words", metavar="T", required=True, help="what the work is")
    parser.add_argument(
        "--pay-min", metavar="N", help="pay is asked for unless the guild says otherwise"
    )
    parser.add_argument("--pay-max", metavar="N")
    parser.add_argument("--currency", metavar="C", help="three letters, such as EUR")
    parser.add_argument("--per", choices=("hour", "day", "month", "year", "project"))
    parser.add_argument("--place", metavar="P")
    parser.add_argument("--remote", choices=("no", "partly", "yes"), default="no")
    parser.add_argument("--skill", metavar="S", action="append", default=[], help="up to eight")
    parser.add_argument("--closes", metavar="DATE", type=a_day, help="YYYY-MM-DD (in 30 days)")
    parser.add_argument("--contact", metavar="URL", help="where to answer (the member)")
    parser.add_argument("--amend", metavar="NOTE_ID", help="put this in place of an open job note")
    parser = add_command(commands, "job close", _close, says="close a job note before its day")
    parser.add_argument("name", metavar="NAME")
    parser.add_argument("job", metavar="JOB", help="its id")
    parser.add_argument("--filled", action="store_true", help="somebody was found")


async def _post(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here, the_member
    from fedirec.community.job_notes import amend, post
    from fedirec.domain.actors import ObjectId

    async with open_here() as federation:
        member = await the_member(federation, arguments.name)
        draft = await _draft(arguments, federation, member)
        if arguments.amend is None:
            job_id = await post(federation, member.name, draft)
        else:
            job_id = ObjectId(arguments.amend)
            await amend(federation, member.name, job_id, draft)
        record = {"id": job_id, "title": draft.title, "closes_at": draft.closes_at}
        done = "posted" if arguments.amend is None else "changed"
        show(arguments, record, f"{done}, open until {draft.closes_at:%Y-%m-%d}: {job_id}")


async def _draft(
    arguments: argparse.Namespace, federation: "Federation", member: "Member"
) -> "JobDraft":
    from fedirec.domain.endorsements import Skill
    from fedirec.domain.job_notes import JobDraft, Remote

    return JobDraft(
        title=arguments.title,
        words=arguments.words,
        pay=_pay(arguments),
        place=arguments.place,
        remote=Remote(arguments.remote),
        skills=tuple(Skill(name=name) for name in arguments.skill),
        closes_at=await _closes_at(arguments, federation),
        contact=arguments.contact or member.actor_id,
        language=member.language,
    )


async def _closes_at(arguments: argparse.Namespace, federation: "Federation") -> "datetime":
    """Return the day that was said, or the one a note that is changed has, or the usual one."""
    from fedirec.storage.job_notes import find_job

    if arguments.closes:
        return end_of(arguments.closes)
    if arguments.amend is not None:
        async with federation.database.reading() as reader:
            stored = await find_job(reader, arguments.amend)
        if stored is not None:
            return stored.closes_at
    return federation.now() + federation.limits.job_lifetime


def _pay(arguments: argparse.Namespace) -> "Pay | None":
    """Return the pay that was stated, or None when none of it was."""
    from decimal import Decimal, InvalidOperation

    from fedirec.domain.job_notes import Pay, PayPer
    from fedirec.errors import InvalidInputError

    given = (arguments.pay_min, arguments.pay_max, arguments.currency, arguments.per)
    if not any(given):
        return None
    if not all(given):
        message = "pay needs --pay-min, --pay-max, --currency and --per together"
        raise InvalidInputError(message, field="pay")
    try:
        lowest, highest = Decimal(arguments.pay_min), Decimal(arguments.pay_max)
    except InvalidOperation as error:
        message = f"pay is two plain amounts, found {arguments.pay_min!r}, {arguments.pay_max!r}"
        raise InvalidInputError(message, field="pay") from error
    return Pay(
        minimum=lowest, maximum=highest, currency=arguments.currency, per=PayPer(arguments.per)
    )


async def _close(arguments: argparse.Namespace) -> None:
    from fedirec.cli.opening import open_here
    from fedirec.community.job_notes import close
    from fedirec.domain.actors import ObjectId

    async with open_here() as federation:
        await close(federation, arguments.name, ObjectId(arguments.job), is_filled=arguments.filled)
        status = "filled" if arguments.filled else "closed"
        show(arguments, {"id": arguments.job, "status": status}, f"{status}: {arguments.job}")
