"""Replays the dumped chain through eth-consensus-specs (minimal preset, Fulu) and writes the state root of each slot.

    FOREBOND_DUMP=DIR cargo test -p forebond-embedded-l1 -- --ignored oracle
    python replay.py DIR SLOTS > state_roots.json

Needs Python 3.12 and the packages of tools/oracles/beacon_requirements.txt. The oracle's own BLS verifies every 50th
block and those with signed operations; proofs of possession and aggregate keys it always computes.
"""

import json
import sys
from pathlib import Path

from eth_consensus_specs.fulu import minimal as spec
from eth_consensus_specs.utils import bls
from eth_consensus_specs.utils.ssz.ssz_impl import ssz_deserialize

# As `config()` in mod.rs, with every fork active from genesis.
spec.config = spec.config._replace(
    SHARD_COMMITTEE_PERIOD=spec.Epoch(0),
    MIN_VALIDATOR_WITHDRAWABILITY_DELAY=spec.Epoch(2),
    CHURN_LIMIT_QUOTIENT=spec.Uint64(2),
    ELECTRA_FORK_EPOCH=spec.Epoch(0),
    FULU_FORK_EPOCH=spec.Epoch(0),
)


def always_checked(function):
    def with_bls(*arguments):
        before, bls.bls_active = bls.bls_active, True
        try:
            return function(*arguments)
        finally:
            bls.bls_active = before

    return with_bls


spec.eth_aggregate_pubkeys = always_checked(spec.eth_aggregate_pubkeys)
spec.is_valid_deposit_signature = always_checked(spec.is_valid_deposit_signature)


def main(directory: Path, slots: int) -> None:
    state = ssz_deserialize(spec.BeaconState, (directory / "genesis.ssz").read_bytes())
    roots = ["0x" + spec.hash_tree_root(state).hex()]
    for slot in range(1, slots + 1):
        path = directory / f"block-{slot:04}.ssz"
        if path.exists():
            block = ssz_deserialize(spec.SignedBeaconBlock, path.read_bytes())
            bls.bls_active = slot % 50 == 1 or slot in (10, 11, 17)
            spec.state_transition(state, block, True)
            bls.bls_active = False
        else:
            spec.process_slots(state, spec.Slot(slot))
        roots.append("0x" + spec.hash_tree_root(state).hex())
    json.dump(roots, sys.stdout, indent=0)
    print()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
