// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Portal} from "../../src/inbox/Portal.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {BatchStatus, IInbox} from "../../src/interfaces/IInbox.sol";
import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {IParameters} from "../../src/interfaces/IParameters.sol";
import {IPortal} from "../../src/interfaces/IPortal.sol";
import {IRewardsManager} from "../../src/interfaces/IRewardsManager.sol";
import {IRewardsMessenger} from "../../src/interfaces/IRewardsMessenger.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {EpochTrace} from "../../src/libraries/checkpoints/EpochTrace.sol";
import {RewardsMessenger, RewardsWait, RewardsWiring} from "../../src/rewards/RewardsMessenger.sol";
import {Attribution, Shares} from "../../src/types/Rewards.sol";
import {Terms} from "../../src/types/Terms.sol";
import {RewardsFakeInbox, RewardsFakeL1} from "../support/RewardsFakes.sol";
import {RewardsWorld} from "../support/RewardsWorld.sol";
import {Vm} from "../support/Vm.sol";

/// From the Inbox, the registries and the Slasher to the deposit, and how the rollup takes it.
contract RewardsMessengerTest is RewardsWorld {
    uint64 internal constant GENESIS = 1_000_000;
    uint64 internal constant SLOT = 12;
    uint64 internal constant EPOCH = 8;
    uint64 internal constant NOTICE = 5;
    uint64 internal constant MARGIN = 1 days;
    /// Epoch 20, slot 3 of it.
    uint64 internal constant WINDOW = 163;
    uint64 internal constant GAS = 1_000_000;
    address internal constant OPERATOR = address(0x09E4);
    address internal constant OWNER = address(0x6A7E);
    address internal constant ROLLUP_OPERATOR = address(0x4011);
    uint160 internal constant SHIFT = uint160(0x1111000000000000000000000000000000001111);

    RewardsFakeInbox internal inbox;
    RewardsFakeL1 internal l1;
    Portal internal portal;
    RewardsMessenger internal messenger;

    function setUp() public {
        vm.fee(1 gwei);
        inbox = new RewardsFakeInbox(100);
        l1 = new RewardsFakeL1();
        portal = new Portal();
        l1.setTerms(terms(2 hours), terms(2 hours));
        messenger = deployed(RewardsWait(64, MARGIN), NOTICE, shares());
        l1.setProven(20, true);
        l1.setProposer(WINDOW, 77, OPERATOR, 1);
        l1.setOwner(1, OWNER);
        openRollup(address(uint160(address(messenger)) + SHIFT));
        vm.roll(1_000);
        atEpoch(21);
        inbox.set(1, 0, 1, WINDOW, 1, 10);
    }

    function terms(uint64 horizonSeconds) internal pure returns (Terms memory t) {
        t.evidenceHorizonSeconds = horizonSeconds;
        t.rewardPeriodEpochs = 6;
    }

    function wiring() internal view returns (RewardsWiring memory w) {
        w.genesisTime = GENESIS;
        w.secondsPerSlot = SLOT;
        w.slotsPerEpoch = EPOCH;
        w.inbox = IInbox(address(inbox));
        w.portal = portal;
        w.lookahead = ILookahead(address(l1));
        w.gateways = IGatewayRegistry(address(l1));
        w.validators = IValidatorRegistry(address(l1));
        w.parameters = IParameters(address(l1));
        w.slasher = ISlasher(address(l1));
    }

    function deployed(RewardsWait memory wait, uint64 notice, Shares memory split) internal returns (RewardsMessenger) {
        return new RewardsMessenger(wiring(), wait, ROLLUP_OPERATOR, notice, split);
    }

    function atEpoch(uint64 epoch) internal {
        vm.warp(GENESIS + epoch * EPOCH * SLOT);
    }

    function one(uint32 id) internal pure returns (uint32[] memory ids) {
        ids = new uint32[](1);
        ids[0] = id;
    }

    function firstAttribution() internal pure returns (Attribution memory a) {
        a.firstBlock = 1;
        a.lastBlock = 10;
        // Epochs 18 to 23.
        a.period = 3;
        a.opensAt = GENESIS + 24 * EPOCH * SLOT + 2 hours + MARGIN;
        a.gateway = OWNER;
        a.operator = OPERATOR;
        a.operatorAccount = OPERATOR;
        a.rollupOperator = ROLLUP_OPERATOR;
        a.shares = shares();
    }

    function dataOf(uint64 place, Attribution memory a) internal pure returns (bytes memory) {
        return abi.encodeCall(IRewardsManager.attribute, (place, listOf(a)));
    }

    /// The deposits since `vm.recordLogs`, as the rollup executes them; false for one that fails there.
    function deliver() internal returns (bool allWell) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        allWell = true;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(portal)) continue;
            bytes memory opaque = abi.decode(logs[i].data, (bytes));
            uint64 gasLimit;
            bytes memory data = new bytes(opaque.length - 73);
            assembly ("memory-safe") {
                gasLimit := shr(192, mload(add(opaque, 96)))
                mcopy(add(data, 32), add(opaque, 105), mload(data))
            }
            uint256 intrinsic = 21_000;
            for (uint256 j; j < data.length; ++j) {
                intrinsic += data[j] == 0 ? 4 : 16;
            }
            assertGe(gasLimit, intrinsic, "the Portal asks for the intrinsic gas");
            vm.prank(address(uint160(uint256(logs[i].topics[1]))));
            (bool ok,) = address(uint160(uint256(logs[i].topics[2]))).call{gas: gasLimit - intrinsic}(data);
            allWell = allWell && ok;
        }
    }

    // --- Attribution ---

    function test_aConfirmedBatchIsToldAsL1KnowsIt() public {
        vm.expectEmit(address(messenger));
        emit IRewardsMessenger.OperatorNoted(WINDOW, OPERATOR);
        vm.expectEmit(address(messenger));
        emit IRewardsMessenger.BatchAttributed(1, 1);
        vm.expectEmit(address(messenger));
        emit IRewardsMessenger.MessageStored(1, dataOf(1, firstAttribution()));
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(
            address(uint160(address(messenger)) + SHIFT),
            MANAGER,
            0,
            abi.encodePacked(uint256(0), uint256(0), GAS, false, dataOf(1, firstAttribution()))
        );
        assertEq(messenger.attribute(one(1), GAS), 1);
        assertEq(messenger.attributedBatch(), 1);
        assertEq(messenger.places(), 1);
    }

    function test_theRollupTakesIt() public {
        vm.recordLogs();
        messenger.attribute(one(1), GAS);
        assertTrue(deliver());
        assertEq(manager.attributionAt(1), keccak256(abi.encode(firstAttribution())));
    }

    function test_batchesGoInTheOrderOfTheChain() public {
        inbox.set(2, 1, 1, WINDOW, 11, 20);
        inbox.set(3, 1, 1, WINDOW, 11, 15);
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.NotTheNext.selector, 2, 1, 0));
        messenger.attribute(one(2), GAS);
        messenger.attribute(one(1), GAS);
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.NotTheNext.selector, 1, 0, 1));
        messenger.attribute(one(1), GAS);
        // Of two children one can be Confirmed.
        inbox.setStatus(2, BatchStatus.Void);
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.NotConfirmed.selector, 2, BatchStatus.Void));
        messenger.attribute(one(2), GAS);
        messenger.attribute(one(3), GAS);
        assertEq(messenger.attributedBatch(), 3);
        assertEq(messenger.places(), 2);
    }

    function test_onlyConfirmedBatchesAreTold() public {
        BatchStatus[4] memory undecided =
            [BatchStatus.Unknown, BatchStatus.Posted, BatchStatus.Disputed, BatchStatus.Orphaned];
        for (uint256 i; i < 4; ++i) {
            inbox.setStatus(1, undecided[i]);
            vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.NotConfirmed.selector, 1, undecided[i]));
            messenger.attribute(one(1), GAS);
        }
    }

    function test_manyBatchesFitOneMessage() public {
        uint32[] memory ids = new uint32[](16);
        for (uint32 i; i < 16; ++i) {
            inbox.set(i + 1, i, 1, WINDOW, 10 * i + 1, 10 * i + 10);
            ids[i] = i + 1;
        }
        // As little gas as the messenger allows is enough.
        uint64 least = messenger.leastGas(4 + 32 * (3 + 16 * 11), 16);
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.GasLimitTooLow.selector, least, least - 1));
        messenger.attribute(ids, least - 1);
        vm.recordLogs();
        messenger.attribute(ids, least);
        assertTrue(deliver(), "out of gas on the rollup");
        assertEq(messenger.places(), 16);
        assertTrue(manager.attributionAt(16) != 0);
        ids = new uint32[](17);
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.BatchCount.selector, 17, 16));
        messenger.attribute(ids, GAS);
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.BatchCount.selector, 0, 16));
        messenger.attribute(new uint32[](0), GAS);
    }

    function test_theLeastGasIsEnoughForOneOfEach() public {
        l1.setForfeited(OPERATOR, 3);
        vm.recordLogs();
        messenger.attribute(one(1), messenger.leastGas(4 + 32 * 14, 1));
        messenger.forfeit(OPERATOR, 3, messenger.leastGas(68, 0));
        assertTrue(deliver());
        assertTrue(manager.potOf(OPERATOR, 3).forfeited);
    }

    /// L1 gas, burned for the deposit included.
    function test_gas_ofTellingTheRollup() public {
        messenger.attribute(one(1), messenger.leastGas(452, 1));
        vm.snapshotGasLastCall("Rewards", "RewardsMessenger.attribute, one batch, call");
        l1.setForfeited(OPERATOR, 3);
        messenger.forfeit(OPERATOR, 3, messenger.leastGas(68, 0));
        vm.snapshotGasLastCall("Rewards", "RewardsMessenger.forfeit, call");
    }

    // --- Sending again ---

    function test_aMessageThatWasLostIsSentAgainAndComesSecond() public {
        uint64 id = messenger.attribute(one(1), GAS);
        // Told, but lost on the way: the next one arrives first.
        inbox.set(2, 1, 1, WINDOW, 11, 20);
        vm.recordLogs();
        messenger.attribute(one(2), GAS);
        assertTrue(deliver());
        assertEq(manager.attributionAt(1), bytes32(0));
        vm.recordLogs();
        vm.expectEmit(address(messenger));
        emit IRewardsMessenger.MessageResent(id, 2 * GAS);
        messenger.resend(id, dataOf(1, firstAttribution()), 2 * GAS);
        assertTrue(deliver());
        assertEq(manager.attributionAt(1), keccak256(abi.encode(firstAttribution())));
        // And again, for nothing.
        vm.recordLogs();
        messenger.resend(id, dataOf(1, firstAttribution()), 2 * GAS);
        assertTrue(deliver());
    }

    function test_aDepositThatRanOutOfGasChangedNothingAndIsSentAgain() public {
        vm.recordLogs();
        uint64 id = messenger.attribute(one(1), GAS);
        vm.getRecordedLogs();
        vm.prank(manager.messenger());
        (bool ok,) = MANAGER.call{gas: 20_000}(dataOf(1, firstAttribution()));
        assertFalse(ok);
        assertEq(manager.attributionAt(1), bytes32(0));
        vm.recordLogs();
        messenger.resend(id, dataOf(1, firstAttribution()), GAS);
        assertTrue(deliver());
        assertTrue(manager.attributionAt(1) != 0);
    }

    function testFuzz_onlyWhatWasStoredIsSentAgain(uint64 id, bytes calldata data) public {
        messenger.attribute(one(1), GAS);
        vm.assume(keccak256(data) != messenger.messageAt(id));
        vm.expectRevert(
            abi.encodeWithSelector(
                IRewardsMessenger.UnknownMessage.selector, id, messenger.messageAt(id), keccak256(data)
            )
        );
        messenger.resend(id, data, GAS);
    }

    /// What a message says is fixed when it is stored: whatever changes on L1 meanwhile, it is sent again as it was.
    function test_aMessageSentAgainIsTheSame() public {
        uint64 id = messenger.attribute(one(1), GAS);
        l1.setOwner(1, address(0xBAD));
        l1.setProposer(WINDOW, 78, address(0xBAD), 1);
        vm.recordLogs();
        messenger.resend(id, dataOf(1, firstAttribution()), GAS);
        assertTrue(deliver());
        assertEq(manager.attributionAt(1), keccak256(abi.encode(firstAttribution())));
    }

    // --- Whose window ---

    function test_aWindowThatNobodyLentIsNobodys() public {
        l1.setProposer(WINDOW, 77, OPERATOR, 0);
        assertEq(messenger.note(WINDOW), address(0));
        l1.setProposer(WINDOW + 1, 78, address(0), 0);
        assertEq(messenger.note(WINDOW + 1), address(0));
    }

    /// The Lookahead forgets; what was noted stays.
    function test_aNoteOutlivesTheLookahead() public {
        messenger.note(WINDOW);
        l1.setProven(20, false);
        atEpoch(5_000);
        vm.recordLogs();
        messenger.attribute(one(1), GAS);
        assertTrue(deliver());
        assertEq(manager.attributionAt(1), keccak256(abi.encode(firstAttribution())));
    }

    function test_anUnprovenWindowIsWaitedForWhileItCanBeProven() public {
        l1.setProven(20, false);
        bytes memory refusal = abi.encodeWithSelector(IRewardsMessenger.EpochNotProven.selector, 20);
        vm.expectRevert(refusal);
        messenger.note(WINDOW);
        vm.warp(GENESIS + (21 * EPOCH + 8_192) * SLOT + SLOT - 1);
        vm.expectRevert(refusal);
        messenger.attribute(one(1), GAS);
        vm.warp(GENESIS + (21 * EPOCH + 8_193) * SLOT);
        vm.expectEmit(address(messenger));
        emit IRewardsMessenger.OperatorUnknown(WINDOW);
        messenger.attribute(one(1), GAS);
        assertEq(messenger.note(WINDOW), address(0));
    }

    // --- Accounts ---

    function test_contractsGetTheirAliasOnTheRollup() public {
        vm.etch(OWNER, hex"00");
        vm.etch(OPERATOR, abi.encodePacked(hex"ef0100", address(0xCAFE)));
        Attribution memory a = firstAttribution();
        a.gateway = address(uint160(OWNER) + SHIFT);
        // A delegated account (EIP-7702) still has its key, and keeps its address.
        vm.expectEmit(address(messenger));
        emit IRewardsMessenger.MessageStored(1, dataOf(1, a));
        messenger.attribute(one(1), GAS);
    }

    // --- Periods and waits ---

    /// Example 6 of specs/rewards.md.
    function test_example6_whenAPeriodOpens() public {
        (uint64 period, uint64 opensAt) = messenger.periodOf(20);
        assertEq(period, 3);
        // The period ends with epoch 23: slot 192. Evidence is heard for 2 hours, which is longer than 64 slots. Then a day.
        assertEq(opensAt, GENESIS + 192 * SLOT + 2 hours + 1 days);
        messenger = deployed(RewardsWait(8_192, MARGIN), NOTICE, shares());
        (, opensAt) = messenger.periodOf(20);
        assertEq(opensAt, GENESIS + 192 * SLOT + 8_192 * SLOT + 1 days, "block_roots reach further");
    }

    function test_longerTermsThatAreAnnouncedCount() public {
        l1.setTerms(terms(2 hours), terms(9 days));
        (, uint64 opensAt) = messenger.periodOf(20);
        assertEq(opensAt, GENESIS + 192 * SLOT + 9 days + 1 days);
    }

    /// Every verdict that can still fall, falls before the pot opens, with the margin to spare.
    function testFuzz_noVerdictFallsBehindTheMargin(uint64 epoch, uint64 horizon, uint64 length, uint64 slotInPeriod)
        public
    {
        epoch = uint64(bound(epoch, 0, 10_000_000));
        Terms memory t = terms(uint64(bound(horizon, 1, 60 days)));
        t.rewardPeriodEpochs = uint64(bound(length, 1, 100_000));
        l1.setTerms(t, t);
        (uint64 period, uint64 opensAt) = messenger.periodOf(epoch);
        assertEq(period, epoch / t.rewardPeriodEpochs);
        uint256 slots = uint256(t.rewardPeriodEpochs) * EPOCH;
        uint256 slot = period * slots + slotInPeriod % slots;
        // As `Trials._young` has it.
        assertLe(GENESIS + (slot + 1) * SLOT + t.evidenceHorizonSeconds + MARGIN, opensAt);
    }

    // --- Forfeiture ---

    function test_onlyWhatTheSlasherForfeitedIsTold() public {
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.NotForfeited.selector, OPERATOR, 3));
        messenger.forfeit(OPERATOR, 3, GAS);
        l1.setForfeited(OPERATOR, 3);
        vm.recordLogs();
        messenger.forfeit(OPERATOR, 3, GAS);
        messenger.forfeit(OPERATOR, 3, GAS);
        assertTrue(deliver());
        assertTrue(manager.potOf(OPERATOR, 3).forfeited);
        assertFalse(manager.potOf(OPERATOR, 4).forfeited);
    }

    // --- Shares ---

    function test_newSharesNeedTheirNotice() public {
        Shares memory next = Shares(0, 0, 10_000);
        vm.startPrank(ROLLUP_OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.NoticeTooShort.selector, 26, 25));
        messenger.changeShares(next, 25);
        vm.expectEmit(address(messenger));
        emit IRewardsMessenger.SharesChanged(26, next);
        messenger.changeShares(next, 26);
        assertEq(messenger.sharesAt(25).rollupBps, 2_000);
        assertEq(messenger.sharesAt(26).gatewayBps, 10_000);
    }

    /// What was announced holds: it is not replaced by something later, nor taken back.
    function test_anAnnouncementStands() public {
        vm.startPrank(ROLLUP_OPERATOR);
        messenger.changeShares(Shares(1_000, 4_000, 5_000), 26);
        vm.expectRevert(abi.encodeWithSelector(EpochTrace.EpochNotAscending.selector, 26, 26));
        messenger.changeShares(Shares(10_000, 0, 0), 26);
        messenger.changeShares(Shares(10_000, 0, 0), 40);
        assertEq(messenger.sharesAt(26).operatorBps, 4_000);
        assertEq(messenger.sharesAt(39).operatorBps, 4_000);
        assertEq(messenger.sharesAt(40).rollupBps, 10_000);
    }

    /// A batch told long after a change is split as its window's epoch was.
    function test_sharesAreThoseOfTheWindow() public {
        vm.prank(ROLLUP_OPERATOR);
        messenger.changeShares(Shares(10_000, 0, 0), 26);
        atEpoch(60);
        vm.recordLogs();
        Attribution memory a = firstAttribution();
        vm.expectEmit(address(messenger));
        emit IRewardsMessenger.MessageStored(1, dataOf(1, a));
        messenger.attribute(one(1), GAS);
    }

    function testFuzz_onlyTheRollupOperatorChangesShares(address stranger) public {
        vm.assume(stranger != ROLLUP_OPERATOR);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IRewardsMessenger.NotTheRollupOperator.selector, ROLLUP_OPERATOR, stranger)
        );
        messenger.changeShares(shares(), 1_000);
    }

    function testFuzz_sharesSumToTheWhole(uint16 rollupBps, uint16 operatorBps, uint16 gatewayBps) public {
        Shares memory s = Shares(rollupBps, operatorBps, gatewayBps);
        bool whole = uint256(rollupBps) + operatorBps + gatewayBps == 10_000;
        if (!whole) vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.SharesNotWhole.selector, s));
        vm.prank(ROLLUP_OPERATOR);
        messenger.changeShares(s, 30);
    }

    function test_badConfigurationsAreNamed() public {
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.SharesNotWhole.selector, Shares(1, 2, 3)));
        deployed(RewardsWait(64, MARGIN), NOTICE, Shares(1, 2, 3));
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.BadConfig.selector, "noticeEpochs"));
        deployed(RewardsWait(64, MARGIN), 1, shares());
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.BadConfig.selector, "proofSlots"));
        deployed(RewardsWait(0, MARGIN), NOTICE, shares());
        // 100 blocks of lag, 12 seconds each.
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.BadConfig.selector, "marginSeconds"));
        deployed(RewardsWait(64, 1_199), NOTICE, shares());
        deployed(RewardsWait(64, 1_200), NOTICE, shares());
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.BadConfig.selector, "rollupOperator"));
        new RewardsMessenger(wiring(), RewardsWait(64, MARGIN), address(0), NOTICE, shares());
    }
}
