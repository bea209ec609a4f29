"""A short Fulu chain run by the executable specification: real keys, attestations, sync aggregates, missed slots."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from eth_consensus_specs.test.helpers import genesis, keys
from eth_consensus_specs.test.helpers.attestations import state_transition_with_full_block
from eth_consensus_specs.test.helpers.block import build_empty_block_for_next_slot
from eth_consensus_specs.test.helpers.state import next_slot
from eth_consensus_specs.test.helpers.sync_committee import (
    compute_aggregate_sync_committee_signature,
    compute_committee_indices,
)
from eth_consensus_specs.utils import bls
from eth_consensus_specs.utils.ssz.ssz_impl import ssz_serialize

GENESIS_TIME_S = 1_700_000_000
BALANCE_GWEI = 32 * 10**9
GROUP_ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
# The first accounts of the usual development mnemonic: the operators that may withdraw.
OPERATORS = ("f39fd6e51aad88f6f4ce6ab8827279cfffb92266", "70997970c51812dc3a010c7d01b50e0d17dc79c8")


@dataclass(frozen=True)
class Plan:
    validators: int
    last_slot: int
    missed: frozenset
    # Slots after whose block the whole state is written out.
    snapshots: tuple
    publish_chain: bool


# The minimal ring of block roots has 64 places, and a sync committee serves 64 slots: the chain outruns both. Missed
# are: single slots, an epoch's last slot and the next one's first two, and the block before the ring wraps.
MINIMAL_PLAN = Plan(32, 75, frozenset({3, 15, 16, 17, 29, 63, 70}), (38, 75), True)
# Over the first epoch border, which is missed on both sides.
MAINNET_PLAN = Plan(64, 37, frozenset({5, 31, 32}), (), False)
# Only for positions in the state, which Gloas moves; payloads stay empty.
GLOAS_PLAN = Plan(32, 21, frozenset({3, 7, 8}), (), False)


def interop_secret(index: int) -> int:
    digest = hashlib.sha256(index.to_bytes(32, "little")).digest()
    return int.from_bytes(digest, "little") % GROUP_ORDER


def hex_of(value) -> str:
    return "0x" + bytes(value).hex()


def header_of(spec, state) -> dict:
    """The header of the newest block, as its successor sees it: with the state root filled in."""
    header = state.latest_block_header.copy()
    if header.state_root == spec.Bytes32():
        header.state_root = state.hash_tree_root()
    return {
        "headerSlot": str(int(header.slot)),
        "proposerIndex": str(int(header.proposer_index)),
        "parentRoot": hex_of(header.parent_root),
        "stateRoot": hex_of(header.state_root),
        "bodyRoot": hex_of(header.body_root),
        "blockRoot": hex_of(header.hash_tree_root()),
    }


class Chain:
    def __init__(self, spec, plan: Plan) -> None:
        self.spec, self.plan = spec, plan
        self.preset = spec.config.PRESET_BASE
        for index in range(plan.validators):
            # The library's builders look keys up in these lists.
            keys.privkeys[index] = interop_secret(index)
            keys.pubkeys[index] = bls.SkToPk(interop_secret(index))
        self.state = self._genesis()
        self.steps: list[dict] = []
        # The state after each block, by slot: where proofs start.
        self.after_block: dict[int, object] = {}
        self.states = {"genesis": self.state.copy()}

    def _genesis(self):
        spec = self.spec
        state = genesis.create_genesis_state(spec, [BALANCE_GWEI] * self.plan.validators, BALANCE_GWEI)
        state.genesis_time = GENESIS_TIME_S
        for index, validator in enumerate(state.validators):
            validator.withdrawal_credentials = b"\x01" + bytes(11) + bytes.fromhex(OPERATORS[index % len(OPERATORS)])
        state.genesis_validators_root = spec.hash_tree_root(state.validators)
        return state

    def run(self) -> None:
        bls.bls_active = True
        while self.state.slot < self.plan.last_slot:
            slot = int(self.state.slot) + 1
            advanced = self.state.copy()
            self.spec.process_slots(advanced, slot)
            block = None
            if slot in self.plan.missed:
                next_slot(self.spec, self.state)
            else:
                block = self._block(slot)
                self.after_block[slot] = self.state.copy()
            self.steps.append(self._step(slot, advanced, block))
            if slot in self.plan.snapshots:
                self.states[f"slot_{slot}"] = self.state.copy()

    def _block(self, slot: int):
        """One block: attestations of the slot before by seven of eight validators, a sync aggregate of most members."""
        spec = self.spec
        block = build_empty_block_for_next_slot(spec, self.state)
        committee = compute_committee_indices(self._at(slot))
        # Mainnet's 512 signatures would take most of the time and prove nothing more.
        bits = [place < 32 and (place + slot) % 5 != 0 for place in range(len(committee))]
        members = [index for index, bit in zip(committee, bits, strict=True) if bit]
        aggregate = spec.SyncAggregate(
            sync_committee_bits=type(block.body.sync_aggregate.sync_committee_bits)(data=bits),
            sync_committee_signature=compute_aggregate_sync_committee_signature(
                spec, self._at(slot), slot - 1, members, block_root=block.parent_root
            ),
        )
        return state_transition_with_full_block(
            spec,
            self.state,
            fill_cur_epoch=True,
            fill_prev_epoch=False,
            participation_fn=lambda at, _committee, all: {index for index in all if (int(index) + int(at)) % 8 != 0} or all,
            sync_aggregate=aggregate,
            block=block,
        )

    def _at(self, slot: int):
        state = self.state.copy()
        self.spec.process_slots(state, slot)
        return state

    def _step(self, slot: int, advanced, block) -> dict:
        state = self.state
        return {
            "slot": str(slot),
            # Root after `process_slots` up to this slot, before its block.
            "advancedRoot": hex_of(advanced.hash_tree_root()),
            # SSZ of the signed block; empty when the slot was missed.
            "block": hex_of(ssz_serialize(block)) if block is not None else "0x",
            "stateRoot": hex_of(state.hash_tree_root()),
            "blockRoot": header_of(self.spec, state)["blockRoot"],
            "lookahead": [str(int(index)) for index in state.proposer_lookahead],
            "justifiedEpoch": str(int(state.current_justified_checkpoint.epoch)),
            "finalizedEpoch": str(int(state.finalized_checkpoint.epoch)),
        }

    def write(self, folder: Path) -> None:
        spec, plan = self.spec, self.plan
        for name, state in self.states.items():
            (folder / f"{name}.ssz").write_bytes(ssz_serialize(state))
        document = {
            "preset": self.preset,
            "fork": spec.fork,
            "validators": str(plan.validators),
            "genesisTimeS": str(GENESIS_TIME_S),
            "genesisForkVersion": hex_of(spec.config.GENESIS_FORK_VERSION),
            "forkVersion": hex_of(spec.config.FULU_FORK_VERSION),
            "genesisValidatorsRoot": hex_of(self.states["genesis"].genesis_validators_root),
            "genesisStateRoot": hex_of(self.states["genesis"].hash_tree_root()),
            "states": sorted(f"{name}.ssz" for name in self.states),
            "steps": self.steps,
        }
        (folder / "chain.json").write_text(json.dumps(document, indent=1) + "\n")
