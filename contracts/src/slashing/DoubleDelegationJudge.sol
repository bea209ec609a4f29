// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IDelegationNonces} from "../interfaces/IDelegationNonces.sol";
import {CommitterSignatures} from "../libraries/CommitterSignatures.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {Delegation} from "../types/Messages.sol";
import {Terms} from "../types/Terms.sol";
import {DoubleDelegationEvidence} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";
import {OperatorJudge} from "./OperatorJudge.sol";

/// A delegation sold twice (R15): one operator, one rollup, one epoch, two gateways.
///
/// A revoked or replaced delegation is honest, though its signature lives on. So a signature counts as sold while its nonce is
/// unused, when it can still be put on chain; an honest operator cancels the nonce before it lends the epochs to somebody else.
/// Two delegations with one nonce are a sale of the same thing twice whatever happened to the nonce.
contract DoubleDelegationJudge is OperatorJudge {
    error EpochNotDelegated(uint64 epoch, uint64 firstEpoch, uint64 lastEpoch);
    error RollupNotDelegated(address rollup);
    error OtherOperator(address expected, address got);
    error DelegationLists(uint256 got, uint256 most);
    /// Used or cancelled: this signature sells nothing any more.
    error NonceUsedUp(address operator, uint64 nonce);

    uint256 internal constant MOST_LISTED = 64;

    constructor(Wiring memory wiring) Judge(wiring) {}

    /// `evidence`: abi.encode(DoubleDelegationEvidence). The fault stands once per rewards period.
    function judge(bytes calldata evidence) external view returns (Fault memory) {
        DoubleDelegationEvidence memory e = abi.decode(_measured(evidence), (DoubleDelegationEvidence));
        _onlySpelling(evidence, abi.encode(e));
        _sold(e, e.first, e.firstSignature);
        uint64 last = (currentEpoch() + 2) * slotsPerEpoch - 1;
        if (e.epoch > last / slotsPerEpoch) revert WindowTooFar(e.epoch, last);
        uint64 slot = e.epoch * slotsPerEpoch + slotsPerEpoch - 1;
        Terms memory terms = _termsOf(slot);
        if (e.secondSignature.length == 0) _againstRecord(e);
        else _againstSecond(e);
        uint64 period = terms.rewardPeriodEpochs == 0 ? 1 : terms.rewardPeriodEpochs;
        return _ofOperator(FaultKind.DoubleDelegation, e.first.operator, e.rollup, e.epoch - e.epoch % period, slot);
    }

    function _againstRecord(DoubleDelegationEvidence memory e) private view {
        if (keccak256(abi.encode(e.second)) != keccak256(abi.encode(_none()))) revert EvidenceNotCanonical();
        _unused(e.first);
        uint32 lentTo = registry.delegateAt(e.first.operator, e.rollup, e.epoch);
        if (lentTo == 0 || lentTo == e.first.gateway) revert NoContradiction();
    }

    function _againstSecond(DoubleDelegationEvidence memory e) private view {
        if (e.second.operator != e.first.operator) revert OtherOperator(e.first.operator, e.second.operator);
        _sold(e, e.second, e.secondSignature);
        if (e.second.gateway == e.first.gateway) revert NoContradiction();
        if (e.second.nonce == e.first.nonce) return;
        _unused(e.first);
        _unused(e.second);
    }

    /// The operator signed it, and it covers the rollup's epoch.
    function _sold(DoubleDelegationEvidence memory e, Delegation memory d, bytes memory signature) private view {
        if (signature.length != 65) revert CommitterSignatures.SignatureLength(65, signature.length);
        if (d.rollups.length > MOST_LISTED || d.slashers.length > MOST_LISTED) {
            revert DelegationLists(d.rollups.length + d.slashers.length, MOST_LISTED);
        }
        bytes32 digest = MessageHashes.digest(MessageHashes.domain(address(registry)), MessageHashes.hash(d));
        address signer = CommitterSignatures.recoverAt(digest, signature, 0);
        if (signer == address(0) || signer != d.operator) revert OtherOperator(d.operator, signer);
        if (e.epoch < d.firstEpoch || e.epoch > d.lastEpoch) {
            revert EpochNotDelegated(e.epoch, d.firstEpoch, d.lastEpoch);
        }
        for (uint256 i; i < d.rollups.length; ++i) {
            if (d.rollups[i] == e.rollup) return;
        }
        revert RollupNotDelegated(e.rollup);
    }

    function _unused(Delegation memory d) private view {
        if (IDelegationNonces(address(registry)).nonceUsed(d.operator, d.nonce)) {
            revert NonceUsedUp(d.operator, d.nonce);
        }
    }

    function _none() private pure returns (Delegation memory none) {}
}
