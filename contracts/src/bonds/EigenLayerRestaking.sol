// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {IAllocationManager, SlashingParams} from "../interfaces/eigenlayer/IAllocationManager.sol";
import {IDelegationManager} from "../interfaces/eigenlayer/IDelegationManager.sol";
import {IStrategyManager} from "../interfaces/eigenlayer/IStrategyManager.sol";
import {CaseState, ITokenPrice} from "../interfaces/IEigenLayerRestaking.sol";
import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {IRestaking} from "../interfaces/IRestaking.sol";
import {EigenLayerSale} from "./EigenLayerSale.sol";
import {EigenLayerSets} from "./EigenLayerSets.sol";

/// EigenLayer stake as a gateway's bond. What differs from ETH in the vault:
/// a slash is a fraction of the operator's whole allocation to the rollup's set, so it hits every staker behind it;
/// the money arrives as tokens, a week later, and has to be sold;
/// and EigenLayer can be paused, so a slash that fails is kept as owed instead of being lost.
contract EigenLayerRestaking is EigenLayerSale {
    address public immutable slasher;
    /// L1 blocks are at least so many seconds apart.
    uint64 public immutable secondsPerSlot;

    /// @param strategies_ up to eight, ascending, native ETH excluded.
    /// @param prices_ one per strategy; zero for a token worth its number in wei.
    /// @param slasher_ the only account that slashes and collects; takes plain ETH.
    constructor(
        IAllocationManager allocationManager_,
        IStrategyManager strategyManager_,
        IDelegationManager delegationManager_,
        IGatewayRegistry registry_,
        address slasher_,
        uint64 secondsPerSlot_,
        address[] memory strategies_,
        ITokenPrice[] memory prices_,
        string memory metadataUri_
    )
        EigenLayerSets(allocationManager_, delegationManager_, registry_, strategies_, prices_, metadataUri_)
        EigenLayerSale(strategyManager_)
    {
        slasher = slasher_;
        secondsPerSlot = secondsPerSlot_;
    }

    modifier onlySlasher() {
        if (msg.sender != slasher) revert NotTheSlasher(msg.sender, slasher);
        _;
    }

    /// @inheritdoc IRestaking
    /// @dev Zero beyond EigenLayer's deallocation delay: by then an operator that starts now is out.
    function slashable(uint32 gateway, address rollup, uint64 untilTimestamp)
        external
        view
        returns (uint256 amountWei)
    {
        address operator = operatorOf[gateway];
        uint32 setId = operatorSetOf[rollup];
        if (operator == address(0) || setId == 0) return 0;
        if (!allocationManager.isOperatorSlashable(operator, _setOf(setId))) return 0;
        uint256 ahead = untilTimestamp > block.timestamp ? untilTimestamp - block.timestamp : 0;
        // No more blocks than slots: a later block never counts more stake.
        uint256 blocks = ahead / secondsPerSlot + 1;
        if (blocks > allocationManager.DEALLOCATION_DELAY()) return 0;
        uint256[][] memory shares = allocationManager.getMinimumSlashableStake(
            _setOf(setId), _listOf(operator), strategies, uint32(block.number + blocks)
        );
        for (uint256 i; i < strategies.length; ++i) {
            amountWei += _sharesValue(strategies[i], shares[0][i]);
        }
    }

    /// @inheritdoc IRestaking
    /// @dev Never reverts for the Slasher: what EigenLayer, a strategy or a price refuses now is owed and taken later by `take`.
    /// Nothing is ever paid at once.
    function slash(uint32 gateway, address rollup, uint256 amountWei, bytes32 faultId)
        external
        onlySlasher
        returns (uint256 paidWei, uint256 pendingWei)
    {
        uint32 setId = operatorSetOf[rollup];
        Case storage case_ = cases[faultId];
        if (case_.state != CaseState.None || operatorOf[gateway] == address(0) || setId == 0 || amountWei == 0) {
            return (0, 0);
        }
        case_.state = CaseState.Owed;
        case_.gateway = gateway;
        case_.operatorSetId = setId;
        case_.owedWei = amountWei > type(uint128).max ? type(uint128).max : uint128(amountWei);
        // slither-disable-next-line reentrancy-no-eth
        try this.take(faultId) returns (uint256 valueWei) {
            pendingWei = valueWei;
        } catch {
            emit SlashDeferred(faultId);
        }
        emit Slashed(faultId, gateway, rollup, amountWei, 0, pendingWei);
    }

    // `nonReentrant`, and the state is Empty while EigenLayer is asked: nothing else starts on this case.
    // slither-disable-next-line reentrancy-no-eth
    function take(bytes32 faultId) external nonReentrant returns (uint256 valueWei) {
        Case storage case_ = cases[faultId];
        if (case_.state != CaseState.Owed) revert WrongState(faultId, case_.state);
        case_.state = CaseState.Empty;
        address operator = operatorOf[case_.gateway];
        if (!allocationManager.isOperatorSlashable(operator, _setOf(case_.operatorSetId))) return 0;

        (SlashingParams memory params, uint256[] memory places) = _plan(operator, case_.operatorSetId, case_.owedWei);
        // EigenLayer skips what is not allocated in silence, so we do not even ask for it.
        if (places.length == 0) return 0;
        (uint256 slashId, uint256[] memory shares) = allocationManager.slashOperator(address(this), params);
        if (shares.length != places.length) revert UnexpectedAnswer();

        uint256[] memory amounts = new uint256[](strategies.length);
        for (uint256 i; i < places.length; ++i) {
            amounts[places[i]] = shares[i];
            valueWei += _sharesValue(params.strategies[i], shares[i]);
        }
        if (valueWei != 0) case_.state = CaseState.Taken;
        case_.slashId = slashId;
        case_.amounts = amounts;
        emit SlashTaken(faultId, slashId, shares, valueWei);
        // Fractions are rounded up: the dust above what is owed is not promised to anybody.
        if (valueWei > case_.owedWei) valueWei = case_.owedWei;
    }

    /// @inheritdoc IRestaking
    // The call is to ourselves, and proceeds are read after it.
    // slither-disable-next-line reentrancy-no-eth
    function collect(bytes32 faultId) external onlySlasher returns (uint256 paidWei) {
        Case storage case_ = cases[faultId];
        if (case_.state == CaseState.Taken) {
            // Too early, paused or out of gas: then later.
            try this.settle(faultId) {} catch {}
        }
        paidWei = case_.proceedsWei;
        case_.proceedsWei = 0;
        if (paidWei != 0) SafeTransferLib.safeTransferETH(msg.sender, paidWei);
    }

    /// The same fraction of every strategy with stake, as large as the amount needs: ceil(1e18 × amount / allocated), at most all.
    function _plan(address operator, uint32 setId, uint256 amountWei)
        private
        view
        returns (SlashingParams memory params, uint256[] memory places)
    {
        address[] memory all = strategies;
        uint256[] memory allocated = allocationManager.getAllocatedStake(_setOf(setId), _listOf(operator), all)[0];
        uint256 total;
        uint256 count;
        for (uint256 i; i < all.length; ++i) {
            if (allocated[i] == 0) continue;
            total += _sharesValue(all[i], allocated[i]);
            ++count;
        }
        if (total == 0) return (params, new uint256[](0));
        uint256 wad = amountWei >= total ? WAD : (amountWei * WAD + total - 1) / total;
        places = new uint256[](count);
        params.operator = operator;
        params.operatorSetId = setId;
        params.strategies = new address[](count);
        params.wadsToSlash = new uint256[](count);
        params.description = "Forebond fault";
        count = 0;
        for (uint256 i; i < all.length; ++i) {
            if (allocated[i] == 0) continue;
            places[count] = i;
            params.strategies[count] = all[i];
            params.wadsToSlash[count] = wad;
            ++count;
        }
    }
}
