// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Why evidence is not heard, or proves nothing: the errors that all judges share.
interface IEvidence {
    // --- The form of the evidence ---

    /// Larger than any honest piece of evidence.
    error EvidenceTooLarge(uint256 got, uint256 most);
    /// Decodes, but is not the one encoding of what it says: trailing bytes, or another layout.
    error EvidenceNotCanonical();
    /// Names more committers than a set may have.
    error SetTooLarge(uint256 got, uint256 most);

    // --- Who and when ---

    /// The set does not sign for the gateway in the window's epoch (R15).
    error NotTheCommitterSet(uint32 gateway, uint64 epoch, bytes32 expected, bytes32 got);
    /// The set belongs to another gateway, or to none.
    error SetOfAnotherGateway(uint32 expected, uint32 got);
    /// The window ends later than the next epoch: its committers are not fixed yet.
    error WindowTooFar(uint64 window, uint64 lastSlot);
    /// Evidence was heard until `until` (Unix seconds).
    error EvidenceTooOld(uint64 window, uint256 until, uint256 timestamp);

    // --- What a message says ---

    error OtherBase(bytes32 expected, bytes32 got);
    error OtherEnv(bytes32 expected, bytes32 got);
    error OtherRoot(bytes32 expected, bytes32 got);
    error IndexOutsideFrag(uint256 index, uint32 firstTransaction, uint32 transactionCount);
    error BlockOutsideBatch(uint64 blockNumber, uint64 firstBlock, uint64 lastBlock);
    error MessageLength(uint256 expected, uint256 got);

    // --- No fault ---

    /// The two messages can both be true.
    error NoContradiction();
    /// What stands at the position is what was promised.
    error PromiseKept();
}
