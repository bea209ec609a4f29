// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CommitterSet} from "../types/Windows.sol";
import {Delegation, Revocation} from "../types/Messages.sol";

/// Gateways, the keys they sign with, the rollups they serve, and what operators lend them. Everything that decides who may
/// sign changes two epochs later and is kept for ever, so "who was authorised at slot s" always has one answer (R15, R16, R26).
interface IGatewayRegistry {
    event GatewayRegistered(uint32 indexed gateway, address indexed owner);
    /// The set signs for windows that end in `fromEpoch` or later. A set that was still to come is replaced.
    event CommitterSetChanged(uint32 indexed gateway, bytes32 indexed setHash, CommitterSet set, uint64 fromEpoch);
    event EndpointChanged(uint32 indexed gateway, string endpoint);
    event Joined(uint32 indexed gateway, address indexed rollup, uint64 fromEpoch);
    event Quit(uint32 indexed gateway, address indexed rollup, uint64 fromEpoch);
    event Suspended(uint32 indexed gateway, address indexed rollup, uint64 fromEpoch);
    event Resumed(uint32 indexed gateway, address indexed rollup, uint64 fromEpoch);
    event Delegated(
        bytes32 indexed delegationHash, address indexed operator, uint32 indexed gateway, Delegation delegation
    );
    event Revoked(address indexed operator, address indexed rollup, uint64 lastEpoch, uint64 nonce);
    event NonceUsed(address indexed operator, uint64 nonce);

    error NotTheOwner(uint32 gateway, address caller, address owner);
    error NotTheSlasher(address caller, address slasher);
    error UnknownGateway(uint32 gateway);
    error EndpointLength(uint256 got, uint256 most);
    /// A set has 1 to 16 members and a threshold from 1 to their number.
    error SetSize(uint256 members, uint256 threshold);
    /// Members ascend, without zero and duplicates.
    error MembersNotAscending(uint256 place);
    error PossessionCount(uint256 got, uint256 expected);
    /// The possession signature of `member` is not its own, or names another owner, set, registry or chain.
    error NotPossessed(uint256 place, address member, address signer);
    /// A key belongs to one gateway for ever (R15).
    error KeyTaken(address key, uint32 gateway);
    error AlreadyMember(uint32 gateway, address rollup);
    error NotAMember(uint32 gateway, address rollup);
    error NotSuspended(uint32 gateway, address rollup);
    error ReserveTooSmall(uint256 gotWei, uint256 neededWei);
    error NotSignedByOperator(address operator, address signer);
    error NonceAlreadyUsed(address operator, uint64 nonce);
    error BadEpochRange(uint64 firstEpoch, uint64 lastEpoch);
    /// Epoch ranges of one operator may not overlap per rollup, and are booked in the order of their epochs (R26).
    error DelegationOverlaps(address rollup, uint64 firstEpoch, uint64 bookedUntil);
    error TooManyBooked(address rollup, uint256 most);
    error ListLength(uint256 got, uint256 least, uint256 most);
    /// Addresses of a list ascend, without zero and duplicates.
    error ListNotAscending(uint256 place);
    /// The delegation does not name this deployment's Slasher: another one's verdicts would bind the operator.
    error SlasherNotNamed(address slasher);
    error NothingToRevoke(address operator, address rollup, uint64 lastEpoch);

    /// Creates a gateway owned by the caller. Ids run from 1.
    /// @param set signs from epoch + 2 on.
    /// @param possessions one 65-byte signature per member, in their order, over `CommitterKey(caller, hash of the set)` in this
    /// registry's domain.
    /// @param endpoint where clients reach the gateway, at most 256 bytes; only emitted.
    function register(CommitterSet calldata set, bytes[] calldata possessions, string calldata endpoint)
        external
        returns (uint32 gateway);

    /// Lets another set sign from epoch + 2 on; replaces one that is still to come. Sets and keys the gateway had before may come
    /// back. Called by the owner.
    function rotate(uint32 gateway, CommitterSet calldata set, bytes[] calldata possessions) external;

    /// Tells clients where the gateway is. Called by the owner.
    function announce(uint32 gateway, string calldata endpoint) external;

    /// Ids run from 1 to this.
    function gatewayCount() external view returns (uint32);

    /// Owner account (bond, exit, payouts); zero for an unknown gateway.
    function ownerOf(uint32 gateway) external view returns (address);

    /// Hash of the committer set that signs for `gateway` in windows that end in `epoch`; zero when none.
    function committerSetAt(uint32 gateway, uint64 epoch) external view returns (bytes32);

    /// Gateway a set belongs to, now and for ever; 0 when unknown.
    function gatewayOfSet(bytes32 setHash) external view returns (uint32);

    /// Gateway a member key belongs to, now and for ever; 0 when unknown.
    function gatewayOfKey(address key) external view returns (uint32);

    /// Starts serving `rollup` from epoch + 2. Needs the reserve the terms ask for. Called by the gateway's owner.
    function join(uint32 gateway, address rollup) external;

    /// Owns no windows of `rollup` from epoch + 2 on. Called by the gateway's owner.
    function quit(uint32 gateway, address rollup) external;

    /// First epoch from which the gateway owns no windows of the rollup; type(uint64).max while it is a member, 0 if it never was.
    function membershipEnd(uint32 gateway, address rollup) external view returns (uint64 epoch);

    /// Skipped by windows from epoch + 2 until its owner calls `resume` with the reserve topped up. Only the Slasher.
    function suspend(uint32 gateway, address rollup) external;

    function resume(uint32 gateway, address rollup) external;

    /// The standing alone, without the release phase.
    function standingAt(uint32 gateway, address rollup, uint64 epoch)
        external
        view
        returns (bool member, bool suspended);

    /// May own windows of `rollup` that end in `epoch`: member, not suspended, admitted by the release phase.
    function eligibleAt(uint32 gateway, address rollup, uint64 epoch) external view returns (bool);

    /// Gateway the operator's slots of `epoch` are lent to for `rollup`, if it is eligible then; else 0.
    function gatewayFor(address operator, address rollup, uint64 epoch) external view returns (uint32);

    /// As `gatewayFor`, whether eligible or not: what the operator promised.
    function delegateAt(address operator, address rollup, uint64 epoch) external view returns (uint32);

    /// The range around `epoch`: zeros when the operator lends nothing then.
    function delegationAt(address operator, address rollup, uint64 epoch)
        external
        view
        returns (uint32 gateway, uint64 firstEpoch, uint64 lastEpoch);

    /// The nonce was used by a delegation or revocation, or cancelled: nothing signed with it can be submitted any more.
    function nonceUsed(address operator, uint64 nonce) external view returns (bool);

    /// Uses up a nonce, so that what was signed but not submitted never can be. Called by the operator.
    function cancelNonce(uint64 nonce) external;

    /// Lends the operator's slots of whole epochs. Called by the operator with an empty signature, or by anyone with the operator's
    /// 65-byte ECDSA signature. Starts two epochs ahead or later, overlaps nothing, uses up its nonce.
    function delegate(Delegation calldata delegation, bytes calldata operatorSignature) external;

    /// Ends everything the operator lent for the rollup after `lastEpoch`, which is at least the next epoch. Signed as `delegate`.
    function revoke(Revocation calldata revocation, bytes calldata operatorSignature) external;

    /// EIP-712 separator of Delegation, Revocation and CommitterKey.
    function domainSeparator() external view returns (bytes32);
}
