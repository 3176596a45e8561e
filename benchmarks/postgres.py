"""A PostgreSQL cluster of this run's own, with its default settings, on a unix socket."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LOGIN: Final = "fedirec"


def why_no_postgresql() -> str:
    """Say that it is missing, or nothing."""
    return "" if _program("initdb") else "no PostgreSQL was found"


@contextmanager
def cluster(folder: Path) -> Iterator[Path]:
    """Run a cluster for the length of the block; yields the folder of its socket."""
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        account = _account()
        os.chown(folder, account.pw_uid, account.pw_gid)
        for above in folder.parents[:2]:
            above.chmod(0o755)
    _run("initdb", "-D", str(folder), "-U", _LOGIN, "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}'"
    log = str(folder / "log")
    _run("pg_ctl", "start", "-D", str(folder), "-w", "-s", "-l", log, "-o", options)
    try:
        yield folder
    finally:
        _run("pg_ctl", "stop", "-D", str(folder), "-m", "fast", "-s")


def make_database(socket: Path, name: str) -> str:
    """Make an empty database and return its address."""
    _run("createdb", "-h", str(socket), "-U", _LOGIN, name)
    return f"postgresql://{_LOGIN}@/{name}?host={socket}"


def _run(program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs, which refuse to work for root."""
    command = [str(_program(program)), *arguments]
    if os.geteuid() == 0:
        account = _account()
        user = [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        command = ["setpriv", *user, *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/", timeout=60)


def _account() -> pwd.struct_passwd:
    names = {account.pw_name: account for account in pwd.getpwall()}
    return names.get("postgres") or names["nobody"]


def _program(name: str) -> str | None:
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    return shutil.which(name) or (str(installed[-1]) if installed else None)
