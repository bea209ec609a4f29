// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// L1→L2 deposits in the OP Stack's event format. Forced inclusion is a deposit (R23).
/// https://specs.optimism.io/protocol/deposits.html
interface IPortal {
    /// As the OP Stack specifies: version 0, opaqueData = mint ‖ value ‖ gasLimit ‖ isCreation ‖ data (32, 32, 8, 1, n bytes).
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);

    /// A creation names no recipient.
    error RecipientOfCreation(address to);
    error GasLimitTooLow(uint64 least, uint64 got);
    error DataTooLong(uint256 most, uint256 got);
    /// The deposits of one L1 block may ask for `mostGas` rollup gas in all.
    error BlockGasExceeded(uint64 mostGas, uint256 gotGas);

    /// Adds a transaction to the rollup, first in the block at its origin. `msg.value` is minted to the sender on the rollup; `valueWei` is what
    /// the transaction sends on. The rollup gas is bought by burning L1 gas at a price that follows demand.
    function depositTransaction(address to, uint256 valueWei, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable;

    /// Least gas limit of a deposit with so many bytes of data.
    function minimumGasLimit(uint64 dataLength) external pure returns (uint64);
}
