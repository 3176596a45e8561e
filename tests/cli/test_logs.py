"""What is logged: one line an event, nothing secret, nothing that steers a terminal."""

import errno
import io
import json
import logging

import pytest
import structlog

from fedirec.cli.logs import configure_logs

SECRETS = ("authorization", "cookie", "password", "private_key", "client_secret", "access_token")


@pytest.mark.rule("OP-05")
@pytest.mark.parametrize("name", SECRETS)
def test_what_nobody_should_read_is_masked(keeper, name):
    configure_logs(style="json", level="info")

    structlog.get_logger("test").info("request.refused", host="peer.example", **{name: "hush"})

    event = json.loads(keeper.capture.readouterr().err)
    assert event[name] == "****"
    assert event["host"] == "peer.example"


@pytest.mark.rule("OP-05")
@pytest.mark.parametrize("style", ["json", "console"])
def test_a_remote_text_cannot_forge_a_line_or_steer_the_terminal(keeper, style):
    configure_logs(style=style, level="info")

    structlog.get_logger("test").info("seen", name="a\r\nb \x1b[31mred\x07 \u2028 c\x9b1m")

    (line,) = keeper.capture.readouterr().err.removesuffix("\n").split("\n")
    assert not any(ord(character) < 32 or 127 <= ord(character) < 160 for character in line)
    assert "\u2028" not in line


def test_an_event_has_its_name_level_time_and_fields(keeper):
    configure_logs(style="json", level="info")

    structlog.get_logger("fedirec.test").info("delivery.done", host="peer.example", attempt=2)

    event = json.loads(keeper.capture.readouterr().err)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "delivery.done",
        "level": "info",
        "logger": "fedirec.test",
        "host": "peer.example",
        "attempt": 2,
    }


def test_people_get_a_short_line(keeper):
    configure_logs(style="console", level="info")

    structlog.get_logger("test").warning("peer.down", host="peer.example")

    assert keeper.capture.readouterr().err[8:] == " warning peer.down host=peer.example\n"


def test_a_traceback_keeps_its_lines_and_nothing_else_does(keeper):
    configure_logs(style="console", level="info")

    try:
        json.loads("{}")["a\x1b[0m shelf"]
    except KeyError:
        structlog.get_logger("test").exception("worker.failed", note="one\ntwo")

    said = keeper.capture.readouterr().err
    assert "note=one\\ntwo\nTraceback (most recent call last):\n" in said
    assert said.isprintable() or "\x1b" not in said


def test_the_library_below_logs_the_same_way(keeper):
    configure_logs(style="json", level="warning")

    logging.getLogger("aiohttp.server").info("quiet")
    logging.getLogger("aiohttp.server").error("Error handling request %s", "line\nbreak")

    event = json.loads(keeper.capture.readouterr().err)
    assert (event["level"], event["logger"]) == ("error", "aiohttp.server")
    assert event["event"] == "Error handling request line\nbreak"


def test_setting_up_twice_writes_once(keeper):
    configure_logs(style="json", level="info")
    configure_logs(style="json", level="info")

    structlog.get_logger("test").info("once")

    assert len(keeper.capture.readouterr().err.splitlines()) == 1


class FullDisk(io.StringIO):
    """A file that takes nothing any more."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.rule("RX-12")
@pytest.mark.parametrize("style", ["json", "console"])
def test_a_log_that_cannot_be_written_fails_nothing(keeper, style, monkeypatch):
    configure_logs(style=style, level="info")
    monkeypatch.setattr("sys.stderr", FullDisk())

    structlog.get_logger("test").info("lost", host="peer.example")
    monkeypatch.undo()
    structlog.get_logger("test").info("kept", host="peer.example")

    assert "kept" in keeper.capture.readouterr().err
