// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus} from "../../src/interfaces/IInbox.sol";
import {IRewardsMessenger} from "../../src/interfaces/IRewardsMessenger.sol";
import {MissedSlotEvidence} from "../../src/slashing/Evidence.sol";
import {RewardsMessenger, RewardsWait, RewardsWiring} from "../../src/rewards/RewardsMessenger.sol";
import {Attribution, Shares} from "../../src/types/Rewards.sol";
import {Accusers} from "./Accusers.sol";
import {RewardsWorld} from "../support/RewardsWorld.sol";
import {Vm} from "../support/Vm.sol";

/// From a beacon slot that was missed to ETH that burns on the rollup, and from users' fees to what two gateways and the honest operator
/// claim: real registrations, proposers, batches and verdicts on L1, real headers and state tries of the rollup, and deposits between.
/// L1 and the rollup share one EVM here, so each act first says whose block numbers hold.
contract RewardsWholeTest is Accusers, RewardsWorld {
    uint64 internal constant GAS = 600_000;
    RewardsMessenger internal messenger;
    address internal rollupOperator = makeAddr("rollup operator");

    function setUp() public override {
        super.setUp();
        messenger = new RewardsMessenger(wiring(), RewardsWait(64, 100 * SLOT_SECONDS), rollupOperator, 2, shares());
        uint160 shift = uint160(0x1111000000000000000000000000000000001111);
        openRollup(address(uint160(address(messenger)) + shift));
        vm.fee(1 gwei);
    }

    function wiring() internal view returns (RewardsWiring memory w) {
        w.genesisTime = GENESIS_TIME;
        w.secondsPerSlot = SLOT_SECONDS;
        w.slotsPerEpoch = EPOCH;
        w.inbox = inbox;
        w.portal = portal;
        w.lookahead = lookahead;
        w.gateways = registry;
        w.validators = validators;
        w.parameters = parameters;
        w.slasher = slasher;
    }

    /// The rollup's blocks of both turns, earning 1,000 wei to split and 10 of L1 fees each.
    function earnTurns(uint64 last) internal {
        uint256 l1Block = vm.getBlockNumber();
        vm.roll(present);
        blocksUpTo(last, 1_000, 10);
        vm.roll(l1Block);
    }

    function onRollup(uint64 border) internal {
        uint256 l1Block = vm.getBlockNumber();
        vm.roll(present);
        checkpoint(border);
        vm.roll(l1Block);
    }

    function deliver() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(portal)) continue;
            bytes memory opaque = abi.decode(logs[i].data, (bytes));
            bytes memory data = new bytes(opaque.length - 73);
            assembly ("memory-safe") {
                mcopy(add(data, 32), add(opaque, 105), mload(data))
            }
            vm.prank(address(uint160(uint256(logs[i].topics[1]))));
            (bool ok,) = address(uint160(uint256(logs[i].topics[2]))).call(data);
            assertTrue(ok, "the deposit failed on the rollup");
        }
    }

    function told(Turn memory turn, uint256 half) internal returns (Attribution memory a) {
        a.firstBlock = turn.batches[half].firstBlock;
        a.lastBlock = turn.batches[half].lastBlock;
        (a.period, a.opensAt) = messenger.periodOf(turn.window / EPOCH);
        a.gateway = ownerOf(turn.gateway);
        a.operator = turn.gateway == A ? operatorA : operatorB;
        a.operatorAccount = a.operator;
        a.rollupOperator = rollupOperator;
        a.shares = shares();
    }

    function test_fromFeesAndAMissedSlotToClaimsAndABurn() public {
        Turn memory a = turnOf(0, genesis(), 0);
        postTurn(a);
        Turn memory b = turnOf(1, endOf(a), 0);
        postTurn(b);
        uint64 last = b.batches[1].lastBlock;
        earnTurns(last);
        onRollup(0);
        onRollup(a.batches[0].lastBlock);
        onRollup(a.batches[1].lastBlock);
        onRollup(b.batches[0].lastBlock);
        onRollup(last);

        // A's validator missed the slot it lent.
        atSlot(b.window + 2);
        slash(missedSlotJudge, abi.encode(MissedSlotEvidence(address(inbox), presenceOf(a.window, true))));

        uint32[] memory ids = new uint32[](4);
        for (uint32 i; i < 4; ++i) {
            ids[i] = i + 1;
        }
        vm.expectRevert(abi.encodeWithSelector(IRewardsMessenger.NotConfirmed.selector, 1, BatchStatus.Posted));
        messenger.attribute(ids, GAS);
        goTo(block.timestamp + CLAIM_WINDOW + SLOT_SECONDS);
        vm.recordLogs();
        messenger.attribute(ids, GAS);
        (uint64 period,) = messenger.periodOf(a.window / EPOCH);
        messenger.forfeit(operatorA, period, GAS);
        deliver();

        Attribution[] memory all = new Attribution[](4);
        all[0] = told(a, 0);
        all[1] = told(a, 1);
        all[2] = told(b, 0);
        all[3] = told(b, 1);
        manager.settle(all);

        uint256 blocksOfA = a.blocks.length;
        uint256 blocksOfB = b.blocks.length;
        assertEq(manager.creditOf(ownerOf(A)), blocksOfA * 510);
        assertEq(manager.creditOf(ownerOf(B)), blocksOfB * 510);
        assertEq(manager.creditOf(rollupOperator), (blocksOfA + blocksOfB) * 200);
        assertEq(manager.potOf(operatorA, period).amountWei, blocksOfA * 300);
        assertEq(manager.potOf(operatorB, period).amountWei, blocksOfB * 300);

        manager.release(operatorA, period);
        assertEq(manager.revenue().burnedWei, blocksOfA * 300, "the missed slot's period burned");
        goTo(all[3].opensAt);
        manager.release(operatorB, period);
        vm.prank(operatorB);
        assertEq(manager.claim(address(0xCAFE)), blocksOfB * 300);
        vm.prank(ownerOf(A));
        assertEq(manager.claim(address(0xCAFE)), blocksOfA * 510);
        vm.prank(ownerOf(B));
        manager.claim(address(0xCAFE));
        vm.prank(rollupOperator);
        manager.claim(address(0xCAFE));
        assertEq(heldWei(), 0, "every wei was paid or burned");
    }

    /// The fallback gateway's windows: proposers are there, but nobody lent them.
    function test_slotsThatNobodyLentAreNobodys() public {
        atSlot(windowOf(1));
        assertEq(messenger.note(windowOf(0)), operatorA);
        assertEq(messenger.note(windowOf(1)), operatorB);
        assertEq(messenger.note(windowOf(0) - 1), address(0));
    }
}
