// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {EpochTrace} from "../../../src/libraries/checkpoints/EpochTrace.sol";
import {Test} from "../../support/Test.sol";

contract EpochTraceTest is Test {
    using EpochTrace for EpochTrace.Trace;

    EpochTrace.Trace private trace;

    // The same history, kept as plainly as can be.
    uint64[] private epochs;
    uint72[] private values;

    function plain(uint64 epoch) private view returns (uint72 value) {
        for (uint256 i; i < epochs.length && epochs[i] <= epoch; ++i) {
            value = values[i];
        }
    }

    function set(uint64 currentEpoch, uint64 fromEpoch, uint72 value) external {
        trace.set(currentEpoch, fromEpoch, value);
    }

    function push(uint64 currentEpoch, uint64 fromEpoch, uint72 value) external {
        trace.push(currentEpoch, fromEpoch, value);
    }

    function pop(uint64 currentEpoch) external {
        trace.pop(currentEpoch);
    }

    function test_anEmptyTraceAnswersZero() public view {
        assertEq(trace.valueAt(0), 0);
        assertEq(trace.valueAt(type(uint64).max), 0);
        assertEq(trace.length(), 0);
    }

    function test_aChangeOfTheNextEpochIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(EpochTrace.EffectTooEarly.selector, 11, 12));
        this.set(10, 11, 1);
    }

    function test_anEpochBeyondTheLargestIsRefused() public {
        vm.expectRevert(
            abi.encodeWithSelector(EpochTrace.EpochOutOfRange.selector, uint256(1) << 40, (uint256(1) << 40) - 1)
        );
        this.set(10, uint64(1) << 40, 1);
    }

    function test_aChangeStillToComeIsReplacedAndNeverBlocksAnother() public {
        trace.set(10, 12, 1);
        trace.set(20, 1_000_000, 2);
        trace.set(20, 22, 3);
        assertEq(trace.length(), 2);
        assertEq(trace.valueAt(21), 1);
        assertEq(trace.valueAt(22), 3);
        assertEq(trace.valueAt(1_000_000), 3);
    }

    function test_pushedEntriesAscend() public {
        trace.push(0, 5, 1);
        vm.expectRevert(abi.encodeWithSelector(EpochTrace.EpochNotAscending.selector, 5, 5));
        this.push(0, 5, 2);
    }

    function test_anEntryThatMayBeInForceIsNotDropped() public {
        trace.push(0, 5, 1);
        vm.expectRevert(abi.encodeWithSelector(EpochTrace.EffectTooEarly.selector, 5, 6));
        this.pop(4);
        trace.pop(3);
        assertEq(trace.length(), 0);
    }

    function test_pendingCountsWhatIsNotYetFinal() public {
        for (uint64 i; i < 5; ++i) {
            trace.push(0, 2 + i, 1);
        }
        assertEq(trace.pending(0, 8), 5);
        assertEq(trace.pending(0, 3), 3);
        assertEq(trace.pending(1, 8), 4);
        assertEq(trace.pending(4, 8), 1);
        assertEq(trace.pending(5, 8), 0);
    }

    /// Any sequence of changes, answered as by a plain list, for every epoch of the past and the future.
    function testFuzz_everyEpochIsAnsweredAsByAPlainList(uint256 seed, uint8 steps) public {
        uint64 now_ = 10;
        for (uint256 i; i < steps % 40; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            now_ += uint64(seed % 4);
            uint64 from = now_ + 2 + uint64((seed >> 8) % 3);
            uint72 value = uint72(seed >> 16);
            uint256 count = epochs.length;
            if (count > 0 && epochs[count - 1] > now_ + 1) {
                epochs[count - 1] = from;
                values[count - 1] = value;
            } else {
                epochs.push(from);
                values.push(value);
            }
            trace.set(now_, from, value);
        }
        assertEq(trace.length(), epochs.length);
        for (uint64 epoch; epoch < now_ + 8; ++epoch) {
            assertEq(trace.valueAt(epoch), plain(epoch));
        }
    }

    /// Nothing that happens in an epoch changes what holds in it or in the next one.
    function testFuzz_thePresentAndTheNextEpochAreFinal(uint256 seed, uint8 steps) public {
        uint64 now_ = 10;
        for (uint256 i; i < steps % 30; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            now_ += uint64(seed % 3);
            uint72 present = trace.valueAt(now_);
            uint72 next = trace.valueAt(now_ + 1);
            uint256 what = (seed >> 8) % 3;
            if (what == 0) {
                try this.set(now_, now_ + 2 + uint64((seed >> 16) % 3), uint72(seed >> 24)) {} catch {}
            } else if (what == 1) {
                try this.push(now_, now_ + 2 + uint64((seed >> 16) % 9), uint72(seed >> 24)) {} catch {}
            } else {
                try this.pop(now_) {} catch {}
            }
            assertEq(trace.valueAt(now_), present);
            assertEq(trace.valueAt(now_ + 1), next);
        }
    }

    function testFuzz_pushAndPopAreInverse(uint256 seed, uint8 pushes, uint8 pops) public {
        pushes = uint8(bound(pushes, 1, 20));
        pops = uint8(bound(pops, 0, pushes));
        for (uint64 i; i < pushes; ++i) {
            trace.push(0, 2 + 3 * i, uint72(uint256(keccak256(abi.encode(seed, i)))));
        }
        for (uint256 i; i < pops; ++i) {
            trace.pop(0);
        }
        assertEq(trace.length(), uint256(pushes) - pops);
        for (uint64 i; i < pushes; ++i) {
            uint64 left = uint64(pushes) - pops;
            uint64 kept = i < left ? i : left - (left == 0 ? 0 : 1);
            uint72 expected = left == 0 ? 0 : uint72(uint256(keccak256(abi.encode(seed, kept))));
            assertEq(trace.valueAt(2 + 3 * i), expected);
            assertEq(trace.valueAt(4 + 3 * i), expected);
        }
    }
}
