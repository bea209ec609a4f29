// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Rlp, RlpItem} from "../rlp/Rlp.sol";

/// The fields of an execution header that a promise can be compared with.
struct HeaderFields {
    address coinbase;
    bytes32 transactionsRoot;
    bytes32 receiptsRoot;
    uint256 number;
    uint256 gasLimit;
    /// Unix seconds.
    uint256 timestamp;
    bytes32 extraDataHash;
    bytes32 prevRandao;
    /// Wei per gas.
    uint256 baseFee;
    bytes32 parentBeaconRoot;
}

/// Execution headers as RLP, by position of their fields (execution-specs; 20 fields since Cancun, 21 since Prague).
library BlockHeader {
    error HeaderHash(bytes32 expected, bytes32 got);
    error HeaderFieldCount(uint256 got);

    /// Cancun's, and room for later forks.
    uint256 private constant LEAST_FIELDS = 20;
    uint256 private constant MOST_FIELDS = 24;

    /// Reads a header whose hash is `expected`.
    function read(bytes memory header, bytes32 expected) internal pure returns (HeaderFields memory fields) {
        bytes32 got = keccak256(header);
        if (got != expected) revert HeaderHash(expected, got);
        RlpItem[] memory items = Rlp.list(header);
        if (items.length < LEAST_FIELDS || items.length > MOST_FIELDS) revert HeaderFieldCount(items.length);
        fields.coinbase = Rlp.toAddress(header, items[2]);
        fields.transactionsRoot = Rlp.toBytes32(header, items[4]);
        fields.receiptsRoot = Rlp.toBytes32(header, items[5]);
        fields.number = Rlp.toUint(header, items[8], 32);
        fields.gasLimit = Rlp.toUint(header, items[9], 32);
        fields.timestamp = Rlp.toUint(header, items[11], 32);
        fields.extraDataHash = keccak256(Rlp.toBytes(header, items[12]));
        fields.prevRandao = Rlp.toBytes32(header, items[13]);
        fields.baseFee = Rlp.toUint(header, items[15], 32);
        fields.parentBeaconRoot = Rlp.toBytes32(header, items[19]);
    }

    /// Number and state root of a header that is not checked yet: the number says which hash it must have.
    function state(bytes memory header) internal pure returns (uint64 number, bytes32 stateRoot) {
        RlpItem[] memory items = Rlp.list(header);
        if (items.length < LEAST_FIELDS || items.length > MOST_FIELDS) revert HeaderFieldCount(items.length);
        return (Rlp.toUint64(header, items[8]), Rlp.toBytes32(header, items[3]));
    }
}
