// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "../interfaces/IBeaconLayout.sol";
import {IBeaconVerifiers} from "../interfaces/IBeaconVerifiers.sol";
import {IEigenPod} from "../interfaces/IEigenPod.sol";
import {Authority, IValidatorRegistry, KeyProof} from "../interfaces/IValidatorRegistry.sol";
import {BeaconRoots} from "../libraries/beacon/BeaconRoots.sol";
import {Bls} from "../libraries/bls/Bls.sol";
import {CommitBoost} from "../libraries/bls/CommitBoost.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {HeaderProof, ValidatorProof} from "../types/Proofs.sol";
import {ValidatorHistory} from "./ValidatorHistory.sol";

/// The registry of validators (R26). No owner, no upgrade: facts come from beacon proofs, rights from the proven credentials.
contract ValidatorRegistry is SlotClock, IValidatorRegistry {
    using ValidatorHistory for ValidatorHistory.Validators;

    /// Our module's id in Commit-Boost's signer: keeps these signatures apart from other modules'.
    bytes32 public constant SIGNING_ID = keccak256("Forebond ValidatorRegistry");
    bytes32 public constant REGISTRATION_TYPE = keccak256("ValidatorRegistration(address operator,address registry)");

    /// Epochs until a change holds: the present and the next lookahead are never moved.
    uint64 private constant DELAY_EPOCHS = 2;
    uint256 private constant MOST_PER_BATCH = 64;
    /// Most gas a withdrawal contract gets to name its pod's owner.
    uint256 private constant POD_OWNER_GAS = 50_000;

    IBeaconVerifiers public immutable verifiers;
    /// Commit-Boost's domain of the chain whose genesis fork version was given.
    bytes32 public immutable commitBoostDomain;

    ValidatorHistory.Validators private _validators;
    mapping(address operator => mapping(address owner => bool)) public accepts;

    constructor(
        uint64 genesisTime_,
        uint64 secondsPerSlot_,
        uint64 slotsPerEpoch_,
        bytes4 genesisForkVersion,
        IBeaconVerifiers verifiers_
    ) SlotClock(genesisTime_, secondsPerSlot_, slotsPerEpoch_) {
        verifiers = verifiers_;
        commitBoostDomain = CommitBoost.domain(genesisForkVersion);
    }

    // --- Changes ---

    /// @inheritdoc IValidatorRegistry
    function acceptOwner(address owner, bool accepted) external {
        accepts[msg.sender][owner] = accepted;
        emit OwnerAccepted(msg.sender, owner, accepted);
    }

    /// @inheritdoc IValidatorRegistry
    function registerByWithdrawalAddress(ValidatorProof calldata proof, address operator) external {
        _requireWilling(operator);
        _requireWithdrawalAddress(proof);
        _change(proof.validatorIndex, operator, Authority.WithdrawalAddress, false);
    }

    /// @inheritdoc IValidatorRegistry
    function registerByKey(
        ValidatorProof calldata proof,
        bytes calldata key,
        bytes calldata signature,
        address operator,
        uint64 nonce
    ) external {
        _requireWilling(operator);
        _requireKeyMayRegister(proof.validatorIndex, nonce);
        // The compressed key is computed from the point: with the point compared only by what was proven (x and sign), a bogus y
        // would pass; with the compressed bytes given beside it, they could belong to another key.
        bytes32 keyRoot = _rootOfKey(key);
        if (keyRoot != proof.pubkeyRoot) revert KeyMismatch(proof.pubkeyRoot, keyRoot);
        _requireProven(proof);
        if (!Bls.verify(key, signature, signingRoot(operator, nonce))) revert InvalidSignature();
        _change(proof.validatorIndex, operator, Authority.Key, true);
    }

    /// @inheritdoc IValidatorRegistry
    function registerByKeys(
        HeaderProof calldata header,
        KeyProof[] calldata validators,
        bytes calldata signature,
        address operator,
        uint64 nonce
    ) external {
        _requireWilling(operator);
        if (validators.length == 0 || validators.length > MOST_PER_BATCH) {
            revert BatchSize(MOST_PER_BATCH, validators.length);
        }
        IBeaconLayout places = _placesIn(header);
        bytes memory sum;
        for (uint256 i; i < validators.length; ++i) {
            KeyProof calldata validator = validators[i];
            uint64 index = validator.validatorIndex;
            // Ascending, so no validator is counted twice.
            if (i > 0 && index <= validators[i - 1].validatorIndex) {
                revert IndicesNotAscending(validators[i - 1].validatorIndex, index);
            }
            _requireKeyMayRegister(index, nonce);
            bytes memory key = validator.key;
            places.checkValidator(
                header.header.stateRoot, index, _rootOfKey(key), validator.withdrawalCredentials, validator.branch
            );
            sum = i == 0 ? key : _sumOf(sum, key);
            _change(index, operator, Authority.Key, true);
        }
        if (!Bls.verify(sum, signature, signingRoot(operator, nonce))) revert InvalidSignature();
    }

    /// @inheritdoc IValidatorRegistry
    function deregister(uint64 validatorIndex) external {
        ValidatorHistory.Checkpoint memory checkpoint = _validators.newest[validatorIndex];
        // A validator of nobody has operator zero, which cannot call.
        if (checkpoint.operator != msg.sender) revert NotOperator(validatorIndex, msg.sender, checkpoint.operator);
        _change(validatorIndex, address(0), checkpoint.authority, false);
    }

    /// @inheritdoc IValidatorRegistry
    function deregisterByWithdrawalAddress(ValidatorProof calldata proof) external {
        _requireWithdrawalAddress(proof);
        _change(proof.validatorIndex, address(0), Authority.WithdrawalAddress, false);
    }

    // --- Answers ---

    /// @inheritdoc IValidatorRegistry
    function operatorAt(uint64 validatorIndex, uint64 epoch) external view returns (address) {
        return _validators.operatorAt(validatorIndex, epoch);
    }

    /// @inheritdoc IValidatorRegistry
    function operatorsAt(uint64[] calldata validatorIndices, uint64 epoch)
        external
        view
        returns (address[] memory operators)
    {
        operators = new address[](validatorIndices.length);
        for (uint256 i; i < validatorIndices.length; ++i) {
            operators[i] = _validators.operatorAt(validatorIndices[i], epoch);
        }
    }

    /// @inheritdoc IValidatorRegistry
    function newest(uint64 validatorIndex)
        external
        view
        returns (address operator, uint64 fromEpoch, Authority authority, uint64 nextNonce)
    {
        ValidatorHistory.Checkpoint memory checkpoint = _validators.newest[validatorIndex];
        return (checkpoint.operator, checkpoint.fromEpoch, checkpoint.authority, checkpoint.nextNonce);
    }

    /// @inheritdoc IValidatorRegistry
    function signingRoot(address operator, uint64 nonce) public view returns (bytes32) {
        // Chain and registry are bound: a registration cannot be replayed into another deployment or chain.
        bytes32 objectRoot = keccak256(abi.encode(REGISTRATION_TYPE, operator, address(this)));
        return CommitBoost.signingRoot(commitBoostDomain, objectRoot, SIGNING_ID, nonce, block.chainid);
    }

    // --- Checks ---

    function _change(uint64 validatorIndex, address operator, Authority authority, bool usesNonce) private {
        uint64 fromEpoch = currentEpoch() + DELAY_EPOCHS;
        // Epochs are seconds since genesis divided: far below 2^40.
        // forge-lint: disable-next-line(unsafe-typecast)
        _validators.change(validatorIndex, operator, uint40(fromEpoch), authority, usesNonce);
        emit OperatorChanged(validatorIndex, operator, fromEpoch, authority);
    }

    function _requireWilling(address operator) private view {
        if (operator == address(0)) revert ZeroOperator();
        if (operator != msg.sender && !accepts[operator][msg.sender]) revert OperatorUnwilling(operator, msg.sender);
    }

    function _requireKeyMayRegister(uint64 validatorIndex, uint64 nonce) private view {
        ValidatorHistory.Checkpoint memory checkpoint = _validators.newest[validatorIndex];
        if (checkpoint.authority == Authority.WithdrawalAddress) revert HeldByWithdrawalAddress(validatorIndex);
        if (nonce != checkpoint.nextNonce) revert WrongNonce(validatorIndex, checkpoint.nextNonce, nonce);
    }

    /// Proves the credentials and compares the caller with them.
    function _requireWithdrawalAddress(ValidatorProof calldata proof) private view {
        _requireProven(proof);
        bytes32 credentials = proof.withdrawalCredentials;
        if (credentials[0] != 0x01 && credentials[0] != 0x02) revert NoWithdrawalAddress(credentials);
        address withdrawalAddress = address(uint160(uint256(credentials)));
        if (msg.sender == withdrawalAddress) return;
        if (msg.sender != _podOwnerOf(withdrawalAddress)) revert NotWithdrawalAddress(msg.sender, withdrawalAddress);
    }

    /// Owner of an EigenPod; zero for anything that does not answer like one. Foreign code: capped gas, a bounded answer.
    function _podOwnerOf(address pod) private view returns (address) {
        bytes memory question = abi.encodeCall(IEigenPod.podOwner, ());
        bool ok;
        uint256 answer;
        assembly ("memory-safe") {
            ok := staticcall(POD_OWNER_GAS, pod, add(question, 32), mload(question), 0, 32)
            ok := and(ok, eq(returndatasize(), 32))
            answer := mload(0)
        }
        if (!ok || answer > type(uint160).max) return address(0);
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(answer));
    }

    function _requireProven(ValidatorProof calldata proof) private view {
        _placesIn(proof.header)
            .checkValidator(
                proof.header.header.stateRoot,
                proof.validatorIndex,
                proof.pubkeyRoot,
                proof.withdrawalCredentials,
                proof.branch
            );
    }

    /// Proves the header; the layout of its state.
    function _placesIn(HeaderProof calldata header) private view returns (IBeaconLayout) {
        BeaconRoots.check(header);
        return verifiers.layoutAt(header.header.slot / slotsPerEpoch);
    }

    function _rootOfKey(bytes memory key) private view returns (bytes32) {
        (bool ok, bytes32 root) = Bls.rootOf(key);
        if (!ok || Bls.isZero(key)) revert MalformedKey();
        return root;
    }

    function _sumOf(bytes memory a, bytes memory b) private view returns (bytes memory) {
        (bool ok, bytes memory sum) = Bls.add(a, b);
        // An intermediate sum may be infinity; `Bls.verify` refuses a final one.
        if (!ok) revert InvalidSignature();
        return sum;
    }
}
