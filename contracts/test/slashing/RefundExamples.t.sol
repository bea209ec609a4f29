// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {FaultKind} from "../../src/types/Faults.sol";
import {Terms} from "../../src/types/Terms.sol";
import {SlashingLedger} from "../support/SlashingLedger.sol";

/// The worked examples of specs/refunds.md, paid out by the Slasher to the wei. Rust reads the same file for the page.
contract RefundExamplesTest is SlashingLedger {
    string private json;
    bytes32 private constant BASE = keccak256("base of an example");

    function setUp() public override {
        super.setUp();
        json = fixture("refunds/examples.json");
    }

    function test_theExamplesAreUnderTheTermsTheyName() public view {
        Terms memory terms = parameters.termsAt(WINDOW / 32);
        assertEq(terms.livenessWei, number(".terms.livenessWei"));
        assertEq(terms.safetyWei, number(".terms.safetyWei"));
        assertEq(terms.bountyBps, number(".terms.bountyBps"));
        assertEq(terms.bountyCapWei, number(".terms.bountyCapWei"));
    }

    function test_everyExampleIsPaidAsThePageSays() public {
        uint256 count;
        for (; vm.keyExistsJson(json, exampleAt(count)); ++count) {
            uint256 before = vm.snapshotState();
            example(count);
            vm.revertToState(before);
        }
        assertGt(count, 5);
    }

    /// All payees and watchers are one hand, the gateway's: it gets back what is not burned, at most half.
    function example(uint256 number_) private {
        string memory place = exampleAt(number_);
        uint32 gateway = uint32(100 + number_);
        uint256 reserve = number(string.concat(place, ".reserveWei"));
        vm.deal(address(this), reserve);
        vault.fund{value: reserve}(gateway, rollup);
        uint256 faults;
        bytes32[] memory ids = new bytes32[](8);
        for (; vm.keyExistsJson(json, item(place, ".faults", faults)); ++faults) {
            string memory fault = item(place, ".faults", faults);
            ids[faults] = recorded(gateway, faults, fault);
        }
        uint256 taken = slasher.caseOf(gateway, rollup, BASE).takenWei;
        assertEq(taken, number(string.concat(place, ".takenWei")));
        vm.warp(slasher.caseOf(gateway, rollup, BASE).closesAt);
        uint256 burnedBefore = BURNED.balance;
        slasher.close(gateway, rollup, BASE);
        uint256 burned = BURNED.balance - burnedBefore;
        assertEq(burned, number(string.concat(place, ".burnedWei")));
        assertGe(2 * burned, taken);
        for (uint256 i; i < faults; ++i) {
            assertEq(claimed(ids[i], gateway), number(item(place, ".paidWei", i)));
            assertEq(bounty(ids[i], gateway), number(item(place, ".bountiesWei", i)));
        }
        // Rounding leaves a wei a claim at most.
        assertLe(address(slasher).balance, 2 * faults);
    }

    function recorded(uint32 gateway, uint256 index, string memory place) private returns (bytes32) {
        string memory kind = vm.parseJsonString(json, string.concat(place, ".kind"));
        uint256 owed = number(string.concat(place, ".owedWei"));
        address payee = address(uint160(0x5000 + index));
        bytes32 named = keccak256(bytes(kind));
        if (named == keccak256("unkept")) return record(unkept(gateway, BASE, index, payee, owed));
        if (named == keccak256("late")) return record(late(gateway, BASE, owed == 0 ? address(0) : payee, owed));
        return record(safety(gateway, BASE, FaultKind.Fork));
    }

    /// By the one call; zero where there is nothing.
    function claimed(bytes32 id, uint32 gateway) private returns (uint256) {
        try slasher.closeAndClaim(id, gateway, rollup, BASE) returns (uint256 paidWei) {
            return paidWei;
        } catch {
            return 0;
        }
    }

    function bounty(bytes32 id, uint32 gateway) private returns (uint256) {
        try slasher.claimBounty(id, gateway, rollup, BASE) returns (uint256 paidWei) {
            return paidWei;
        } catch {
            return 0;
        }
    }

    /// The ids that wallets compute.
    function test_faultIdsAreThoseOfTheVectors() public view {
        string memory vectors = fixture("refunds/fault_ids.json");
        uint256 count;
        for (; vm.keyExistsJson(vectors, item("", ".faults", count)); ++count) {
            string memory v = item("", ".faults", count);
            bytes32 expected = vm.parseJsonBytes32(vectors, string.concat(v, ".id"));
            string memory name = vm.parseJsonString(vectors, string.concat(v, ".fault"));
            address on = vm.parseJsonAddress(vectors, string.concat(v, ".rollup"));
            assertEq(idOf(vectors, v, kindOf(name), on), expected);
        }
        assertGt(count, 8);
    }

    function idOf(string memory vectors, string memory v, FaultKind kind, address on) private pure returns (bytes32) {
        if (kind == FaultKind.DoubleDelegation || kind == FaultKind.MissedSlot) {
            address operator = vm.parseJsonAddress(vectors, string.concat(v, ".operator"));
            uint64 place = uint64(vm.parseJsonUint(vectors, string.concat(v, ".place")));
            return FaultIds.ofOperator(kind, operator, on, place);
        }
        uint32 gateway = uint32(vm.parseJsonUint(vectors, string.concat(v, ".gateway")));
        if (kind == FaultKind.Late) {
            return FaultIds.ofWindow(gateway, on, uint64(vm.parseJsonUint(vectors, string.concat(v, ".window"))));
        }
        bytes32 base = vm.parseJsonBytes32(vectors, string.concat(v, ".base"));
        if (kind != FaultKind.Unkept) return FaultIds.underBase(kind, gateway, on, base);
        bytes32 frag = vm.parseJsonBytes32(vectors, string.concat(v, ".frag"));
        return FaultIds.ofPromise(gateway, on, base, frag, vm.parseJsonUint(vectors, string.concat(v, ".index")));
    }

    function kindOf(string memory name) private pure returns (FaultKind) {
        string[9] memory names =
            ["late", "unkept", "lie", "fork", "brokenBase", "falseClaim", "order", "doubleDelegation", "missedSlot"];
        uint256 kind;
        while (keccak256(bytes(names[kind])) != keccak256(bytes(name))) {
            ++kind;
        }
        return FaultKind(kind);
    }

    function number(string memory place) private view returns (uint256) {
        return vm.parseJsonUint(json, place);
    }

    function exampleAt(uint256 index) private pure returns (string memory) {
        return string.concat(".examples[", vm.toString(index), "]");
    }

    function item(string memory place, string memory list, uint256 index) private pure returns (string memory) {
        return string.concat(place, list, "[", vm.toString(index), "]");
    }
}
