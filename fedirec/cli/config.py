"""`fedirec config check`: what this instance would run with."""

import argparse
import sys

from fedirec.cli.arguments import Commands, add_command, add_group, show


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    group = add_group(commands, "config", says="look at the settings")
    add_command(group, "check", _check, says="check the settings and print them, secrets masked")


async def _check(arguments: argparse.Namespace) -> None:
    import os

    from fedirec.config import load_settings, settings_file, unknown_variables

    settings = load_settings()
    path = settings_file()
    where = str(path) if path.is_file() else f"{path} (not there; environment alone)"
    show(arguments, {"id": "FEDIREC_CONFIG", "value": where}, f"FEDIREC_CONFIG = {where}")
    for name, value in settings.masked().items():
        show(arguments, {"id": name, "value": value}, f"{name} = {value}")
    for name in unknown_variables(os.environ):
        print(f"fedirec: {name} is not a setting and has no effect", file=sys.stderr)
