// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// The five leaves of a beacon block header, to rebuild the block root that EIP-4788 keeps.
struct BeaconHeader {
    uint64 slot;
    uint64 proposerIndex;
    bytes32 parentRoot;
    bytes32 stateRoot;
    bytes32 bodyRoot;
}

/// The header whose root the beacon-roots contract returns for `rootTimestamp` (the *parent* of the block at that time).
struct HeaderProof {
    uint64 rootTimestamp;
    BeaconHeader header;
}

/// One epoch's half of `proposer_lookahead`: its 32-byte chunks (four little-endian uint64 each) and the branch of the
/// half's subtree up to the state root, leaf first.
struct LookaheadProof {
    HeaderProof header;
    bytes32[] chunks;
    bytes32[] branch;
}

/// The chunk that holds one slot's proposer, and its branch up to the state root.
struct SlotProof {
    HeaderProof header;
    bytes32 chunk;
    bytes32[] branch;
}

/// A validator's leaves 0 (pubkey root) and 1 (withdrawal credentials), and the branch of their parent node up to the state root.
struct ValidatorProof {
    HeaderProof header;
    uint64 validatorIndex;
    bytes32 pubkeyRoot;
    bytes32 withdrawalCredentials;
    bytes32[] branch;
}

/// `block_roots[slot - 1]` and `block_roots[slot]` of a proven state, each with its branch up to the state root.
struct SlotPresenceProof {
    HeaderProof header;
    uint64 slot;
    bytes32 rootBefore;
    bytes32 rootAt;
    bytes32[] branchBefore;
    bytes32[] branchAt;
}
