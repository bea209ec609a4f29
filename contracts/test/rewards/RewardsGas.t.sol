// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IRewardsManager} from "../../src/interfaces/IRewardsManager.sol";
import {Attribution} from "../../src/types/Rewards.sol";
import {TransactionGas} from "../support/beacon/TransactionGas.sol";
import {RewardsWorld} from "../support/RewardsWorld.sol";

/// Whole transactions on the rollup, all accounts and words cold. The tries here are small: each further level of the state trie adds
/// what `checkpoint` costs for one more node in each of four proofs.
contract RewardsGasTest is RewardsWorld, TransactionGas {
    function setUp() public {
        vm.warp(2_000_000_000);
        openRollup(messengerAlias);
        blocksUpTo(4, 1 ether, 0.1 ether);
        address[5] memory all = [MANAGER, BASE_VAULT, L1_VAULT, OPERATOR_VAULT, BLOCK_HASHES];
        for (uint256 i; i < all.length; ++i) {
            coldInTransactions(all[i]);
        }
    }

    function noted(string memory name, address from, bytes memory data) private {
        vm.startPrank(from);
        vm.snapshotValue("Rewards", name, sendCold(MANAGER, data));
        vm.stopPrank();
    }

    function test_gas_ofARewardsLife() public {
        address anyone = address(0xA11CE);
        noted("checkpoint", anyone, abi.encodeCall(IRewardsManager.checkpoint, (proofOf(0))));
        checkpoint(2);
        checkpoint(4);
        Attribution[] memory first = listOf(attributionOf(1, 2));
        Attribution[] memory second = listOf(attributionOf(3, 4));
        noted("attribute, one batch", messengerAlias, abi.encodeCall(IRewardsManager.attribute, (1, first)));
        noted("attribute, told again", messengerAlias, abi.encodeCall(IRewardsManager.attribute, (1, first)));
        noted("settle, first of a period", anyone, abi.encodeCall(IRewardsManager.settle, (first)));
        tell(2, second[0]);
        noted("settle, further batch", anyone, abi.encodeCall(IRewardsManager.settle, (second)));
        noted("forfeit", messengerAlias, abi.encodeCall(IRewardsManager.forfeit, (address(0x09E5), 7)));
        noted("release", anyone, abi.encodeCall(IRewardsManager.release, (address(0x09E4), 7)));
        noted("claim, gathering", address(0x6A7E), abi.encodeCall(IRewardsManager.claim, (address(0xCAFE))));
        noted("claim", address(0x4011), abi.encodeCall(IRewardsManager.claim, (address(0xCAFE))));
    }
}
