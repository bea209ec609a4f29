// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BondVault} from "../../src/bonds/BondVault.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {IParameters} from "../../src/interfaces/IParameters.sol";
import {RollupConfig} from "../../src/types/Windows.sol";
import {Terms} from "../../src/types/Terms.sol";
import {HalmosVm} from "./HalmosVm.sol";

/// As much of the rest as the vault asks: fixed answers, so that the solver has only the vault to think about.
contract SymbolicSurroundings {
    uint64 public constant EVIDENCE = 7 days;
    uint64 public constant CLAIM = 7 days;
    bool private immutable member;

    constructor(bool member_) {
        member = member_;
    }

    function ownerOf(uint32 gateway) external pure returns (address) {
        return gateway == 0 ? address(0) : address(0xA11CE);
    }

    function membershipEnd(uint32, address) external view returns (uint64) {
        return member ? type(uint64).max : 0;
    }

    function longestHorizonsAt(uint64) external pure returns (uint64, uint64) {
        return (EVIDENCE, CLAIM);
    }

    function newestTerms() external pure returns (Terms memory terms) {
        terms.minReserveWei = 100 ether;
    }

    function config() external pure returns (RollupConfig memory answer) {
        answer.claimWindowSeconds = 1 days;
        answer.resolverSeconds = 12 hours;
    }
}

/// Halmos checks (`halmos --contract BondVaultSymbolic`): every path of one call, from every reachable shape of a slice. The state
/// before is made by the vault's own functions with symbolic amounts.
contract BondVaultSymbolic {
    address private constant OWNER = address(0xA11CE);
    uint64 private constant GENESIS = 1000;
    uint32 private constant GATEWAY = 1;

    HalmosVm private constant vm = HalmosVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    SymbolicSurroundings private around;
    BondVault private vault;
    address private rollup;

    /// The test contract is the Slasher.
    function setUp() public {
        build(false);
    }

    receive() external payable {}

    function build(bool member) private {
        vm.warp(GENESIS + 3840);
        around = new SymbolicSurroundings(member);
        rollup = address(around);
        vault = new BondVault(
            GENESIS, 12, 32, IGatewayRegistry(address(around)), IParameters(address(around)), address(this), 8191
        );
    }

    /// A slice with `reserved` wei, `releasing` of them on the way out, and `rest` wei free.
    function slice(uint96 reserved, uint96 releasing, uint96 rest) private {
        vm.assume(reserved > 0 && releasing <= reserved);
        uint256 total = uint256(reserved) + rest;
        vm.deal(address(this), total);
        vault.deposit{value: total}(GATEWAY);
        vm.prank(OWNER);
        vault.reserve(GATEWAY, rollup, reserved);
        if (releasing != 0) {
            vm.prank(OWNER);
            vault.requestRelease(GATEWAY, rollup, releasing);
        }
    }

    function held() private view returns (uint256) {
        return vault.freeOf(GATEWAY) + vault.reserveOf(GATEWAY, rollup);
    }

    /// Conservation: what a slash pays is what the slice loses, no more than asked, no more than there.
    function check_slashConserves(uint96 reserved, uint96 releasing, uint96 rest, uint256 asked) external {
        slice(reserved, releasing, rest);
        uint256 before = held();
        uint256 mine = address(this).balance;
        (uint256 paid, uint256 pending) = vault.slash(GATEWAY, rollup, asked, "fault");
        assert(pending == 0);
        assert(paid == (asked < reserved ? asked : reserved));
        assert(address(this).balance == mine + paid);
        assert(held() == before - paid);
        assert(address(vault).balance == held());
        assert(vault.freeOf(GATEWAY) == rest);
    }

    /// Conservation: no other call creates or loses a wei.
    function check_restoreAndWithdrawConserve(
        uint96 reserved,
        uint96 releasing,
        uint96 rest,
        uint96 restored,
        uint96 out
    ) external {
        slice(reserved, releasing, rest);
        vm.deal(address(this), restored);
        vault.restore{value: restored}(GATEWAY, rollup);
        assert(address(vault).balance == held());
        vm.prank(OWNER);
        try vault.withdraw(GATEWAY, payable(address(0xBEEF)), out) {
            assert(out <= rest);
            assert(address(0xBEEF).balance == out);
        } catch {
            assert(out > rest || out == 0);
        }
        assert(address(vault).balance == held());
    }

    /// Gating: a release completes only when it is open and nothing locks it, and then moves exactly its amount.
    function check_releaseIsGated(uint96 reserved, uint96 releasing, uint64 wait, bool locked) external {
        vm.assume(releasing > 0);
        slice(reserved, releasing, 0);
        if (locked) vault.lock(GATEWAY, rollup);
        (, uint64 opensAt,) = vault.releaseOf(GATEWAY, rollup);
        // Start of the present epoch + 4, plus evidence and claims.
        uint256 epoch = (block.timestamp - GENESIS) / 384;
        assert(opensAt == GENESIS + (epoch + 4) * 384 + around.EVIDENCE() + around.CLAIM());
        vm.assume(wait < 1000 days);
        vm.warp(block.timestamp + wait);
        try vault.completeRelease(GATEWAY, rollup) {
            assert(block.timestamp >= opensAt && !locked);
            assert(vault.freeOf(GATEWAY) == releasing);
            assert(vault.reserveOf(GATEWAY, rollup) == uint256(reserved) - releasing);
        } catch {
            assert(block.timestamp < opensAt || locked);
            assert(vault.freeOf(GATEWAY) == 0);
        }
    }

    /// Gating: a slash moves no date, whatever it takes.
    function check_slashMovesNoDate(uint96 reserved, uint96 releasing, uint256 asked) external {
        slice(reserved, releasing, 0);
        (, uint64 before,) = vault.releaseOf(GATEWAY, rollup);
        vault.slash(GATEWAY, rollup, asked, "fault");
        (, uint64 later,) = vault.releaseOf(GATEWAY, rollup);
        assert(later == before);
    }

    /// Gating: a member never asks itself below the minimum.
    function check_membersKeepTheMinimum(uint96 reserved, uint96 asked) external {
        build(true);
        slice(reserved, 0, 0);
        vm.prank(OWNER);
        try vault.requestRelease(GATEWAY, rollup, asked) {
            assert(vault.committedOf(GATEWAY, rollup) >= 100 ether);
        } catch {}
    }

    /// Gating: nobody but the Slasher slashes, locks, unlocks, restores or collects; nobody but the owner moves the rest.
    function check_strangersMoveNothing(uint96 reserved, uint96 rest, address stranger, uint96 amountWei) external {
        vm.assume(stranger != OWNER && stranger != address(this));
        slice(reserved, 0, rest);
        vm.prank(stranger);
        try vault.slash(GATEWAY, rollup, amountWei, "fault") {
            assert(false);
        } catch {}
        vm.prank(stranger);
        try vault.withdraw(GATEWAY, payable(stranger), amountWei) {
            assert(false);
        } catch {}
        vm.prank(stranger);
        try vault.requestRelease(GATEWAY, rollup, amountWei) {
            assert(false);
        } catch {}
        vm.prank(stranger);
        try vault.lock(GATEWAY, rollup) {
            assert(false);
        } catch {}
        assert(vault.reserveOf(GATEWAY, rollup) == reserved && vault.freeOf(GATEWAY) == rest);
    }
}
