"""Whom this instance speaks with. Serves `fedirec peer` and the keeper's pages."""

from fedirec.domain.actors import Host
from fedirec.domain.origins import parse_url
from fedirec.errors import InvalidInputError
from fedirec.federation.context import Federation
from fedirec.storage import blocks, deliveries


def check_host(federation: Federation, text: str) -> Host:
    """Return a host as it is stored; raises InvalidInputError for anything but a host name."""
    try:
        host = parse_url(f"https://{text.strip()}/", allow_http=False).host
    except InvalidInputError as error:
        message = f"expected a host such as peer.example, not {text!r}"
        raise InvalidInputError(message, field="host") from error
    if host == federation.instance.host:
        raise InvalidInputError("that is this instance itself", field="host")
    return host


async def block_host(federation: Federation, text: str, *, reason: str | None = None) -> Host:
    """Refuse everything from a host and its subdomains, and drop what waits for it (PA-10)."""
    host = check_host(federation, text)
    async with federation.database.transaction() as transaction:
        await blocks.block(
            transaction, blocks.INSTANCE, host, kind="host", reason=reason, now=federation.now()
        )
        await deliveries.cancel_to(transaction, host, now=federation.now())
    federation.memory.forget()
    return host


async def unblock_host(federation: Federation, text: str) -> Host:
    """Take a block back."""
    host = check_host(federation, text)
    async with federation.database.transaction() as transaction:
        await blocks.unblock(transaction, blocks.INSTANCE, host)
    federation.memory.forget()
    return host


async def allow_host(federation: Federation, text: str) -> Host:
    """List a host as one that may speak to us in allow-list mode; also takes a block of it back."""
    host = check_host(federation, text)
    async with federation.database.transaction() as transaction:
        await blocks.unblock(transaction, blocks.INSTANCE, host)
        await blocks.allow_host(transaction, host, federation.now())
    federation.memory.forget()
    return host


async def disallow_host(federation: Federation, text: str) -> Host:
    """Take a host off the list."""
    host = check_host(federation, text)
    async with federation.database.transaction() as transaction:
        await blocks.disallow_host(transaction, host)
    federation.memory.forget()
    return host
