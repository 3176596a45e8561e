"""Keys: the only door through which key texts become keys, and the arithmetic behind them.

The kind of the key alone decides the algorithm (SG-05). Strangers' keys are measured before use
(SG-06); our own private ones are loaded without the costly proof that they are sound, 0.7 against
39 ms. No key is ever shown by `repr`, nor quoted in an error (SG-18).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal

import base58
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
    load_pem_public_key,
)

from fedirec.errors import InvalidInputError

MIN_RSA_BITS: Final = 2_048
MAX_RSA_BITS: Final = 8_192
MAX_RSA_EXPONENT: Final = 2**32
# An 8192-bit key takes 1,450 characters of PEM, 1,425 of base58; what is longer is not even read.
_MAX_TEXT_LENGTH: Final = 4_096
_PEM_MARKS: Final = ("-----BEGIN PUBLIC KEY-----", "-----BEGIN RSA PUBLIC KEY-----")
_ED25519_CODEC: Final = b"\xed\x01"
_RSA_CODEC: Final = b"\x85\x24"
_ED25519_BYTES: Final = 32
# Points of small order, the sign bit cleared: under such a key one signature fits every text.
_SMALL_ORDER: Final = frozenset(
    bytes.fromhex(point)
    for point in (
        "00" * 32,
        "01" + "00" * 31,
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
    )
)
_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()
_SHA512: Final = hashes.SHA512()
_PSS_SHA512: Final = padding.PSS(mgf=padding.MGF1(_SHA512), salt_length=64)  # RFC 9421 §3.3.1


class KeyKind(StrEnum):
    """The kinds of key we use; also as stored."""

    RSA = "rsa"
    ED25519 = "ed25519"


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaPublicKey:
    """An RSA key that verifies. Made by the loaders below, which measure it."""

    key: rsa.RSAPublicKey = field(repr=False)

    @property
    def kind(self) -> Literal[KeyKind.RSA]:
        """`KeyKind.RSA`."""
        return KeyKind.RSA

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is over `data`: RSASSA-PKCS1-v1_5 with SHA-256."""
        try:
            self.key.verify(signature, data, _PKCS1, _SHA256)
        except InvalidSignature:
            return False
        return True

    def verify_pss(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is over `data`: RSASSA-PSS with SHA-512 (RFC 9421 §3.3.1)."""
        try:
            self.key.verify(signature, data, _PSS_SHA512, _SHA512)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> str:
        """SubjectPublicKeyInfo PEM, as `publicKeyPem` has it."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def multibase(self) -> str:
        """Multikey text: base58btc of `8524` and the PKCS#1 DER (FEP-521a)."""
        return _to_multibase(_RSA_CODEC + self.key.public_bytes(Encoding.DER, PublicFormat.PKCS1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ed25519PublicKey:
    """An Ed25519 key that verifies. Made by the loaders below."""

    key: ed25519.Ed25519PublicKey = field(repr=False)

    @property
    def kind(self) -> Literal[KeyKind.ED25519]:
        """`KeyKind.ED25519`."""
        return KeyKind.ED25519

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` is over `data` (RFC 8032, pure)."""
        try:
            self.key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def pem(self) -> str:
        """SubjectPublicKeyInfo PEM."""
        return self.key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def multibase(self) -> str:
        """Multikey text: base58btc of `ed01` and the 32 bytes, so `z6Mk…` (FEP-521a)."""
        return _to_multibase(_ED25519_CODEC + self.key.public_bytes_raw())


@dataclass(frozen=True, slots=True, kw_only=True)
class RsaPrivateKey:
    """An RSA key of ours."""

    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def kind(self) -> Literal[KeyKind.RSA]:
        """`KeyKind.RSA`."""
        return KeyKind.RSA

    def sign(self, data: bytes) -> bytes:
        """Sign: RSASSA-PKCS1-v1_5 with SHA-256. Costs a third of a millisecond."""
        return self.key.sign(data, _PKCS1, _SHA256)

    def public(self) -> RsaPublicKey:
        """The half that may be shown."""
        return RsaPublicKey(key=self.key.public_key())

    def pem(self) -> str:
        """Unencrypted PKCS#8 PEM, for the key store alone."""
        return _private_pem(self.key)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ed25519PrivateKey:
    """An Ed25519 key of ours."""

    key: ed25519.Ed25519PrivateKey = field(repr=False)

    @property
    def kind(self) -> Literal[KeyKind.ED25519]:
        """`KeyKind.ED25519`."""
        return KeyKind.ED25519

    def sign(self, data: bytes) -> bytes:
        """Sign (RFC 8032, pure): 64 bytes."""
        return self.key.sign(data)

    def public(self) -> Ed25519PublicKey:
        """The half that may be shown."""
        return Ed25519PublicKey(key=self.key.public_key())

    def pem(self) -> str:
        """Unencrypted PKCS#8 PEM, for the key store alone."""
        return _private_pem(self.key)


PublicKey = RsaPublicKey | Ed25519PublicKey
PrivateKey = RsaPrivateKey | Ed25519PrivateKey


def generate_rsa() -> RsaPrivateKey:
    """Make an RSA-2048 key. Takes some 50 ms and more of one core: call it in a thread."""
    return RsaPrivateKey(key=rsa.generate_private_key(public_exponent=65_537, key_size=2_048))


def generate_ed25519() -> Ed25519PrivateKey:
    """Make an Ed25519 key."""
    return Ed25519PrivateKey(key=ed25519.Ed25519PrivateKey.generate())


def load_private_pem(pem: str) -> PrivateKey:
    """Load a private key that this instance made and kept (PKCS#8 or PKCS#1, unencrypted).

    RSA numbers are not validated, which only keys of our own making permit.

    Raises:
        InvalidInputError: if the text is no such key.
    """
    try:
        key = load_pem_private_key(pem.encode(), password=None, unsafe_skip_rsa_key_validation=True)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidInputError("expected an unencrypted private key in PEM") from error
    if isinstance(key, rsa.RSAPrivateKey):
        return RsaPrivateKey(key=key)
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return Ed25519PrivateKey(key=key)
    raise InvalidInputError("expected an RSA or Ed25519 private key")


def load_public_pem(pem: str) -> PublicKey:
    """Load a stranger's public key from `publicKeyPem`: one PEM block, SPKI or PKCS#1.

    Raises:
        InvalidInputError: if it is anything else (a certificate, a private key, another kind of
            key) or too weak or absurd to be used (SG-06).
    """
    text = pem.strip()
    is_one = text.startswith(_PEM_MARKS) and text.count("-----BEGIN") == 1
    if len(text) > _MAX_TEXT_LENGTH or not is_one:
        raise InvalidInputError("expected one public key in PEM")
    try:
        key = load_pem_public_key(text.encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInputError(
            "expected a public key in PEM, found one that cannot be read"
        ) from error
    if isinstance(key, rsa.RSAPublicKey):
        return _measured(key)
    if isinstance(key, ed25519.Ed25519PublicKey):
        return _of_full_order(key)
    raise InvalidInputError("expected an RSA or Ed25519 public key")


def load_public_multibase(text: str) -> PublicKey:
    """Load a stranger's public key from `publicKeyMultibase` (FEP-521a): Ed25519 or RSA.

    Raises:
        InvalidInputError: if it is anything else, or not in its one canonical spelling, or too
            weak or absurd to be used (SG-06).
    """
    raw = _from_multibase(text)
    key: PublicKey
    if raw.startswith(_ED25519_CODEC) and len(raw) == len(_ED25519_CODEC) + _ED25519_BYTES:
        key = _of_full_order(ed25519.Ed25519PublicKey.from_public_bytes(raw[2:]))
    elif raw.startswith(_RSA_CODEC):
        key = _load_pkcs1(raw[2:])
    else:
        raise InvalidInputError("expected an Ed25519 or RSA key in multibase")
    if key.multibase() != text:
        raise InvalidInputError("expected the canonical spelling of a key in multibase")
    return key


def _load_pkcs1(der: bytes) -> RsaPublicKey:
    try:
        key = load_der_public_key(der)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidInputError("expected an RSA key in PKCS#1 DER") from error
    if not isinstance(key, rsa.RSAPublicKey):
        raise InvalidInputError("expected an RSA key in PKCS#1 DER")
    return _measured(key)


def _measured(key: rsa.RSAPublicKey) -> RsaPublicKey:
    if not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise InvalidInputError(
            f"expected an RSA key of {MIN_RSA_BITS} to {MAX_RSA_BITS} bits, found {key.key_size}"
        )
    exponent = key.public_numbers().e
    if exponent % 2 == 0 or not 1 < exponent <= MAX_RSA_EXPONENT:
        raise InvalidInputError("expected an RSA key with an odd exponent of at most 2^32")
    return RsaPublicKey(key=key)


def _of_full_order(key: ed25519.Ed25519PublicKey) -> Ed25519PublicKey:
    point = key.public_bytes_raw()
    if point[:-1] + bytes([point[-1] & 0x7F]) in _SMALL_ORDER:
        raise InvalidInputError("expected an Ed25519 key of full order")
    return Ed25519PublicKey(key=key)


def _private_pem(key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _to_multibase(raw: bytes) -> str:
    return "z" + base58.b58encode(raw).decode()


def _from_multibase(text: str) -> bytes:
    if not text.startswith("z") or len(text) > _MAX_TEXT_LENGTH:
        raise InvalidInputError("expected base58btc in multibase")
    try:
        return base58.b58decode(text[1:])
    except ValueError as error:
        raise InvalidInputError("expected base58btc in multibase") from error
