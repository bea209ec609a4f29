// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {Window} from "../../src/types/Windows.sol";
import {LookaheadWorld} from "../support/lookahead/LookaheadWorld.sol";

/// Owners and windows against a reference that is a plain loop over R12's words, in every order of proving and caching.
contract WindowsTest is LookaheadWorld {
    uint64 private constant FIRST_PROVEN = 10;
    uint64 private constant EPOCHS = 5;

    // The reference's own picture: proposers and gateways by slot number, 0 where nobody is registered.
    mapping(uint64 slot => uint32) private registered;
    uint64 private tailStart;
    uint64 private firstEpoch;
    address private rollup;

    function setUp() public {
        build(8, 1024);
    }

    // --- The reference ---

    /// The registered slot whose window s belongs to; 0 when it is the fallback's.
    function _windowSlot(uint64 s) private view returns (uint64) {
        uint64 end = (s / 8 + 1) * 8;
        for (uint64 p = s; p < end; ++p) {
            if (registered[p] != 0) return p;
        }
        if (s % 8 < tailStart) return 0;
        for (uint64 p = end; p < end + 8; ++p) {
            if (registered[p] != 0) return p;
        }
        return 0;
    }

    /// Whether s and its successor are one window.
    function _together(uint64 s) private view returns (bool) {
        uint64 p = _windowSlot(s);
        if (p != _windowSlot(s + 1)) return false;
        if (p != 0) return true;
        // Fallback windows stop at the border of an epoch and at that of its tail.
        return (s + 1) % 8 != 0 && (s + 1) % 8 != tailStart;
    }

    function _expected(uint64 s) private view returns (Window memory) {
        uint64 p = _windowSlot(s);
        uint64 first = s;
        while (first > firstEpoch * 8 && _together(first - 1)) --first;
        uint64 last = s;
        while (last != p && _together(last)) ++last;
        return Window(p == 0 ? FALLBACK : registered[p], first, last);
    }

    // --- The world ---

    /// Random proposers, operators and gateways; some lend only in some epochs.
    function _populate(uint256 seed, uint64 depth, uint64 handoverSlots) private {
        firstEpoch = FIRST_PROVEN + 1;
        tailStart = depth + handoverSlots > 8 ? 8 : depth + handoverSlots;
        rollup = rollupWith(depth, handoverSlots, firstEpoch);
        // From nobody to everybody is registered.
        uint256 density = _draw(seed, 0, 0) % 5;
        for (uint64 v; v < 12; ++v) {
            if (_draw(seed, 1, v) % 4 < density) validators.set(v, operatorNumber(_draw(seed, 2, v) % 4));
        }
        for (uint64 o; o < 4; ++o) {
            gateways.set(operatorNumber(o), rollup, uint32(_draw(seed, 3, o) % 4));
            uint64 epoch = FIRST_PROVEN + uint64(_draw(seed, 4, o) % EPOCHS);
            gateways.setIn(operatorNumber(o), rollup, epoch, uint32(_draw(seed, 5, o) % 4));
        }
        for (uint64 e = FIRST_PROVEN; e < FIRST_PROVEN + EPOCHS; ++e) {
            uint64[] memory indices = _indices(seed, e);
            for (uint64 i; i < 8; ++i) {
                address operator = validators.operatorAt(indices[i], e);
                registered[e * 8 + i] = operator == address(0) ? 0 : gateways.gatewayFor(operator, rollup, e);
            }
        }
    }

    function _indices(uint256 seed, uint64 epoch) private pure returns (uint64[] memory indices) {
        indices = new uint64[](8);
        for (uint64 i; i < 8; ++i) {
            indices[i] = uint64(_draw(seed, 6 + epoch, i) % 12);
        }
    }

    function _draw(uint256 seed, uint256 what, uint256 which) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, what, which)));
    }

    function _proveAll(uint256 seed, bool backwards) private {
        for (uint64 i; i < EPOCHS; ++i) {
            uint64 epoch = FIRST_PROVEN + (backwards ? EPOCHS - 1 - i : i);
            proveEpoch(epoch, _indices(seed, epoch));
        }
        warpToEpoch(FIRST_PROVEN + EPOCHS);
    }

    /// Every slot of the epochs whose neighbours are proven.
    function _compareAll() private view {
        for (uint64 s = firstEpoch * 8; s < (FIRST_PROVEN + EPOCHS - 1) * 8; ++s) {
            Window memory expected = _expected(s);
            Window memory got = lookahead.windowAt(rollup, s);
            assertEq(got.gateway, expected.gateway, "gateway");
            assertEq(got.firstSlot, expected.firstSlot, "first slot");
            assertEq(got.lastSlot, expected.lastSlot, "last slot");
            (uint32 gateway, uint64 window) = lookahead.ownerAt(rollup, s);
            assertEq(gateway, expected.gateway, "owner");
            assertEq(window, expected.lastSlot, "window");
        }
    }

    // --- Properties ---

    /// Whatever the order of proofs, whatever is cached and when: the answers are R12's.
    /// forge-config: default.fuzz.runs = 96
    function testFuzz_ownersAreAPureFunctionOfWhatIsProven(uint256 seed, uint64 depth, uint64 handoverSlots) public {
        _populate(seed, depth % 7, handoverSlots % 5);
        _proveAll(seed, _draw(seed, 100, 0) % 2 == 0);
        _compareAll();
        // Cache a random choice in a random order, comparing after each.
        for (uint64 i; i < 3; ++i) {
            lookahead.cacheWindows(rollup, firstEpoch + uint64(_draw(seed, 101, i) % (EPOCHS - 2)));
            _compareAll();
        }
    }

    /// Each slot lies in the window that it names, windows are runs, and neighbours are adjacent: no slot without or with two owners.
    function testFuzz_windowsPartitionTheSlots(uint256 seed, uint64 depth, uint64 handoverSlots) public {
        _populate(seed, depth % 7, handoverSlots % 5);
        _proveAll(seed, false);
        if (seed % 2 == 0) lookahead.cacheWindows(rollup, firstEpoch + 1);
        uint64 s = firstEpoch * 8;
        uint64 end = (FIRST_PROVEN + EPOCHS - 1) * 8;
        while (s < end) {
            Window memory window = lookahead.windowAt(rollup, s);
            assertEq(window.firstSlot, s, "a window begins where the last one ended");
            assertGe(window.lastSlot, s);
            for (uint64 t = s; t <= window.lastSlot && t < end; ++t) {
                Window memory same = lookahead.windowAt(rollup, t);
                assertEq(keccak256(abi.encode(same)), keccak256(abi.encode(window)));
            }
            s = window.lastSlot + 1;
        }
    }

    // --- Cases by name ---

    /// Proposers by validator: 1 and 2 belong to operator 1 (gateway 11), 3 to operator 3 (gateway 33), 0 to nobody.
    function _simple(uint64 depth, uint64 handoverSlots) private {
        validators.set(1, operatorNumber(1));
        validators.set(2, operatorNumber(1));
        validators.set(3, operatorNumber(3));
        rollup = rollupWith(depth, handoverSlots, 10);
        gateways.set(operatorNumber(1), rollup, 11);
        gateways.set(operatorNumber(3), rollup, 33);
    }

    function _epoch(bytes8 proposers) private pure returns (uint64[] memory indices) {
        indices = new uint64[](8);
        for (uint256 i; i < 8; ++i) {
            indices[i] = uint8(proposers[i]);
        }
    }

    function _assertWindow(uint64 slot, uint32 gateway, uint64 first, uint64 last) private view {
        Window memory window = lookahead.windowAt(rollup, slot);
        assertEq(window.gateway, gateway, "gateway");
        assertEq(window.firstSlot, first, "first slot");
        assertEq(window.lastSlot, last, "last slot");
        (uint32 owner, uint64 id) = lookahead.ownerAt(rollup, slot);
        assertEq(owner, gateway, "owner");
        assertEq(id, last, "window");
    }

    /// Asks before and after caching.
    function _assertBoth(uint64 epoch, uint64 slot, uint32 gateway, uint64 first, uint64 last) private {
        _assertWindow(slot, gateway, first, last);
        uint256 id = vm.snapshotState();
        lookahead.cacheWindows(rollup, epoch);
        _assertWindow(slot, gateway, first, last);
        vm.revertToState(id);
    }

    function test_neighbouringRegisteredSlotsAreWindowsOfTheirOwnEvenForOneOperator() public {
        _simple(1, 1);
        proveEpoch(10, _epoch(hex"0001020101000003"));
        warpToEpoch(11);
        // Operator 1's: by one validator, by another, by the first one drawn again twice.
        _assertBoth(10, 81, 11, 80, 81);
        _assertBoth(10, 82, 11, 82, 82);
        _assertBoth(10, 83, 11, 83, 83);
        _assertBoth(10, 84, 11, 84, 84);
        _assertBoth(10, 87, 33, 85, 87);
    }

    function test_theTailBelongsToTheNextEpochsFirstRegisteredSlot() public {
        _simple(2, 1);
        proveEpoch(10, _epoch(hex"0100000000000000"));
        proveEpoch(11, _epoch(hex"0000030001000000"));
        proveEpoch(12, _epoch(hex"0000000000000000"));
        warpToEpoch(12);
        _assertBoth(10, 80, 11, 80, 80);
        // Before the tail the fallback, whose window ends where the tail begins.
        _assertBoth(10, 81, FALLBACK, 81, 82);
        // The tail and the next epoch's head are one window across the border.
        _assertBoth(10, 83, 33, 83, 90);
        _assertBoth(10, 87, 33, 83, 90);
        _assertBoth(11, 88, 33, 83, 90);
        _assertBoth(11, 92, 11, 91, 92);
        // A tail that nobody of the next epoch takes is the fallback's, by itself.
        _assertBoth(11, 93, FALLBACK, 93, 95);
    }

    function test_aProvenEpochWithoutAnyRegisteredSlotIsTheFallbacks() public {
        _simple(2, 1);
        proveEpoch(10, _epoch(0));
        proveEpoch(11, _epoch(0));
        warpToEpoch(11);
        _assertBoth(10, 80, FALLBACK, 80, 82);
        _assertBoth(10, 83, FALLBACK, 83, 87);
    }

    /// depth + H of an epoch or more: no tail, and the next epoch is never asked.
    function test_withoutATailTheNextEpochIsNotNeeded() public {
        _simple(6, 2);
        proveEpoch(10, _epoch(hex"0001000000000000"));
        warpToEpoch(10);
        _assertBoth(10, 80, 11, 80, 81);
        _assertBoth(10, 87, FALLBACK, 82, 87);
    }

    /// A rollup cannot make the tail begin before the epoch by numbers that overflow.
    function test_hugeDepthsMeanNoTail() public {
        _simple(type(uint64).max, type(uint64).max);
        proveEpoch(10, _epoch(0));
        warpToEpoch(10);
        _assertBoth(10, 87, FALLBACK, 80, 87);
    }

    /// A window that starts in the tail is known only with the next epoch: fallback now and somebody else after a late `prove`
    /// would be two honest owners of one slot.
    function test_unprovenIsAnErrorNeverTheFallback() public {
        _simple(2, 1);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, 10));
        lookahead.ownerAt(rollup, 80);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, 10));
        lookahead.windowAt(rollup, 80);
        proveEpoch(10, _epoch(0));
        warpToEpoch(10);
        _assertWindow(80, FALLBACK, 80, 82);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, 11));
        lookahead.ownerAt(rollup, 83);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, 11));
        lookahead.windowAt(rollup, 83);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, 11));
        lookahead.cacheWindows(rollup, 10);
    }

    /// Where a window begins may need the epoch before; who owns a slot never does.
    function test_theEpochBeforeIsNeededOnlyForTheFirstSlotOfAWindow() public {
        _simple(2, 1);
        proveEpoch(11, _epoch(hex"0001030000000001"));
        warpToEpoch(11);
        (uint32 gateway, uint64 window) = lookahead.ownerAt(rollup, 88);
        assertEq(gateway, 11);
        assertEq(window, 89);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, 10));
        lookahead.windowAt(rollup, 88);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, 10));
        lookahead.cacheWindows(rollup, 11);
        _assertWindow(90, 33, 90, 90);
    }

    function test_theFirstEpochsWindowsDoNotReachBack() public {
        _simple(2, 1);
        proveEpoch(10, _epoch(hex"0000000100000001"));
        warpToEpoch(10);
        _assertBoth(10, 80, 11, 80, 83);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.BeforeFirstEpoch.selector, 9, 10));
        lookahead.ownerAt(rollup, 79);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.BeforeFirstEpoch.selector, 9, 10));
        lookahead.windowAt(rollup, 79);
        vm.expectRevert(abi.encodeWithSelector(ILookahead.BeforeFirstEpoch.selector, 9, 10));
        lookahead.cacheWindows(rollup, 9);
    }

    /// Registered means registered in the epoch of the proposer's own slot, also for the tail before it.
    function test_gatewaysMayChangeBetweenEpochs() public {
        _simple(2, 1);
        gateways.setIn(operatorNumber(1), rollup, 11, 22);
        proveEpoch(10, _epoch(hex"0000000100000000"));
        proveEpoch(11, _epoch(hex"0001000000000001"));
        warpToEpoch(11);
        _assertBoth(10, 83, 11, 80, 83);
        _assertBoth(10, 84, 22, 84, 89);
        _assertBoth(11, 89, 22, 84, 89);
        // Nobody's in 11: skipped, as if its slots had no proposer.
        gateways.setIn(operatorNumber(1), rollup, 11, 0);
        _assertBoth(10, 84, FALLBACK, 84, 87);
    }

    function test_rollupsOfOneLookaheadHaveTheirOwnOwners() public {
        _simple(2, 1);
        address other = rollupWith(2, 1, 10);
        gateways.set(operatorNumber(1), other, 44);
        proveEpoch(10, _epoch(hex"0100000000000001"));
        warpToEpoch(10);
        lookahead.cacheWindows(other, 10);
        (uint32 gateway,) = lookahead.ownerAt(rollup, 80);
        assertEq(gateway, 11);
        (gateway,) = lookahead.ownerAt(other, 80);
        assertEq(gateway, 44);
    }

    // --- The cache ---

    /// Registrations may still change what holds two epochs ahead.
    function test_windowsOfAnEpochThatHasNotBegunAreNotCached() public {
        _simple(2, 1);
        proveEpoch(10, _epoch(hex"0000000000000001"));
        vm.warp(timeOf(79));
        vm.expectRevert(abi.encodeWithSelector(ILookahead.EpochNotBegun.selector, 10, 9));
        lookahead.cacheWindows(rollup, 10);
        vm.warp(timeOf(80));
        lookahead.cacheWindows(rollup, 10);
    }

    function test_cachingTwiceChangesNothing() public {
        _simple(2, 1);
        proveEpoch(10, _epoch(hex"0000000000000001"));
        warpToEpoch(10);
        lookahead.cacheWindows(rollup, 10);
        vm.recordLogs();
        lookahead.cacheWindows(rollup, 10);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    /// A head of an epoch one ring ago is not this epoch's, neither as an answer nor as a beginning.
    function test_aCacheRoundTheRingIsNeverTakenForAnother() public {
        _simple(2, 1);
        proveEpoch(10, _epoch(hex"0101010101010101"));
        warpToEpoch(10);
        lookahead.cacheWindows(rollup, 10);
        uint64 later = 10 + 1024;
        vm.expectRevert(abi.encodeWithSelector(ILookahead.LookaheadUnknown.selector, later));
        lookahead.ownerAt(rollup, later * 8);
        proveEpoch(later - 1, _epoch(hex"0000000000000003"));
        proveEpoch(later, _epoch(hex"0000000000000003"));
        warpToEpoch(later);
        _assertBoth(later, later * 8, 33, later * 8, later * 8 + 7);
    }

    function test_anAccountWithoutCodeIsNoRollup() public {
        proveEpoch(10, _epoch(0));
        vm.expectRevert(abi.encodeWithSelector(ILookahead.NotARollup.selector, address(0xdead)));
        lookahead.ownerAt(address(0xdead), 80);
    }
}
