"""How this process logs: one line an event, to standard error, safe in a terminal (OP-05)."""

import logging
import re
import sys
from contextlib import suppress
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_SECRET: Final = re.compile(
    r"authorization|cookie|password|private|secret|signature|token", re.IGNORECASE
)
_CONTROL: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def configure_logs(*, style: str, level: str) -> None:
    """Send this process's logs to standard error.

    Args:
        style: `json`, or `console` for people.
        level: The lowest level that is written.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer() if style == "json" else render_for_people
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        # what is below the level costs next to nothing
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                mask_secrets,
                renderer,
            ],
        )
    )
    _install(handler, level)


def _install(handler: "StandardError", level: str) -> None:
    """Put the handler in the place of any of its kind; what libraries say goes through it too."""
    root = logging.getLogger()
    root.handlers[:] = [
        *(other for other in root.handlers if not isinstance(other, StandardError)),
        handler,
    ]
    root.setLevel(level.upper())
    # it would tell with a traceback what our own line says once, when a database is away
    logging.getLogger("asyncpg.pool").setLevel(logging.CRITICAL)


class StandardError(logging.Handler):
    """Writes to what is standard error at that moment; a process has one of these."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one event; a log that takes nothing, on a full disk, must not fail a request."""
        line = self.format(record)
        with suppress(OSError):
            print(line, file=sys.stderr, flush=True)


def mask_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace values whose name says that they are nobody's business."""
    return {name: "****" if _SECRET.search(name) else value for name, value in event.items()}


def render_for_people(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    """Return `12:00:00 warning event name=value`; our own, since structlog's loads rich.

    Control characters are written out, so that nothing remote can forge a line or move the cursor;
    only a traceback keeps its lines.
    """
    time = str(event.pop("timestamp", ""))[11:19]
    level, name = event.pop("level", ""), event.pop("event", "")
    traceback = event.pop("exception", None)
    event.pop("logger", None)
    rest = " ".join(f"{key}={value}" for key, value in event.items())
    line = _escaped(f"{time} {level:<7} {name} {rest}".rstrip()).replace("\n", "\\n")
    return f"{line}\n{_escaped(str(traceback))}" if traceback else line


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
