"""E-mail addresses as people type them, in the one spelling that they are compared in. Pure."""

import re
from typing import Final

from fedirec.domain.origins import parse_host
from fedirec.errors import InvalidInputError

_LONGEST: Final = 254
# What an address may hold without quotes: no space, no control, nothing that ends it in a header.
_LOCAL_PART: Final = re.compile(r"[^\s\x00-\x20\x7f-\x9f()<>\[\]:;@\\,\"]{1,64}")
_PLAIN_DOMAIN: Final = re.compile(r"[^:\[\]]+")


def parse_mail_address(text: str) -> str:
    """Return an address with its domain in lower case; who reads mail there is not known by it.

    Raises InvalidInputError with field `email`.
    """
    address = text.strip()
    local, at, domain = address.rpartition("@")
    is_shaped = at and len(address) <= _LONGEST and _LOCAL_PART.fullmatch(local)
    if not is_shaped or not _PLAIN_DOMAIN.fullmatch(domain):
        raise _refusal(text)
    try:
        return f"{local}@{parse_host(domain)}"
    except InvalidInputError as error:
        raise _refusal(text) from error


def _refusal(text: str) -> InvalidInputError:
    message = f"expected an e-mail address such as ada@guild.example, found {text[:80]!r}"
    return InvalidInputError(message, field="email")
