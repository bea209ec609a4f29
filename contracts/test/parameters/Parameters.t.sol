// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IParameters} from "../../src/interfaces/IParameters.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {EpochTrace} from "../../src/libraries/checkpoints/EpochTrace.sol";
import {Parameters} from "../../src/parameters/Parameters.sol";
import {TermsBounds} from "../../src/parameters/TermsBounds.sol";
import {Terms} from "../../src/types/Terms.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

contract ParametersTest is BondsWorld {
    function setUp() public {
        setUpWorld(ReleasePhase.Open);
    }

    function change(Terms memory terms, uint64 fromEpoch) private {
        vm.prank(address(timelock));
        parameters.change(terms, fromEpoch);
    }

    function refused(Terms memory terms, bytes32 field, uint256 got, uint256 least, uint256 most) private {
        vm.expectRevert(abi.encodeWithSelector(IParameters.TermOutOfBounds.selector, field, got, least, most));
        change(terms, NOW_EPOCH + 2);
    }

    function test_onlyTheTimelockChangesTerms() public {
        vm.expectRevert(abi.encodeWithSelector(IParameters.NotTheGovernor.selector, address(this), address(timelock)));
        parameters.change(defaultTerms(), NOW_EPOCH + 2);
    }

    function test_aChangeGoesThroughTheTimelocksDelay() public {
        Terms memory terms = defaultTerms();
        terms.livenessWei = 2 ether;
        uint64 from = NOW_EPOCH + 1000;
        bytes memory call = abi.encodeCall(Parameters.change, (terms, from));
        timelock.schedule(address(parameters), 0, call, 0, 0, 2 days);
        vm.expectRevert();
        timelock.execute(address(parameters), 0, call, 0, 0);
        vm.warp(block.timestamp + 2 days);
        timelock.execute(address(parameters), 0, call, 0, 0);
        assertEq(parameters.newestTerms().livenessWei, 2 ether);
    }

    function test_aChangeNeverReachesBackAndNeverMovesTheNextEpoch() public {
        Terms memory terms = defaultTerms();
        terms.livenessWei = 2 ether;
        vm.expectRevert(abi.encodeWithSelector(EpochTrace.EffectTooEarly.selector, NOW_EPOCH + 1, NOW_EPOCH + 2));
        change(terms, NOW_EPOCH + 1);
        change(terms, NOW_EPOCH + 2);
        assertEq(parameters.termsAt(0).livenessWei, 1 ether);
        assertEq(parameters.termsAt(NOW_EPOCH + 1).livenessWei, 1 ether);
        assertEq(parameters.termsAt(NOW_EPOCH + 2).livenessWei, 2 ether);
        toEpoch(NOW_EPOCH + 500);
        assertEq(parameters.termsAt(NOW_EPOCH + 1).livenessWei, 1 ether, "history stays");
    }

    function test_aChangeStillToComeIsReplaced() public {
        Terms memory terms = defaultTerms();
        terms.livenessWei = 2 ether;
        change(terms, NOW_EPOCH + 100_000);
        terms.livenessWei = 3 ether;
        change(terms, NOW_EPOCH + 2);
        assertEq(parameters.termsAt(NOW_EPOCH + 2).livenessWei, 3 ether);
        assertEq(parameters.termsAt(NOW_EPOCH + 200_000).livenessWei, 3 ether);
    }

    function test_eachTermHasBounds() public {
        Terms memory terms = defaultTerms();
        terms.bountyBps = 501;
        refused(terms, "bountyBps", 501, 0, 500);
        terms = defaultTerms();
        terms.claimPeriodSeconds = 0;
        refused(terms, "claimPeriodSeconds", 0, 1, TermsBounds.MOST_SECONDS);
        terms = defaultTerms();
        terms.evidenceHorizonSeconds = 0;
        refused(terms, "evidenceHorizonSeconds", 0, 1, TermsBounds.MOST_SECONDS);
        terms.evidenceHorizonSeconds = 61 days;
        refused(terms, "evidenceHorizonSeconds", 61 days, 1, TermsBounds.MOST_SECONDS);
        terms = defaultTerms();
        terms.minReserveWei = 1 ether - 1;
        refused(terms, "minReserveWei", 1 ether - 1, 1 ether, type(uint128).max);
        terms = defaultTerms();
        terms.safetyWei = 1 ether - 1;
        refused(terms, "safetyWei", 1 ether - 1, 1 ether, type(uint128).max);
        terms = defaultTerms();
        terms.livenessWei = 0;
        refused(terms, "livenessWei", 0, 1, type(uint128).max);
        terms = defaultTerms();
        terms.coverBps = 20_001;
        refused(terms, "coverBps", 20_001, 10_000, 20_000);
        terms = defaultTerms();
        terms.bountyCapWei = 1001 ether;
        refused(terms, "bountyCapWei", 1001 ether, 0, 1000 ether);
        terms = defaultTerms();
        terms.rewardPeriodEpochs = 0;
        refused(terms, "rewardPeriodEpochs", 0, 1, TermsBounds.MOST_PERIOD_EPOCHS);
    }

    function test_theFirstTermsAreBoundToo() public {
        Terms memory terms = defaultTerms();
        terms.bountyBps = 501;
        vm.expectRevert(abi.encodeWithSelector(IParameters.TermOutOfBounds.selector, bytes32("bountyBps"), 501, 0, 500));
        new Parameters(GENESIS, SLOT, EPOCH_SLOTS, address(timelock), terms);
    }

    function test_shorterHorizonsLeaveTheLongestInForceForOldWindows() public {
        Terms memory terms = defaultTerms();
        terms.evidenceHorizonSeconds = 1 days;
        terms.claimPeriodSeconds = 2 days;
        change(terms, NOW_EPOCH + 2);
        (uint64 evidence, uint64 claim) = parameters.longestHorizonsAt(NOW_EPOCH + 2);
        assertEq(evidence, 7 days);
        assertEq(claim, 7 days);
    }

    function test_longerHorizonsOfThePastAreForgottenOnceTheyAreOver() public {
        Terms memory terms = defaultTerms();
        terms.evidenceHorizonSeconds = 1 days;
        change(terms, NOW_EPOCH + 2);
        vm.warp(block.timestamp + 200 days);
        terms.evidenceHorizonSeconds = 2 days;
        uint64 epoch = parameters.currentEpoch();
        change(terms, epoch + 2);
        (uint64 evidence,) = parameters.longestHorizonsAt(epoch + 2);
        assertEq(evidence, 2 days);
        (evidence,) = parameters.longestHorizonsAt(NOW_EPOCH + 2);
        assertEq(evidence, 7 days);
    }
}
