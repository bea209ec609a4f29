// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// L1→L2 deposits in the OP Stack's event format. Forced inclusion is a deposit (R23).
interface IPortal {
    /// As the OP Stack specifies: version 0, opaqueData = mint ‖ value ‖ gasLimit ‖ isCreation ‖ data.
    event TransactionDeposited(address indexed from, address indexed to, uint256 indexed version, bytes opaqueData);

    function depositTransaction(address to, uint256 valueWei, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable;
}
