// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What posting a batch costs its sender, measured on chain: what a coverer is paid from (R6).
library PostingCost {
    /// Of every transaction.
    uint256 private constant TRANSACTION_GAS = 21_000;
    /// Spent after the measurement: storing it (one new word), and leaving the call.
    uint256 private constant TAIL_GAS = 24_000;
    uint256 private constant CALLDATA_BYTE_GAS = 16;
    uint256 private constant BLOB_GAS = 131_072;
    /// A tip counts up to the base fee, or this. More would be a way to carry a bond home: a gateway that withholds could let its
    /// own proposer include its own cover at any price.
    uint256 private constant FREE_TIP_WEI = 2 gwei;

    /// @param gasAtStart gasleft() when the call began.
    /// @param blobCount blobs of this batch.
    /// @param isFirst no other batch of this transaction carried the transaction's own cost.
    function measure(uint256 gasAtStart, uint256 blobCount, bool isFirst) internal view returns (uint96) {
        uint256 used = gasAtStart - gasleft() + TAIL_GAS + msg.data.length * CALLDATA_BYTE_GAS;
        if (isFirst) used += TRANSACTION_GAS;
        uint256 most = block.basefee + (block.basefee > FREE_TIP_WEI ? block.basefee : FREE_TIP_WEI);
        uint256 price = tx.gasprice < most ? tx.gasprice : most;
        uint256 costWei = used * price + blobCount * BLOB_GAS * block.blobbasefee;
        return costWei > type(uint96).max ? type(uint96).max : uint96(costWei);
    }
}
