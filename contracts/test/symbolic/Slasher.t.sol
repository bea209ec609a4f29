// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Case, Cases, Settlement} from "../../src/slashing/Cases.sol";
import {Slasher} from "../../src/slashing/Slasher.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {Terms} from "../../src/types/Terms.sol";
import {SlashingLedger} from "../support/SlashingLedger.sol";

/// Properties for a symbolic prover (`check_…`), also run as fuzz tests.
contract SlasherSymbolicTest is SlashingLedger {
    /// What was taken is refunds + cover + bounty + burned, and at least half burns.
    function check_aSettlementConserves(Case memory c, Terms memory terms) public pure {
        if (terms.bountyBps > 500) return;
        (Settlement memory s, uint256 burnedWei) = Cases.settle(c, terms);
        uint256 paid = uint256(s.refundsWei) + s.coverWei + s.bountyWei;
        assert(paid + burnedWei == c.takenWei);
        assert(burnedWei >= paid);
        assert(s.refundsWei <= c.refundsWei);
        assert(s.coverWei <= c.coverWei);
    }

    /// Shares of a pool never add up to more than it.
    function check_sharesFitThePool(uint80 pool, uint80 a, uint80 b) public pure {
        uint256 all = uint256(a) + b;
        assert(Cases.share(pool, a, all) + Cases.share(pool, b, all) <= pool);
    }

    /// A case costs the same whichever of two faults is told first.
    function check_theOrderOfReportsDoesNotMatter(uint80 safetyWei, uint80 livenessWei) public pure {
        Case memory first;
        first.safetyWei = Cases.add(first.safetyWei, safetyWei);
        uint256 a = Cases.due(first);
        first.livenessWei = Cases.add(first.livenessWei, livenessWei);
        a += Cases.due(first) - a;
        Case memory second;
        second.livenessWei = Cases.add(second.livenessWei, livenessWei);
        uint256 b = Cases.due(second);
        second.safetyWei = Cases.add(second.safetyWei, safetyWei);
        b += Cases.due(second) - b;
        assert(a == b);
    }

    /// One fault id is slashed once, whoever brings it and whatever it then says it costs.
    function check_aFaultIsSlashedOnce(address first, address second, uint128 amountWei, uint128 otherWei) public {
        if (first == address(0) || second == address(0)) return;
        Fault memory f = safety(A, BASE_A, FaultKind.Fork);
        f.amountWei = amountWei;
        commitTo(judge, abi.encode(f), first);
        slasher.slash(judge, abi.encode(f), first);
        uint256 taken = address(slasher).balance;
        f.amountWei = otherWei;
        if (first == second && amountWei == otherWei) return;
        commitTo(judge, abi.encode(f), second);
        try slasher.slash(judge, abi.encode(f), second) {
            assert(false);
        } catch {}
        assert(address(slasher).balance == taken);
    }

    function testFuzz_aSettlementConserves(Case memory c, Terms memory terms) public pure {
        terms.bountyBps %= 501;
        check_aSettlementConserves(c, terms);
    }

    function testFuzz_sharesFitThePool(uint80 pool, uint80 a, uint80 b) public pure {
        check_sharesFitThePool(pool, a, b);
    }

    function testFuzz_theOrderOfReportsDoesNotMatter(uint80 safetyWei, uint80 livenessWei) public pure {
        check_theOrderOfReportsDoesNotMatter(safetyWei, livenessWei);
    }

    function testFuzz_aFaultIsSlashedOnce(address first, address second, uint128 amountWei, uint128 otherWei) public {
        check_aFaultIsSlashedOnce(first, second, amountWei, otherWei);
    }
}
