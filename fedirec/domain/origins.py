"""The one URL parser, and origins: the only way to say that two URLs are of the same server. Pure.

What a browser would repair, this refuses: two programs that read one text differently are how a
guard is walked around. Compare with `same_origin`, never by prefix, suffix or substring.
"""

import ipaddress
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import idna

from fedirec.domain.actors import Host
from fedirec.errors import InvalidInputError

MAX_URL_LENGTH: Final = 2_048
DEFAULT_PORTS: Final = {"https": 443, "http": 80}
# Names that DNS does not resolve alike for everybody (IANA special-use domain names), where no peer
# can be. `.localhost` and `.test` stay, for test networks: there the dialled address decides.
_PRIVATE_SUFFIXES: Final = frozenset(
    ("alt", "arpa", "internal", "intranet", "invalid", "lan", "local", "localdomain", "onion")
)
_MAX_PORT: Final = 65_535
_LONGEST_ESCAPE: Final = 12  # of one character: four bytes
_KEPT: Final = 4_096  # one document names its few hosts and ids again and again
_MAX_NAME_LENGTH: Final = 253  # RFC 1035 §2.3.4

_SHAPE: Final = re.compile(r"([A-Za-z]+)://([^/?#]*)([^?#]*)(?:\?([^#]*))?(?:#(.*))?", re.DOTALL)
_AUTHORITY: Final = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:@%]+)(?::([1-9][0-9]{0,4}))?")
# Controls, every kind of space, the backslash, and lone surrogates, which no UTF-8 text holds.
_FORBIDDEN: Final = re.compile(
    r"[\x00-\x20\x7f-\xa0\s\\\u200b-\u200f\u2028-\u202e\ufeff\ud800-\udfff]"
)
# As nearly all ids are written: read at once, and as `parse_url` reads it.
_USUAL: Final = re.compile(
    r"(https?://[a-z0-9.:-]+)(?:/[\w@=+-][\w@=+.-]*+)*+/?(?:#[\w-]+)?", re.ASCII
)
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_DOT_SEGMENT: Final = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_TO_ESCAPE: Final = re.compile(r"[^!-~]|[\"<>^`{|}]")  # RFC 3986 §2 has no place for them
_PLAIN: Final = re.compile(r"[\w/.~%@:=&?#+,;!$'()*-]*", re.ASCII)
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_FOREIGN_DOT: Final = re.compile("[\u3002\uff0e\uff61]")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """A server as authority sees it: scheme, host and port, the port always filled in.

    `host` is a lower-case A-label name or an address literal, IPv6 in brackets.
    """

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}"

    @property
    def netloc(self) -> Host:
        """`host`, with `:port` when that is not the scheme's default."""
        is_default = self.port == DEFAULT_PORTS[self.scheme]
        return Host(self.host if is_default else f"{self.host}:{self.port}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedUrl:
    """An absolute http(s) URL in one spelling.

    `path` begins with a slash; `query` and `fragment` are without their mark, empty if absent. All
    three keep their percent-escapes as written; what no URL may hold raw has been escaped.
    """

    origin: Origin
    path: str
    query: str
    fragment: str

    @property
    def scheme(self) -> str:
        """`https` or `http`."""
        return self.origin.scheme

    @property
    def port(self) -> int:
        """The port to dial, the scheme's own if none is written."""
        return self.origin.port

    @property
    def host(self) -> Host:
        """The host as peers are named by it: with `:port` unless that is the default."""
        return self.origin.netloc

    @property
    def hostname(self) -> str:
        """The host alone: a DNS name, or an address without brackets."""
        return self.origin.host.strip("[]")

    @property
    def target(self) -> str:
        """Path and query, as a request line has them."""
        return f"{self.path}?{self.query}" if self.query else self.path

    @property
    def document(self) -> str:
        """The URL without its fragment: what is fetched."""
        return f"{self.origin}{self.target}"

    @property
    def text(self) -> str:
        """The whole URL in its one spelling: to be compared, stored and blocked by."""
        return f"{self.document}#{self.fragment}" if self.fragment else self.document


@lru_cache(_KEPT)
def parse_url(text: str, *, allow_http: bool = False, allow_fragment: bool = True) -> ParsedUrl:
    """Read an absolute https URL, http too where `allow_http` says so.

    Raises:
        InvalidInputError: for anything that two URL readers could take differently: control
            characters, spaces, backslashes, user information, escapes or emptiness in the host,
            odd spellings of addresses and ports, dot segments; also for private name spaces.
    """
    if len(text) > MAX_URL_LENGTH:
        raise InvalidInputError(f"a URL of {len(text)} characters, over {MAX_URL_LENGTH}")
    shape = _SHAPE.fullmatch(text)
    if shape is None or _FORBIDDEN.search(text):
        raise _refuse(text, "not an absolute URL in plain spelling")
    scheme, authority, path, query, fragment = shape.groups(default="")
    origin = _parse_origin(scheme.lower(), authority, text)
    if scheme.lower() == "http" and not allow_http:
        raise _refuse(text, "expected https")
    if fragment and not allow_fragment:
        raise _refuse(text, "a fragment where none may be")
    if ("%" in text and _BAD_ESCAPE.search(path + query + fragment)) or _DOT_SEGMENT.search(path):
        raise _refuse(text, "a broken escape or a dot segment")
    parsed = ParsedUrl(
        origin=origin,
        path=_escape(path) or "/",
        query=_escape(query),
        fragment=_escape(fragment),
    )
    if len(text) * _LONGEST_ESCAPE > MAX_URL_LENGTH and len(parsed.text) > MAX_URL_LENGTH:
        raise InvalidInputError(f"a URL of over {MAX_URL_LENGTH} characters once escaped")
    return parsed


def origin_of(uri: str) -> Origin:
    """Return the origin of an http or https URL. Raises InvalidInputError as `parse_url`.

    Ids are new all the time and their servers few: only those are remembered.
    """
    usual = _USUAL.fullmatch(uri) if len(uri) <= MAX_URL_LENGTH else None
    return parse_url(uri if usual is None else usual[1], allow_http=True).origin


def same_origin(first: str, second: str) -> bool:
    """Whether two URLs agree in scheme, host and port. Raises InvalidInputError if one is none."""
    return origin_of(first) == origin_of(second)


@lru_cache(_KEPT)  # asked about those who speak, again and again
def host_of(uri: str) -> Host:
    """Return the host of an http or https URL, with its port unless it is the default."""
    return origin_of(uri).netloc


@lru_cache(_KEPT)
def parse_host(text: str) -> Host:
    """Read a bare `host` or `host:port`, as in a handle or a block list; the default port goes.

    Raises:
        InvalidInputError: as `parse_url`.
    """
    if _FORBIDDEN.search(text) or len(text) > MAX_URL_LENGTH:
        raise _refuse(text, "not a host in plain spelling")
    return _parse_origin("https", text, text).netloc


def _parse_origin(scheme: str, authority: str, text: str) -> Origin:
    if scheme not in DEFAULT_PORTS:
        raise _refuse(text, "expected https")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise _refuse(text, "expected a host and at most a port")
    host, port = parts.groups()
    if port is not None and int(port) > _MAX_PORT:
        raise _refuse(text, "no such port")
    try:
        normal = _normal_host(host)
    except ValueError as error:  # also idna's UnicodeError, and ipaddress' own
        raise _refuse(text, str(error)) from error
    return Origin(scheme=scheme, host=normal, port=int(port or DEFAULT_PORTS[scheme]))


@lru_cache(_KEPT)
def _normal_host(host: str) -> str:
    return _normal_ipv6(host[1:-1]) if host.startswith("[") else _normal_name(host)


def _normal_ipv6(literal: str) -> str:
    address = ipaddress.IPv6Address(literal)
    if int(address) >> 32 in (0, 0xFFFF) and int(address) > 1:
        # Python 3.13 spells these otherwise than 3.11, and nobody needs them in a URL.
        raise ValueError("an IPv4 address dressed as IPv6")
    return f"[{address.compressed}]"


def _normal_name(name: str) -> str:
    name = name.lower()
    if not name.isascii():
        # No mapping (UTS 46): full-width digits, soft hyphens and foreign full stops are refused,
        # for another reader may not map them.
        if _FOREIGN_DOT.search(name):
            raise ValueError("a full stop that is not ASCII")
        name = idna.encode(name, std3_rules=True).decode("ascii")
    labels = name.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return str(ipaddress.IPv4Address(name))  # four decimal parts, no other spelling
    if len(name) > _MAX_NAME_LENGTH or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("not a DNS name")
    if name != "localhost" and (len(labels) == 1 or labels[-1] in _PRIVATE_SUFFIXES):
        raise ValueError("a name that does not mean the same everywhere")
    return name


def _escape(part: str) -> str:
    if _PLAIN.fullmatch(part):
        return part
    return _TO_ESCAPE.sub(lambda found: "".join(f"%{b:02X}" for b in found[0].encode()), part)


def _refuse(text: str, why: str) -> InvalidInputError:
    return InvalidInputError(f"{why}: {text[:200]!r}")
