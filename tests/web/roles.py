"""Who may knock where, in one table: every door, by everybody who may stand before it (AC-07).

`python -m tests.web.roles` writes the table anew; what changes in it is to be looked at.
"""

import asyncio
import re
import secrets
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from fedirec.community.secret_texts import digest_of
from fedirec.domain.actors import Host
from fedirec.storage.actors import save_actor
from fedirec.storage.visitors import VisitorSession, insert_visitor
from fedirec.web.page_routes import DOORS
from tests.storage.samples import an_actor
from tests.web.browser import Browser, forms_of, signed_in
from tests.web.home import Home, open_home

TABLE = Path(__file__).with_name("roles.txt")
ULID = "01K9ZQ4T7M3V8N2C6X5B1D0FGH"
_PARTS = {
    "token": "x" * 43, "ulid": ULID, "name": "carol", "host": "peer.example", "slug": "rules",
}  # fmt: skip


async def nobody(home: Home) -> Browser:
    """Somebody who passes by."""
    return Browser(home)


async def visitor(home: Home) -> Browser:
    """A person from elsewhere, signed in through their own server."""
    dan = an_actor("dan", Host("peer.example"))
    cookie = urlsafe_b64encode(secrets.token_bytes(32)).rstrip(b"=").decode()
    session = VisitorSession(
        digest=digest_of(cookie),
        actor_id=dan.id,
        host=dan.host,
        account_id="1",
        created_at=home.clock(),
        expires_at=home.clock() + timedelta(hours=12),
    )
    async with home.federation.database.transaction() as transaction:
        await save_actor(transaction, dan)
        await insert_visitor(transaction, session)
    browser = Browser(home)
    browser.cookies["session"] = cookie
    return browser


async def member(home: Home) -> Browser:
    """A member."""
    return await signed_in(home, "carol")


async def disabled(home: Home) -> Browser:
    """A member who was signed in, and was disabled then."""
    browser = await signed_in(home, "carol")
    async with home.federation.database.transaction() as transaction:
        await transaction.execute("update members set disabled_at = 1 where name = 'carol'")
    return browser


async def weak(home: Home) -> Browser:
    """A keeper who signed in by the password alone."""
    return await keeping(home, is_strong=False)


async def keeper(home: Home) -> Browser:
    """A keeper."""
    return await keeping(home, is_strong=True)


async def keeping(home: Home, *, is_strong: bool) -> Browser:
    """Ada, who keeps the guild."""
    async with home.federation.database.transaction() as transaction:
        await transaction.execute("update members set is_admin = true where name = 'ada'")
    return await signed_in(home, "ada", is_strong=is_strong)


ROLES: tuple[Callable[[Home], Awaitable[Browser]], ...] = (
    nobody, visitor, member, disabled, weak, keeper,
)  # fmt: skip


def path_of(pattern: str) -> str:
    """A path that fits a door, of something that is not there."""
    return re.sub(r"\{(\w+)(?::(?:[^{}]|\{[\d,]+\})*)?\}", lambda m: _PARTS[m[1]], pattern)


async def read_table(home: Home) -> str:
    """Knock at every door as everybody; a form is sent empty, with a good token."""
    rows = []
    for door in DOORS:
        methods = (("GET", door.show), ("POST", door.take))
        for method in (name for name, handler in methods if handler is not None):
            found = [await knock(home, each, method, path_of(door.path)) for each in ROLES]
            shown = re.sub(r"\{(\w+):(?:[^{}]|\{[\d,]+\})*\}", r"{\1}", door.path)
            rows.append(f"{method:4} {shown:44} {' '.join(found)}")
    head = f"{'':49} {' '.join(f'{role.__name__:>8}' for role in ROLES)}"
    return "\n".join((head.rstrip(), *sorted(rows, key=lambda row: row[5:]))) + "\n"


async def knock(
    home: Home, role: Callable[[Home], Awaitable[Browser]], method: str, path: str
) -> str:
    """The status that somebody gets, and whether they are sent to sign in."""
    async with home.federation.database.transaction() as transaction:
        await transaction.execute("update members set is_admin = false, disabled_at = null")
    browser = await role(home)
    if method == "GET":
        seen = await browser.get(path)
    else:
        form = next(iter(forms_of(await browser.get("/language"), "/language")), None)
        token = dict(form.fields)["token"] if form is not None else ""
        seen = await browser.post(path, [("token", token)])
    where = seen.headers.get("location", "").partition("?")[0]
    told = {"/sign-in": "sign-in", "/settings/security": "factor"}.get(where, str(seen.status))
    return f"{told:>8}"


async def write_table() -> None:
    """Write the table as it is now."""
    with tempfile.TemporaryDirectory() as folder:
        async with open_home(Path(folder)) as home:
            TABLE.write_text(await read_table(home))


if __name__ == "__main__":
    asyncio.run(write_table())
