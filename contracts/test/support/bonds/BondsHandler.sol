// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReleasePhase} from "../../../src/interfaces/IReleasePhases.sol";
import {BondVault} from "../../../src/bonds/BondVault.sol";
import {BondsWorld} from "./BondsWorld.sol";

/// Whatever owners, governance, the Slasher and time can do to bonds, in any order, with a ledger of its own beside it.
contract BondsHandler is BondsWorld {
    uint32 private constant GATEWAYS = 2;

    /// Kept by this handler, not read from the vault.
    struct Ledger {
        uint256 deposited;
        uint256 restored;
        uint256 withdrawn;
        uint256 slashed;
    }

    struct Release {
        uint256 requestedAt;
        uint256 locks;
    }

    mapping(uint32 gateway => Ledger) public ledgers;
    mapping(uint32 gateway => mapping(address rollup => Release)) private releases;
    /// Set once something happened that must never happen.
    string public violation;
    uint256 public completed;
    uint256 public slashes;

    /// Every slice starts with twice the minimum, so that a short run reaches locks, slashes and releases of real money.
    constructor() {
        setUpWorld(ReleasePhase.Open);
        for (uint32 gateway = 1; gateway <= GATEWAYS; ++gateway) {
            registerGateway(ownerAt(gateway), string.concat("key ", vm.toString(gateway)));
            for (uint256 i; i < 2; ++i) {
                fund(gateway, ownerAt(gateway), rollupAt(i), 200 ether);
                ledgers[gateway].deposited += 200 ether;
            }
        }
    }

    function theVault() external view returns (BondVault) {
        return vault;
    }

    function gatewayCount() external pure returns (uint32) {
        return GATEWAYS;
    }

    function rollupAt(uint256 place) public view returns (address) {
        return place % 2 == 0 ? rollup : otherRollup;
    }

    function ownerAt(uint32 gateway) private pure returns (address) {
        return address(uint160(0xA000 + gateway));
    }

    function pick(uint8 who) private pure returns (uint32) {
        return who % GATEWAYS + 1;
    }

    function deposit(uint8 who, uint96 amountWei) external {
        uint32 gateway = pick(who);
        vm.deal(address(this), amountWei);
        try vault.deposit{value: amountWei}(gateway) {
            ledgers[gateway].deposited += amountWei;
        } catch {}
    }

    function reserve(uint8 who, uint8 where, uint96 amountWei) external {
        uint32 gateway = pick(who);
        uint256 amount = bound(amountWei, 0, vault.freeOf(gateway));
        vm.prank(ownerAt(gateway));
        try vault.reserve(gateway, rollupAt(where), amount) {} catch {}
    }

    function join(uint8 who, uint8 where) external {
        uint32 gateway = pick(who);
        vm.prank(ownerAt(gateway));
        try registry.join(gateway, rollupAt(where)) {} catch {}
    }

    function quit(uint8 who, uint8 where) external {
        uint32 gateway = pick(who);
        vm.prank(ownerAt(gateway));
        try registry.quit(gateway, rollupAt(where)) {} catch {}
    }

    function requestRelease(uint8 who, uint8 where, uint96 amountWei) external {
        uint32 gateway = pick(who);
        address rollup_ = rollupAt(where);
        uint256 amount = bound(amountWei, 0, vault.committedOf(gateway, rollup_));
        vm.prank(ownerAt(gateway));
        try vault.requestRelease(gateway, rollup_, amount) {
            releases[gateway][rollup_].requestedAt = block.timestamp;
            if (registry.membershipEnd(gateway, rollup_) == FOREVER && vault.committedOf(gateway, rollup_) < 100 ether)
            {
                violation = "a member went below the minimum";
            }
        } catch {}
    }

    function completeRelease(uint8 who, uint8 where) external {
        uint32 gateway = pick(who);
        address rollup_ = rollupAt(where);
        (uint256 amount,,) = vault.releaseOf(gateway, rollup_);
        uint256 before = vault.freeOf(gateway);
        try vault.completeRelease(gateway, rollup_) {
            Release memory release = releases[gateway][rollup_];
            if (release.locks != 0) violation = "released under a lock";
            // Evidence 7 days, claims 7 days, two whole epochs at the very least.
            if (block.timestamp < release.requestedAt + 14 days + 3 * EPOCH) violation = "released before the horizon";
            if (vault.freeOf(gateway) != before + amount) violation = "released another amount";
            ++completed;
        } catch {}
    }

    function withdraw(uint8 who, uint96 amountWei) external {
        uint32 gateway = pick(who);
        uint256 amount = bound(amountWei, 0, vault.freeOf(gateway));
        vm.prank(ownerAt(gateway));
        try vault.withdraw(gateway, payable(address(0xBEEF)), amount) {
            ledgers[gateway].withdrawn += amount;
        } catch {}
    }

    function lock(uint8 who, uint8 where) external {
        uint32 gateway = pick(who);
        vm.prank(slasher);
        vault.lock(gateway, rollupAt(where));
        ++releases[gateway][rollupAt(where)].locks;
    }

    function unlock(uint8 who, uint8 where) external {
        uint32 gateway = pick(who);
        vm.prank(slasher);
        try vault.unlock(gateway, rollupAt(where)) {
            --releases[gateway][rollupAt(where)].locks;
        } catch {}
    }

    function slash(uint8 who, uint8 where, uint96 amountWei) external {
        uint32 gateway = pick(who);
        address rollup_ = rollupAt(where);
        uint256 slice = vault.reserveOf(gateway, rollup_);
        (, uint64 opensBefore,) = vault.releaseOf(gateway, rollup_);
        vm.prank(slasher);
        // Must never revert.
        (uint256 paidWei,) = vault.slash(gateway, rollup_, amountWei, "fault");
        if (paidWei != (amountWei < slice ? amountWei : slice)) violation = "took another amount than asked or there";
        (, uint64 opensAfter,) = vault.releaseOf(gateway, rollup_);
        if (opensAfter != opensBefore) violation = "a slash moved a date";
        ledgers[gateway].slashed += paidWei;
        ++slashes;
    }

    function restore(uint8 who, uint8 where, uint64 amountWei) external {
        uint32 gateway = pick(who);
        vm.deal(slasher, amountWei);
        vm.prank(slasher);
        vault.restore{value: amountWei}(gateway, rollupAt(where));
        ledgers[gateway].restored += amountWei;
    }

    function pass(uint24 seconds_) external {
        vm.warp(block.timestamp + seconds_);
    }
}
