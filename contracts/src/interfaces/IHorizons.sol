// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// How long windows of the past can still be judged, whatever terms they ran under.
interface IHorizons {
    /// Longest evidence horizon and claim period, in seconds, under which any window that ends in or before `epoch` can still be
    /// judged and claimed. Governance that shortens a horizon does not let a bond out from under windows of the longer one (R16).
    function longestHorizonsAt(uint64 epoch)
        external
        view
        returns (uint64 evidenceHorizonSeconds, uint64 claimPeriodSeconds);
}
