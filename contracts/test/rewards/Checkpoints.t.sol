// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IFeeVault} from "../../src/interfaces/IFeeVault.sol";
import {IRewardsManager} from "../../src/interfaces/IRewardsManager.sol";
import {AccountProof} from "../../src/libraries/trie/AccountProof.sol";
import {MerklePatricia} from "../../src/libraries/trie/MerklePatricia.sol";
import {FeeProof} from "../../src/types/Rewards.sol";
import {RewardsWorld} from "../support/RewardsWorld.sol";

/// What came in is a proven fact of a block: nobody can say it wrong, and moving money does not change it.
contract CheckpointsTest is RewardsWorld {
    function setUp() public {
        openRollup(messengerAlias);
    }

    function readingOf(uint64 number) internal view returns (uint256 sharedWei, uint256 l1FeesWei) {
        bool known;
        (known, sharedWei, l1FeesWei) = manager.checkpointAt(number);
        assertTrue(known, "no checkpoint");
    }

    function test_aCheckpointIsWhatTheVaultsHeld() public {
        earn(1 ether, 2 ether, 5 ether, 0.5 ether);
        endBlock();
        vm.expectEmit(MANAGER);
        emit IRewardsManager.Checkpointed(1, 3.5 ether, 5 ether);
        checkpoint(1);
        (uint256 sharedWei, uint256 l1FeesWei) = readingOf(1);
        assertEq(sharedWei, 3.5 ether);
        assertEq(l1FeesWei, 5 ether);
        (bool known,,) = manager.checkpointAt(2);
        assertFalse(known);
    }

    /// Fees before any transaction: genesis is a border like all others.
    function test_genesisIsABorder() public {
        checkpoint(0);
        (uint256 sharedWei, uint256 l1FeesWei) = readingOf(0);
        assertEq(sharedWei + l1FeesWei, 0);
    }

    function test_movingMoneyBetweenVaultsChangesNothing() public {
        earn(1 ether, 2 ether, 5 ether, 0.5 ether);
        endBlock();
        manager.withdraw();
        assertEq(MANAGER.balance, 8.5 ether, "all of it came to the manager");
        endBlock();
        earn(0.1 ether, 0, 0.2 ether, 0.4 ether);
        IFeeVault(OPERATOR_VAULT).withdraw();
        assertEq(BASE_VAULT.balance, 0.4 ether, "Isthmus's vault pays to the base fee vault");
        endBlock();
        checkpoint(1);
        checkpoint(2);
        checkpoint(3);
        (uint256 sharedWei, uint256 l1FeesWei) = readingOf(2);
        assertEq(sharedWei, 3.5 ether);
        assertEq(l1FeesWei, 5 ether);
        (sharedWei, l1FeesWei) = readingOf(3);
        assertEq(sharedWei, 4 ether);
        assertEq(l1FeesWei, 5.2 ether);
    }

    /// A claim inside a batch's blocks is money out, not less money earned.
    function test_payingOutChangesNothing() public {
        earn(3 ether, 0, 0, 0);
        endBlock();
        checkpoint(0);
        checkpoint(1);
        settle(attributionOf(1, 1));
        vm.prank(attributionOf(1, 1).gateway);
        manager.claim(address(0xCAFE));
        assertEq(manager.totalProcessed(), 1.5 ether);
        earn(0.25 ether, 0, 0, 0);
        endBlock();
        checkpoint(2);
        (uint256 sharedWei,) = readingOf(2);
        assertEq(sharedWei, 3.25 ether);
    }

    function testFuzz_anyMovesLeaveWhatCameIn(uint96[4] memory fees, uint8 moves) public {
        earn(fees[0], fees[1], fees[2], fees[3]);
        for (uint256 i; i < 4; ++i) {
            if (moves & 1 == 1) IFeeVault(OPERATOR_VAULT).withdraw();
            if (moves & 2 == 2) IFeeVault(BASE_VAULT).withdraw();
            if (moves & 4 == 4) IFeeVault(L1_VAULT).withdraw();
            moves >>= 2;
        }
        endBlock();
        checkpoint(1);
        (uint256 sharedWei, uint256 l1FeesWei) = readingOf(1);
        assertEq(sharedWei, uint256(fees[0]) + fees[1] + fees[3]);
        assertEq(l1FeesWei, fees[2]);
    }

    function test_theSameBlockAgainIsTheSame() public {
        earn(1 ether, 0, 0, 0);
        endBlock();
        checkpoint(1);
        earn(9 ether, 9 ether, 9 ether, 9 ether);
        endBlock();
        checkpoint(1);
        (uint256 sharedWei,) = readingOf(1);
        assertEq(sharedWei, 1 ether);
    }

    /// A block of anvil, tips credited by anvil, answers of its eth_getProof; the sums come from transactions (tools/oracles/rewards.mjs).
    function test_anotherClientsProofIsRead() public {
        string memory json = fixture("rewards/fee_proof.json");
        FeeProof memory proof;
        proof.header = vm.parseJsonBytes(json, ".header");
        proof.manager = vm.parseJsonBytesArray(json, ".manager");
        proof.baseFees = vm.parseJsonBytesArray(json, ".baseFees");
        proof.l1Fees = vm.parseJsonBytesArray(json, ".l1Fees");
        proof.operatorFees = vm.parseJsonBytesArray(json, ".operatorFees");
        proof.managerProcessed = vm.parseJsonBytesArray(json, ".managerProcessed");
        proof.l1Processed = vm.parseJsonBytesArray(json, ".l1Processed");
        uint64 number = uint64(vm.parseJsonUint(json, ".number"));
        vm.roll(number + 1);
        vm.store(BLOCK_HASHES, bytes32(uint256(number) % 8191), vm.parseJsonBytes32(json, ".hash"));
        manager.checkpoint(proof);
        (uint256 sharedWei, uint256 l1FeesWei) = readingOf(number);
        assertEq(sharedWei, vm.parseJsonUint(json, ".sharedWei"));
        assertEq(l1FeesWei, vm.parseJsonUint(json, ".l1FeesWei"));
        assertGt(proof.manager.length, 1);
    }

    // --- Refusals ---

    function test_aHeaderThatIsNotTheChainsIsRefused() public {
        endBlock();
        FeeProof memory honest = proofOf(1);
        earn(1_000 ether, 0, 0, 0);
        FeeProof memory invented = proofOfNow(1);
        bytes memory refusal = abi.encodeWithSelector(
            IRewardsManager.WrongHeader.selector, 1, keccak256(honest.header), keccak256(invented.header)
        );
        vm.expectRevert(refusal);
        manager.checkpoint(invented);
    }

    function test_aForgottenOrFutureBlockIsRefused() public {
        endBlock();
        FeeProof memory proof = proofOf(1);
        passBlocks(8190);
        manager.checkpoint(proof);
        passBlocks(1);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.BlockUnknown.selector, 1));
        manager.checkpoint(proof);
        uint64 now_ = present;
        proof = proofOfNow(now_);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.BlockUnknown.selector, now_));
        manager.checkpoint(proof);
    }

    /// Each account is looked up under its own key: no vault's proof passes for another's.
    function test_anotherAccountsProofIsRefused() public {
        earn(1 ether, 7 ether, 3 ether, 0);
        endBlock();
        FeeProof memory proof = proofOf(1);
        proof.manager = proof.baseFees;
        vm.expectRevert();
        manager.checkpoint(proof);
        proof = proofOf(1);
        proof.operatorFees = proof.l1Fees;
        vm.expectRevert();
        manager.checkpoint(proof);
    }

    function testFuzz_noByteOfAProofCanChange(uint256 part, uint256 node, uint256 place, uint8 flip) public {
        earn(1 ether, 7 ether, 3 ether, 2 ether);
        manager.withdraw();
        earn(1 ether, 7 ether, 3 ether, 2 ether);
        endBlock();
        FeeProof memory proof = proofOf(1);
        bytes[] memory nodes = [
            proof.manager, proof.baseFees, proof.l1Fees, proof.operatorFees, proof.managerProcessed, proof.l1Processed
        ][part % 6];
        bytes memory one = nodes[node % nodes.length];
        one[place % one.length] ^= bytes1(flip == 0 ? 1 : flip);
        vm.expectPartialRevert(MerklePatricia.TrieNodeUnknown.selector);
        manager.checkpoint(proof);
    }

    /// A missing node must not read as "no such account": that would be a balance of zero.
    function testFuzz_noNodeCanBeLeftOut(uint256 part) public {
        earn(1 ether, 7 ether, 3 ether, 2 ether);
        endBlock();
        FeeProof memory proof = proofOf(1);
        bytes[] memory nodes = [proof.manager, proof.baseFees, proof.l1Fees, proof.operatorFees][part % 4];
        assembly ("memory-safe") {
            mstore(nodes, sub(mload(nodes), 1))
        }
        vm.expectPartialRevert(MerklePatricia.TrieProofTooShort.selector);
        manager.checkpoint(proof);
    }

    // --- Places that proofs rely on ---

    function test_whatLeftStandsInSlotZero() public {
        earn(1 ether, 2 ether, 3 ether, 0);
        manager.withdraw();
        assertEq(uint256(vm.load(L1_VAULT, 0)), 3 ether);
        assertEq(uint256(vm.load(BASE_VAULT, 0)), 2 ether);
        endBlock();
        checkpoint(0);
        checkpoint(1);
        settle(attributionOf(1, 1));
        vm.prank(attributionOf(1, 1).gateway);
        uint256 paidWei = manager.claim(address(0xCAFE));
        assertGt(paidWei, 0);
        assertEq(uint256(vm.load(MANAGER, 0)), paidWei);
        assertEq(manager.totalProcessed(), paidWei);
    }

    function readAccount(bytes32 root, address where, bytes[] memory proof) public pure returns (uint256, bytes32) {
        return AccountProof.read(root, where, proof);
    }

    /// An account or word that the trie proves to be absent is zero.
    function test_whatIsNotThereIsZero() public view {
        (uint256 balanceWei, bytes32 storageRoot) =
            this.readAccount(MerklePatricia.EMPTY_ROOT, address(1), new bytes[](0));
        assertEq(balanceWei, 0);
        assertEq(storageRoot, MerklePatricia.EMPTY_ROOT);
        assertEq(AccountProof.word(storageRoot, 0, new bytes[](0)), 0);
    }
}
