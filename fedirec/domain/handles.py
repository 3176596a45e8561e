"""Handles as people write them, and the names that members may take. Pure."""

import re
from dataclasses import dataclass
from typing import Final

from fedirec.domain.actors import Host
from fedirec.domain.origins import parse_host
from fedirec.errors import InvalidInputError

# The userpart of RFC 7565 as peers use it; the colon is for an instance actor, which is named after
# its host, port included.
_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.~:-]{0,253}[A-Za-z0-9_])?")
_MEMBER_NAME: Final = re.compile(r"[a-z0-9_]{1,30}")

# Names that would be taken for the instance itself, for its keepers, or for everybody.
RESERVED_NAMES: Final = frozenset({
    "abuse", "account", "accounts", "actor", "admin", "administrator", "all", "anonymous", "api",
    "contact", "everybody", "everyone", "fedirec", "guild", "help", "here", "host", "hostmaster",
    "info", "instance", "keeper", "mail", "me", "mod", "moderator", "moderators", "nobody",
    "noreply", "no_reply", "null", "official", "owner", "postmaster", "root", "security", "self",
    "server", "staff", "support", "sysadmin", "system", "undefined", "webmaster",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Handle:
    """`name` is as written; `domain` is in the one spelling that hosts are compared in."""

    name: str
    domain: Host

    def __str__(self) -> str:
        return f"@{self.name}@{self.domain}"

    @property
    def acct(self) -> str:
        """The `acct:` URI of RFC 7565, which WebFinger asks by."""
        return f"acct:{self.name}@{self.domain}"


def parse_handle(text: str) -> Handle:
    """Read `@name@host`, `name@host` or `acct:name@host`; the host may carry a port.

    Raises:
        InvalidInputError: when it is none of these, or the host is not a DNS name or address.
    """
    bare = text.strip().removeprefix("acct:").removeprefix("@")
    name, at, domain = bare.rpartition("@")
    if not at or not _NAME.fullmatch(name):
        message = f"expected a handle such as @ada@guild.example, found {text[:200]!r}"
        raise InvalidInputError(message, field="handle")
    try:
        return Handle(name, parse_host(domain))
    except InvalidInputError as error:
        message = f"expected a handle such as @ada@guild.example; {error}"
        raise InvalidInputError(message, field="handle") from error


def check_member_name(name: str) -> str:
    """Return the name if a member may take it (HT-06); that it is free is for storage to say.

    Raises:
        InvalidInputError: with field `name`.
    """
    if not _MEMBER_NAME.fullmatch(name):
        message = f"a name is 1 to 30 of a-z, 0-9 and _, found {name[:60]!r}"
        raise InvalidInputError(message, field="name")
    if name in RESERVED_NAMES:
        message = f"the name {name!r} is reserved, since it would be taken for the guild itself"
        raise InvalidInputError(message, field="name")
    return name
