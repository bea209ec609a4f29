// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {GasBurnerLib} from "solady/utils/GasBurnerLib.sol";
import {IPortal} from "../interfaces/IPortal.sol";

/// Sells the rollup gas of deposits for burned L1 gas. Deposits are executed without paying rollup fees, so somebody must bound
/// them: at most `MAX_BLOCK_GAS` per L1 block, at a price that moves like EIP-1559's around `TARGET_BLOCK_GAS`.
abstract contract DepositGasMarket {
    uint64 internal constant MAX_BLOCK_GAS = 20_000_000;
    uint64 internal constant TARGET_BLOCK_GAS = 2_000_000;
    uint128 internal constant MIN_PRICE_WEI = 1 gwei;
    /// 2^64 wei: beyond any price that was ever paid, and low enough that all products fit.
    uint128 internal constant MAX_PRICE_WEI = type(uint64).max;
    uint256 private constant CHANGE_DENOMINATOR = 8;
    uint256 private constant WAD = 1e18;
    /// (7/8)^256 brings any price below the minimum.
    uint256 private constant MAX_DECAY_BLOCKS = 256;

    struct Market {
        /// Wei per unit of rollup gas in `blockNumber`.
        uint128 priceWei;
        /// Rollup gas sold in `blockNumber`.
        uint64 soldGas;
        /// L1 block of the last sale.
        uint64 blockNumber;
    }

    Market public market;

    /// Burns L1 gas for `amount` rollup gas, what the call has used since `gasAtStart` included.
    function _sell(uint64 amount, uint256 gasAtStart) internal {
        Market memory state = market;
        if (state.blockNumber != block.number) {
            state.priceWei = _nextPrice(state);
            state.soldGas = 0;
            state.blockNumber = uint64(block.number);
        }
        uint256 sold = uint256(state.soldGas) + amount;
        if (sold > MAX_BLOCK_GAS) revert IPortal.BlockGasExceeded(MAX_BLOCK_GAS, sold);
        state.soldGas = uint64(sold);
        market = state;

        uint256 l1Price = block.basefee > MIN_PRICE_WEI ? block.basefee : MIN_PRICE_WEI;
        uint256 due = uint256(amount) * state.priceWei / l1Price;
        uint256 used = gasAtStart - gasleft();
        if (due > used) GasBurnerLib.burnPure(due - used);
    }

    /// Price in the present block, from the last block with a sale.
    // The quotients are steps of the price, each rounded down.
    // slither-disable-next-line divide-before-multiply
    function _nextPrice(Market memory state) private view returns (uint128) {
        if (state.blockNumber == 0) return MIN_PRICE_WEI;
        uint256 price = state.priceWei;
        if (state.soldGas > TARGET_BLOCK_GAS) {
            price += price * (state.soldGas - TARGET_BLOCK_GAS) / TARGET_BLOCK_GAS / CHANGE_DENOMINATOR;
        } else {
            price -= price * (TARGET_BLOCK_GAS - state.soldGas) / TARGET_BLOCK_GAS / CHANGE_DENOMINATOR;
        }
        uint256 idle = block.number - state.blockNumber - 1;
        if (idle > MAX_DECAY_BLOCKS) idle = MAX_DECAY_BLOCKS;
        price = price * FixedPointMathLib.rpow(WAD * 7 / 8, idle, WAD) / WAD;
        if (price < MIN_PRICE_WEI) return MIN_PRICE_WEI;
        return price > MAX_PRICE_WEI ? MAX_PRICE_WEI : uint128(price);
    }
}
