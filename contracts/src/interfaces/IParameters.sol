// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Terms} from "../types/Terms.sol";

/// Parameters behind a timelock. A change names the epoch from which it holds, at least two ahead, and never reaches back (R16).
interface IParameters {
    function termsAt(uint64 epoch) external view returns (Terms memory);

    /// The terms as last changed, in force or still to come.
    function newestTerms() external view returns (Terms memory);
}
