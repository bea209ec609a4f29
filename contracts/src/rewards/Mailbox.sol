// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPortal} from "../interfaces/IPortal.sol";
import {IRewardsMessenger} from "../interfaces/IRewardsMessenger.sol";
import {OpPredeploys} from "../libraries/OpPredeploys.sol";

/// Messages to the RewardsManager. A deposit that fails on the rollup fails silently, so L1 keeps every message's hash and anybody may
/// send it again with more gas: the RewardsManager takes each any number of times, in any order.
abstract contract Mailbox is IRewardsMessenger {
    /// What the RewardsManager needs at most for a message and for one batch in it (measured by the tests), with room for dearer gas
    /// schedules. A message about one batch and no gas would only be sent again.
    uint64 private constant MESSAGE_GAS = 60_000;
    uint64 private constant BATCH_GAS = 50_000;

    IPortal public immutable portal;

    /// @inheritdoc IRewardsMessenger
    uint64 public messageCount;
    /// @inheritdoc IRewardsMessenger
    mapping(uint64 id => bytes32) public messageAt;

    constructor(IPortal portal_) {
        portal = portal_;
    }

    /// @inheritdoc IRewardsMessenger
    function resend(uint64 id, bytes calldata data, uint64 gasLimit) external {
        bytes32 got = keccak256(data);
        if (got != messageAt[id]) revert UnknownMessage(id, messageAt[id], got);
        emit MessageResent(id, gasLimit);
        _deposit(data, gasLimit);
    }

    /// @inheritdoc IRewardsMessenger
    function leastGas(uint256 dataLength, uint256 batches) public view returns (uint64) {
        // Neither is near 2^32: calldata and `MOST_BATCHES` bound them.
        return portal.minimumGasLimit(uint64(dataLength)) + MESSAGE_GAS + uint64(batches) * BATCH_GAS;
    }

    function _store(bytes memory data, uint256 batches, uint64 gasLimit) internal returns (uint64 id) {
        uint64 least = leastGas(data.length, batches);
        if (gasLimit < least) revert GasLimitTooLow(least, gasLimit);
        id = ++messageCount;
        messageAt[id] = keccak256(data);
        emit MessageStored(id, data);
        _deposit(data, gasLimit);
    }

    function _deposit(bytes memory data, uint64 gasLimit) private {
        portal.depositTransaction(OpPredeploys.SEQUENCER_FEE_VAULT, 0, gasLimit, false, data);
    }
}
