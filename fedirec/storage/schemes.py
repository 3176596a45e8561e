"""How hosts want requests signed, as was learnt by knocking: kept with what is known of a host."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fedirec.domain.actors import Host
from fedirec.storage.database import Reader, Transaction, to_microseconds
from fedirec.storage.statements import in_chunks, instant, listed, text

_HABITS: Final = "select host, scheme, scheme_at from peers where scheme is not null and host in "


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """The scheme that a host took, at `learnt_at`."""

    scheme: str
    learnt_at: datetime


async def find_habits(reader: Reader, hosts: Sequence[Host]) -> dict[str, Habit]:
    """Return the habits of those of these hosts that have one."""
    found: dict[str, Habit] = {}
    for chunk in in_chunks(hosts):
        places, parameters = listed("host", chunk)
        rows = await reader.fetch_all(
            f"{_HABITS}{places}",
            parameters,
        )
        for row in rows:
            habit = Habit(scheme=text(row, "scheme"), learnt_at=instant(row, "scheme_at"))
            found[text(row, "host")] = habit
    return found


async def set_scheme(
    transaction: Transaction, host: Host, scheme: str | None, now: datetime
) -> None:
    """Remember how a host, which was seen, wants requests signed; None forgets it."""
    await transaction.execute(
        "update peers set scheme = :scheme, scheme_at = :now where host = :host",
        {"host": host, "scheme": scheme, "now": to_microseconds(now)},
    )
