// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Terms} from "../types/Terms.sol";

/// Parameters behind a timelock. A change names the epoch from which it holds, at least two ahead, and never reaches back (R16).
interface IParameters {
    /// `terms` hold for windows that end in `fromEpoch` or later. A change that was still to come is replaced by this one.
    event TermsChanged(uint64 indexed fromEpoch, Terms terms);

    error NotTheGovernor(address caller, address governor);
    /// `field` names the member of `Terms` that is out of bounds.
    error TermOutOfBounds(bytes32 field, uint256 got, uint256 least, uint256 most);

    function termsAt(uint64 epoch) external view returns (Terms memory);

    /// The terms as last changed, in force or still to come.
    function newestTerms() external view returns (Terms memory);
}
