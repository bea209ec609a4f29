// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {
    BeaconHeader,
    HeaderProof,
    LookaheadProof,
    SlotPresenceProof,
    SlotProof,
    ValidatorProof
} from "../../../src/types/Proofs.sol";
import {Test} from "../Test.sol";

/// A beacon chain as far as proofs see it: the real EIP-4788 contract, headers, and states of which only one place is known and
/// everything beside it is random. Trees are folded in the plainest way, apart from the library under test.
abstract contract BeaconChain is Test {
    address internal constant BEACON_ROOTS = 0x000F3df6D732807Ef1319fB7B8bB8522d0Beac02;
    bytes private constant BEACON_ROOTS_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604d57602036146024575f5ffd5b5f35801560495762001fff810690815414603c575f5ffd5b62001fff01545f5260205ff35b5f5ffd5b62001fff42064281555f359062001fff015500";

    uint64 internal constant GENESIS_TIME = 1_700_000_000;
    uint64 internal constant SLOT_SECONDS = 12;

    uint256 private _seed = uint256(keccak256("siblings"));

    function installBeaconRoots() internal {
        vm.etch(BEACON_ROOTS, BEACON_ROOTS_CODE);
    }

    function timeOf(uint64 slot) internal pure returns (uint64) {
        return GENESIS_TIME + slot * SLOT_SECONDS;
    }

    /// The block at `childSlot` says through EIP-4788 that its parent has `root`: the system call, as a client makes it.
    function publishRoot(bytes32 root, uint64 childSlot) internal {
        uint256 before = vm.getBlockTimestamp();
        vm.warp(timeOf(childSlot));
        vm.prank(0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE);
        (bool ok,) = BEACON_ROOTS.call(abi.encode(root));
        assertTrue(ok, "EIP-4788 refused the system call");
        if (before > timeOf(childSlot)) vm.warp(before);
    }

    /// A header at `slot` over `stateRoot`, known to EIP-4788 through a child in the next slot.
    function publish(uint64 slot, bytes32 stateRoot) internal returns (HeaderProof memory proof) {
        proof.header = BeaconHeader(slot, 7, _sibling(), stateRoot, _sibling());
        proof.rootTimestamp = timeOf(slot + 1);
        publishRoot(headerRoot(proof.header), slot + 1);
    }

    function headerRoot(BeaconHeader memory header) internal pure returns (bytes32) {
        bytes32[] memory leaves = new bytes32[](8);
        leaves[0] = littleEndian(header.slot);
        leaves[1] = littleEndian(header.proposerIndex);
        leaves[2] = header.parentRoot;
        leaves[3] = header.stateRoot;
        leaves[4] = header.bodyRoot;
        return treeRoot(leaves);
    }

    // --- Proofs of made-up states ---

    function lookaheadProof(uint64 headerSlot, bool nextEpoch, uint64[] memory indices)
        internal
        returns (LookaheadProof memory proof)
    {
        proof.chunks = chunksOf(indices);
        bytes32 stateRoot;
        (stateRoot, proof.branch) = stateWith(treeRoot(proof.chunks), nextEpoch ? 203 : 202);
        proof.header = publish(headerSlot, stateRoot);
    }

    function slotProof(uint64 headerSlot, bool nextEpoch, uint64[] memory indices, uint64 offset)
        internal
        returns (SlotProof memory proof)
    {
        bytes32[] memory chunks = chunksOf(indices);
        proof.chunk = chunks[offset / 4];
        bytes32 stateRoot;
        uint256 gindex = (nextEpoch ? 203 : 202) * chunks.length + offset / 4;
        (stateRoot, proof.branch) = stateWith(proof.chunk, gindex);
        proof.header = publish(headerSlot, stateRoot);
    }

    function validatorProof(uint64 headerSlot, uint64 index, bytes32 pubkeyRoot, bytes32 credentials)
        internal
        returns (ValidatorProof memory proof)
    {
        proof.validatorIndex = index;
        proof.pubkeyRoot = pubkeyRoot;
        proof.withdrawalCredentials = credentials;
        bytes32 stateRoot;
        (stateRoot, proof.branch) = stateWith(sha256(abi.encode(pubkeyRoot, credentials)), validatorGindex(index));
        proof.header = publish(headerSlot, stateRoot);
    }

    /// Node over leaves 0 and 1 of a validator.
    function validatorGindex(uint64 index) internal pure returns (uint256) {
        return (75 * 2 * 2 ** 40 + uint256(index)) * 4;
    }

    // --- Plain trees ---

    function littleEndian(uint256 value) internal pure returns (bytes32 leaf) {
        for (uint256 i; i < 32; ++i) {
            leaf |= bytes32((value >> (8 * i)) & 0xff) << (8 * (31 - i));
        }
    }

    function chunksOf(uint64[] memory indices) internal pure returns (bytes32[] memory chunks) {
        chunks = new bytes32[](indices.length / 4);
        for (uint256 i; i < indices.length; ++i) {
            chunks[i / 4] |= littleEndian(indices[i]) >> (64 * (i % 4));
        }
    }

    function treeRoot(bytes32[] memory leaves) internal pure returns (bytes32) {
        if (leaves.length == 1) return leaves[0];
        bytes32[] memory parents = new bytes32[](leaves.length / 2);
        for (uint256 i; i < parents.length; ++i) {
            parents[i] = sha256(abi.encode(leaves[2 * i], leaves[2 * i + 1]));
        }
        return treeRoot(parents);
    }

    /// A random branch from `leaf` at `gindex`, and the root it ends in.
    function stateWith(bytes32 leaf, uint256 gindex) internal returns (bytes32 root, bytes32[] memory branch) {
        uint256 depth;
        while (gindex >> (depth + 1) != 0) ++depth;
        branch = new bytes32[](depth);
        for (uint256 i; i < depth; ++i) {
            branch[i] = _sibling();
        }
        root = fold(leaf, branch, gindex);
    }

    function fold(bytes32 leaf, bytes32[] memory branch, uint256 gindex) internal pure returns (bytes32 root) {
        root = leaf;
        for (uint256 i; i < branch.length; ++i) {
            root = (gindex >> i) % 2 == 1 ? sha256(abi.encode(branch[i], root)) : sha256(abi.encode(root, branch[i]));
        }
    }

    function _sibling() internal returns (bytes32) {
        _seed = uint256(keccak256(abi.encode(_seed)));
        return bytes32(_seed);
    }

    // --- The oracle's proofs (`fixtures/beacon`) ---

    /// Header of `json[key]`, known to EIP-4788 through a child in the next slot.
    function headerFrom(string memory json, string memory key) internal returns (HeaderProof memory proof) {
        proof.header = BeaconHeader({
            slot: uint64(vm.parseJsonUint(json, string.concat(key, ".headerSlot"))),
            proposerIndex: uint64(vm.parseJsonUint(json, string.concat(key, ".proposerIndex"))),
            parentRoot: vm.parseJsonBytes32(json, string.concat(key, ".parentRoot")),
            stateRoot: vm.parseJsonBytes32(json, string.concat(key, ".stateRoot")),
            bodyRoot: vm.parseJsonBytes32(json, string.concat(key, ".bodyRoot"))
        });
        proof.rootTimestamp = timeOf(proof.header.slot + 1);
        publishRoot(vm.parseJsonBytes32(json, string.concat(key, ".blockRoot")), proof.header.slot + 1);
    }

    function lookaheadFrom(string memory json, string memory key) internal returns (LookaheadProof memory) {
        return LookaheadProof(
            headerFrom(json, key),
            vm.parseJsonBytes32Array(json, string.concat(key, ".chunks")),
            vm.parseJsonBytes32Array(json, string.concat(key, ".branch"))
        );
    }

    function slotFrom(string memory json, string memory key) internal returns (SlotProof memory) {
        return SlotProof(
            headerFrom(json, key),
            vm.parseJsonBytes32(json, string.concat(key, ".chunk")),
            vm.parseJsonBytes32Array(json, string.concat(key, ".branch"))
        );
    }

    function validatorFrom(string memory json, string memory key) internal returns (ValidatorProof memory) {
        return ValidatorProof(
            headerFrom(json, key),
            uint64(vm.parseJsonUint(json, string.concat(key, ".validatorIndex"))),
            vm.parseJsonBytes32(json, string.concat(key, ".pubkeyRoot")),
            vm.parseJsonBytes32(json, string.concat(key, ".withdrawalCredentials")),
            vm.parseJsonBytes32Array(json, string.concat(key, ".branch"))
        );
    }

    function presenceFrom(string memory json, string memory key) internal returns (SlotPresenceProof memory) {
        return SlotPresenceProof(
            headerFrom(json, key),
            uint64(vm.parseJsonUint(json, string.concat(key, ".slot"))),
            vm.parseJsonBytes32(json, string.concat(key, ".rootBefore")),
            vm.parseJsonBytes32(json, string.concat(key, ".rootAt")),
            vm.parseJsonBytes32Array(json, string.concat(key, ".branchBefore")),
            vm.parseJsonBytes32Array(json, string.concat(key, ".branchAt"))
        );
    }

    /// "list[3]"
    function item(string memory list, uint256 place) internal pure returns (string memory) {
        return string.concat(".", list, "[", vm.toString(place), "]");
    }

    /// Number of items of a list of the fixture.
    function count(string memory json, string memory list) internal view returns (uint256 size) {
        while (vm.keyExistsJson(json, item(list, size))) ++size;
    }
}
