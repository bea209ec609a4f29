// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IClaimResolver} from "../interfaces/IClaimResolver.sol";
import {IAttesterResolver} from "../interfaces/IAttesterResolver.sol";
import {BatchStatus, IInbox} from "../interfaces/IInbox.sol";
import {CommitterSignatures} from "../libraries/CommitterSignatures.sol";
import {AttesterBonds} from "./AttesterBonds.sol";

/// Resolves disputes by the signatures of k of n bonded attesters (R4).
///
/// - **Void** takes a gateway's bond, so it waits: until the veto delay is over the batch stays Disputed, nobody can be slashed by it,
///   and the vetoer (the governance timelock) may cancel it, which burns the signers' bonds.
/// - **Stands** is ready at once: silence has the same end, so a delay would protect nobody.
/// - **Silence** is never held against the gateway: after the rollup's `resolverSeconds` the batch stands. It is not held against
///   the disputer either, whose bond goes back. Bonds of gateways stay locked for that long (R16), so a Void verdict is never too late.
///
/// One resolver may serve any number of Inboxes: verdicts are kept per Inbox, and the attestation names it.
contract AttesterResolver is AttesterBonds {
    bytes32 private constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 private constant ATTESTATION_TYPE =
        keccak256("Attestation(address inbox,uint32 batchId,bytes32 batchHash,bool isVoid)");

    struct Case {
        Verdict verdict;
        uint64 readyAt;
        bytes32 signersHash;
    }

    address public immutable vetoer;
    uint64 public immutable vetoSeconds;

    mapping(IInbox inbox => mapping(uint32 batchId => Case)) public caseOf;

    constructor(
        address vetoer_,
        address[] memory members,
        uint256 threshold_,
        uint256 bondWei_,
        uint64 vetoSeconds_,
        uint64 exitSeconds_
    ) AttesterBonds(members, threshold_, bondWei_, exitSeconds_) {
        if (exitSeconds_ < vetoSeconds_) revert ExitTooShort(exitSeconds_, vetoSeconds_);
        vetoer = vetoer_;
        vetoSeconds = vetoSeconds_;
    }

    /// @inheritdoc IClaimResolver
    function open(uint32 batchId) external {
        emit DisputeNoticed(msg.sender, batchId);
    }

    /// @inheritdoc IAttesterResolver
    function domainSeparator() public view returns (bytes32) {
        return keccak256(
            abi.encode(DOMAIN_TYPE, keccak256("Forebond Claim Resolver"), keccak256("1"), block.chainid, address(this))
        );
    }

    /// @inheritdoc IAttesterResolver
    function attestationHash(IInbox inbox, uint32 batchId, bytes32 batchHash, bool isVoid)
        public
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(ATTESTATION_TYPE, inbox, batchId, batchHash, isVoid));
    }

    /// @inheritdoc IAttesterResolver
    function attest(IInbox inbox, uint32 batchId, bool isVoid, bytes calldata signatures) external {
        Case storage found = caseOf[inbox][batchId];
        if (found.verdict != Verdict.None) revert VerdictExists(found.verdict);
        uint256 lastMoment = _lastMoment(inbox, batchId);
        uint64 readyAt = uint64(block.timestamp);
        if (isVoid) readyAt += vetoSeconds;
        if (readyAt > lastMoment) revert TooLate(lastMoment, readyAt);

        address[] memory signers =
            _signers(_digest(inbox, batchId, inbox.record(batchId).batchHash, isVoid), signatures);
        found.verdict = isVoid ? Verdict.Void : Verdict.Stands;
        found.readyAt = readyAt;
        found.signersHash = keccak256(abi.encode(signers));
        emit VerdictGiven(inbox, batchId, isVoid, readyAt, signers);
    }

    /// @inheritdoc IAttesterResolver
    function execute(IInbox inbox, uint32 batchId) external {
        Case memory found = caseOf[inbox][batchId];
        if (found.verdict != Verdict.Stands && found.verdict != Verdict.Void) revert NoVerdict(inbox, batchId);
        if (block.timestamp < found.readyAt) revert NotReady(found.readyAt, block.timestamp);
        inbox.resolve(batchId, found.verdict == Verdict.Void);
    }

    /// @inheritdoc IAttesterResolver
    function veto(IInbox inbox, uint32 batchId, address[] calldata signers) external {
        if (msg.sender != vetoer) revert OnlyVetoer(vetoer, msg.sender);
        Case storage found = caseOf[inbox][batchId];
        if (found.verdict != Verdict.Void) revert NoVerdict(inbox, batchId);
        // Once ready it may be acted upon at any moment: what others rely on must not depend on who is faster.
        if (block.timestamp >= found.readyAt) revert VetoOver(found.readyAt, block.timestamp);
        bytes32 got = keccak256(abi.encode(signers));
        if (got != found.signersHash) revert WrongSigners(found.signersHash, got);
        found.verdict = Verdict.Vetoed;
        emit VerdictVetoed(inbox, batchId);
        for (uint256 i; i < signers.length; ++i) {
            _burnBond(signers[i]);
        }
    }

    /// @inheritdoc IAttesterResolver
    function lapse(IInbox inbox, uint32 batchId) external {
        Verdict verdict = caseOf[inbox][batchId].verdict;
        if (verdict == Verdict.Stands || verdict == Verdict.Void) revert VerdictExists(verdict);
        if (verdict == Verdict.None) {
            uint256 lastMoment = _lastMoment(inbox, batchId);
            if (block.timestamp <= lastMoment) revert NotReady(uint64(lastMoment) + 1, block.timestamp);
        }
        inbox.lapse(batchId);
    }

    /// @inheritdoc IAttesterResolver
    function burnForContradiction(
        IInbox inbox,
        uint32 batchId,
        bytes32 batchHash,
        bytes calldata voidSignature,
        bytes calldata standsSignature
    ) external {
        if (voidSignature.length != 65) revert SignatureLength(65, voidSignature.length);
        if (standsSignature.length != 65) revert SignatureLength(65, standsSignature.length);
        address first = CommitterSignatures.recoverAt(_digest(inbox, batchId, batchHash, true), voidSignature, 0);
        address second = CommitterSignatures.recoverAt(_digest(inbox, batchId, batchHash, false), standsSignature, 0);
        if (first != second) revert NotTheSameSigner(first, second);
        if (!_burnBond(first)) revert NotBonded(first);
    }

    /// Until when the dispute can be answered, Unix seconds.
    function _lastMoment(IInbox inbox, uint32 batchId) private view returns (uint256) {
        (, uint64 openedAt) = inbox.disputeOf(batchId);
        if (openedAt == 0 || inbox.statusOf(batchId) != BatchStatus.Disputed) revert NoDispute(inbox, batchId);
        return uint256(openedAt) + inbox.config().resolverSeconds;
    }

    function _signers(bytes32 digest, bytes calldata signatures) private view returns (address[] memory signers) {
        uint256 count = threshold;
        if (signatures.length != count * 65) revert SignatureLength(count * 65, signatures.length);
        bytes memory all = signatures;
        signers = new address[](count);
        for (uint256 i; i < count; ++i) {
            address signer = CommitterSignatures.recoverAt(digest, all, i);
            if (i > 0 && signer <= signers[i - 1]) revert SignersNotAscending(i);
            if (!isActive(signer)) revert NotActive(i, signer);
            signers[i] = signer;
        }
    }

    function _digest(IInbox inbox, uint32 batchId, bytes32 batchHash, bool isVoid) private view returns (bytes32) {
        return
            keccak256(
                abi.encodePacked(hex"1901", domainSeparator(), attestationHash(inbox, batchId, batchHash, isVoid))
            );
    }
}
