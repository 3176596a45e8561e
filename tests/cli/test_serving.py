"""`serve` and `worker` as real processes: they open, answer, drain and leave."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def running(*words: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a command that stays, in the folder of an instance, for the block at the longest."""
    process = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "fedirec", *words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def leave(process: subprocess.Popen[str], how: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
    """Ask a process to end; return its exit code and its log."""
    process.send_signal(how)
    _, log = process.communicate(timeout=45)
    return process.returncode, log


def get(url: str) -> int:
    """Ask for a page; return the status."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - a loopback address
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def ready(process: subprocess.Popen[str]) -> dict[str, str]:
    """Wait for the line that says that it is open."""
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise AssertionError(process.communicate(timeout=10)[1])
    said: dict[str, str] = json.loads(line)
    return said


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_guild_opens_answers_and_leaves_in_order(guild, place, how):
    with running("serve", "--json", folder=guild.folder) as process:
        said = ready(process)
        status = get(f"{place}/healthz")
        code, log = leave(process, how)

    assert said["id"] == f"{place}/users/guild"
    assert status == 200
    assert code == 0, log
    events = [json.loads(line)["event"] for line in log.splitlines()]
    assert events[0] == "instance.ready"
    assert events[-2:] == ["instance.stopping", "instance.stopped"]


def test_the_first_time_it_says_what_is_for_ever(guild, place):
    host = place.removeprefix("http://")
    first, second = (said_until_it_leaves("serve", folder=guild.folder) for _ in range(2))

    assert f"is open at {place}/" in first[0]
    assert f"as @guild@{host}, with ids on {host}: both are for ever" in first[1]
    assert len(second) == 1


def said_until_it_leaves(*words: str, folder: Path) -> list[str]:
    """Run a command that stays until its first line; return all its lines."""
    with running(*words, folder=folder) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        return [first, *process.stdout.readlines()]


def test_commands_know_that_somebody_serves(guild, place):
    with running("serve", "--json", folder=guild.folder) as process:
        ready(process)
        ran = guild.run("follow", "ada", "@ida@nowhere.test")
        leave(process)

    assert "nobody serves" not in ran.err


def test_a_running_guild_shows_what_a_command_did(guild, place):
    with running("serve", "--json", folder=guild.folder) as process:
        ready(process)
        before = get(f"{place}/@cyd")
        guild.done("member", "add", "cyd")
        after = get(f"{place}/@cyd")
        leave(process)

    assert (before, after) == (404, 200)


def test_a_guild_founds_itself_from_the_environment_alone(keeper, place, quiet_environment):
    quiet_environment.setenv("FEDIREC_DOMAIN", place.removeprefix("http://"))

    with running("serve", "--json", folder=keeper.folder) as process:
        said = ready(process)
        status = get(f"{place}/users/guild")
        _, log = leave(process)

    assert status in {200, 406}
    assert said["is_first"]
    founded = json.loads(log.splitlines()[0])
    assert (founded["event"], founded["level"]) == ("instance.founded", "warning")
    assert founded["domain"] == said["domain"] == place.removeprefix("http://")
    assert (keeper.folder / "data" / "fedirec.db").is_file()


def test_a_guild_can_listen_on_a_unix_socket(guild, quiet_environment):
    path = guild.folder / "door"
    quiet_environment.setenv("FEDIREC_LISTEN", f"unix:{path}")

    with running("serve", "--json", folder=guild.folder) as process:
        ready(process)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(path))
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            answer = client.recv(100)
        leave(process)

    assert answer.startswith(b"HTTP/1.1 200 ")


def test_a_port_in_use_is_one_line(guild, free_port, place):
    with socket.create_server(("127.0.0.1", free_port)):
        done = subprocess.run(
            [sys.executable, "-m", "fedirec", "serve"],
            cwd=guild.folder,
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )

    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"fedirec: cannot listen on 127.0.0.1:{free_port}")


def test_a_worker_works_beside_and_leaves_in_order(guild):
    with running("worker", folder=guild.folder) as process:
        assert process.stderr is not None
        first = json.loads(process.stderr.readline())
        code, log = leave(process)

    assert first["event"] == "worker.ready"
    assert code == 0, log


def test_two_guilds_live_in_one_process_and_leave_no_descriptor(guild):
    before = open_descriptors()

    told = guild.run("demo", "--once")

    assert told.code == 0, told.err
    deadline = time.monotonic() + 30
    while open_descriptors() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert open_descriptors() <= before


def open_descriptors() -> int:
    """How many files and sockets this process holds open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_guild_is_founded_and_served_on_either_engine(
    keeper, place, empty_url, quiet_environment
):
    quiet_environment.setenv("FEDIREC_DATABASE", empty_url)
    keeper.done("init", "--domain", place.removeprefix("http://"), "--admin", "ada")

    with running("serve", "--json", folder=keeper.folder) as process:
        ready(process)
        status = get(f"{place}/@ada")
        leave(process)

    assert status == 200
    assert [record["name"] for record in keeper.done("member", "list").records] == ["ada"]
