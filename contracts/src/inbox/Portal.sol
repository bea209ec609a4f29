// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IPortal} from "../interfaces/IPortal.sol";
import {Aliases} from "../libraries/Aliases.sol";
import {DepositGasMarket} from "./DepositGasMarket.sol";

/// The rollup's deposits, and with them its forced inclusion (R23): a gateway has to put them first in the block at their origin, so
/// nobody's transaction can be censored for longer than the origin may lag. Deposited ETH stays here.
// Locks ETH on purpose: what is deposited is minted on the rollup, and bridging back is a bridge's task, not this contract's.
// slither-disable-next-line locked-ether
contract Portal is IPortal, DepositGasMarket {
    uint256 private constant VERSION = 0;
    /// As the OP Stack: what fits in a gossiped L1 transaction.
    uint256 private constant MAX_DATA_BYTES = 120_000;
    uint64 private constant TRANSACTION_GAS = 21_000;
    uint64 private constant DATA_BYTE_GAS = 40;

    /// @inheritdoc IPortal
    function depositTransaction(address to, uint256 valueWei, uint64 gasLimit, bool isCreation, bytes calldata data)
        external
        payable
    {
        uint256 gasAtStart = gasleft();
        if (isCreation && to != address(0)) revert RecipientOfCreation(to);
        if (data.length > MAX_DATA_BYTES) revert DataTooLong(MAX_DATA_BYTES, data.length);
        uint64 least = minimumGasLimit(uint64(data.length));
        if (gasLimit < least) revert GasLimitTooLow(least, gasLimit);
        emit TransactionDeposited(
            _rollupSender(), to, VERSION, abi.encodePacked(msg.value, valueWei, gasLimit, isCreation, data)
        );
        _sell(gasLimit, gasAtStart);
    }

    /// @inheritdoc IPortal
    function minimumGasLimit(uint64 dataLength) public pure returns (uint64) {
        return TRANSACTION_GAS + dataLength * DATA_BYTE_GAS;
    }

    /// The sender on the rollup: accounts with a key keep their address, delegated ones (EIP-7702) too; contracts are aliased.
    function _rollupSender() private view returns (address) {
        if (msg.sender == tx.origin || Aliases.isDelegated(msg.sender)) return msg.sender;
        return Aliases.shifted(msg.sender);
    }
}
