// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";

import {OperatorSet} from "../interfaces/eigenlayer/IAllocationManager.sol";
import {IStrategy} from "../interfaces/eigenlayer/IStrategy.sol";
import {IStrategyManager} from "../interfaces/eigenlayer/IStrategyManager.sol";
import {CaseState} from "../interfaces/IEigenLayerRestaking.sol";
import {EigenLayerSets} from "./EigenLayerSets.sol";

/// Slashed shares become tokens, tokens become ETH. Each slash keeps its own account, keyed by the fault, because EigenLayer sends
/// the tokens of all slashes to one recipient.
abstract contract EigenLayerSale is EigenLayerSets, ReentrancyGuardTransient {
    /// A tenth of the price per day; never below a tenth, so that the last buyer does not wait for a present.
    uint256 internal constant DISCOUNT_PER_DAY = 0.1e18;
    uint256 internal constant MOST_DISCOUNT = 0.9e18;

    struct Case {
        CaseState state;
        uint32 gateway;
        uint32 operatorSetId;
        uint64 forSaleSince;
        uint128 owedWei;
        uint128 proceedsWei;
        uint256 slashId;
        /// By place in `strategies`: shares taken, then tokens for sale.
        uint256[] amounts;
    }

    IStrategyManager public immutable strategyManager;

    mapping(bytes32 faultId => Case) internal cases;
    /// Tokens held that belong to a case already.
    mapping(address token => uint256) internal earmarked;

    constructor(IStrategyManager strategyManager_) {
        strategyManager = strategyManager_;
    }

    // `nonReentrant`, as `buy` is; the state changes before the first call.
    // slither-disable-next-line reentrancy-no-eth
    function settle(bytes32 faultId) external nonReentrant {
        Case storage case_ = cases[faultId];
        if (case_.state != CaseState.Taken) revert WrongState(faultId, case_.state);
        case_.state = CaseState.ForSale;
        case_.forSaleSince = uint64(block.timestamp);
        OperatorSet memory set = _setOf(case_.operatorSetId);
        (address[] memory waiting,) = strategyManager.getBurnOrRedistributableShares(set, case_.slashId);

        uint256 count = strategies.length;
        uint256[] memory before = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            before[i] = _unmarked(strategies[i]);
        }
        // Reverts before the slash is resolved; then nothing here has happened.
        if (waiting.length != 0) {
            strategyManager.clearBurnOrRedistributableShares(set, case_.slashId);
            (address[] memory left,) = strategyManager.getBurnOrRedistributableShares(set, case_.slashId);
            if (left.length != 0) revert UnexpectedAnswer();
        }
        for (uint256 i; i < count; ++i) {
            uint256 shares = case_.amounts[i];
            if (shares == 0) continue;
            address strategy = strategies[i];
            uint256 arrived;
            if (_contains(waiting, strategy)) {
                arrived = _unmarked(strategy) - before[i];
            } else {
                // Somebody else has fetched it: what is here and nobody's, up to what the shares are worth.
                arrived = IStrategy(strategy).sharesToUnderlyingView(shares);
                if (arrived > before[i]) arrived = before[i];
            }
            address token = IStrategy(strategy).underlyingToken();
            case_.amounts[i] = arrived;
            earmarked[token] += arrived;
            emit TokensArrived(faultId, token, arrived);
        }
    }

    function buy(bytes32 faultId, uint256 place, uint256 amount, address to)
        external
        payable
        nonReentrant
        returns (uint256 costWei)
    {
        costWei = costOf(faultId, place, amount);
        if (msg.value < costWei) revert TooLittlePaid(msg.value, costWei);
        address token = IStrategy(strategies[place]).underlyingToken();
        Case storage case_ = cases[faultId];
        case_.amounts[place] -= amount;
        case_.proceedsWei += uint128(costWei);
        earmarked[token] -= amount;
        emit TokensSold(faultId, token, msg.sender, amount, costWei);
        SafeTransferLib.safeTransfer(token, to, amount);
        if (msg.value > costWei) SafeTransferLib.safeTransferETH(msg.sender, msg.value - costWei);
    }

    function costOf(bytes32 faultId, uint256 place, uint256 amount) public view returns (uint256 costWei) {
        Case storage case_ = cases[faultId];
        if (case_.state != CaseState.ForSale || place >= case_.amounts.length || amount == 0) {
            revert NothingForSale(faultId, place);
        }
        if (amount > case_.amounts[place]) revert TooManyTokens(amount, case_.amounts[place]);
        uint256 discount = (block.timestamp - case_.forSaleSince) * DISCOUNT_PER_DAY / 1 days;
        if (discount > MOST_DISCOUNT) discount = MOST_DISCOUNT;
        // Rounded up and never zero: dust is not given away.
        costWei = (_tokensValue(strategies[place], amount) * (WAD - discount) + WAD - 1) / WAD;
        if (costWei == 0) costWei = 1;
    }

    /// State of a fault's slash, what is owed or was earned in wei, and what is for sale by place of the strategy.
    function caseOf(bytes32 faultId) external view returns (Case memory) {
        return cases[faultId];
    }

    /// Tokens held that belong to no case. A rebasing token may be worth less than was noted down: then none.
    function _unmarked(address strategy) private view returns (uint256) {
        address token = IStrategy(strategy).underlyingToken();
        uint256 held = IERC20(token).balanceOf(address(this));
        uint256 marked = earmarked[token];
        return held > marked ? held - marked : 0;
    }

    function _contains(address[] memory list, address one) private pure returns (bool) {
        for (uint256 i; i < list.length; ++i) {
            if (list[i] == one) return true;
        }
        return false;
    }
}
