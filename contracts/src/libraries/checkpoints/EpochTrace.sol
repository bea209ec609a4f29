// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A value over time, keyed by L1 epoch and kept for ever: what was authorised in an epoch has one answer, today and in ten years.
///
/// Nothing at or before the next epoch ever changes, so the lookahead of the current and of the next epoch is final the moment it
/// is proven (R12, R16). The two newest entries share one storage slot, because nearly every read wants one of them: the value in
/// force costs one cold load.
///
/// head, from the lowest bit: newest value (72) ‖ newest fromEpoch (40) ‖ value before (72) ‖ fromEpoch before (40) ‖ count (32).
library EpochTrace {
    struct Trace {
        uint256 head;
        /// All entries but the newest two, ascending: value (72) ‖ fromEpoch (40).
        uint256[] older;
    }

    /// `fromEpoch` is not at least two epochs ahead of the present one.
    error EffectTooEarly(uint256 fromEpoch, uint256 earliest);
    /// Entries are appended in the order of their epochs.
    error EpochNotAscending(uint256 fromEpoch, uint256 newest);
    error EpochOutOfRange(uint256 epoch, uint256 largest);

    uint256 internal constant LARGEST_EPOCH = type(uint40).max;
    /// A change made in epoch E takes effect in E + 2.
    uint64 internal constant LEAD_EPOCHS = 2;

    uint256 private constant ENTRY_BITS = 112;
    uint256 private constant ENTRY_MASK = (1 << ENTRY_BITS) - 1;
    uint256 private constant VALUE_BITS = 72;
    uint256 private constant COUNT_SHIFT = 224;

    /// The value every epoch starts with. Only for a trace without entries, in a constructor.
    function begin(Trace storage trace, uint72 value) internal {
        trace.head = value | (1 << COUNT_SHIFT);
    }

    /// Value in force in `epoch`; 0 before the first entry.
    function valueAt(Trace storage trace, uint64 epoch) internal view returns (uint72 value) {
        (, value) = entryAt(trace, epoch);
    }

    /// As `valueAt`, with the epoch the value has been in force since.
    function entryAt(Trace storage trace, uint64 epoch) internal view returns (uint64 fromEpoch, uint72 value) {
        uint256 head = trace.head;
        uint256 count = head >> COUNT_SHIFT;
        if (count == 0) return (0, 0);
        (fromEpoch, value) = unpack(head & ENTRY_MASK);
        if (fromEpoch <= epoch) return (fromEpoch, value);
        if (count == 1) return (0, 0);
        (fromEpoch, value) = unpack((head >> ENTRY_BITS) & ENTRY_MASK);
        if (fromEpoch <= epoch) return (fromEpoch, value);
        uint256 low;
        uint256 high = count - 2;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            (fromEpoch,) = unpack(trace.older[middle]);
            if (fromEpoch <= epoch) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? (0, 0) : unpack(trace.older[low - 1]);
    }

    /// The newest entry, in force or still to come; zeros when there is none.
    function newest(Trace storage trace) internal view returns (uint64 fromEpoch, uint72 value) {
        return unpack(trace.head & ENTRY_MASK);
    }

    function length(Trace storage trace) internal view returns (uint256) {
        return trace.head >> COUNT_SHIFT;
    }

    /// Lets `value` hold from `fromEpoch` on. A change that is still to come is replaced: there is at most one, so a change
    /// scheduled too far ahead blocks nobody.
    function set(Trace storage trace, uint64 currentEpoch, uint64 fromEpoch, uint72 value) internal {
        requireLead(currentEpoch, fromEpoch);
        uint256 head = trace.head;
        (uint64 last,) = unpack(head & ENTRY_MASK);
        if (head >> COUNT_SHIFT > 0 && last > currentEpoch + 1) {
            // Two pending entries exist only in a trace that is also pushed to.
            (uint64 before,) = unpack((head >> ENTRY_BITS) & ENTRY_MASK);
            if (head >> COUNT_SHIFT > 1 && fromEpoch <= before) revert EpochNotAscending(fromEpoch, before);
            trace.head = (head & ~ENTRY_MASK) | pack(fromEpoch, value);
        } else {
            append(trace, fromEpoch, value);
        }
    }

    /// As `set`, at the earliest epoch there is.
    function setSoon(Trace storage trace, uint64 currentEpoch, uint72 value) internal {
        set(trace, currentEpoch, currentEpoch + LEAD_EPOCHS, value);
    }

    /// Adds an entry behind the newest one, which stays, be it in force yet or not.
    function push(Trace storage trace, uint64 currentEpoch, uint64 fromEpoch, uint72 value) internal {
        requireLead(currentEpoch, fromEpoch);
        append(trace, fromEpoch, value);
    }

    /// Drops the newest entry, which must not be in force before `currentEpoch + 2`.
    function pop(Trace storage trace, uint64 currentEpoch) internal {
        uint256 head = trace.head;
        uint256 count = head >> COUNT_SHIFT;
        (uint64 last,) = unpack(head & ENTRY_MASK);
        requireLead(currentEpoch, last);
        uint256 before;
        if (count > 2) {
            before = trace.older[count - 3];
            trace.older.pop();
        }
        trace.head = ((count - 1) << COUNT_SHIFT) | (before << ENTRY_BITS) | ((head >> ENTRY_BITS) & ENTRY_MASK);
    }

    /// Changes the newest entry's value and leaves its epoch. The caller answers for what that means for the past.
    function amend(Trace storage trace, uint72 value) internal {
        uint256 cleared = (trace.head >> VALUE_BITS) << VALUE_BITS;
        trace.head = cleared | value;
    }

    /// Entries that are not in force before `currentEpoch + 2`, counted up to `limit`.
    function pending(Trace storage trace, uint64 currentEpoch, uint256 limit) internal view returns (uint256 found) {
        uint256 head = trace.head;
        uint256 count = head >> COUNT_SHIFT;
        while (found < limit && found < count) {
            uint256 entry;
            if (found == 0) entry = head & ENTRY_MASK;
            else if (found == 1) entry = (head >> ENTRY_BITS) & ENTRY_MASK;
            else entry = trace.older[count - 1 - found];
            (uint64 fromEpoch,) = unpack(entry);
            if (fromEpoch <= currentEpoch + 1) break;
            ++found;
        }
    }

    function append(Trace storage trace, uint64 fromEpoch, uint72 value) private {
        uint256 head = trace.head;
        uint256 count = head >> COUNT_SHIFT;
        if (count > 0) {
            (uint64 last,) = unpack(head & ENTRY_MASK);
            if (fromEpoch <= last) revert EpochNotAscending(fromEpoch, last);
            if (count > 1) trace.older.push((head >> ENTRY_BITS) & ENTRY_MASK);
        }
        trace.head = ((count + 1) << COUNT_SHIFT) | ((head & ENTRY_MASK) << ENTRY_BITS) | pack(fromEpoch, value);
    }

    function requireLead(uint64 currentEpoch, uint64 fromEpoch) private pure {
        if (fromEpoch < currentEpoch + LEAD_EPOCHS) revert EffectTooEarly(fromEpoch, currentEpoch + LEAD_EPOCHS);
        if (fromEpoch > LARGEST_EPOCH) revert EpochOutOfRange(fromEpoch, LARGEST_EPOCH);
    }

    function pack(uint64 fromEpoch, uint72 value) private pure returns (uint256) {
        return (uint256(fromEpoch) << VALUE_BITS) | value;
    }

    function unpack(uint256 entry) private pure returns (uint64 fromEpoch, uint72 value) {
        return (uint64(entry >> VALUE_BITS), uint72(entry));
    }
}
