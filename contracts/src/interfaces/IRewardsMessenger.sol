// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus} from "./IInbox.sol";
import {Shares} from "../types/Rewards.sol";

/// Tells a rollup who earned its fees, and which operators forfeited them (R14, R25). One per rollup, on L1; its aliased address is the
/// only one that the rollup's RewardsManager listens to. It holds no money, and nobody has a say in what it tells: everything is read
/// from the Inbox, the registries and the Slasher. Anyone may call anything but `changeShares`.
interface IRewardsMessenger {
    /// Message `id` (from 1) was stored and sent. `data` is the call to the RewardsManager: `resend` needs it.
    event MessageStored(uint64 indexed id, bytes data);
    event MessageResent(uint64 indexed id, uint64 gasLimit);
    /// Batch `batchId` of the Inbox is number `place` of the Confirmed chain.
    event BatchAttributed(uint64 indexed place, uint32 indexed batchId);
    /// Validator operator that lent the window; zero when nobody did.
    event OperatorNoted(uint64 indexed window, address indexed operator);
    /// The window's proposers were not proven while they could be: its batches count as lent by nobody.
    event OperatorUnknown(uint64 indexed window);
    /// `shares` hold for windows that end in `fromEpoch` or later.
    event SharesChanged(uint64 indexed fromEpoch, Shares shares);

    /// The three shares must sum to 10,000.
    error SharesNotWhole(Shares shares);
    error NotTheRollupOperator(address rollupOperator, address got);
    /// Everybody gets the notice that was promised to them.
    error NoticeTooShort(uint64 earliestEpoch, uint64 gotEpoch);
    /// A constructor argument is out of range; `field` names it.
    error BadConfig(string field);
    error BatchCount(uint256 got, uint256 most);
    /// Batches go in the order of the Confirmed chain: the next one is the Confirmed child of `parentId`.
    error NotTheNext(uint32 batchId, uint32 parentId, uint32 expectedParentId);
    error NotConfirmed(uint32 batchId, BatchStatus status);
    /// Call `Lookahead.prove` for this epoch first; it is not too late.
    error EpochNotProven(uint64 epoch);
    error NotForfeited(address operator, uint64 period);
    error GasLimitTooLow(uint64 least, uint64 got);
    error UnknownMessage(uint64 id, bytes32 stored, bytes32 got);

    /// Attributes the next Confirmed batches, at most 16. Costs burned L1 gas for `gasLimit` rollup gas, as every deposit.
    /// @param batchIds in the order of the chain, the first one a child of `attributedBatch()`.
    /// @param gasLimit rollup gas, at least `leastGas`. If it was too little after all, `resend`.
    function attribute(uint32[] calldata batchIds, uint64 gasLimit) external returns (uint64 id);

    /// Tells that the operator forfeited its rewards of a period (`ISlasher.isForfeited`). May be told again.
    function forfeit(address operator, uint64 period, uint64 gasLimit) external returns (uint64 id);

    /// Sends a message again, with its data from `MessageStored`: a deposit that ran out of gas on the rollup changed nothing there.
    function resend(uint64 id, bytes calldata data, uint64 gasLimit) external;

    /// Remembers whose window it is. The Lookahead forgets, this does not. Reverts `EpochNotProven` while it can still be proven.
    function note(uint64 window) external returns (address operator);

    /// Lets `shares` hold from `fromEpoch` on, at least `noticeEpochs` ahead and behind every change already announced, none of which can
    /// be taken back. Only the rollup operator.
    function changeShares(Shares calldata shares, uint64 fromEpoch) external;

    /// Shares of windows that end in `epoch`.
    function sharesAt(uint64 epoch) external view returns (Shares memory);

    /// Rewards period of `epoch`, and when operators' rewards of it open, in Unix seconds.
    function periodOf(uint64 epoch) external view returns (uint64 period, uint64 opensAt);

    /// Last batch attributed; 0 before the first.
    function attributedBatch() external view returns (uint32 batchId);

    /// How many batches were attributed.
    function places() external view returns (uint64);

    function messageCount() external view returns (uint64);

    /// keccak256 of the data of message `id`; zero for an unknown one.
    function messageAt(uint64 id) external view returns (bytes32);

    /// Least rollup gas for a call of so many bytes about so many batches; 0 batches for a forfeiture.
    function leastGas(uint256 dataLength, uint256 batches) external view returns (uint64);

    function rollupOperator() external view returns (address);
}
