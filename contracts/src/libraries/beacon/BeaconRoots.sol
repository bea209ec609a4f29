// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BeaconHeader, HeaderProof} from "../../types/Proofs.sol";
import {Ssz} from "./Ssz.sol";

/// Trusted beacon block headers: EIP-4788 keeps the block root, the caller brings the five leaves under it. The header container is
/// the same in every fork, so this needs no layout.
library BeaconRoots {
    /// EIP-4788 answers nothing for `timestamp`: no block at that time, or more than 8191 blocks ago.
    error BeaconRootUnknown(uint64 timestamp);
    error HeaderMismatch(bytes32 expected, bytes32 got);

    address internal constant BEACON_ROOTS = 0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02;

    /// sha256 of 64 zero bytes: the empty right end of the header's eight leaves.
    bytes32 private constant ZERO_PAIR = 0xf5a5fd42d16a20302798ef6ed309979b43003d2320d9f0e8ea9831a92759fb4b;

    /// Reverts unless `proof.header` is the header of the parent of the block at `proof.rootTimestamp`. Afterwards its slot is a
    /// proven fact; the timestamp is none (a missed slot makes the parent older than one slot) and must not be used as one.
    function check(HeaderProof memory proof) internal view {
        bytes32 trusted = rootAt(proof.rootTimestamp);
        bytes32 got = rootOf(proof.header);
        if (got != trusted) revert HeaderMismatch(trusted, got);
    }

    /// Root of the parent of the beacon block at `blockTime` (unix seconds).
    function rootAt(uint64 blockTime) internal view returns (bytes32 root) {
        bool ok;
        assembly ("memory-safe") {
            mstore(0, blockTime)
            ok := staticcall(gas(), BEACON_ROOTS, 0, 32, 0, 32)
            ok := and(ok, eq(returndatasize(), 32))
            root := mload(0)
        }
        if (!ok || root == 0) revert BeaconRootUnknown(blockTime);
    }

    /// hash_tree_root(BeaconBlockHeader).
    function rootOf(BeaconHeader memory header) internal view returns (bytes32) {
        bytes32 left = Ssz.pair(
            Ssz.pair(Ssz.leafOf(header.slot), Ssz.leafOf(header.proposerIndex)),
            Ssz.pair(header.parentRoot, header.stateRoot)
        );
        return Ssz.pair(left, Ssz.pair(Ssz.pair(header.bodyRoot, 0), ZERO_PAIR));
    }
}
