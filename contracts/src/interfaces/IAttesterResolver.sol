// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IClaimResolver} from "./IClaimResolver.sol";
import {IInbox} from "./IInbox.sol";

/// The first claim resolver: k of n bonded attesters re-derive a disputed batch and sign what they found. It rests on them, and on
/// the vetoer's watch, until a proof system takes its place.
interface IAttesterResolver is IClaimResolver {
    enum Verdict {
        None,
        Stands,
        Void,
        Vetoed
    }

    event DisputeNoticed(address indexed inbox, uint32 indexed batchId);
    event VerdictGiven(IInbox indexed inbox, uint32 indexed batchId, bool isVoid, uint64 readyAt, address[] signers);
    event VerdictVetoed(IInbox indexed inbox, uint32 indexed batchId);
    event Bonded(address indexed attester);
    event ExitRequested(address indexed attester, uint64 exitAt);
    event Exited(address indexed attester, address to);
    event BondBurned(address indexed attester);

    error BadMembers(uint256 count, uint256 threshold);
    /// Zero, repeated or not ascending.
    error BadMember(uint256 place, address member);
    /// An exit shorter than the veto delay would let the signers of a false verdict leave before it is vetoed.
    error ExitTooShort(uint64 exitSeconds, uint64 vetoSeconds);
    error NotAMember(address account);
    error WrongBond(uint256 expectedWei, uint256 gotWei);
    error AlreadyBonded(address attester);
    error NotBonded(address attester);
    error ExitNotOpen(uint64 exitAt, uint256 time);
    error NotActive(uint256 place, address signer);
    error SignersNotAscending(uint256 place);
    error SignatureLength(uint256 expected, uint256 got);
    error NoDispute(IInbox inbox, uint32 batchId);
    error VerdictExists(Verdict verdict);
    error NoVerdict(IInbox inbox, uint32 batchId);
    /// The veto delay would end after the rollup's longest time for a verdict.
    error TooLate(uint256 lastMoment, uint256 time);
    error NotReady(uint64 readyAt, uint256 time);
    error OnlyVetoer(address vetoer, address got);
    error VetoOver(uint64 readyAt, uint256 time);
    error WrongSigners(bytes32 expected, bytes32 got);
    error NotTheSameSigner(address first, address second);

    /// EIP-712 separator: name "Forebond Claim Resolver", version "1", this contract.
    function domainSeparator() external view returns (bytes32);

    /// What attesters sign. The batch's hash is in it: after an L1 reorg the id may be another batch's.
    function attestationHash(IInbox inbox, uint32 batchId, bytes32 batchHash, bool isVoid)
        external
        pure
        returns (bytes32);

    /// Locks the sender's bond; it counts as an attester from now on.
    function bond() external payable;

    /// The sender stops counting at once; its bond can be taken `exitSeconds` later.
    function requestExit() external;

    function completeExit(address payable to) external;

    function isActive(address account) external view returns (bool);

    /// A verdict of exactly `threshold` active attesters, signatures r ‖ s ‖ v in ascending order of signers. The first verdict counts.
    function attest(IInbox inbox, uint32 batchId, bool isVoid, bytes calldata signatures) external;

    /// Tells the Inbox a verdict that is ready. Anyone.
    function execute(IInbox inbox, uint32 batchId) external;

    /// Cancels a Void verdict that is not ready yet, and burns the bonds of its signers. Only the vetoer.
    function veto(IInbox inbox, uint32 batchId, address[] calldata signers) external;

    /// Ends a dispute that was vetoed, or that nobody answered within the rollup's `resolverSeconds`. Anyone.
    function lapse(IInbox inbox, uint32 batchId) external;

    /// Burns the bond of an attester that signed both answers.
    function burnForContradiction(
        IInbox inbox,
        uint32 batchId,
        bytes32 batchHash,
        bytes calldata voidSignature,
        bytes calldata standsSignature
    ) external;
}
