"""What the journeys need, in one explicit value; built once by `server.py` or a command.

Clock and dice are functions handed in, so that tests own them. Two instances in one process are
two of these.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from fedirec.activitypub.identifiers import Instance, Mint
from fedirec.domain.limits import Limits
from fedirec.federation.counts import Counts
from fedirec.federation.fetch_ledger import FetchLedger
from fedirec.federation.key_cache import KeyCache
from fedirec.federation.short_memory import ShortMemory
from fedirec.federation.signing_desk import SigningDesk
from fedirec.storage.database import Database
from fedirec.storage.outbox_posts import OutboxPost
from fedirec.storage.space import SpaceWatch
from fedirec.transport.protocol import Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Federation:
    """One instance's means: where it is, what it keeps, how it reaches others, clock and dice.

    `wake` tells the workers that something new waits; it may be called at any time and returns at
    once. `is_allow_list` admits only hosts listed as allowed; `is_authorized_fetch` asks every
    reader of activity JSON for a signature. `ledger` keeps fetching within bounds, `desk` signs
    what is delivered. `counts` is what this process did, for `/metrics`. `memory` is what the
    database said a second ago. `space` is asked before anything new is taken in. `post` is what a
    client asked for by a key. `hashing` lets two passwords be hashed at a time.
    """

    instance: Instance
    database: Database
    transport: Transport
    keys: KeyCache
    limits: Limits
    now: Callable[[], datetime]
    randomness: Callable[[int], bytes]
    wake: Callable[[], None]
    is_allow_list: bool = False
    is_authorized_fetch: bool = False
    ledger: FetchLedger = field(default_factory=FetchLedger)
    desk: SigningDesk = field(default_factory=SigningDesk)
    counts: Counts = field(default_factory=Counts)
    memory: ShortMemory = field(default_factory=lambda: ShortMemory(time.monotonic))
    space: SpaceWatch = field(default_factory=lambda: SpaceWatch(Path()))
    post: OutboxPost | None = None
    hashing: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(2))

    def mint(self) -> Mint:
        """New ids, made now."""
        return Mint(instance=self.instance, now=self.now(), randomness=self.randomness)
