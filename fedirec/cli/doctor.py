"""`fedirec doctor`: looks at everything that can be wrong, and says what to do."""

import argparse
from typing import TYPE_CHECKING

from fedirec.cli.arguments import Commands, add_command, show

if TYPE_CHECKING:
    from fedirec.community.checkup import Finding


def add_commands(commands: "Commands[argparse.ArgumentParser]") -> None:
    """Declare the commands of this file."""
    add_command(commands, "doctor", _doctor, says="check this instance, and say what to do")


async def _doctor(arguments: argparse.Namespace) -> None:
    """Print every finding; fail when something is wrong."""
    from datetime import UTC, datetime

    from fedirec.cli.checkup import check_all
    from fedirec.cli.logs import configure_logs
    from fedirec.community.checkup import Finding
    from fedirec.config import load_settings
    from fedirec.errors import ConfigurationError

    configure_logs(style="console", level="error")
    count = 0
    try:
        settings = load_settings()
    except ConfigurationError as error:
        _tell(arguments, Finding(id="settings", says="cannot be used", todo=str(error)))
        count += 1
    else:
        async for finding in check_all(settings, datetime.now(UTC)):
            _tell(arguments, finding)
            count += finding.state == "wrong"
    if count:
        things = "thing is" if count == 1 else "things are"
        message = f"{count} {things} wrong: do as it says above, then ask again"
        raise ConfigurationError(message)


def _tell(arguments: argparse.Namespace, finding: "Finding") -> None:
    record = {
        "id": finding.id,
        "state": finding.state,
        "says": finding.says,
        "todo": finding.todo,
    }
    text = f"{finding.state:6} {finding.id:12} {finding.says}"
    show(arguments, record, f"{text}\n       {'':12} → {finding.todo}" if finding.todo else text)
