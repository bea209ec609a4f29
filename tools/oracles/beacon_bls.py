"""Keys, signatures and hashed messages as points for the EIP-2537 precompiles, by py_ecc: slow, and related to nothing we use."""

import hashlib
import json
from pathlib import Path

from py_ecc.bls import G2ProofOfPossession as suite
from py_ecc.bls.hash_to_curve import hash_to_G2
from py_ecc.bls.point_compression import compress_G1, compress_G2, decompress_G1, decompress_G2
from py_ecc.optimized_bls12_381 import FQ, b, b2, curve_order, field_modulus, is_on_curve, multiply, is_inf, normalize

from beacon_chain import interop_secret

TAG = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_"


def coordinate(value) -> str:
    return int(value).to_bytes(64, "big").hex()


def g1(point) -> str:
    x, y = normalize(point)
    return "0x" + coordinate(x) + coordinate(y)


def g2(point) -> str:
    x, y = normalize(point)
    return "0x" + "".join(coordinate(part) for number in (x, y) for part in number.coeffs)


def compressed_g1(point) -> str:
    return "0x" + compress_G1(point).to_bytes(48, "big").hex()


def compressed_g2(point) -> str:
    return "0x" + b"".join(part.to_bytes(48, "big") for part in compress_G2(point)).hex()


def signed(index: int) -> dict:
    secret = interop_secret(index)
    message = hashlib.sha256(b"forebond message" + bytes([index])).digest()
    key, signature = suite.SkToPk(secret), suite.Sign(secret, message)
    if not suite.Verify(key, message, signature):
        raise ValueError("a fresh signature does not verify")
    halves = tuple(int.from_bytes(signature[place : place + 48], "big") for place in (0, 48))
    return {
        "validatorIndex": str(index),
        "publicKey": "0x" + key.hex(),
        "publicKeyPoint": g1(decompress_G1(int.from_bytes(key, "big"))),
        "message": "0x" + message.hex(),
        # RFC 9380 hash_to_curve under the tag of the proof-of-possession suite.
        "messagePoint": g2(hash_to_G2(message, TAG, hashlib.sha256)),
        "signature": "0x" + signature.hex(),
        "signaturePoint": g2(decompress_G2(halves)),
    }


def stray_g1():
    """The curve point with the smallest x that is outside the prime-order subgroup."""
    for x in range(1, 1000):
        square = (x**3 + 4) % field_modulus
        y = pow(square, (field_modulus + 1) // 4, field_modulus)
        point = (FQ(x), FQ(y), FQ(1))
        if y * y % field_modulus == square and is_on_curve(point, b) and not is_inf(multiply(point, curve_order)):
            return point
    raise ValueError("no stray point found")


def stray_g2():
    """A point of the twist outside the subgroup, found through its compressed form."""
    for x in range(1, 1000):
        try:
            point = decompress_G2(((1 << 383), x))
        except ValueError:
            continue
        if is_on_curve(point, b2) and not is_inf(multiply(point, curve_order)):
            return point
    raise ValueError("no stray point found")


def write_bls(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    key, signature = stray_g1(), stray_g2()
    document = {
        "about": "EIP-2537 points: coordinates of 64 bytes, big-endian; G2 as x.c0, x.c1, y.c0, y.c1",
        "tag": TAG.decode(),
        "signed": [signed(index) for index in range(3)],
        "outsideSubgroup": {
            "publicKey": compressed_g1(key),
            "publicKeyPoint": g1(key),
            "signature": compressed_g2(signature),
            "signaturePoint": g2(signature),
        },
    }
    path.write_text(json.dumps(document, indent=1) + "\n")
