"""One blob with its commitment, versioned hash, proofs and one opened value, for the KZG users in Rust and Solidity."""

import hashlib
import json
from pathlib import Path

import ckzg
from eth_consensus_specs.utils import kzg
from py_arkworks_bls12381 import G1Point, Scalar

FIELD_ELEMENTS = 4096
SEED = b"forebond blob"


def element(index: int) -> bytes:
    """A field element that anyone can make again: below the modulus because its first byte is zero."""
    return b"\x00" + hashlib.sha256(SEED + index.to_bytes(4, "big")).digest()[:31]


def reversed_bits(index: int) -> int:
    return int(format(index, "012b")[::-1], 2)


def commitment_by_hand(blob: bytes) -> bytes:
    """The sum of setup points times elements, by another library than the one that is otherwise used on all sides."""
    setup = json.loads(kzg._find_trusted_setup_path().read_text())["g1_lagrange"]
    points = [G1Point.from_compressed_bytes_unchecked(bytes.fromhex(setup[reversed_bits(i)][2:])) for i in range(FIELD_ELEMENTS)]
    scalars = [Scalar.from_le_bytes(blob[32 * i : 32 * i + 32][::-1]) for i in range(FIELD_ELEMENTS)]
    return bytes(G1Point.multiexp_unchecked(points, scalars).to_compressed_bytes())


def write_blob(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    setup = kzg.load_trusted_setup()
    blob = b"".join(element(index) for index in range(FIELD_ELEMENTS))
    commitment = ckzg.blob_to_kzg_commitment(blob, setup)
    if commitment != commitment_by_hand(blob):
        raise ValueError("two libraries disagree about the commitment")
    point = element(FIELD_ELEMENTS)
    opening, value = ckzg.compute_kzg_proof(blob, point, setup)
    _, cell_proofs = ckzg.compute_cells_and_kzg_proofs(blob, setup)
    hashed = b"\x01" + hashlib.sha256(commitment).digest()[1:]
    document = {
        "about": "element i of the blob = 0x00 || sha256(seed || i as 4 bytes, big-endian)[0..31]",
        "seed": "0x" + SEED.hex(),
        "fieldElements": str(FIELD_ELEMENTS),
        "blobSha256": "0x" + hashlib.sha256(blob).hexdigest(),
        "commitment": "0x" + commitment.hex(),
        "versionedHash": "0x" + hashed.hex(),
        "blobProof": "0x" + ckzg.compute_blob_kzg_proof(blob, commitment, setup).hex(),
        "cellProofsSha256": "0x" + hashlib.sha256(b"".join(cell_proofs)).hexdigest(),
        # What the point evaluation precompile (0x0a) takes: versioned hash, point, value, commitment, proof.
        "point": "0x" + point.hex(),
        "value": "0x" + value.hex(),
        "openingProof": "0x" + opening.hex(),
        "pointEvaluationInput": "0x" + (hashed + point + value + commitment + opening).hex(),
    }
    (folder / "blob.json").write_text(json.dumps(document, indent=1) + "\n")
