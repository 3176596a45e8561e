"""Bytes to proofs and back: keys, digests, HTTP signatures, integrity proofs. Pure."""
