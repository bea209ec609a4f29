// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Case, Cases, Settlement} from "../../src/slashing/Cases.sol";
import {Terms} from "../../src/types/Terms.sol";

/// Halmos checks (`halmos --contract CasesSymbolic`) of the arithmetic of cases, for every case and all terms.
contract CasesSymbolic {
    /// What was taken is refunds + cover + bounty + burned, and at least half burns. A solver does not finish with three unknown
    /// shares of an unknown sum: refunds and cover are proven here, the bounty alone too, refunds and bounty together in
    /// `SlasherSymbolic.check_closingConserves`; the fuzz test below has all three.
    function check_refundsAndCoverConserve(Case memory c, Terms memory terms) public pure {
        terms.bountyBps = 0;
        settles(c, terms);
    }

    function check_theBountyConserves(Case memory c, Terms memory terms) public pure {
        c.refundsWei = 0;
        c.coverWei = 0;
        terms.bountyBps = 500;
        settles(c, terms);
    }

    function settles(Case memory c, Terms memory terms) private pure {
        (Settlement memory s, uint256 burnedWei) = Cases.settle(c, terms);
        uint256 paid = uint256(s.refundsWei) + s.coverWei + s.bountyWei;
        assert(paid + burnedWei == c.takenWei);
        assert(burnedWei >= paid);
        assert(s.refundsWei <= c.refundsWei);
        assert(s.coverWei <= c.coverWei);
        assert(s.bountyWei <= terms.bountyCapWei);
    }

    /// A case costs the same whichever of two faults is told first, and never less for a second fault.
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
        assert(a == (safetyWei > livenessWei ? safetyWei : livenessWei));
    }

    function testFuzz_aSettlementConserves(Case memory c, Terms memory terms) public pure {
        settles(c, terms);
    }

    /// Shares of a pool never add up to more than it. Fuzzed, not proven: division by an unknown is beyond bit-vector solvers.
    function testFuzz_sharesFitThePool(uint80 pool, uint80 a, uint80 b) public pure {
        uint256 all = uint256(a) + b;
        assert(Cases.share(pool, a, all) + Cases.share(pool, b, all) <= pool);
    }
}
