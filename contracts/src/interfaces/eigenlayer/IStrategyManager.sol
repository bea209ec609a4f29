// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {OperatorSet} from "./IAllocationManager.sol";

/// The part of EigenLayer's StrategyManager that hands slashed stake to the redistribution recipient.
interface IStrategyManager {
    /// Anyone may call, but not before the slash's resolution block (about seven days, ELIP-016).
    /// @return amounts tokens sent to the recipient, per strategy.
    function clearBurnOrRedistributableShares(OperatorSet calldata operatorSet, uint256 slashId)
        external
        returns (uint256[] memory amounts);

    /// Strategies and shares of the slash that have not been sent yet; empty when all have.
    function getBurnOrRedistributableShares(OperatorSet calldata operatorSet, uint256 slashId)
        external
        view
        returns (address[] memory strategies, uint256[] memory shares);
}
