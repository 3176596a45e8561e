"""Fetching documents from their own ids: the only way a remote document is believed unsigned.

Signed by the instance's actor, on every hop; what comes back must say that it is what its URL says
(OR-01), in a type that no upload is served under (OR-02). Nothing is stored here.
"""

from dataclasses import dataclass

from fedirec.activitypub.documents import JsonObject, load_document
from fedirec.activitypub.media_types import ACTIVITY_JSON, LD_ACTIVITY_JSON, is_activity_type
from fedirec.activitypub.normalization import normalize
from fedirec.domain.origins import ParsedUrl, parse_url, same_origin
from fedirec.errors import InvalidInputError, MalformedActivityError, RemoteRefusedError
from fedirec.federation.answers import raise_unless_ok
from fedirec.federation.context import Federation
from fedirec.federation.fetch_ledger import Allowance
from fedirec.federation.gate import open_gate
from fedirec.federation.signing import knock
from fedirec.transport.protocol import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A document as its server gave it. `url` is where it was found in the end, `body` its bytes.

    Whether it *is* what lives there is for the caller to check; see `fetch_document`.
    """

    url: str
    document: JsonObject
    body: bytes


async def fetch_document(
    federation: Federation, url: str, *, allowance: Allowance | None = None
) -> tuple[JsonObject, bytes]:
    """Fetch a document whose `id` is the URL it is served from; return it with its bytes.

    One that names another id of the same origin is fetched once more from there. Its `id` may so
    differ from `url`, but never in origin.

    Raises:
        GoneError: its origin answers 410.
        NotFoundError: its origin answers 404.
        BlockedError: a host on the way is blocked.
        RemoteUnavailableError: passing trouble, ours (asked too often) or theirs.
        RemoteRefusedError: anything else, such as a document that is somebody else's.
    """
    fetched = await fetch_json(federation, url, allowance=allowance)
    named = fetched.document.get("id")
    if named != fetched.url:
        if not isinstance(named, str) or not is_same_origin(named, fetched.url):
            raise RemoteRefusedError(f"expected {fetched.url}, its document names {named!r:.200}")
        fetched = await fetch_json(federation, named, allowance=allowance)
        if fetched.document.get("id") != fetched.url:
            raise RemoteRefusedError(f"expected {named}, found a document of another id there")
    return fetched.document, fetched.body


async def fetch_json(
    federation: Federation, url: str, *, allowance: Allowance | None = None
) -> Fetched:
    """Fetch whatever ActivityStreams document is served at `url`, without its fragment.

    A redirect to another origin is refused: what lives there cannot speak for this one. Raises as
    `fetch_document`.
    """
    asked = parse_remote_url(federation, url)
    gate = await open_gate(federation, allowance=allowance)
    response = await knock(
        federation,
        Request(
            method="GET",
            url=asked.document,
            headers={"accept": f"{ACTIVITY_JSON}, {LD_ACTIVITY_JSON}"},
        ),
        actor_id=federation.instance.actor_id,
        check_hop=gate.pass_fetch,
    )
    raise_unless_ok(response, asked.document, federation.now())
    if not same_origin(asked.document, response.url):
        raise RemoteRefusedError(f"expected {asked.origin} to answer, was sent to {response.url}")
    content_type = response.headers.get("content-type", "")
    if not is_activity_type(content_type):
        message = f"expected ActivityStreams at {response.url}, found {content_type[:100]!r}"
        raise RemoteRefusedError(message)
    try:
        document = normalize(load_document(response.body, limits=federation.limits))
    except MalformedActivityError as error:
        raise RemoteRefusedError(f"{response.url}: {error}") from error
    return Fetched(url=response.url, document=document, body=response.body)


def parse_remote_url(federation: Federation, text: str) -> ParsedUrl:
    """Read a URL to be fetched: https, and http where this instance is served so (a test network).

    Raises RemoteRefusedError.
    """
    try:
        return parse_url(text, allow_http=federation.instance.scheme == "http")
    except InvalidInputError as error:
        raise RemoteRefusedError(f"cannot be fetched: {error}") from error


def is_same_origin(first: str, second: str) -> bool:
    """Whether two texts are URLs of one origin; False for what is no URL."""
    try:
        return same_origin(first, second)
    except InvalidInputError:
        return False
