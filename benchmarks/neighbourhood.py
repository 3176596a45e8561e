"""The hosts elsewhere, started: who signs, who takes deliveries, who hangs, who is dead."""

import json
import sys
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.mail import Signer
from benchmarks.processes import free_port, running, wait_for_port

MOST_HOSTS: Final = 1_000
_HOSTS_OF_A_NET: Final = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What the hosts elsewhere took since they were told to forget.

    `distinct` are pairs of inbox and body; `last_at` is the monotonic clock at each host's last.
    """

    deliveries: int
    distinct: int
    by_host: Mapping[str, int]
    last_at: Mapping[str, float]
    most_in_flight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """Which hosts, by their numbers, never answer, and which take their time."""

    hanging: Sequence[int] = ()
    slow: Sequence[int] = ()
    slow_seconds: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbourhood:
    """The running hosts, all on one port, each with an address of its own."""

    port: int
    hosts: tuple[str, ...]

    def authority(self, place: int) -> str:
        """Return `address:port` of a host by its number; those past `hosts` are dead."""
        return f"{address(place)}:{self.port}"

    def counts(self) -> Counts:
        """Return what came."""
        return self._ask("counts")

    def forget(self) -> Counts:
        """Return what came, and count from nothing again."""
        return self._ask("forget")

    def _ask(self, what: str) -> Counts:
        with urllib.request.urlopen(f"http://{self.hosts[0]}:{self.port}/{what}") as answer:
            return Counts(**json.load(answer))


def address(place: int) -> str:
    """Return the loopback address of host number `place`, from 0: from 127.0.1.1."""
    if not 0 <= place < MOST_HOSTS:
        message = f"there are {MOST_HOSTS} hosts, and no number {place}"
        raise ValueError(message)
    return f"127.0.{1 + place // _HOSTS_OF_A_NET}.{1 + place % _HOSTS_OF_A_NET}"


@contextmanager
def neighbourhood(
    folder: Path,
    *,
    hosts: int,
    signers: Sequence[Signer] = (),
    port: int | None = None,
    manners: Manners | None = None,
) -> Iterator[Neighbourhood]:
    """Run the first so many hosts for the length of the block; they mind their manners."""
    port, manners = port or free_port(), manners or Manners()
    places = tuple(address(place) for place in range(hosts))
    config, log = folder / "elsewhere.json", folder / "elsewhere.log"
    said = {
        "port": port,
        "hosts": places,
        "people": {signer.name: signer.pem for signer in signers},
        "hanging": [address(place) for place in manners.hanging],
        "slow": [address(place) for place in manners.slow],
        "slow_seconds": manners.slow_seconds,
    }
    config.write_text(json.dumps(said))
    with running([sys.executable, "-m", "benchmarks.elsewhere", str(config)], log=log) as child:
        wait_for_port(child, port, log=log, address=places[-1])
        yield Neighbourhood(port=port, hosts=places)
