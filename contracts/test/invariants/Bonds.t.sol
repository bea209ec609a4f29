// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BondVault} from "../../src/bonds/BondVault.sol";
import {BondsHandler} from "../support/bonds/BondsHandler.sol";
import {Test} from "../support/Test.sol";

contract BondsInvariants is Test {
    BondsHandler private handler;
    BondVault private vault;

    function setUp() public {
        handler = new BondsHandler();
        vault = handler.theVault();
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = BondsHandler.deposit.selector;
        selectors[1] = BondsHandler.reserve.selector;
        selectors[2] = BondsHandler.join.selector;
        selectors[3] = BondsHandler.quit.selector;
        selectors[4] = BondsHandler.requestRelease.selector;
        selectors[5] = BondsHandler.completeRelease.selector;
        selectors[6] = BondsHandler.withdraw.selector;
        selectors[7] = BondsHandler.lock.selector;
        selectors[8] = BondsHandler.unlock.selector;
        selectors[9] = BondsHandler.slash.selector;
        selectors[10] = BondsHandler.restore.selector;
        selectors[11] = BondsHandler.pass.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    /// deposited + restored = free + reserved + slashed + withdrawn, per gateway: no gateway pays for another.
    function invariant_moneyInIsMoneyHeldPlusMoneyOut() public view {
        for (uint32 gateway = 1; gateway <= handler.gatewayCount(); ++gateway) {
            (uint256 deposited, uint256 restored, uint256 withdrawn, uint256 slashed) = handler.ledgers(gateway);
            assertEq(deposited + restored, held(gateway) + slashed + withdrawn);
        }
    }

    /// The slices and the free part of all gateways are what the vault holds: sum(slices) <= bond.
    function invariant_theVaultHoldsExactlyWhatItOwes() public view {
        uint256 owed;
        for (uint32 gateway = 1; gateway <= handler.gatewayCount(); ++gateway) {
            owed += held(gateway);
        }
        assertEq(address(vault).balance, owed);
    }

    function invariant_nothingForbiddenHappened() public view {
        assertEq(handler.violation(), "");
    }

    function invariant_whatIsCommittedIsPartOfTheReserve() public view {
        for (uint32 gateway = 1; gateway <= handler.gatewayCount(); ++gateway) {
            for (uint256 i; i < 2; ++i) {
                address rollup = handler.rollupAt(i);
                (uint256 releasing,,) = vault.releaseOf(gateway, rollup);
                assertEq(vault.reserveOf(gateway, rollup), vault.committedOf(gateway, rollup) + releasing);
            }
        }
    }

    function held(uint32 gateway) private view returns (uint256) {
        return vault.freeOf(gateway) + vault.reserveOf(gateway, handler.rollupAt(0))
            + vault.reserveOf(gateway, handler.rollupAt(1));
    }
}
