"""What is remembered of fetches that failed."""

import weakref
from datetime import UTC, datetime, timedelta

import pytest

from fedirec.errors import RemoteUnavailableError
from fedirec.federation.fetch_ledger import FetchLedger

NOW = datetime(2026, 5, 4, tzinfo=UTC)


class Request:
    """What an error's frames hold on to: bodies, connections."""


def connect(request: Request) -> None:
    raise OSError(f"refused {type(request).__name__}")


def fail(request: Request) -> None:
    try:
        connect(request)
    except OSError as error:
        raise RemoteUnavailableError("nobody answers") from error


@pytest.mark.rule("RX-05")
def test_a_remembered_failure_holds_on_to_its_words_and_to_nothing_it_happened_in():
    ledger, request = FetchLedger(), Request()
    held = weakref.ref(request)

    try:
        fail(request)
    except RemoteUnavailableError as error:
        ledger.note_failure("key", error, until=NOW + timedelta(minutes=1))
    del request

    assert held() is None
    assert str(ledger.find_failure("key", now=NOW)) == "nobody answers"
    assert ledger.find_failure("key", now=NOW + timedelta(minutes=1)) is None
