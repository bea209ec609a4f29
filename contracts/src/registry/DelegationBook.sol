// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CommitterSignatures} from "../libraries/CommitterSignatures.sol";
import {EpochTrace} from "../libraries/checkpoints/EpochTrace.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Delegation, Revocation} from "../types/Messages.sol";
import {GatewayStanding} from "./GatewayStanding.sol";

/// What operators lend to gateways, per rollup, in ranges of whole epochs. Ranges of one operator and rollup never overlap and are
/// booked in order; what has been in force is kept for ever, so a slot of the past has one authorised gateway (R26).
///
/// The checkpoint here alone decides authority (R15): a signed Delegation that nobody submitted authorises nobody.
abstract contract DelegationBook is GatewayStanding {
    using EpochTrace for EpochTrace.Trace;

    uint256 internal constant MOST_LISTED = 16;
    /// Ranges that may be booked ahead per operator and rollup: `revoke` may have to drop them all.
    uint256 internal constant MOST_BOOKED = 8;

    /// From firstEpoch: lastEpoch (40) ‖ gateway (32).
    mapping(address operator => mapping(address rollup => EpochTrace.Trace)) private book;
    mapping(address operator => mapping(uint256 word => uint256)) private nonces;

    function delegate(Delegation calldata delegation, bytes calldata operatorSignature) external {
        if (delegation.gateway == 0 || delegation.gateway > gatewayCount) revert UnknownGateway(delegation.gateway);
        _requireRange(delegation.firstEpoch, delegation.lastEpoch);
        _requireAscending(delegation.rollups);
        _requireAscending(delegation.slashers);
        _requireNamed(delegation.slashers, slasher);
        bytes32 structHash = MessageHashes.hash(delegation);
        _authorise(delegation.operator, structHash, operatorSignature);
        _useNonce(delegation.operator, delegation.nonce);

        uint64 epoch = currentEpoch();
        uint72 entry = (uint72(delegation.lastEpoch) << 32) | delegation.gateway;
        for (uint256 i; i < delegation.rollups.length; ++i) {
            address rollup = delegation.rollups[i];
            EpochTrace.Trace storage trace = book[delegation.operator][rollup];
            if (trace.length() > 0) {
                (, uint72 booked) = trace.newest();
                if (delegation.firstEpoch <= booked >> 32) {
                    revert DelegationOverlaps(rollup, delegation.firstEpoch, uint64(booked >> 32));
                }
                if (trace.pending(epoch, MOST_BOOKED) == MOST_BOOKED) revert TooManyBooked(rollup, MOST_BOOKED);
            }
            trace.push(epoch, delegation.firstEpoch, entry);
        }
        emit Delegated(structHash, delegation.operator, delegation.gateway, delegation);
    }

    function revoke(Revocation calldata revocation, bytes calldata operatorSignature) external {
        _authorise(revocation.operator, MessageHashes.hash(revocation), operatorSignature);
        _useNonce(revocation.operator, revocation.nonce);

        uint64 epoch = currentEpoch();
        uint64 lastEpoch = revocation.lastEpoch;
        if (lastEpoch < epoch + 1) {
            revert EpochTrace.EffectTooEarly(uint256(lastEpoch) + 1, epoch + EpochTrace.LEAD_EPOCHS);
        }
        EpochTrace.Trace storage trace = book[revocation.operator][revocation.rollup];
        bool changed;
        for (uint256 i; i < MOST_BOOKED && trace.length() > 0; ++i) {
            (uint64 firstEpoch,) = trace.newest();
            if (firstEpoch <= lastEpoch) break;
            trace.pop(epoch);
            changed = true;
        }
        (, uint72 entry) = trace.newest();
        if (trace.length() > 0 && entry >> 32 > lastEpoch) {
            trace.amend((uint72(lastEpoch) << 32) | uint32(entry));
            changed = true;
        }
        if (!changed) revert NothingToRevoke(revocation.operator, revocation.rollup, lastEpoch);
        emit Revoked(revocation.operator, revocation.rollup, lastEpoch, revocation.nonce);
    }

    function cancelNonce(uint64 nonce) external {
        _useNonce(msg.sender, nonce);
    }

    function nonceUsed(address operator, uint64 nonce) public view returns (bool) {
        return nonces[operator][nonce >> 8] & (1 << (nonce & 0xff)) != 0;
    }

    function delegateAt(address operator, address rollup, uint64 epoch) public view returns (uint32) {
        uint72 entry = book[operator][rollup].valueAt(epoch);
        return epoch <= entry >> 32 ? uint32(entry) : 0;
    }

    function delegationAt(address operator, address rollup, uint64 epoch)
        external
        view
        returns (uint32 gateway, uint64 firstEpoch, uint64 lastEpoch)
    {
        (uint64 from, uint72 entry) = book[operator][rollup].entryAt(epoch);
        if (uint32(entry) == 0 || epoch > entry >> 32) return (0, 0, 0);
        return (uint32(entry), from, uint64(entry >> 32));
    }

    function gatewayFor(address operator, address rollup, uint64 epoch) external view returns (uint32 gateway) {
        gateway = delegateAt(operator, rollup, epoch);
        if (gateway != 0 && !eligibleAt(gateway, rollup, epoch)) gateway = 0;
    }

    /// The operator's own call needs no signature; everybody else brings one. ECDSA only, low s, 65 bytes (R15).
    function _authorise(address operator, bytes32 structHash, bytes calldata signature) private view {
        if (msg.sender == operator) return;
        if (signature.length != 65) revert CommitterSignatures.SignatureLength(65, signature.length);
        address signer =
            CommitterSignatures.recoverAt(MessageHashes.digest(domainSeparator(), structHash), signature, 0);
        // recoverAt answers zero for what no key signed.
        if (signer == address(0) || signer != operator) revert NotSignedByOperator(operator, signer);
    }

    function _useNonce(address operator, uint64 nonce) private {
        if (nonceUsed(operator, nonce)) revert NonceAlreadyUsed(operator, nonce);
        nonces[operator][nonce >> 8] |= 1 << (nonce & 0xff);
        emit NonceUsed(operator, nonce);
    }

    function _requireRange(uint64 firstEpoch, uint64 lastEpoch) private pure {
        if (lastEpoch < firstEpoch) revert BadEpochRange(firstEpoch, lastEpoch);
        if (lastEpoch > EpochTrace.LARGEST_EPOCH) {
            revert EpochTrace.EpochOutOfRange(lastEpoch, EpochTrace.LARGEST_EPOCH);
        }
    }

    function _requireAscending(address[] calldata addresses) private pure {
        uint256 count = addresses.length;
        if (count == 0 || count > MOST_LISTED) revert ListLength(count, 1, MOST_LISTED);
        address last;
        for (uint256 i; i < count; ++i) {
            if (addresses[i] <= last) revert ListNotAscending(i);
            last = addresses[i];
        }
    }

    function _requireNamed(address[] calldata slashers, address named) private pure {
        for (uint256 i; i < slashers.length; ++i) {
            if (slashers[i] == named) return;
        }
        revert SlasherNotNamed(named);
    }
}
