"""`fedirec init`: founds an instance, once."""

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, show

if TYPE_CHECKING:
    from pathlib import Path

    from fedirec.config import Settings

_HEADING = """\
# The settings of this guild; docs/settings.md lists them all. The environment wins over this file.
# domain, host and guild are for ever: every id and key hangs on them.
"""
_LINKS = (
    "\nLater, `fedirec member token NAME` prints a token with which an app can act as that member."
)


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    parser = add_command(
        commands, "init", _init, says="found an instance: settings, data folder, keys, database"
    )
    parser.add_argument(
        "--domain", metavar="D", help="the domain in handles: @ada@DOMAIN; can never change"
    )
    parser.add_argument(
        "--host", metavar="H", help="the host in ids and pages, if not the domain itself"
    )
    parser.add_argument("--name", metavar="N", help="what people call the guild")
    parser.add_argument("--guild", metavar="G", help="the guild's own name in its handle (guild)")
    parser.add_argument("--admin", metavar="A", help="name of the first admin")
    parser.add_argument(
        "--allow-list", action="store_true", help="talk only to hosts that were allowed"
    )


async def _init(arguments: argparse.Namespace) -> None:
    from fedirec.config import load_settings, settings_file
    from fedirec.errors import ConfigurationError

    path = settings_file()
    if path.exists():
        message = f"{path} is there already: this instance was founded; edit it, or move it away"
        raise ConfigurationError(message)
    values = _answers(arguments)
    _write(path, values)
    try:
        settings = load_settings()
        admin = await _found(settings, values.get("admin"))
    except BaseException:
        # half an instance would refuse the next try
        path.unlink()
        raise
    _tell(arguments, settings, path, admin)


def _answers(arguments: argparse.Namespace) -> dict[str, str]:
    """Return what the command line says, asking for what it leaves out if somebody is there."""
    import os

    from fedirec.errors import ConfigurationError

    given = {
        name: str(value)
        for name in ("domain", "host", "name", "guild", "admin")
        if (value := getattr(arguments, name))
    }
    given.setdefault("domain", os.environ.get("FEDIREC_DOMAIN", ""))
    if sys.stdin.isatty():
        _ask_for_missing(given, arguments, input)
    if not given["domain"]:
        message = "say which domain handles shall have: `fedirec init --domain guild.example`"
        raise ConfigurationError(message)
    if arguments.allow_list:
        given["allow_list"] = "true"
    return given


def _ask_for_missing(
    given: dict[str, str], arguments: argparse.Namespace, ask: Callable[[str], str]
) -> None:
    if not given["domain"]:
        given["domain"] = ask("Domain in handles, for ever (guild.example): ").strip()
        host = ask(f"Host in ids and pages, for ever ({given['domain']}): ").strip()
        given |= {"host": host} if host else {}
    if "name" not in given:
        given["name"] = ask("What people call this guild (A guild): ").strip() or "A guild"
    if "admin" not in given and (admin := ask("Name of the first admin (none yet): ").strip()):
        given["admin"] = admin
    if not arguments.allow_list:
        answer = ask("Talk to every server, or only to those you allow? (every/allow): ")
        arguments.allow_list = answer.strip().lower().startswith("a")


def _write(path: "Path", values: dict[str, str]) -> None:
    """Write the settings file, readable by its owner alone (OP-04)."""
    import json
    import os

    lines = [f"domain = {json.dumps(values['domain'])}"]
    lines += [
        f"{setting} = {json.dumps(values[name], ensure_ascii=False)}"
        for name, setting in (("host", "host"), ("name", "title"), ("guild", "guild"))
        if name in values
    ]
    lines += ['data = "data"'] if "FEDIREC_DATA" not in os.environ else []
    lines += ["allow_list = true"] if "allow_list" in values else []
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(_HEADING + "\n".join(lines) + "\n")


async def _found(settings: "Settings", admin: str | None) -> tuple[str, str] | None:
    """Make the instance, and its first admin if one is named; return their page and their link."""
    from fedirec.cli.logs import configure_logs
    from fedirec.community.invitations import create_invite
    from fedirec.community.membership import add_member
    from fedirec.server import open_federation

    configure_logs(style="console", level="error")
    async with open_federation(settings, is_founding=True) as federation:
        if admin is None:
            return None
        member = await add_member(federation, admin, display_name=admin, is_admin=True)
        invite = await create_invite(federation, for_name=member.name)
        return federation.instance.profile_url(member.name), invite.link


def _tell(
    arguments: argparse.Namespace,
    settings: "Settings",
    path: "Path",
    admin: tuple[str, str] | None,
) -> None:
    instance = settings.instance()
    text = f"{instance.title} is founded: @{instance.guild_name}@{instance.domain}\n"
    text += f"settings  {path}\ndata      {settings.data}\n"
    if admin is not None:
        text += f"admin     {admin[0]}\nlink      {admin[1]}\n"
        text += "The link lets the admin choose a password, once, within seven days.\n"
    if instance.host != instance.domain:
        text += (
            f"Let {instance.domain} send /.well-known/webfinger, /.well-known/host-meta and "
            f"/.well-known/nodeinfo on to {instance.host}, or nobody finds your members.\n"
        )
    text += "Next: `fedirec serve`" + (
        ", then open the link" if admin else ", then `fedirec member add NAME`"
    )
    record = {
        "id": instance.guild_id,
        "domain": instance.domain,
        "host": instance.host,
        "settings": str(path),
        "admin": admin[0] if admin else None,
        "link": admin[1] if admin else None,
    }
    show(arguments, record, text + _LINKS)
