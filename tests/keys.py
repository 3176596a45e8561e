"""Real keys for tests, one pair of each kind per run: generating RSA takes most of 100 ms."""

from functools import cache

from fedirec.signatures.keys import (
    Ed25519PrivateKey,
    RsaPrivateKey,
    generate_ed25519,
    generate_rsa,
)


@cache
def rsa_pair() -> RsaPrivateKey:
    """The RSA-2048 key of this run; its public half is `.public()`."""
    return generate_rsa()


@cache
def ed25519_pair() -> Ed25519PrivateKey:
    """The Ed25519 key of this run; its public half is `.public()`."""
    return generate_ed25519()


@cache
def other_rsa_pair() -> RsaPrivateKey:
    """Another one: a stranger's, or the one after rotation."""
    return generate_rsa()


@cache
def other_ed25519_pair() -> Ed25519PrivateKey:
    """Another one: a stranger's, or the one after rotation."""
    return generate_ed25519()
