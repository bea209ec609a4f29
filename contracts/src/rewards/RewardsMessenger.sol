// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {BatchRecord, BatchStatus, IInbox} from "../interfaces/IInbox.sol";
import {ILookahead} from "../interfaces/ILookahead.sol";
import {IParameters} from "../interfaces/IParameters.sol";
import {IPortal} from "../interfaces/IPortal.sol";
import {IRewardsManager} from "../interfaces/IRewardsManager.sol";
import {IRewardsMessenger} from "../interfaces/IRewardsMessenger.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {IValidatorRegistry} from "../interfaces/IValidatorRegistry.sol";
import {Aliases} from "../libraries/Aliases.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {Attribution, Shares} from "../types/Rewards.sol";
import {Terms} from "../types/Terms.sol";
import {Mailbox} from "./Mailbox.sol";
import {SharesBook} from "./SharesBook.sol";
import {WindowOperators} from "./WindowOperators.sol";

/// Where a RewardsMessenger is wired to. All fixed at deployment.
struct RewardsWiring {
    uint64 genesisTime;
    uint64 secondsPerSlot;
    uint64 slotsPerEpoch;
    IInbox inbox;
    IPortal portal;
    ILookahead lookahead;
    IGatewayRegistry gateways;
    IValidatorRegistry validators;
    IParameters parameters;
    ISlasher slasher;
}

/// How long operators' rewards wait, behind the end of their period.
struct RewardsWait {
    /// Slots in which a missed slot can still be proven (EIP-4788 and `block_roots`); the evidence horizon counts when it is longer.
    uint64 proofSlots;
    /// For a forfeiture to reach the rollup: at least the time a rollup's origin may lag.
    uint64 marginSeconds;
}

/// See IRewardsMessenger.
contract RewardsMessenger is SharesBook, WindowOperators, Mailbox {
    uint256 private constant MOST_BATCHES = 16;

    IInbox public immutable inbox;
    IParameters public immutable parameters;
    ISlasher public immutable slasher;
    uint64 public immutable proofSlots;
    uint64 public immutable marginSeconds;

    /// @inheritdoc IRewardsMessenger
    uint32 public attributedBatch;
    /// @inheritdoc IRewardsMessenger
    uint64 public places;

    /// @param rollupOperator_ gets the rollup's share and may change the split, with notice.
    constructor(
        RewardsWiring memory wiring,
        RewardsWait memory wait,
        address rollupOperator_,
        uint64 noticeEpochs_,
        Shares memory shares
    )
        SlotClock(wiring.genesisTime, wiring.secondsPerSlot, wiring.slotsPerEpoch)
        SharesBook(rollupOperator_, noticeEpochs_, shares)
        WindowOperators(wiring.lookahead, wiring.gateways, wiring.validators, address(wiring.inbox))
        Mailbox(wiring.portal)
    {
        if (wait.proofSlots == 0) revert BadConfig("proofSlots");
        if (wait.marginSeconds < uint256(wiring.inbox.config().maxOriginLag) * wiring.secondsPerSlot) {
            revert BadConfig("marginSeconds");
        }
        inbox = wiring.inbox;
        parameters = wiring.parameters;
        slasher = wiring.slasher;
        proofSlots = wait.proofSlots;
        marginSeconds = wait.marginSeconds;
    }

    /// @inheritdoc IRewardsMessenger
    function attribute(uint32[] calldata batchIds, uint64 gasLimit) external returns (uint64 id) {
        uint256 count = batchIds.length;
        if (count == 0 || count > MOST_BATCHES) revert BatchCount(count, MOST_BATCHES);
        Attribution[] memory attributions = new Attribution[](count);
        uint64 place = places;
        uint32 last = attributedBatch;
        for (uint256 i; i < count; ++i) {
            uint32 batchId = batchIds[i];
            attributions[i] = _attributionOf(batchId, last);
            last = batchId;
            emit BatchAttributed(++place, batchId);
        }
        uint64 first = places + 1;
        places = place;
        attributedBatch = last;
        return _store(abi.encodeCall(IRewardsManager.attribute, (first, attributions)), count, gasLimit);
    }

    /// @inheritdoc IRewardsMessenger
    function forfeit(address operator, uint64 period, uint64 gasLimit) external returns (uint64 id) {
        if (!slasher.isForfeited(operator, rollup, period)) revert NotForfeited(operator, period);
        return _store(abi.encodeCall(IRewardsManager.forfeit, (operator, period)), 0, gasLimit);
    }

    /// @inheritdoc IRewardsMessenger
    function periodOf(uint64 epoch) public view returns (uint64 period, uint64 opensAt) {
        Terms memory terms = parameters.termsAt(epoch);
        period = epoch / terms.rewardPeriodEpochs;
        uint64 endEpoch = (period + 1) * terms.rewardPeriodEpochs;
        // Terms that were announced since may hold for later slots of the same period.
        uint256 hearing = terms.evidenceHorizonSeconds;
        uint256 announced = parameters.newestTerms().evidenceHorizonSeconds;
        if (announced > hearing) hearing = announced;
        uint256 proving = uint256(proofSlots) * secondsPerSlot;
        if (proving > hearing) hearing = proving;
        // Seconds of an epoch below 2^40: far from 2^64.
        opensAt = uint64(startOf(endEpoch * slotsPerEpoch) + hearing + marginSeconds);
    }

    /// The Confirmed chain is one line and never changes, so each batch is attributed once, in its place.
    function _attributionOf(uint32 batchId, uint32 last) private returns (Attribution memory a) {
        BatchRecord memory batch = inbox.record(batchId);
        if (batch.parentId != last) revert NotTheNext(batchId, batch.parentId, last);
        BatchStatus status = inbox.statusOf(batchId);
        if (status != BatchStatus.Confirmed) revert NotConfirmed(batchId, status);
        uint64 epoch = batch.window / slotsPerEpoch;
        a.firstBlock = batch.firstBlock;
        a.lastBlock = batch.lastBlock;
        (a.period, a.opensAt) = periodOf(epoch);
        a.gateway = Aliases.accountOf(gateways.ownerOf(batch.gateway));
        a.operator = note(batch.window);
        a.operatorAccount = Aliases.accountOf(a.operator);
        a.rollupOperator = Aliases.accountOf(rollupOperator);
        a.shares = sharesAt(epoch);
    }
}
