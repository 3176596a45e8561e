"""A request as it came over the wire, or as it will go: what signatures are made over. A value.

The web edge makes one of every signed request it receives, the transport's signers one of every
hop they send. Nothing here is decoded or repaired.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """One request, raw.

    `target` is the request target exactly as received, path with query (SG-12); `url` is absolute
    and built from the public origin, not from the socket (RFC 9421 §2.2.2). Header names are lower
    case, values without surrounding space, in order, repeated names repeated. Headers and body
    stay out of `repr`: they hold tokens and private words.
    """

    method: str
    target: str
    url: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)
    body: bytes = field(default=b"", repr=False)

    def values(self, name: str) -> list[str]:
        """Every value of the header `name` (lower case), in order of appearance."""
        return [value for key, value in self.headers if key == name]
