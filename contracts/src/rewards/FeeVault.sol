// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IFeeVault} from "../interfaces/IFeeVault.sol";
import {OpPredeploys} from "../libraries/OpPredeploys.sol";

/// The code behind the base fee and the L1 fee vault of a rollup: what gathers there can go to the RewardsManager and nowhere else.
/// It has no constructor and no immutables, because genesis puts it at its addresses.
contract FeeVault is IFeeVault {
    /// @inheritdoc IFeeVault
    uint256 public totalProcessed;

    /// @inheritdoc IFeeVault
    uint256 public constant MIN_WITHDRAWAL_AMOUNT = 0;
    /// @inheritdoc IFeeVault
    address public constant RECIPIENT = OpPredeploys.SEQUENCER_FEE_VAULT;
    /// @inheritdoc IFeeVault
    WithdrawalNetwork public constant WITHDRAWAL_NETWORK = WithdrawalNetwork.L2;
    /// @inheritdoc IFeeVault
    string public constant version = "1.0.0";

    receive() external payable {}

    /// @inheritdoc IFeeVault
    function withdraw() external {
        uint256 value = address(this).balance;
        totalProcessed += value;
        emit Withdrawal(value, RECIPIENT, msg.sender);
        emit Withdrawal(value, RECIPIENT, msg.sender, WITHDRAWAL_NETWORK);
        SafeTransferLib.safeTransferETH(RECIPIENT, value);
    }

    /// @inheritdoc IFeeVault
    function minWithdrawalAmount() external pure returns (uint256) {
        return MIN_WITHDRAWAL_AMOUNT;
    }

    /// @inheritdoc IFeeVault
    function recipient() external pure returns (address) {
        return RECIPIENT;
    }

    /// @inheritdoc IFeeVault
    function withdrawalNetwork() external pure returns (WithdrawalNetwork) {
        return WITHDRAWAL_NETWORK;
    }
}
