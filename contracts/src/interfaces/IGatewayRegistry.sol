// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CommitterSet} from "../types/Windows.sol";
import {Delegation, Revocation} from "../types/Messages.sol";

/// Gateways, the keys they sign with, the rollups they serve, and what operators lend them. Everything that decides who may
/// sign changes two epochs later and is kept for ever, so "who was authorised at slot s" always has one answer (R15, R16, R26).
interface IGatewayRegistry {
    function register(CommitterSet calldata set, bytes[] calldata possessions, string calldata endpoint)
        external
        returns (uint32 gateway);

    /// Owner account (bond, exit, payouts); zero for an unknown gateway.
    function ownerOf(uint32 gateway) external view returns (address);

    /// Hash of the committer set that signs for `gateway` in windows that end in `epoch`; zero when none.
    function committerSetAt(uint32 gateway, uint64 epoch) external view returns (bytes32);

    /// Gateway a set belongs to, now and for ever; 0 when unknown.
    function gatewayOfSet(bytes32 setHash) external view returns (uint32);

    /// Starts serving `rollup` from epoch + 2. Needs the reserve the terms ask for. Called by the gateway's owner.
    function join(uint32 gateway, address rollup) external;

    /// Owns no windows of `rollup` from epoch + 2 on. Called by the gateway's owner.
    function quit(uint32 gateway, address rollup) external;

    /// First epoch from which the gateway owns no windows of the rollup; type(uint64).max while it is a member.
    function membershipEnd(uint32 gateway, address rollup) external view returns (uint64 epoch);

    /// Skipped by windows from epoch + 2 until its owner calls `resume` with the reserve topped up. Only the Slasher.
    function suspend(uint32 gateway, address rollup) external;

    function resume(uint32 gateway, address rollup) external;

    /// May own windows of `rollup` that end in `epoch`: member, not suspended, admitted by the release phase.
    function eligibleAt(uint32 gateway, address rollup, uint64 epoch) external view returns (bool);

    /// Gateway the operator's slots of `epoch` are lent to for `rollup`, if it is eligible then; else 0.
    function gatewayFor(address operator, address rollup, uint64 epoch) external view returns (uint32);

    /// As `gatewayFor`, whether eligible or not: what the operator promised.
    function delegateAt(address operator, address rollup, uint64 epoch) external view returns (uint32);

    function delegate(Delegation calldata delegation, bytes calldata operatorSignature) external;

    function revoke(Revocation calldata revocation, bytes calldata operatorSignature) external;

    /// EIP-712 separator of Delegation, Revocation and CommitterKey.
    function domainSeparator() external view returns (bytes32);
}
