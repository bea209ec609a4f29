// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IFeeVault} from "../interfaces/IFeeVault.sol";
import {IRewardsManager} from "../interfaces/IRewardsManager.sol";
import {OpPredeploys} from "../libraries/OpPredeploys.sol";
import {Pot, Revenue} from "../types/Rewards.sol";
import {Checkpoints} from "./Checkpoints.sol";

/// What is owed to whom, and paying it. Operators' rewards lie in pots, one per operator and period, until every proof against the
/// period had its time (R14, R25); then they are credits like all others. Credits are pulled: a receiver that fails stops itself only.
abstract contract Credits is Checkpoints, ReentrancyGuardTransient {
    /// Nobody has its key; ETH sent there is gone.
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;

    /// @inheritdoc IRewardsManager
    mapping(address account => uint256 amountWei) public creditOf;
    /// @inheritdoc IRewardsManager
    mapping(address account => uint256 amountWei) public earnedBy;
    mapping(address operator => mapping(uint64 period => Pot)) private _pots;
    Revenue internal _revenue;

    /// Gathers what lies in the other vaults. Claims do it when they need it.
    // Also the OP Stack's name for it. The vaults are our code and Isthmus's, at fixed addresses.
    /// @inheritdoc IFeeVault
    function withdraw() public {
        // The operator fee vault pays to the base fee vault.
        IFeeVault(OpPredeploys.OPERATOR_FEE_VAULT).withdraw();
        IFeeVault(OpPredeploys.BASE_FEE_VAULT).withdraw();
        IFeeVault(OpPredeploys.L1_FEE_VAULT).withdraw();
    }

    /// @inheritdoc IRewardsManager
    function release(address operator, uint64 period) external nonReentrant {
        Pot memory pot = _pots[operator][period];
        uint256 amountWei = pot.amountWei;
        if (amountWei == 0) revert NothingInPot(operator, period);
        if (!pot.forfeited && block.timestamp < pot.opensAt) revert PotNotOpen(pot.opensAt, block.timestamp);
        _pots[operator][period].amountWei = 0;
        if (pot.forfeited) {
            _revenue.burnedWei += uint128(amountWei);
            emit Burned(operator, period, amountWei);
            _pay(BURN, amountWei);
        } else {
            emit Released(operator, period, pot.account, amountWei);
            _credit(pot.account, amountWei);
        }
    }

    /// @inheritdoc IRewardsManager
    function claim(address to) external nonReentrant returns (uint256 amountWei) {
        amountWei = creditOf[msg.sender];
        if (amountWei == 0) revert NothingToClaim(msg.sender);
        creditOf[msg.sender] = 0;
        emit Claimed(msg.sender, to, amountWei);
        _pay(to, amountWei);
    }

    /// @inheritdoc IRewardsManager
    function potOf(address operator, uint64 period) external view returns (Pot memory) {
        return _pots[operator][period];
    }

    /// @inheritdoc IRewardsManager
    function revenue() external view returns (Revenue memory) {
        return _revenue;
    }

    function _credit(address account, uint256 amountWei) internal {
        if (amountWei == 0) return;
        creditOf[account] += amountWei;
        earnedBy[account] += amountWei;
    }

    function _creditOperator(address operator, uint64 period, address account, uint64 opensAt, uint256 amountWei)
        internal
    {
        Pot storage pot = _pots[operator][period];
        // Amounts come from readings below 2^120.
        pot.amountWei += uint128(amountWei);
        // Terms may change within a period: the longest wait counts. An account can become a contract: the newest answer counts.
        if (opensAt > pot.opensAt) pot.opensAt = opensAt;
        pot.account = account;
    }

    function _forfeit(address operator, uint64 period) internal {
        Pot storage pot = _pots[operator][period];
        if (pot.forfeited) return;
        pot.forfeited = true;
        emit Forfeited(operator, period);
    }

    /// The money is in one of the vaults: whatever was credited had come in.
    function _pay(address to, uint256 amountWei) private {
        if (address(this).balance < amountWei) withdraw();
        totalProcessed += amountWei;
        SafeTransferLib.safeTransferETH(to, amountWei);
    }
}
