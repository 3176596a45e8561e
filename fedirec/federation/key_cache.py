"""Loaded keys, kept: parsing a private PEM costs a hundred signatures, and a public one a verify.

A bounded cache owned by one `Federation`; no database and no network here. A key that changed under
the same id has other text, and so is another entry. Units of work ask it from their own thread.
"""

import threading
from typing import Final

from cachetools import LRUCache

from fedirec.errors import InvalidInputError
from fedirec.signatures.keys import (
    PrivateKey,
    PublicKey,
    load_private_pem,
    load_public_multibase,
    load_public_pem,
)
from fedirec.storage.keys import StoredKey

MAX_KEYS: Final = 4_096  # about 2 KB each

_PEM: Final = "-----BEGIN"


class KeyCache:
    """The most recently used keys, ready for arithmetic: ours, and those of remote actors."""

    def __init__(self, size: int = MAX_KEYS) -> None:
        self._lock = threading.Lock()
        self._private: LRUCache[tuple[str, str], PrivateKey] = LRUCache(maxsize=size)
        self._public: LRUCache[tuple[str, str], PublicKey] = LRUCache(maxsize=size)

    def private(self, stored: StoredKey) -> PrivateKey:
        """Return a key of ours, ready to sign."""
        name = (stored.id, stored.public_key)
        with self._lock:
            key = self._private.get(name)
            if key is None:
                key = self._private[name] = load_private_pem(stored.private_key)
        return key

    def public(self, id: str, text: str, kind: str) -> PublicKey:  # noqa: A002 (a key's id)
        """Return a remote key, ready to verify. `text` is PEM or multibase, `kind` what was stored.

        Raises:
            InvalidInputError: the text is no key that we use (SG-06), or of another kind.
        """
        name = (id, text)
        with self._lock:
            key = self._public.get(name)
            if key is None:
                key = self._public[name] = load_public(text)
        if key.kind != kind:
            message = f"expected {id} to be a key of kind {kind}, found {key.kind}"
            raise InvalidInputError(message)
        return key


def load_public(text: str) -> PublicKey:
    """Read a public key written as PEM or as multibase. Raises InvalidInputError (SG-06)."""
    return load_public_pem(text) if text.lstrip().startswith(_PEM) else load_public_multibase(text)
