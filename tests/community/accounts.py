"""Accounts on each engine: members with passwords, a clock to turn, addresses to come from."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pyotp

from fedirec.activitypub.identifiers import Instance
from fedirec.community import membership, second_factors, signing_in
from fedirec.community.attempts import Visitor
from fedirec.community.membership import KeyPair, NewMember
from fedirec.community.passwords import HASHER
from fedirec.community.second_factors import NewFactor
from fedirec.community.signing_in import SignedIn
from fedirec.domain.actors import Host
from fedirec.federation.context import Federation
from fedirec.federation.key_cache import KeyCache
from fedirec.signatures.keys import generate_ed25519, generate_rsa
from fedirec.storage import passwords
from fedirec.storage.database import Database, Row
from tests.community.guild import Clock
from tests.outgoing import loopback_transport, quick_limits

PASSWORD = "four oak pegs, well driven"
OTHER_PASSWORD = "the ridge beam went up at noon"
HOME = Visitor(address="192.0.2.1", label="Firefox on Linux")
ELSEWHERE = Visitor(address="198.51.100.7", label="Chrome on Windows")
_HASH = HASHER.hash(PASSWORD)
_PAIR = KeyPair(rsa=generate_rsa(), ed25519=generate_ed25519())

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """One instance without doors, and how a test moves it."""

    federation: Federation
    clock: Clock = field(default_factory=Clock)

    async def add(self, *names: str, is_admin: bool = False) -> None:
        """Add members whose password is `PASSWORD`."""
        async with self.federation.database.transaction() as transaction:
            for name in names:
                new = NewMember(name=name, is_admin=is_admin)
                await membership.insert_member(transaction, self.federation, new, _PAIR)
                await passwords.set_hash(transaction, name, _HASH, now=self.clock.now)

    async def sign_in(self, name: str, visitor: Visitor = HOME) -> SignedIn:
        """Sign a member in who has no second factor."""
        done = await signing_in.sign_in(self.federation, name, PASSWORD, visitor)
        assert isinstance(done, SignedIn)
        return done

    async def is_in(self, signed_in: SignedIn) -> bool:
        """Whether a session still opens something."""
        found = await signing_in.find_session(self.federation, signed_in.session_id)
        return found is not None

    async def give_app(self, signed_in: SignedIn) -> tuple[pyotp.TOTP, NewFactor]:
        """Give a member an authenticator app; its first code is used up, and half a minute gone."""
        offer = await second_factors.begin_totp(self.federation, signed_in.session)
        app = pyotp.TOTP(offer.secret)
        factor = await second_factors.confirm_totp(
            self.federation, signed_in.session, app.at(self.clock.now)
        )
        self.clock.forward(seconds=30)
        return app, factor

    async def rows(self, sql: str) -> list[Row]:
        """What stands in the database."""
        async with self.federation.database.reading() as reader:
            return list(await reader.fetch_all(sql))


@asynccontextmanager
async def open_house(database: Database) -> AsyncIterator[House]:
    """A guild in a database that is migrated and empty."""
    clock, transport = Clock(), loopback_transport()
    place = Host("guild.example")
    federation = Federation(
        instance=Instance(domain=place, host=place, title="Oak Frame Guild"),
        database=database,
        transport=transport,
        keys=KeyCache(),
        limits=quick_limits(),
        now=clock,
        randomness=secrets.token_bytes,
        wake=lambda: None,
    )
    yield House(federation=federation, clock=clock)
    await transport.close()


async def outcomes(*tries: Coroutine[Any, Any, Result]) -> list[Result | BaseException]:
    """Do all at once; return what each came to, errors too."""
    return await asyncio.gather(*tries, return_exceptions=True)
