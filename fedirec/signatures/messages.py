"""A request as it came over the wire, or as it will go: what signatures are made over. A value.

The web edge makes one of every signed request it receives, the transport's signers one of every
hop they send. Nothing here is decoded or repaired.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from fedirec.errors import InvalidInputError

_START: Final = re.compile(r"(https?)://([^/?#\s]+)", re.IGNORECASE)
_DEFAULT_PORTS: Final = {"https": ":443", "http": ":80"}


@dataclass(frozen=True, kw_only=True)
class SignedRequest:
    """One request, raw.

    `target` is the request target exactly as received, path with query (SG-12); `url` is absolute
    and built from the public origin, not from the socket (RFC 9421 §2.2.2). Header names are lower
    case, values without surrounding space, in order, repeated names repeated; odd bytes are kept
    as Latin-1 in values and as lone surrogates of UTF-8 in the target. Headers and body stay out
    of `repr`: they hold tokens and private words.
    """

    method: str
    target: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def values(self, name: str) -> Sequence[str]:
        """Every value of the header `name` (lower case), in order of appearance."""
        return self._by_name.get(name, ())

    @property
    def needs_digest(self) -> bool:
        """Whether a signature must cover the body: always, but for a GET or HEAD without one."""
        return bool(self.body) or self.method not in ("GET", "HEAD")

    @property
    def scheme(self) -> str:
        """The scheme of `url`, lower case. Raises InvalidInputError as `authority`."""
        return self._start()[0]

    @property
    def authority(self) -> str:
        """The host of `url`, lower case, with its port unless that is the scheme's default.

        Raises:
            InvalidInputError: if `url` is not absolute.
        """
        scheme, host = self._start()
        return host.removesuffix(_DEFAULT_PORTS[scheme])

    @property
    def is_to_own_host(self) -> bool:
        """Whether there is one `Host` header and it names the host of `url` (SG-09)."""
        scheme, host = self._start()
        port = _DEFAULT_PORTS[scheme]
        stated = [value.lower().removesuffix(port) for value in self.values("host")]
        return stated == [host.removesuffix(port)]

    @cached_property
    def _by_name(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            found.setdefault(name, []).append(value)
        return found

    def _start(self) -> tuple[str, str]:
        match = _START.match(self.url)
        if match is None:
            raise InvalidInputError(f"expected an absolute URL, found {self.url!r}")
        return match[1].lower(), match[2].lower()
