import base64
from datetime import timedelta

import base58
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, x25519
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from fedirec.errors import InvalidInputError
from fedirec.signatures.keys import (
    Ed25519PublicKey,
    KeyKind,
    RsaPrivateKey,
    RsaPublicKey,
    load_private_pem,
    load_public_multibase,
    load_public_pem,
)
from tests.keys import ed25519_pair, other_ed25519_pair, other_rsa_pair, rsa_pair
from tests.unit.signatures.samples import NOW, load_vectors

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER
SPKI = serialization.PublicFormat.SubjectPublicKeyInfo
PKCS1 = serialization.PublicFormat.PKCS1
PRIVATE_FORMATS = serialization.PrivateFormat
IDENTITY = bytes([1]) + bytes(31)
PRIME = 2**255 - 19
ORDER_8 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"
SMALL_ORDER = [  # every y of a point of order 1, 2, 4 or 8, and those not reduced (RFC 7748 §7)
    *(y.to_bytes(32, "little") for y in (0, 1, PRIME - 1, PRIME, PRIME + 1)),
    bytes.fromhex(ORDER_8),
    (PRIME - int.from_bytes(bytes.fromhex(ORDER_8), "little")).to_bytes(32, "little"),
]


def der_length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    size = (length.bit_length() + 7) // 8
    return bytes([0x80 | size]) + length.to_bytes(size, "big")


def der_integer(value: int) -> bytes:
    raw = value.to_bytes(value.bit_length() // 8 + 1, "big")
    return b"\x02" + der_length(len(raw)) + raw


def make_pkcs1(bits: int, exponent: int = 65_537) -> bytes:
    """An RSA public key in DER, by hand: no library would write some of these."""
    numbers = der_integer((1 << (bits - 1)) | 1) + der_integer(exponent)
    return b"\x30" + der_length(len(numbers)) + numbers


def as_pem(der: bytes, label: str = "RSA PUBLIC KEY") -> str:
    return f"-----BEGIN {label}-----\n{base64.encodebytes(der).decode()}-----END {label}-----\n"


def as_multibase(raw: bytes) -> str:
    return "z" + base58.b58encode(raw).decode()


def make_certificate() -> str:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "peer.example")])
    key = ed25519_pair().key
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(1)
    builder = builder.not_valid_before(NOW).not_valid_after(NOW + timedelta(days=1))
    return builder.sign(key, None).public_bytes(PEM).decode()


def spki_pem(key: ec.EllipticCurvePublicKey | x25519.X25519PublicKey | ed448.Ed448PublicKey) -> str:
    return key.public_bytes(PEM, SPKI).decode()


BAD_SIZES = {
    "512 bits": make_pkcs1(512),
    "1024 bits": make_pkcs1(1_024),
    "2047 bits": make_pkcs1(2_047),
    "8193 bits": make_pkcs1(8_193),
    "16384 bits": make_pkcs1(16_384),
    "65536 bits": make_pkcs1(65_536),
    "exponent 1": make_pkcs1(2_048, 1),
    "even exponent": make_pkcs1(2_048, 65_538),
    "exponent over 2^32": make_pkcs1(2_048, 2**32 + 1),
    "exponent as long as the modulus": make_pkcs1(4_096, 2**4_095 + 1),
    "exponent 0": make_pkcs1(2_048, 0),
}
GOOD_SIZES = {
    "2048 bits": make_pkcs1(2_048),
    "8192 bits": make_pkcs1(8_192),
    "exponent 3": make_pkcs1(2_048, 3),
    "exponent 2^32-1": make_pkcs1(2_048, 2**32 - 1),
}


@pytest.mark.parametrize("pair", [rsa_pair, ed25519_pair])
def test_what_a_private_key_signs_its_public_half_verifies(pair):
    signature = pair().sign(b"words")

    assert pair().public().verify(signature, b"words")
    assert pair().kind is pair().public().kind


@pytest.mark.parametrize(
    ("pair", "other"), [(rsa_pair, other_rsa_pair), (ed25519_pair, other_ed25519_pair)]
)
def test_another_key_or_other_words_do_not_verify(pair, other):
    signature = pair().sign(b"words")

    assert not other().public().verify(signature, b"words")
    assert not pair().public().verify(signature, b"other words")


@given(st.binary(max_size=600))
def test_a_signature_of_any_bytes_is_false_and_raises_nothing(signature: bytes):
    assert not rsa_pair().public().verify(signature, b"words")
    assert not rsa_pair().public().verify_pss(signature, b"words")
    assert not ed25519_pair().public().verify(signature, b"words")


@pytest.mark.parametrize("pair", [rsa_pair, ed25519_pair])
def test_keys_survive_their_texts(pair):
    key = pair()
    signature = key.sign(b"words")

    assert load_private_pem(key.pem()).sign(b"words") == signature
    assert load_public_pem(key.public().pem()).verify(signature, b"words")
    assert load_public_multibase(key.public().multibase()).verify(signature, b"words")


def test_a_pkcs1_pem_is_read_too():
    pem = rsa_pair().public().key.public_bytes(PEM, PKCS1).decode()

    assert load_public_pem(pem).pem() == rsa_pair().public().pem()


def test_line_ends_and_surrounding_space_of_a_pem_do_not_matter():
    pem = "\n " + rsa_pair().public().pem().replace("\n", "\r\n") + "\r\n"

    assert load_public_pem(pem).pem() == rsa_pair().public().pem()


@pytest.mark.parametrize("vector", load_vectors()["fep_521a_multikey"], ids=lambda v: v["type"])
@pytest.mark.spec("FEP-521a", level="MUST")
def test_published_multikeys_are_read_and_written(vector):
    key = load_public_multibase(vector["publicKeyMultibase"])

    assert key.multibase() == vector["publicKeyMultibase"]
    if isinstance(key, Ed25519PublicKey):
        assert key.key.public_bytes_raw().hex() == vector["public_key_hex"]
    else:
        assert key.key.public_bytes(DER, PKCS1).hex() == vector["public_key_hex"]


@pytest.mark.parametrize("der", GOOD_SIZES.values(), ids=GOOD_SIZES)
@pytest.mark.rule("SG-06")
def test_rsa_keys_at_the_edge_of_sense_are_taken(der):
    assert load_public_pem(as_pem(der)).kind is KeyKind.RSA
    assert load_public_multibase(as_multibase(b"\x85\x24" + der)).kind is KeyKind.RSA


@pytest.mark.parametrize("der", BAD_SIZES.values(), ids=BAD_SIZES)
@pytest.mark.rule("SG-06")
def test_weak_and_absurd_rsa_keys_are_no_keys(der):
    with pytest.raises(InvalidInputError):
        load_public_pem(as_pem(der))
    with pytest.raises(InvalidInputError):
        load_public_multibase(as_multibase(b"\x85\x24" + der))


NO_PEM = {
    "nothing": "",
    "words": "no key",
    "a surrogate": "\udc80",
    "a private RSA key": rsa_pair().pem(),
    "a private Ed25519 key": ed25519_pair().pem(),
    "a certificate": make_certificate(),
    "two keys": rsa_pair().public().pem() + ed25519_pair().public().pem(),
    "no end": rsa_pair().public().pem().replace("END", "end"),
    "half a structure": as_pem(b"\x30\x03\x02\x01\x00"),
    "no structure": as_pem(b"nothing", "PUBLIC KEY"),
    "not ASCII": as_pem(bytes(48), "PUBLIC KEY").replace("A", "ä"),
    "far too long": as_pem(bytes(60_000), "PUBLIC KEY"),
    "P-256": spki_pem(ec.generate_private_key(ec.SECP256R1()).public_key()),
    "X25519": spki_pem(x25519.X25519PrivateKey.generate().public_key()),
    "Ed448": spki_pem(ed448.Ed448PrivateKey.generate().public_key()),
}
NO_MULTIBASE = {
    "nothing": "",
    "a mark alone": "z",
    "not base58": "z0OIl",
    "base64": "m" + base64.b64encode(b"\xed\x01" + bytes(32)).decode(),
    "31 bytes": as_multibase(b"\xed\x01" + bytes(range(31))),
    "33 bytes": as_multibase(b"\xed\x01" + bytes(range(33))),
    "a secret key": as_multibase(b"\x80\x26" + bytes(range(32))),
    "RSA and nothing": as_multibase(b"\x85\x24"),
    "RSA in SPKI": as_multibase(b"\x85\x24" + rsa_pair().public().key.public_bytes(DER, SPKI)),
    "Ed25519 as RSA": as_multibase(
        b"\x85\x24" + ed25519_pair().public().key.public_bytes(DER, SPKI)
    ),
    "a space after": ed25519_pair().public().multibase() + " ",
    "far too long": "z" * 5_000,
}


@pytest.mark.parametrize("text", NO_PEM.values(), ids=NO_PEM)
@pytest.mark.rule("SG-06")
def test_what_is_not_one_public_key_is_no_key(text):
    with pytest.raises(InvalidInputError):
        load_public_pem(text)


@pytest.mark.parametrize("text", NO_MULTIBASE.values(), ids=NO_MULTIBASE)
@pytest.mark.rule("SG-06")
def test_what_is_not_one_key_in_multibase_is_no_key(text):
    with pytest.raises(InvalidInputError):
        load_public_multibase(text)


@given(st.one_of(st.text(), st.binary().map(as_multibase), st.binary().map(as_pem)))
@pytest.mark.rule("SG-06")
def test_no_text_at_all_does_more_than_be_refused(text: str):
    for load in (load_public_pem, load_public_multibase, load_private_pem):
        with pytest.raises(InvalidInputError):
            load(text)


@pytest.mark.rule("SG-06")
def test_an_ed25519_key_under_which_one_signature_fits_all_is_no_key():
    lax = Ed25519PublicKey(key=ed25519.Ed25519PublicKey.from_public_bytes(IDENTITY))
    forged = IDENTITY + bytes(32)
    assert lax.verify(forged, b"any words")
    assert lax.verify(forged, b"any other words")

    with pytest.raises(InvalidInputError):
        load_public_multibase(lax.multibase())
    with pytest.raises(InvalidInputError):
        load_public_pem(lax.pem())


@pytest.mark.parametrize("point", SMALL_ORDER, ids=bytes.hex)
@pytest.mark.rule("SG-06")
def test_no_ed25519_key_of_small_order_is_a_key(point):
    for spelled in (point, point[:-1] + bytes([point[-1] | 0x80])):
        with pytest.raises(InvalidInputError):
            load_public_multibase(as_multibase(b"\xed\x01" + spelled))


@pytest.mark.parametrize(
    "text",
    [
        "",
        ed25519_pair().public().pem(),
        ec.generate_private_key(ec.SECP256R1())
        .private_bytes(PEM, PRIVATE_FORMATS.PKCS8, serialization.NoEncryption())
        .decode(),
        ed25519_pair()
        .key.private_bytes(
            PEM, PRIVATE_FORMATS.PKCS8, serialization.BestAvailableEncryption(b"secret")
        )
        .decode(),
    ],
    ids=["empty", "public", "another kind", "encrypted"],
)
def test_what_is_not_our_private_key_is_not_loaded(text):
    with pytest.raises(InvalidInputError):
        load_private_pem(text)


@pytest.mark.parametrize("pair", [rsa_pair, ed25519_pair])
@pytest.mark.rule("SG-18")
def test_keys_show_nothing_of_themselves(pair):
    key = pair()

    assert repr(key) == str(key) == f"{type(key).__name__}()"
    assert repr([key.public()]) == f"[{type(key.public()).__name__}()]"


@pytest.mark.rule("SG-18")
def test_an_error_about_a_private_key_does_not_quote_it():
    pem = rsa_pair().pem().replace("PRIVATE", "PRIVAT")
    line = pem.splitlines()[3]

    with pytest.raises(InvalidInputError) as raised:
        load_private_pem(pem)

    assert line not in f"{raised.value!r} {raised.value.__cause__!r}"


def test_pss_signatures_are_verified_with_sha512():
    key: RsaPrivateKey = rsa_pair()
    pss = padding.PSS(mgf=padding.MGF1(hashes.SHA512()), salt_length=64)
    signature = key.key.sign(b"words", pss, hashes.SHA512())
    public: RsaPublicKey = key.public()

    assert public.verify_pss(signature, b"words")
    assert not public.verify(signature, b"words")
    assert not public.verify_pss(key.sign(b"words"), b"words")
