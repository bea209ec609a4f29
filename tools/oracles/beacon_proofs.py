"""Merkle proofs made by the specification's own generalized indices and branches, for the verifiers in Rust and Solidity."""

import json
from pathlib import Path

from eth_consensus_specs.test.helpers.merkle import build_proof, get_generalized_index
from ssz.proofs import node_root

from beacon_chain import Chain, header_of, hex_of

INDICES_PER_CHUNK = 4


def write_proofs(chain: Chain, path: Path) -> None:
    spec = chain.spec
    slots_per_epoch, ring = int(spec.SLOTS_PER_EPOCH), int(spec.SLOTS_PER_HISTORICAL_ROOT)
    newest = max(chain.after_block)
    # The last block before a missed epoch border, one in mid-chain, and the newest.
    border = next(slot for slot in range(slots_per_epoch, newest) if slot not in chain.after_block)
    before_border = max(slot for slot in chain.after_block if slot < border)
    middle = max(slot for slot in chain.after_block if slot < newest - slots_per_epoch // 2)
    document = {
        "preset": chain.preset,
        "fork": spec.fork,
        "slotsPerEpoch": str(slots_per_epoch),
        "slotsPerHistoricalRoot": str(ring),
        "gindices": gindices(spec),
        "lookahead": [
            lookahead(chain, slot, part) for slot in (before_border, middle, newest) for part in ("current", "next")
        ],
        "slots": [slot_proposer(chain, newest, offset) for offset in (0, 5, slots_per_epoch - 1, slots_per_epoch, 2 * slots_per_epoch - 1)],
        "validators": [validator(chain, newest, index) for index in (0, 1, 7, chain.plan.validators - 1)],
        "presence": presences(chain, newest, ring),
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def gindices(spec) -> dict:
    state, slots = spec.BeaconState, int(spec.SLOTS_PER_EPOCH)
    first, second = (get_generalized_index(state, "proposer_lookahead", place) for place in (0, slots))
    half = (slots // INDICES_PER_CHUNK).bit_length() - 1
    return {
        "headerSlot": str(get_generalized_index(spec.BeaconBlockHeader, "slot")),
        "headerStateRoot": str(get_generalized_index(spec.BeaconBlockHeader, "state_root")),
        "lookahead": str(get_generalized_index(state, "proposer_lookahead")),
        "lookaheadCurrent": str(first >> half),
        "lookaheadNext": str(second >> half),
        "lookaheadFirstChunk": str(first),
        "validators": str(get_generalized_index(state, "validators")),
        "validator0Identity": str(get_generalized_index(state, "validators", 0, "pubkey") >> 1),
        "validator5Identity": str(get_generalized_index(state, "validators", 5, "pubkey") >> 1),
        "blockRoot0": str(get_generalized_index(state, "block_roots", 0)),
        "blockRoot5": str(get_generalized_index(state, "block_roots", 5)),
    }


def proven(chain: Chain, state, index: int) -> dict:
    """The branch of one node of the state, checked by the specification's own verifier."""
    spec, branch = chain.spec, build_proof(state, index)
    depth = index.bit_length() - 1
    leaf = spec.Bytes32(bytes(node_root(state, index)))
    nodes = [spec.Bytes32(bytes(node)) for node in branch]
    if not spec.is_valid_merkle_branch(leaf, nodes, depth, index - (1 << depth), state.hash_tree_root()):
        raise ValueError(f"branch of generalized index {index} does not hold")
    return {"gindex": str(index), "branch": [hex_of(node) for node in branch]}


def lookahead(chain: Chain, slot: int, part: str) -> dict:
    spec, state = chain.spec, chain.after_block[slot]
    slots = int(spec.SLOTS_PER_EPOCH)
    first, count = {"current": (0, slots), "next": (slots, slots)}[part]
    index = get_generalized_index(spec.BeaconState, "proposer_lookahead", first)
    chunk_count = count // INDICES_PER_CHUNK
    chunks = [hex_of(node_root(state, index + place)) for place in range(chunk_count)]
    epoch_start = int(spec.get_current_epoch(state)) * slots
    return {
        "part": part,
        **header_of(spec, state),
        "chunks": chunks,
        **proven(chain, state, index >> (chunk_count.bit_length() - 1)),
        "firstSlot": str(epoch_start + first),
        "proposers": [str(int(state.proposer_lookahead[place])) for place in range(first, first + count)],
    }


def slot_proposer(chain: Chain, slot: int, offset: int) -> dict:
    spec, state = chain.spec, chain.after_block[slot]
    index = get_generalized_index(spec.BeaconState, "proposer_lookahead", offset)
    return {
        **header_of(spec, state),
        "slot": str(int(spec.get_current_epoch(state)) * int(spec.SLOTS_PER_EPOCH) + offset),
        "chunk": hex_of(node_root(state, index)),
        **proven(chain, state, index),
        "proposer": str(int(state.proposer_lookahead[offset])),
    }


def validator(chain: Chain, slot: int, index: int) -> dict:
    spec, state = chain.spec, chain.after_block[slot]
    record = state.validators[index]
    return {
        **header_of(spec, state),
        "validatorIndex": str(index),
        "pubkey": hex_of(record.pubkey),
        "pubkeyRoot": hex_of(record.pubkey.hash_tree_root()),
        "withdrawalCredentials": hex_of(record.withdrawal_credentials),
        **proven(chain, state, get_generalized_index(spec.BeaconState, "validators", index, "pubkey") >> 1),
    }


def presences(chain: Chain, newest: int, ring: int) -> list[dict]:
    """Present and missed slots of the ring, the oldest provable one and both sides of its wrap included."""
    spec, state = chain.spec, chain.after_block[newest]
    oldest = max(1, newest - ring + 1)
    wanted = {oldest, newest - 1, *chain.plan.missed, *(slot + 1 for slot in chain.plan.missed), ring, ring + 1}
    vectors = []
    for slot in sorted(slot for slot in wanted if oldest <= slot < newest):
        before, at = (
            proven(chain, state, get_generalized_index(spec.BeaconState, "block_roots", place % ring))
            for place in (slot - 1, slot)
        )
        vectors.append({
            **header_of(spec, state),
            "slot": str(slot),
            "rootBefore": hex_of(state.block_roots[(slot - 1) % ring]),
            "rootAt": hex_of(state.block_roots[slot % ring]),
            "gindexBefore": before["gindex"],
            "branchBefore": before["branch"],
            "gindexAt": at["gindex"],
            "branchAt": at["branch"],
            "missed": slot in chain.plan.missed,
        })
    return vectors
