"""Inputs for the precompiles of Prague: (label, address, input, whether the call works)."""

import hashlib

from chain import Account
from ethereum.crypto.hash import keccak256
from assembler import word
from py_ecc import bls12_381, bn128


def words(*values: int) -> bytes:
    return b"".join(word(value) for value in values)


def modexp(base: bytes, exponent: bytes, modulus: bytes) -> bytes:
    return words(len(base), len(exponent), len(modulus)) + base + exponent + modulus


def bn_point(point) -> bytes:
    return words(int(point[0]), int(point[1])) if point else bytes(64)


def bn_twist(point) -> bytes:
    # The precompile wants the imaginary coefficient first.
    return b"".join(words(int(coordinate.coeffs[1]), int(coordinate.coeffs[0])) for coordinate in point)


def bls_field(value: int) -> bytes:
    return int(value).to_bytes(64, "big")


def bls_g1(point) -> bytes:
    return bls_field(point[0]) + bls_field(point[1]) if point else bytes(128)


def bls_g2(point) -> bytes:
    return b"".join(bls_field(coordinate.coeffs[0]) + bls_field(coordinate.coeffs[1]) for coordinate in point)


def bls_compressed(point) -> bytes:
    """The 48-byte form of a G1 point: flag bits, then x."""
    x, y = int(point[0]), int(point[1])
    larger = y > bls12_381.field_modulus // 2
    return (x | (1 << 383) | (larger << 381)).to_bytes(48, "big")


def recovery() -> bytes:
    digest = keccak256(b"a message")
    r, s, parity = Account("precompile signer").sign(digest)
    return digest + words(27 + parity, int(r), int(s))


def point_evaluation(value: int, claimed: int) -> bytes:
    """For the constant polynomial the commitment is value * G1 and the proof is the point at infinity, whatever z is."""
    commitment = bls_compressed(bls12_381.multiply(bls12_381.G1, value))
    versioned_hash = b"\x01" + hashlib.sha256(commitment).digest()[1:]
    return versioned_hash + words(12345, claimed) + commitment + b"\xc0" + bytes(47)


BN, BLS = bn128, bls12_381
BLAKE2F_ABC = (  # The rounds of BLAKE2b over "abc", the example of EIP-152.
    bytes.fromhex("48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f79217e1319cde05b")
    + b"abc".ljust(128, b"\0") + (3).to_bytes(8, "little") + bytes(8) + b"\x01")

PRECOMPILE_CALLS = [
    ("ecrecover", 1, recovery(), True),
    ("ecrecover of nonsense answers nothing", 1, words(1, 27, 1, 2**256 - 1), True),
    ("sha256", 2, b"abc" * 50, True),
    ("ripemd160", 3, b"abc", True),
    ("identity", 4, bytes(range(70)), True),
    ("modexp", 5, modexp(b"\x03", b"\x01\x00\x01", (2**255 - 19).to_bytes(32, "big")), True),
    ("modexp, wide", 5, modexp(b"\x07" * 64, b"\xff" * 40, b"\xf1" * 64), True),
    ("modexp, modulus zero", 5, modexp(b"\x02", b"\x02", b"\x00"), True),
    ("bn254 add", 6, bn_point(BN.G1) + bn_point(BN.double(BN.G1)), True),
    ("bn254 add, infinity", 6, bytes(128), True),
    ("bn254 add, not on the curve", 6, words(1, 1, 0, 0), False),
    ("bn254 mul", 7, bn_point(BN.G1) + words(2**200 + 9), True),
    ("bn254 pairing, one", 8, bn_point(BN.G1) + bn_twist(BN.G2) + bn_point(BN.neg(BN.G1)) + bn_twist(BN.G2), True),
    ("bn254 pairing, not one", 8, bn_point(BN.G1) + bn_twist(BN.G2), True),
    ("bn254 pairing, bad length", 8, bytes(191), False),
    ("blake2f", 9, (12).to_bytes(4, "big") + BLAKE2F_ABC, True),
    ("blake2f, bad final flag", 9, (1).to_bytes(4, "big") + BLAKE2F_ABC[:-1] + b"\x02", False),
    ("point evaluation", 10, point_evaluation(42, 42), True),
    ("point evaluation, wrong claim", 10, point_evaluation(42, 43), False),
    ("bls12-381 g1 add", 11, bls_g1(BLS.G1) + bls_g1(BLS.double(BLS.G1)), True),
    ("bls12-381 g1 add, not on the curve", 11, bls_field(1) + bls_field(1) + bytes(128), False),
    ("bls12-381 g1 msm", 12, bls_g1(BLS.G1) + words(5) + bls_g1(BLS.double(BLS.G1)) + words(2**250), True),
    ("bls12-381 g2 add", 13, bls_g2(BLS.G2) + bls_g2(BLS.double(BLS.G2)), True),
    ("bls12-381 g2 msm", 14, bls_g2(BLS.G2) + words(77), True),
    ("bls12-381 pairing", 15, bls_g1(BLS.G1) + bls_g2(BLS.G2) + bls_g1(BLS.neg(BLS.G1)) + bls_g2(BLS.G2), True),
    ("bls12-381 map to g1", 16, bls_field(7), True),
    ("bls12-381 map to g1, field element too large", 16, bls_field(BLS.field_modulus), False),
    ("bls12-381 map to g2", 17, bls_field(7) + bls_field(8), True),
]
