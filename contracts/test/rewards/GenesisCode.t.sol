// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FeeVault} from "../../src/rewards/FeeVault.sol";
import {RewardsManager} from "../../src/rewards/RewardsManager.sol";
import {IFeeVault} from "../../src/interfaces/IFeeVault.sol";
import {RewardsWorld} from "../support/RewardsWorld.sol";

/// What genesis puts at the fee vaults' addresses.
contract GenesisCodeTest is RewardsWorld {
    function setUp() public {
        openRollup(messengerAlias);
    }

    function test_theCommittedCodeIsWhatTheSourcesCompileTo() public view {
        assertEq(
            keccak256(predeploy("rewards_manager")), keccak256(type(RewardsManager).runtimeCode), "rewards_manager.hex"
        );
        assertEq(keccak256(predeploy("fee_vault")), keccak256(type(FeeVault).runtimeCode), "fee_vault.hex");
    }

    /// The rollup's rules are Isthmus: what came later (CLZ, EIP-7939) is an invalid instruction there.
    function test_theCodeHasNoInstructionThatTheRollupLacks() public pure {
        onlyIsthmus(type(RewardsManager).runtimeCode);
        onlyIsthmus(type(FeeVault).runtimeCode);
    }

    function onlyIsthmus(bytes memory code) private pure {
        for (uint256 i; i < code.length; ++i) {
            uint8 op = uint8(code[i]);
            assertTrue(op != 0x1e, "CLZ");
            if (op >= 0x60 && op <= 0x7f) i += op - 0x5f;
        }
    }

    function test_theOpStacksViewOfAVault() public view {
        address[3] memory vaults = [MANAGER, BASE_VAULT, L1_VAULT];
        for (uint256 i; i < 3; ++i) {
            IFeeVault vault = IFeeVault(vaults[i]);
            assertEq(vault.RECIPIENT(), MANAGER);
            assertEq(vault.recipient(), MANAGER);
            assertEq(vault.MIN_WITHDRAWAL_AMOUNT(), 0);
            assertEq(vault.minWithdrawalAmount(), 0);
            assertEq(uint256(vault.WITHDRAWAL_NETWORK()), 1);
            assertEq(uint256(vault.withdrawalNetwork()), 1);
            assertEq(vault.totalProcessed(), 0);
            assertEq(vault.version(), "1.0.0");
        }
        // Isthmus's own vault answers the same questions.
        IFeeVault isthmus = IFeeVault(OPERATOR_VAULT);
        assertEq(isthmus.RECIPIENT(), BASE_VAULT);
        assertEq(isthmus.recipient(), BASE_VAULT);
        assertEq(isthmus.minWithdrawalAmount(), 0);
        assertEq(uint256(isthmus.withdrawalNetwork()), 1);
        assertEq(isthmus.totalProcessed(), 0);
    }

    function test_aWithdrawalIsTheOpStacksEvent() public {
        earn(0, 3 ether, 0, 0);
        address anyone = address(0xCAFE);
        vm.expectEmit(BASE_VAULT);
        emit IFeeVault.Withdrawal(3 ether, MANAGER, anyone);
        vm.expectEmit(BASE_VAULT);
        emit IFeeVault.Withdrawal(3 ether, MANAGER, anyone, IFeeVault.WithdrawalNetwork.L2);
        vm.prank(anyone);
        IFeeVault(BASE_VAULT).withdraw();
        assertEq(IFeeVault(BASE_VAULT).totalProcessed(), 3 ether);
        assertEq(MANAGER.balance, 3 ether);
    }

    function test_whoeverPaysAVaultGivesToItsBlock() public {
        checkpoint(0);
        vm.deal(address(this), 3);
        (bool toBase,) = BASE_VAULT.call{value: 1}("");
        (bool toManager,) = MANAGER.call{value: 2}("");
        assertTrue(toBase && toManager);
        endBlock();
        checkpoint(1);
        (, uint256 sharedWei,) = manager.checkpointAt(1);
        assertEq(sharedWei, 3);
    }
}
