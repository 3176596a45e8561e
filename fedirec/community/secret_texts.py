"""Texts that open something: made from 256 bits, handed out once, and kept as a digest alone."""

import hashlib
from base64 import urlsafe_b64encode
from typing import Final

from fedirec.federation.context import Federation

_BYTES: Final = 32


def make_secret(federation: Federation) -> str:
    """Return a new text that nobody guesses: 43 characters that are safe in links and cookies."""
    return urlsafe_b64encode(federation.randomness(_BYTES)).rstrip(b"=").decode()


def digest_of(secret: str) -> str:
    """Return what is kept of such a text: 64 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
