// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IFeeVault} from "../interfaces/IFeeVault.sol";
import {IRewardsManager} from "../interfaces/IRewardsManager.sol";
import {OpPredeploys} from "../libraries/OpPredeploys.sol";
import {Attribution, Settlement} from "../types/Rewards.sol";
import {Credits} from "./Credits.sol";
import {Split} from "./Split.sol";

/// See IRewardsManager. No owner, no upgrade, no constructor: genesis puts the code at 0x4200…0011 and the messenger into slot 1.
contract RewardsManager is Credits {
    /// @inheritdoc IFeeVault
    uint256 public constant MIN_WITHDRAWAL_AMOUNT = 0;
    /// @inheritdoc IFeeVault
    address public constant RECIPIENT = OpPredeploys.SEQUENCER_FEE_VAULT;
    /// @inheritdoc IFeeVault
    WithdrawalNetwork public constant WITHDRAWAL_NETWORK = WithdrawalNetwork.L2;
    /// @inheritdoc IFeeVault
    string public constant version = "1.0.0";

    /// @inheritdoc IRewardsManager
    uint64 public settledPlace;
    /// @inheritdoc IRewardsManager
    mapping(uint64 place => bytes32) public attributionAt;
    /// What had come in up to the last measured batch: all of it is credited.
    Reading private _credited;

    modifier onlyMessenger() {
        if (msg.sender != messenger) revert NotTheMessenger(messenger, msg.sender);
        _;
    }

    receive() external payable {}

    // --- From L1 ---

    /// @inheritdoc IRewardsManager
    function attribute(uint64 firstPlace, Attribution[] calldata attributions) external onlyMessenger {
        for (uint256 i; i < attributions.length; ++i) {
            uint64 place = firstPlace + uint64(i);
            bytes32 got = keccak256(abi.encode(attributions[i]));
            bytes32 stored = attributionAt[place];
            if (stored == got) continue;
            if (stored != 0) revert AttributionDiffers(place, stored, got);
            attributionAt[place] = got;
            emit Attributed(place, attributions[i]);
        }
    }

    /// @inheritdoc IRewardsManager
    function forfeit(address operator, uint64 period) external onlyMessenger {
        _forfeit(operator, period);
    }

    // --- Settling ---

    /// @inheritdoc IRewardsManager
    function settle(Attribution[] calldata attributions) external {
        for (uint256 i; i < attributions.length; ++i) {
            Attribution memory next = attributions[i];
            uint64 place = settledPlace + 1;
            bytes32 got = keccak256(abi.encode(next));
            if (attributionAt[place] != got) revert NotTheNext(place, attributionAt[place], got);
            // A few batches a call: one warm write each is not worth a second way through.
            // slither-disable-next-line costly-loop
            settledPlace = place;
            _settle(place, next);
        }
    }

    function _settle(uint64 place, Attribution memory a) private {
        (bool measured, Reading memory start, Reading memory end) = _borders(a.firstBlock, a.lastBlock);
        if (!measured) {
            emit Unmeasured(place, a.firstBlock, a.lastBlock);
            return;
        }
        Reading memory before = _credited;
        // slither-disable-next-line costly-loop
        _credited = end;
        Settlement memory s;
        s.unmeasuredWei = uint256(start.sharedWei) + start.l1FeesWei - before.sharedWei - before.l1FeesWei;
        s.sharedWei = end.sharedWei - start.sharedWei;
        s.l1FeesWei = end.l1FeesWei - start.l1FeesWei;
        (s.rollupWei, s.operatorWei, s.gatewayWei) = Split.divide(s.sharedWei, a.shares);
        s.gatewayWei += s.l1FeesWei;
        if (a.operator == address(0)) {
            s.rollupWei += s.operatorWei;
            s.operatorWei = 0;
        }
        _book(a, s);
        emit Settled(place, a.gateway, a.operator, a.firstBlock, a.lastBlock, s);
    }

    function _book(Attribution memory a, Settlement memory s) private {
        uint256 rollupWei = s.rollupWei + s.unmeasuredWei;
        // All of them come from readings below 2^120.
        _revenue.gatewaysWei += uint128(s.gatewayWei);
        _revenue.operatorsWei += uint128(s.operatorWei);
        _revenue.rollupWei += uint128(rollupWei);
        _credit(a.gateway, s.gatewayWei);
        _credit(a.rollupOperator, rollupWei);
        if (s.operatorWei != 0) {
            _creditOperator(a.operator, a.period, a.operatorAccount, a.opensAt, s.operatorWei);
        }
    }

    // --- The OP Stack's view of a fee vault ---

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
