// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What the GatewayRegistry remembers of an operator's delegation nonces.
interface IDelegationNonces {
    /// The nonce was used by a delegation or revocation on chain, or cancelled by the operator.
    function nonceUsed(address operator, uint64 nonce) external view returns (bool);
}
