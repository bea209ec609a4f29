// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Leaf, PromiseTree} from "../../../src/libraries/promise/PromiseTree.sol";
import {SlashingTree} from "../../support/SlashingTree.sol";
import {Test} from "../../support/Test.sol";

/// Held to the golden vectors that the Rust and TypeScript sides read too.
contract PromiseTreeTest is Test {
    function rootOf(bytes32 node, uint256 place, uint256 count, bytes32[] memory branch) public pure returns (bytes32) {
        return PromiseTree.root(node, place, count, branch);
    }

    function test_leavesHashAsTheGoldenVectorsSay() public view {
        string memory json = fixture("messages/leaves.json");
        uint256 checked;
        for (; checked < 64; ++checked) {
            string memory place = string.concat("[", vm.toString(checked), "]");
            if (!vm.keyExistsJson(json, string.concat(place, ".hash"))) break;
            string memory leaf = string.concat(place, ".leaf");
            Leaf memory read = Leaf({
                index: vm.parseJsonUint(json, string.concat(leaf, ".index")),
                txHash: vm.parseJsonBytes32(json, string.concat(leaf, ".txHash")),
                sender: vm.parseJsonAddress(json, string.concat(leaf, ".sender")),
                receiptHash: vm.parseJsonBytes32(json, string.concat(leaf, ".receiptHash")),
                writesHash: vm.parseJsonBytes32(json, string.concat(leaf, ".writesHash")),
                coverage: uint128(vm.parseJsonUint(json, string.concat(leaf, ".coverage")))
            });
            assertEq(PromiseTree.hash(read), vm.parseJsonBytes32(json, string.concat(place, ".hash")));
        }
        assertGt(checked, 1);
    }

    function test_branchesLeadWhereTheGoldenVectorsSay() public view {
        string memory json = fixture("messages/trees.json");
        uint256 trees;
        for (; trees < 64; ++trees) {
            string memory place = string.concat("[", vm.toString(trees), "]");
            if (!vm.keyExistsJson(json, string.concat(place, ".root"))) break;
            bytes32 root = vm.parseJsonBytes32(json, string.concat(place, ".root"));
            bytes32[] memory leaves = vm.parseJsonBytes32Array(json, string.concat(place, ".leaves"));
            assertEq(SlashingTree.root(leaves), root);
            for (uint256 i; i < leaves.length; ++i) {
                string memory key = string.concat(place, ".branches[", vm.toString(i), "]");
                bytes32[] memory branch = leaves.length == 1 ? new bytes32[](0) : vm.parseJsonBytes32Array(json, key);
                assertEq(PromiseTree.root(leaves[i], i, leaves.length, branch), root);
            }
        }
        assertGt(trees, 1);
    }

    function test_aSignedPromiseOfTheGatewayOpensToItsFrag() public view {
        string memory json = fixture("messages/preconfirmations.json");
        for (uint256 i; i < 7; ++i) {
            string memory object = string.concat(".objects[", vm.toString(i), "].object");
            string memory leaf = string.concat(object, ".leaf");
            Leaf memory read = Leaf({
                index: vm.parseJsonUint(json, string.concat(leaf, ".index")),
                txHash: vm.parseJsonBytes32(json, string.concat(leaf, ".txHash")),
                sender: vm.parseJsonAddress(json, string.concat(leaf, ".sender")),
                receiptHash: vm.parseJsonBytes32(json, string.concat(leaf, ".receiptHash")),
                writesHash: vm.parseJsonBytes32(json, string.concat(leaf, ".writesHash")),
                coverage: uint128(vm.parseJsonUint(json, string.concat(leaf, ".coverage")))
            });
            uint256 first = vm.parseJsonUint(json, string.concat(object, ".frag.firstTransaction"));
            uint256 count = vm.parseJsonUint(json, string.concat(object, ".frag.transactionCount"));
            bytes32[] memory branch =
                count == 1 ? new bytes32[](0) : vm.parseJsonBytes32Array(json, string.concat(object, ".branch"));
            bytes32 root = PromiseTree.root(PromiseTree.hash(read), read.index - first, count, branch);
            assertEq(root, vm.parseJsonBytes32(json, string.concat(object, ".frag.promisesRoot")));
        }
    }

    function testFuzz_everyBranchLeadsToTheRootAndNowhereElse(uint256 count, uint256 place, bytes32 seed) public {
        count = bound(count, 1, 70);
        place = bound(place, 0, count - 1);
        bytes32[] memory leaves = new bytes32[](count);
        for (uint256 i; i < count; ++i) {
            leaves[i] = keccak256(abi.encode(seed, i));
        }
        bytes32[] memory branch = SlashingTree.branch(leaves, place);
        bytes32 root = SlashingTree.root(leaves);
        assertEq(PromiseTree.root(leaves[place], place, count, branch), root);
        uint256 other = (place + 1) % count;
        if (other != place) assertNotEq(PromiseTree.root(leaves[place], other, count, branch), root);
        bytes32[] memory longer = new bytes32[](branch.length + 1);
        vm.expectRevert(abi.encodeWithSelector(PromiseTree.BranchLength.selector, branch.length, branch.length + 1));
        this.rootOf(leaves[place], place, count, longer);
    }

    /// Pitfall: depth not pinned, so that one leaf passes at two places.
    function test_aProofOfAnotherDepthOrPlaceIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(PromiseTree.BranchLength.selector, 2, 1));
        this.rootOf(bytes32(0), 0, 3, new bytes32[](1));
        vm.expectRevert(abi.encodeWithSelector(PromiseTree.PlaceOutsideTree.selector, 3, 3));
        this.rootOf(bytes32(0), 3, 3, new bytes32[](2));
        vm.expectRevert(abi.encodeWithSelector(PromiseTree.PlaceOutsideTree.selector, 0, 0));
        this.rootOf(bytes32(0), 0, 0, new bytes32[](0));
    }
}
