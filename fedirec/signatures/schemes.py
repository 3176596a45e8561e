"""One face for both kinds of HTTP signature, so that the journeys know only that there are two.

A request says which kind decides: with `Signature-Input` RFC 9421 alone, never either (SG-11).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fedirec.errors import UnauthenticatedError
from fedirec.signatures import cavage, message_signatures
from fedirec.signatures.cavage import CavageSignature
from fedirec.signatures.instants import Window, check_window
from fedirec.signatures.keys import PrivateKey, PublicKey
from fedirec.signatures.message_signatures import MessageSignature
from fedirec.signatures.messages import SignedRequest


class Scheme(StrEnum):
    """The kinds of HTTP signature; also as remembered of a peer."""

    CAVAGE = "cavage"
    RFC9421 = "rfc9421"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSignature:
    """A signature and the request it came with; believed only after all three checks."""

    request: SignedRequest
    signature: CavageSignature | MessageSignature

    @property
    def scheme(self) -> Scheme:
        """Which kind it is."""
        is_cavage = isinstance(self.signature, CavageSignature)
        return Scheme.CAVAGE if is_cavage else Scheme.RFC9421

    @property
    def key_id(self) -> str:
        """The key id, as the request says it."""
        return self.signature.key_id

    @property
    def fingerprint(self) -> str:
        """64 hex digits to know a replay by, once verified (SG-09).

        Eight for the second in which it was made, which is signed, then those of the signature's
        bytes: neither the spelling of the key id nor that of the base64 is signed, so a replayer
        may vary them. Raises UnauthenticatedError if it does not say when it was made.
        """
        second = int(self._made_at().timestamp()) % 2**32
        return f"{second:08x}{hashlib.sha256(self.signature.signature).hexdigest()[:56]}"

    def check_coverage(self) -> None:
        """Check that enough is signed, of this host and this body (SG-02, SG-03, SG-09).

        Raises:
            UnauthenticatedError: saying what is missing or wrong.
        """
        if isinstance(self.signature, CavageSignature):
            lack = cavage.covers_enough(self.request, self.signature)
        else:
            lack = message_signatures.covers_enough(self.request, self.signature)
        if lack is not None:
            raise UnauthenticatedError(f"signature by {self.key_id}: {lack}")

    def check_time(self, now: datetime, window: Window) -> None:
        """Check that it was signed within the window round `now` (SG-10); `Limits` is a window.

        Raises:
            UnauthenticatedError: if not, or if it does not say when.
        """
        if isinstance(self.signature, CavageSignature):
            ends_at = cavage.expires_at(self.signature)
        else:
            ends_at = message_signatures.expires_at(self.signature)
        check_window(self._made_at(), ends_at, now=now, window=window)

    def verify(self, key: PublicKey) -> bool:
        """Whether `key` made it over this request; whose key it is, is not known here."""
        if isinstance(self.signature, CavageSignature):
            return cavage.verify(self.request, self.signature, key)
        return message_signatures.verify(self.request, self.signature, key)

    def _made_at(self) -> datetime:
        if isinstance(self.signature, CavageSignature):
            return cavage.signed_at(self.request, self.signature)
        return message_signatures.signed_at(self.signature)


def read_signature(request: SignedRequest) -> ParsedSignature:
    """Find and parse the signature of a request; nothing is verified yet.

    Without a `Signature` header, `Authorization: Signature …` is read as one (GoToSocial).

    Raises:
        UnauthenticatedError: if there is none.
        InvalidInputError: if it is malformed, or there are several.
    """
    message_signature = message_signatures.parse(request)
    if message_signature is not None:
        return ParsedSignature(request=request, signature=message_signature)
    values = request.values("signature") or [
        value for value in request.values("authorization") if value.lower().startswith("signature ")
    ]
    if not values:
        raise UnauthenticatedError("no signature")
    return ParsedSignature(request=request, signature=cavage.parse_signature(values))


def sign_request(
    scheme: Scheme,
    request: SignedRequest,
    *,
    key_id: str,
    key: PrivateKey,
    now: datetime,
    with_query: bool = True,
) -> dict[str, str]:
    """Return the headers that sign `request` in `scheme`; `with_query` is draft-cavage's alone.

    Raises:
        InvalidInputError: if `key_id` could not stand in a header.
    """
    if scheme is Scheme.CAVAGE:
        return cavage.sign(request, key_id=key_id, key=key, date=now, with_query=with_query)
    return message_signatures.sign(request, key_id=key_id, key=key, created=now)
