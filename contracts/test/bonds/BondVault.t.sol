// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {IRestaking} from "../../src/interfaces/IRestaking.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {BondsFakeRollup} from "../support/bonds/BondsFakeRollup.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

contract RefusesEther {}

/// Tries to withdraw twice by calling back while it is being paid.
contract CallsBack {
    IBondVault private immutable vault;
    uint32 private immutable gateway;
    uint256 public refused;

    constructor(IBondVault vault_, uint32 gateway_) {
        vault = vault_;
        gateway = gateway_;
    }

    receive() external payable {
        try vault.withdraw(gateway, payable(address(this)), 1) {}
        catch {
            ++refused;
        }
    }
}

/// The owner's side: in, into slices, and out again as free money.
contract BondVaultTest is BondsWorld {
    uint32 private gateway;

    function setUp() public {
        setUpWorld(ReleasePhase.Open);
        gateway = registerGateway(owner, "committer");
        vm.deal(owner, 1000 ether);
    }

    function deposit(uint256 amountWei) private {
        vm.prank(owner);
        vault.deposit{value: amountWei}(gateway);
    }

    function test_depositsAreFreeAndTheOwnersToWithdraw() public {
        vm.deal(address(this), 5 ether);
        vault.deposit{value: 5 ether}(gateway);
        assertEq(vault.freeOf(gateway), 5 ether);
        address payable to = payable(makeAddr("treasury"));
        vm.prank(owner);
        vault.withdraw(gateway, to, 2 ether);
        assertEq(to.balance, 2 ether);
        assertEq(vault.freeOf(gateway), 3 ether);
    }

    function test_depositsForNobodyAreRefused() public {
        vm.deal(address(this), 5 ether);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.UnknownGateway.selector, 9));
        vault.deposit{value: 1}(9);
        vm.expectRevert(IBondVault.ZeroAmount.selector);
        vault.deposit(gateway);
    }

    function test_onlyTheOwnerMovesMoney() public {
        deposit(10 ether);
        bytes memory refusal = abi.encodeWithSelector(IBondVault.NotTheOwner.selector, gateway, address(this), owner);
        vm.expectRevert(refusal);
        vault.withdraw(gateway, payable(address(this)), 1);
        vm.expectRevert(refusal);
        vault.reserve(gateway, rollup, 1);
        vm.expectRevert(refusal);
        vault.requestRelease(gateway, rollup, 1);
    }

    function test_onlyFreeMoneyIsWithdrawnOrReserved() public {
        deposit(10 ether);
        vm.startPrank(owner);
        vault.reserve(gateway, rollup, 8 ether);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.NotEnoughFree.selector, 3 ether, 2 ether));
        vault.withdraw(gateway, payable(owner), 3 ether);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.NotEnoughFree.selector, 3 ether, 2 ether));
        vault.reserve(gateway, otherRollup, 3 ether);
        vm.expectRevert(IBondVault.ZeroAmount.selector);
        vault.withdraw(gateway, payable(owner), 0);
        vm.expectRevert(IBondVault.ZeroAmount.selector);
        vault.reserve(gateway, rollup, 0);
    }

    /// One bond promised to N rollups is slashed once and owed N times (R16).
    function test_oneBondIsNotPromisedToTwoRollups() public {
        deposit(100 ether);
        vm.startPrank(owner);
        vault.reserve(gateway, rollup, 60 ether);
        vault.reserve(gateway, otherRollup, 40 ether);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.NotEnoughFree.selector, 1, 0));
        vault.reserve(gateway, rollup, 1);
        assertEq(vault.reserveOf(gateway, rollup) + vault.reserveOf(gateway, otherRollup), 100 ether);
    }

    function test_aReceiverThatRefusesEtherLeavesTheMoneyWhereItIs() public {
        deposit(10 ether);
        address payable to = payable(address(new RefusesEther()));
        vm.prank(owner);
        vm.expectRevert();
        vault.withdraw(gateway, to, 1 ether);
        assertEq(vault.freeOf(gateway), 10 ether);
    }

    function test_aReceiverThatCallsBackGetsItsMoneyOnce() public {
        deposit(10 ether);
        CallsBack to = new CallsBack(vault, gateway);
        vm.prank(owner);
        vault.withdraw(gateway, payable(address(to)), 1 ether);
        assertEq(to.refused(), 1);
        assertEq(address(to).balance, 1 ether);
        assertEq(vault.freeOf(gateway), 9 ether);
    }

    function test_moneyIsNotReservedForWhatIsNoRollup() public {
        deposit(10 ether);
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.BadRollup.selector, owner));
        vault.reserve(gateway, owner, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IBondVault.BadRollup.selector, address(timelock)));
        vault.reserve(gateway, address(timelock), 1 ether);
        address slow = address(new BondsFakeRollup(59 days, 2 days));
        vm.expectRevert(abi.encodeWithSelector(IBondVault.RollupHorizonTooLong.selector, slow, 61 days, 60 days));
        vault.reserve(gateway, slow, 1 ether);
    }

    function test_etherSentBlindlyIsRefused() public {
        vm.deal(address(this), 1 ether);
        (bool ok,) = address(vault).call{value: 1 ether}("");
        assertFalse(ok);
    }

    function test_theSlashersDoorsAreTheSlashersAlone() public {
        vm.deal(address(this), 1 ether);
        bytes memory refusal = abi.encodeWithSelector(IRestaking.NotTheSlasher.selector, address(this), slasher);
        vm.expectRevert(refusal);
        vault.slash(gateway, rollup, 1, "fault");
        vm.expectRevert(refusal);
        vault.collect("fault");
        vm.expectRevert(refusal);
        vault.lock(gateway, rollup);
        vm.expectRevert(refusal);
        vault.unlock(gateway, rollup);
        vm.expectRevert(refusal);
        vault.restore{value: 1}(gateway, rollup);
    }
}
