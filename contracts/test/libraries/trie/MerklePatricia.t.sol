// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Rlp} from "../../../src/libraries/rlp/Rlp.sol";
import {MerklePatricia} from "../../../src/libraries/trie/MerklePatricia.sol";
import {SlashingTrie} from "../../support/SlashingTrie.sol";
import {Test} from "../../support/Test.sol";

contract MerklePatriciaTest is Test {
    function lookup(bytes32 root, bytes memory key, bytes[] memory proof) public pure returns (bytes memory) {
        return MerklePatricia.lookup(root, key, proof);
    }

    /// Values of 1 to 90 bytes, so that small nodes are embedded in their parents.
    function values(uint256 count) internal pure returns (bytes[] memory all) {
        all = new bytes[](count);
        for (uint256 i; i < count; ++i) {
            bytes32 hash = keccak256(abi.encode(i));
            bytes memory value = new bytes(1 + (3 * i) % 90);
            for (uint256 k; k < value.length; ++k) {
                value[k] = hash[k % 32];
            }
            all[i] = value;
        }
    }

    /// Roots computed with the mpt package of EthereumJS.
    function test_ourTriesHaveTheRootsOfAnIndependentImplementation() public pure {
        uint16[10] memory sizes = [1, 2, 3, 16, 17, 127, 128, 129, 200, 300];
        bytes32[10] memory roots = [
            bytes32(0x03b3d4de72dcdbaf5d77e469b51a92ca38240a2fd5808bd3b00c94bbeab543fc),
            0x0a8335fd0b24f18fb685244dbda923a46dcdf3fe471179cf8dee38ca11e647b3,
            0x46db1ad6b902cad4a1f5f055d69bca2e76eafa6861f3a1f4da16abe2dcf4e680,
            0xe8b64f5b6bb6988b0786df29e73441fdd3cc6d6d6730d95432c810812be14934,
            0x9a2adc15c9c5e3661c1c0a16f91dce2cfe3b78e9df3e22288350a599312c9f0f,
            0x30c7c3227c84bbf9ebbcd12dba5fb461191acea3c1c993e378f8845453f26031,
            0xc76f49ed34196017b89a206d775dd79972a4768dbabce6d4a174a24154408b61,
            0xedbdacde77279eb8e47b3753c7e4f0971221b19fdd23415224b7d4131853e217,
            0x9355a725c418de329de0d78262f37aef9f86b05684d0c40e5bcaa2bf856217a1,
            0x91fbfb4a910da4201b83cf4bff0080f89b58543639fcf3937fa7d40c8dc4334d
        ];
        for (uint256 i; i < 10; ++i) {
            assertEq(SlashingTrie.root(values(sizes[i])), roots[i]);
        }
    }

    function testFuzz_whatStandsUnderAnIndexIsFound(uint256 count, uint256 index) public view {
        count = bound(count, 1, 200);
        index = bound(index, 0, count - 1);
        bytes[] memory all = values(count);
        bytes[] memory proof = SlashingTrie.proof(all, index);
        assertEq(this.lookup(SlashingTrie.root(all), Rlp.encodeIndex(index), proof), all[index]);
    }

    function testFuzz_nothingIsProvenBehindTheLastIndex(uint256 count, uint256 index) public view {
        count = bound(count, 1, 150);
        index = bound(index, count, 70_000);
        bytes[] memory all = values(count);
        bytes[] memory proof = SlashingTrie.proof(all, index);
        assertEq(this.lookup(SlashingTrie.root(all), Rlp.encodeIndex(index), proof), "");
    }

    function test_anEmptyTrieHoldsNothing() public view {
        assertEq(this.lookup(MerklePatricia.EMPTY_ROOT, hex"80", new bytes[](0)), "");
    }

    function testFuzz_aChangedNodeIsRefused(uint256 count, uint256 index, uint256 place, uint256 spot) public {
        count = bound(count, 1, 60);
        index = bound(index, 0, count - 1);
        bytes[] memory all = values(count);
        bytes[] memory proof = SlashingTrie.proof(all, index);
        place = bound(place, 0, proof.length - 1);
        spot = bound(spot, 0, proof[place].length - 1);
        bytes32 root = SlashingTrie.root(all);
        proof[place][spot] ^= 0x01;
        vm.expectPartialRevert(MerklePatricia.TrieNodeUnknown.selector);
        this.lookup(root, Rlp.encodeIndex(index), proof);
    }

    function test_aProofThatStopsEarlyProvesNothing() public {
        bytes[] memory all = values(60);
        bytes[] memory proof = SlashingTrie.proof(all, 20);
        assembly {
            mstore(proof, sub(mload(proof), 1))
        }
        vm.expectPartialRevert(MerklePatricia.TrieProofTooShort.selector);
        this.lookup(SlashingTrie.root(all), Rlp.encodeIndex(20), proof);
    }

    function test_aNodeTooManyIsRefused() public {
        bytes[] memory all = values(60);
        bytes[] memory proof = SlashingTrie.proof(all, 20);
        bytes[] memory longer = new bytes[](proof.length + 1);
        for (uint256 i; i < proof.length; ++i) {
            longer[i] = proof[i];
        }
        vm.expectPartialRevert(MerklePatricia.TrieProofTooLong.selector);
        this.lookup(SlashingTrie.root(all), Rlp.encodeIndex(20), longer);
    }

    function test_aPathWithForeignFlagsOrPaddingIsRefused() public {
        // Flag 4 does not exist; an even path with a padding nibble other than zero would be a second spelling.
        bytes[2] memory nodes = [bytes(hex"c482408061"), hex"c482218061"];
        for (uint256 i; i < 2; ++i) {
            bytes[] memory proof = new bytes[](1);
            proof[0] = nodes[i];
            vm.expectRevert(abi.encodeWithSelector(MerklePatricia.TrieNodeMalformed.selector, 0));
            this.lookup(keccak256(nodes[i]), hex"80", proof);
        }
        bytes[] memory one = new bytes[](1);
        one[0] = hex"c3" hex"25" hex"61" hex"62";
        vm.expectPartialRevert(MerklePatricia.TrieNodeMalformed.selector);
        this.lookup(keccak256(one[0]), hex"80", one);
    }
}
