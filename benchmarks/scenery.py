"""A founded guild with a member, and people elsewhere who write to it: the stage of an inbox."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.guild import Guild, add_members, new_guild
from benchmarks.ledger import Ledger
from benchmarks.load import write_requests
from benchmarks.mail import Letter, Pen, make_signers, signed
from benchmarks.neighbourhood import address, neighbourhood
from benchmarks.plan import Workshop
from benchmarks.processes import Child, free_port
from benchmarks.yardsticks import Played, play

ACCEPTED: Final = 202
SIGNERS: Final = 20
WARM_UP: Final = 200
MEMBER: Final = "ada"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenery:
    """The guild, what is stored of it, and who writes to it. `token` is the member's."""

    workshop: Workshop
    guild: Guild
    ledger: Ledger
    pen: Pen
    token: str

    @property
    def requests(self) -> Path:
        """The file that was played last."""
        return self.guild.folder / "requests"

    def play(self, server: Child, requests: Iterable[bytes], *, connections: int = 64) -> Played:
        """Play requests to the guild."""
        path = write_requests(self.requests, requests)
        return play(self.workshop.generator, path, server, self.guild.port, connections=connections)

    def send(self, server: Child, letters: Iterator[Letter], *, connections: int = 64) -> Played:
        """Sign letters, then play them to the guild's shared inbox."""
        return self.play(server, signed(letters, self.guild.place), connections=connections)

    def warm_up(self, server: Child) -> Played:
        """Let the server learn who writes to it, and wake up."""
        return self.send(server, self.pen.creates(WARM_UP))


@contextmanager
def scenery(workshop: Workshop, name: str) -> Iterator[Scenery]:
    """Found a guild and run the hosts of those who will write to it."""
    room = workshop.room(name)
    port = free_port()
    signers = make_signers([f"http://{address(place)}:{port}" for place in range(SIGNERS)])
    guild = new_guild(room / "guild")
    tokens = add_members(guild, [MEMBER])
    with neighbourhood(room, hosts=SIGNERS, signers=signers, port=port):
        yield Scenery(
            workshop=workshop,
            guild=guild,
            ledger=Ledger(guild),
            pen=Pen(signers),
            token=tokens[MEMBER],
        )


def miscounted(here: Scenery, played: Sequence[Played]) -> str:
    """Say what does not add up after these runs: answers that are no 202, rows that are missing."""
    for each in played:
        if not each.answers.all_are(ACCEPTED):
            return f"expected 202 for each of {each.answers.requests}: {each.answers.told()}"
    expected = sum(each.answers.requests for each in played)
    stored = here.ledger.count("received")
    return f"{expected} were accepted, and {stored} are stored" if stored < expected else ""
