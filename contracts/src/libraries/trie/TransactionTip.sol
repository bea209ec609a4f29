// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Rlp, RlpItem} from "../rlp/Rlp.sol";

/// What a raw transaction pays its block's producer per gas (EIP-1559), read from its EIP-2718 bytes: types 0, 1, 2 and 4.
library TransactionTip {
    /// Deposits (0x7e) have no tip and are exempt from every order (R19); blob transactions do not exist on these rollups.
    error TransactionWithoutTip(uint256 transactionType);
    error TransactionFieldCount(uint256 transactionType, uint256 got);
    /// No block may hold such a transaction: not a question of order.
    error FeeBelowBaseFee(uint256 maxFee, uint256 baseFee);

    /// Effective tip in wei per gas: min(maxPriorityFee, maxFee - baseFee), or gasPrice - baseFee.
    function effective(bytes memory transaction, uint256 baseFee) internal pure returns (uint256) {
        uint256 first = transaction.length == 0 ? 0 : uint8(transaction[0]);
        if (first >= 0xc0) return _above(_fee(transaction, 0, 9, 1), baseFee);
        if (first == 1) return _above(_fee(transaction, 1, 11, 2), baseFee);
        if (first != 2 && first != 4) revert TransactionWithoutTip(first);
        uint256 count = first == 2 ? 12 : 13;
        uint256 priority = _fee(transaction, 1, count, 2);
        uint256 most = _above(_fee(transaction, 1, count, 3), baseFee);
        return priority < most ? priority : most;
    }

    function _fee(bytes memory transaction, uint256 from, uint256 count, uint256 place) private pure returns (uint256) {
        RlpItem[] memory items = Rlp.list(transaction, from);
        if (items.length != count) revert TransactionFieldCount(from == 0 ? 0 : uint8(transaction[0]), items.length);
        return Rlp.toUint(transaction, items[place], 32);
    }

    function _above(uint256 fee, uint256 baseFee) private pure returns (uint256) {
        if (fee < baseFee) revert FeeBelowBaseFee(fee, baseFee);
        return fee - baseFee;
    }
}
