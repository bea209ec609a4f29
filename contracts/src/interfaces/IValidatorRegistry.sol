// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HeaderProof, ValidatorProof} from "../types/Proofs.sol";

/// By what right a validator's operator was named. It only ever rises: the withdrawal address owns the stake, so its word beats
/// and replaces that of the signing key, which may sit on anybody's machine (R26).
enum Authority {
    None,
    Key,
    WithdrawalAddress
}

/// One validator of a batch that shares a header and a signature.
struct KeyProof {
    uint64 validatorIndex;
    bytes32 withdrawalCredentials;
    /// As in ValidatorProof; leaf 0 is computed from `key`.
    bytes32[] branch;
    /// EIP-2537 encoding, 128 bytes.
    bytes key;
}

/// Which operator a validator belongs to, for every epoch, for ever. A validator joins by a beacon-state proof authorised by
/// its withdrawal address, or by a BLS proof of possession. Changes take effect two epochs later; history stays answerable.
///
/// Nobody is made an operator against their will: the caller is the operator itself, or someone whose registrations the operator
/// accepts. Else a stranger's validator could be put under an honest operator's name, miss its slots and cost it the rewards.
interface IValidatorRegistry {
    /// Validator `validatorIndex` belongs to `operator` (zero: to nobody) from `fromEpoch` on, until the next such event.
    event OperatorChanged(
        uint64 indexed validatorIndex, address indexed operator, uint64 fromEpoch, Authority authority
    );
    event OwnerAccepted(address indexed operator, address indexed owner, bool accepted);

    error ZeroOperator();
    /// `operator` neither calls nor accepts registrations by `caller`: see `acceptOwner`.
    error OperatorUnwilling(address operator, address caller);
    /// Withdrawal credentials of this kind name no address of the execution layer.
    error NoWithdrawalAddress(bytes32 withdrawalCredentials);
    error NotWithdrawalAddress(address caller, address withdrawalAddress);
    /// The withdrawal address has spoken; only it may name another operator.
    error HeldByWithdrawalAddress(uint64 validatorIndex);
    /// Each key registration of a validator uses the next number from 0: no signature works twice.
    error WrongNonce(uint64 validatorIndex, uint64 expected, uint64 got);
    /// Not 128 bytes of two coordinates below the field's prime, or infinity.
    error MalformedKey();
    error KeyMismatch(bytes32 provenRoot, bytes32 gotRoot);
    /// Off the curve, outside the subgroup, infinity, or not the key's signature on this registration.
    error InvalidSignature();
    error BatchSize(uint256 most, uint256 got);
    error IndicesNotAscending(uint64 before, uint64 got);
    error NotOperator(uint64 validatorIndex, address caller, address operator);

    /// Owner of validator `validatorIndex` in `epoch`; zero when it belongs to nobody. Final for epochs up to the present one + 1:
    /// a change now holds from the present epoch + 2.
    function operatorAt(uint64 validatorIndex, uint64 epoch) external view returns (address operator);

    /// `operatorAt` for each of `validatorIndices`, in their order: one call for an epoch's proposers.
    function operatorsAt(uint64[] calldata validatorIndices, uint64 epoch)
        external
        view
        returns (address[] memory operators);

    /// As last changed, in force or still to come, and the nonce its key signs next.
    function newest(uint64 validatorIndex)
        external
        view
        returns (address operator, uint64 fromEpoch, Authority authority, uint64 nextNonce);

    /// The caller, as an operator, accepts or no longer accepts validators that `owner` registers for it.
    function acceptOwner(address owner, bool accepted) external;

    function accepts(address operator, address owner) external view returns (bool);

    /// Called by the validator's withdrawal address (0x01 or 0x02 credentials), or by the owner of the EigenPod that is it.
    function registerByWithdrawalAddress(ValidatorProof calldata proof, address operator) external;

    /// `signature` (EIP-2537 encoding, 256 bytes) by the validator's key (128 bytes) on `signingRoot(operator, nonce)`.
    function registerByKey(
        ValidatorProof calldata proof,
        bytes calldata key,
        bytes calldata signature,
        address operator,
        uint64 nonce
    ) external;

    /// Up to 64 validators, ascending by index, whose keys all signed the same `signingRoot(operator, nonce)`: `signature` is the
    /// sum of their signatures. Sound without proofs of possession of our own, because the beacon chain admits a key only with one
    /// (its deposit signature): no key in the state is a rogue difference of others.
    function registerByKeys(
        HeaderProof calldata header,
        KeyProof[] calldata validators,
        bytes calldata signature,
        address operator,
        uint64 nonce
    ) external;

    /// The validator belongs to nobody from two epochs on. Called by its operator.
    function deregister(uint64 validatorIndex) external;

    /// As `deregister`, called as `registerByWithdrawalAddress`. Afterwards its key alone cannot register it.
    function deregisterByWithdrawalAddress(ValidatorProof calldata proof) external;

    /// What a validator's key signs: Commit-Boost's signing root (v0.10) under `SIGNING_ID`, `nonce`, this chain, with the object
    /// root keccak256(abi.encode(REGISTRATION_TYPE, operator, this registry)).
    function signingRoot(address operator, uint64 nonce) external view returns (bytes32);
}
