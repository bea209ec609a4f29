// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// @title BlockHashReader
/// @notice Reads the parent block's hash by both ways the rules offer: the BLOCKHASH opcode and the EIP-2935 contract.
/// @dev A sequencer that runs ahead of sealing must wait for the parent's hash exactly in these two places; this contract
///      lets tests see the wait and that both answers agree.
contract BlockHashReader {
    /// @dev EIP-2935 HISTORY_STORAGE_ADDRESS.
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @notice The last value that recordOpcode or recordHistory stored.
    bytes32 public lastHash;
    /// @notice The block in which it was stored.
    uint256 public lastBlock;

    event ParentHash(uint256 indexed blockNumber, bytes32 hash, bool fromHistory);

    error HistoryRefused(uint256 blockNumber);
    error NotTheSame(bytes32 fromOpcode, bytes32 fromHistory);

    /// @notice BLOCKHASH(block.number - 1).
    function opcode() public view returns (bytes32) {
        return blockhash(block.number - 1);
    }

    /// @notice The hash of block.number - 1 as the history contract holds it.
    function history() public view returns (bytes32) {
        (bool ok, bytes memory answer) = HISTORY.staticcall(abi.encode(block.number - 1));
        if (!ok || answer.length != 32) revert HistoryRefused(block.number - 1);
        return abi.decode(answer, (bytes32));
    }

    /// @notice Stores, logs and returns the parent's hash read by the opcode.
    function recordOpcode() external returns (bytes32 hash) {
        hash = opcode();
        _record(hash, false);
    }

    /// @notice Stores, logs and returns the parent's hash read from the history contract.
    function recordHistory() external returns (bytes32 hash) {
        hash = history();
        _record(hash, true);
    }

    /// @notice Reverts unless both ways agree; stores and logs the hash.
    function recordBoth() external returns (bytes32 hash) {
        hash = opcode();
        bytes32 other = history();
        if (hash != other) revert NotTheSame(hash, other);
        _record(hash, true);
    }

    function _record(bytes32 hash, bool fromHistory) private {
        lastHash = hash;
        lastBlock = block.number;
        emit ParentHash(block.number, hash, fromHistory);
    }
}
