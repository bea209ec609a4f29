// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "./IBeaconLayout.sol";
import {ISlotPresence} from "./ISlotPresence.sol";

/// Which state layout holds in which epoch. A fork moves the places of everything in the state (Gloas moves all of them), so a new
/// layout is appended before the fork: never replaced, never for an epoch nearer than the notice, so nobody's present is rewritten.
interface IBeaconVerifiers is ISlotPresence {
    event LayoutAppended(uint64 indexed fromEpoch, IBeaconLayout stateLayout);

    error NotGovernor(address caller, address governor);
    /// A layout needs `earliest` or later: the last fork's epoch is behind it and the notice is kept.
    error ForkTooEarly(uint64 earliest, uint64 got);
    error LayoutForOtherPreset(uint64 expected, uint64 got);
    /// The state is older than the first layout of the table.
    error NoLayout(uint64 epoch);
    /// `block_roots` of a state at `headerSlot` holds the slots [headerSlot - ring, headerSlot); both `slot` and the one before
    /// must be among them.
    error SlotOutsideBlockRoots(uint64 slot, uint64 headerSlot, uint64 ring);

    /// Layout of states whose slot lies in `epoch`. Reverts `NoLayout`.
    function layoutAt(uint64 epoch) external view returns (IBeaconLayout);

    /// States from `fromEpoch` on have another layout. Only the governor (a timelock), `noticeEpochs` ahead.
    function append(uint64 fromEpoch, IBeaconLayout stateLayout) external;
}
