"""Finding the person a member means: by their handle, or by the address of their profile."""

import re
from typing import Final
from urllib.parse import urlsplit

from fedirec.domain.actors import Actor
from fedirec.domain.handles import parse_handle
from fedirec.domain.origins import parse_url
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.federation.remote_actors import get_or_fetch_actor
from fedirec.federation.webfinger import resolve_handle

_PROFILE: Final = re.compile(r"/(?:@|users/|author/|u/)([A-Za-z0-9_.~-]+)(?:@([A-Za-z0-9.:-]+))?/?")


async def meet(federation: Federation, text: str) -> Actor:
    """Return the person that a handle or a profile's address names.

    An address is read as the handle it shows where it shows one, else taken for the id itself.
    Raises InvalidInputError for neither, and as `resolve_handle`. Network: their server.
    """
    wanted = text.strip()
    if not wanted.lower().startswith(("https://", "http://")):
        return await resolve_handle(federation, parse_handle(wanted))
    try:
        parts = urlsplit(parse_url(wanted, allow_http=True).document)
    except (InvalidInputError, ValueError) as error:
        message = f"expected the address of a profile, found {wanted[:200]!r}"
        raise InvalidInputError(message, field="handle") from error
    found = _PROFILE.fullmatch(parts.path)
    if found is None:
        return await get_or_fetch_actor(federation, wanted)
    name, domain = found.groups()
    return await resolve_handle(federation, parse_handle(f"@{name}@{domain or parts.netloc}"))
