// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconLayout} from "../../src/interfaces/IBeaconLayout.sol";
import {Authority, IValidatorRegistry, KeyProof} from "../../src/interfaces/IValidatorRegistry.sol";
import {BeaconRoots} from "../../src/libraries/beacon/BeaconRoots.sol";
import {Bls} from "../../src/libraries/bls/Bls.sol";
import {CommitBoost} from "../../src/libraries/bls/CommitBoost.sol";
import {ValidatorRegistry} from "../../src/registry/ValidatorRegistry.sol";
import {HeaderProof, ValidatorProof} from "../../src/types/Proofs.sol";
import {BlsVectors} from "../support/bls/BlsVectors.sol";
import {ValidatorWorld} from "../support/validators/ValidatorWorld.sol";

/// Registration by the validator's own key.
contract ValidatorKeysTest is ValidatorWorld {
    address private operator;
    uint256 private constant SECRET = 0xabcdef;
    uint64 private constant EPOCH = 12;

    function setUp() public {
        buildRegistry();
        operator = makeAddr("operator");
    }

    function _register(ValidatorProof memory proof, bytes memory key, bytes memory signature, uint64 nonce) private {
        vm.prank(operator);
        registry.registerByKey(proof, key, signature, operator, nonce);
    }

    function _validator() private returns (ValidatorProof memory) {
        return validatorWithKey(1234, SECRET, credentialsOf(0x00, address(0)));
    }

    function test_aKeysSignatureRegistersItsValidatorFromTwoEpochsOn() public {
        bytes memory signature = signBls(SECRET, registry.signingRoot(operator, 0));
        ValidatorProof memory proof = _validator();
        vm.expectEmit(true, true, true, true, address(registry));
        emit IValidatorRegistry.OperatorChanged(1234, operator, EPOCH + 2, Authority.Key);
        _register(proof, keyOf(SECRET), signature, 0);
        assertEq(registry.operatorAt(1234, EPOCH), address(0));
        assertEq(registry.operatorAt(1234, EPOCH + 1), address(0));
        assertEq(registry.operatorAt(1234, EPOCH + 2), operator);
        assertEq(registry.operatorAt(1234, type(uint64).max), operator);
    }

    function test_theSpecificationsValidatorRegistersWithItsInteropKey() public {
        string memory json = fixture("beacon/mainnet/proofs.json");
        ValidatorProof memory proof = validatorFrom(json, item("validators", 0));
        vm.warp(timeOf(HEADER_SLOT));
        // sha256 of the index as 32 little-endian bytes, as a little-endian number modulo r; index 0.
        uint256 secret = uint256(littleEndian(uint256(sha256(abi.encode(0))))) % GROUP_ORDER;
        assertEq(proof.validatorIndex, 0);
        _register(proof, keyOf(secret), signBls(secret, registry.signingRoot(operator, 0)), 0);
        // Index 0 is a validator like any other, not a sentinel.
        assertEq(registry.operatorAt(0, EPOCH + 2), operator);
    }

    // --- What the signature binds ---

    function test_theSigningRootIsCommitBoostsAndBindsOperatorRegistryNonceAndChain() public {
        bytes32 objectRoot = keccak256(abi.encode(registry.REGISTRATION_TYPE(), operator, address(registry)));
        bytes32 domain = CommitBoost.domain(FORK_VERSION);
        // The domain Commit-Boost itself gives for Hoodi.
        assertEq(domain, 0x6d6d6f43719103511efa4f1362ff2a50996cccf329cc84cb410c5e5c7d351d03);
        bytes32 root = registry.signingRoot(operator, 3);
        assertEq(root, CommitBoost.signingRoot(domain, objectRoot, registry.SIGNING_ID(), 3, block.chainid));
        assertNotEq(root, registry.signingRoot(address(1), 3));
        assertNotEq(root, registry.signingRoot(operator, 4));
        ValidatorRegistry other = new ValidatorRegistry(GENESIS_TIME, SLOT_SECONDS, 32, FORK_VERSION, verifiers);
        assertNotEq(root, other.signingRoot(operator, 3));
        vm.chainId(1);
        assertNotEq(root, registry.signingRoot(operator, 3));
    }

    /// The vectors are another implementation's: signers in Rust and TypeScript meet the contract here.
    function test_signaturesOfAnotherImplementationRegister() public {
        string memory json = fixture("registration/validator.json");
        assertEq(vm.parseJsonBytes32(json, ".registrationType"), registry.REGISTRATION_TYPE());
        assertEq(vm.parseJsonBytes32(json, ".signingId"), registry.SIGNING_ID());
        for (uint256 i; i < 3; ++i) {
            string memory key = item("vectors", i);
            address place = vm.parseJsonAddress(json, string.concat(key, ".registry"));
            bytes4 version = bytes4(vm.parseJsonBytes(json, string.concat(key, ".genesisForkVersion")));
            vm.etch(place, address(new ValidatorRegistry(GENESIS_TIME, SLOT_SECONDS, 32, version, verifiers)).code);
            vm.chainId(vm.parseJsonUint(json, string.concat(key, ".chainId")));
            bytes32 root = ValidatorRegistry(place)
                .signingRoot(
                    vm.parseJsonAddress(json, string.concat(key, ".operator")),
                    uint64(vm.parseJsonUint(json, string.concat(key, ".nonce")))
                );
            assertEq(root, vm.parseJsonBytes32(json, string.concat(key, ".signingRoot")));
            bytes memory point = vm.parseJsonBytes(json, string.concat(key, ".publicKeyEip2537"));
            assertTrue(Bls.verify(point, vm.parseJsonBytes(json, string.concat(key, ".signatureEip2537")), root));
            (, bytes32 keyRoot) = Bls.rootOf(point);
            assertEq(keyRoot, rootOfCompressed(vm.parseJsonBytes(json, string.concat(key, ".publicKey"))));
        }
    }

    /// A proof of possession that binds no chain or registry replays.
    function test_aSignatureForAnotherRegistryChainOperatorOrNonceIsRefused() public {
        ValidatorRegistry other = new ValidatorRegistry(GENESIS_TIME, SLOT_SECONDS, 32, FORK_VERSION, verifiers);
        bytes32[4] memory roots;
        roots[0] = other.signingRoot(operator, 0);
        roots[1] = registry.signingRoot(makeAddr("another"), 0);
        roots[2] = registry.signingRoot(operator, 1);
        vm.chainId(17);
        roots[3] = registry.signingRoot(operator, 0);
        vm.chainId(31_337);
        ValidatorProof memory proof = _validator();
        bytes memory key = keyOf(SECRET);
        for (uint256 i; i < 4; ++i) {
            bytes memory signature = signBls(SECRET, roots[i]);
            vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSignature.selector));
            _register(proof, key, signature, 0);
        }
        assertEq(registry.operatorAt(1234, EPOCH + 2), address(0));
    }

    function test_aSignatureWorksOnce() public {
        bytes memory signature = signBls(SECRET, registry.signingRoot(operator, 0));
        ValidatorProof memory proof = _validator();
        _register(proof, keyOf(SECRET), signature, 0);
        vm.prank(operator);
        registry.deregister(1234);
        vm.warp(timeOf(HEADER_SLOT + 500));
        bytes memory key = keyOf(SECRET);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.WrongNonce.selector, 1234, 1, 0));
        _register(proof, key, signature, 0);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSignature.selector));
        _register(proof, key, signature, 1);
        _register(proof, key, signBls(SECRET, registry.signingRoot(operator, 1)), 1);
    }

    // --- Keys and points ---

    /// Only x and the sign of y are proven: a point with the same x and a made-up y must not pass, neither on nor off the curve.
    function test_aBogusYWithTheProvenXIsRefused() public {
        ValidatorProof memory proof = _validator();
        bytes32 root = registry.signingRoot(operator, 0);
        // The other point of that x: its sign bit differs, so does its root.
        bytes memory key = negated(keyOf(SECRET));
        bytes memory signature = signBls(GROUP_ORDER - SECRET, root);
        vm.expectPartialRevert(IValidatorRegistry.KeyMismatch.selector);
        _register(proof, key, signature, 0);
        // A y off the curve with the right sign: the root is right, the pairing refuses the point.
        key = keyOf(SECRET);
        key[127] ^= 0x01;
        signature = signBls(SECRET, root);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSignature.selector));
        _register(proof, key, signature, 0);
    }

    function test_anotherValidatorsKeyIsRefused() public {
        ValidatorProof memory proof = _validator();
        bytes memory key = keyOf(SECRET + 1);
        bytes memory signature = signBls(SECRET + 1, registry.signingRoot(operator, 0));
        vm.expectPartialRevert(IValidatorRegistry.KeyMismatch.selector);
        _register(proof, key, signature, 0);
    }

    function test_infinityAndMalformedKeysAreRefused() public {
        ValidatorProof memory proof = _validator();
        bytes[4] memory keys = [new bytes(128), new bytes(0), new bytes(127), bytes.concat(keyOf(SECRET), hex"00")];
        for (uint256 i; i < 4; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.MalformedKey.selector));
            _register(proof, keys[i], new bytes(256), 0);
        }
    }

    /// Failures of the precompiles are invalid signatures, and cost what the caps allow, not all the gas of the transaction.
    function test_badSignaturePointsAreNamedErrorsAndBurnLittle() public {
        ValidatorProof memory proof = _validator();
        bytes memory offCurve = signBls(SECRET, registry.signingRoot(operator, 0));
        offCurve[255] ^= 0x01;
        bytes[5] memory signatures =
            [offCurve, new bytes(256), BlsVectors.G2_OUTSIDE_SUBGROUP, new bytes(0), new bytes(255)];
        bytes memory key = keyOf(SECRET);
        for (uint256 i; i < 5; ++i) {
            uint256 before = gasleft();
            vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSignature.selector));
            _register(proof, key, signatures[i], 0);
            assertLe(before - gasleft(), 500_000);
        }
    }

    function test_anUnprovenValidatorIsRefused() public {
        ValidatorProof memory proof = _validator();
        bytes memory key = keyOf(SECRET);
        bytes memory signature = signBls(SECRET, registry.signingRoot(operator, 0));
        proof.validatorIndex = 1235;
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        _register(proof, key, signature, 0);
        proof.validatorIndex = 1234;
        proof.withdrawalCredentials = credentialsOf(0x01, operator);
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        _register(proof, key, signature, 0);
        proof.header.header.slot += 1;
        vm.expectPartialRevert(BeaconRoots.HeaderMismatch.selector);
        _register(proof, key, signature, 0);
    }

    // --- Batches ---

    function _secrets(uint256 size) private pure returns (uint256[] memory secrets) {
        secrets = new uint256[](size);
        for (uint256 i; i < size; ++i) {
            secrets[i] = 1000 + 7 * i;
        }
    }

    function _signAll(uint256[] memory secrets, bytes32 root) private view returns (bytes memory signature) {
        signature = signBls(secrets[0], root);
        for (uint256 i = 1; i < secrets.length; ++i) {
            signature = addSignatures(signature, signBls(secrets[i], root));
        }
    }

    function test_oneSummedSignatureRegistersARowOfValidators() public {
        uint256[] memory secrets = _secrets(8);
        (HeaderProof memory header, KeyProof[] memory proofs) = validatorRow(64, secrets);
        bytes memory signature = _signAll(secrets, registry.signingRoot(operator, 0));
        vm.prank(operator);
        registry.registerByKeys(header, proofs, signature, operator, 0);
        for (uint64 i; i < 8; ++i) {
            assertEq(registry.operatorAt(64 + i, EPOCH + 2), operator);
        }
        assertEq(registry.operatorAt(72, EPOCH + 2), address(0));
    }

    function test_aBatchWithoutOneOfItsSignaturesIsRefusedAsAWhole() public {
        uint256[] memory secrets = _secrets(4);
        (HeaderProof memory header, KeyProof[] memory proofs) = validatorRow(64, secrets);
        uint256[] memory three = new uint256[](3);
        (three[0], three[1], three[2]) = (secrets[0], secrets[1], secrets[2]);
        bytes memory signature = _signAll(three, registry.signingRoot(operator, 0));
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSignature.selector));
        registry.registerByKeys(header, proofs, signature, operator, 0);
        assertEq(registry.operatorAt(64, EPOCH + 2), address(0));
    }

    function test_aBatchWithADuplicateOrUnsortedValidatorIsRefused() public {
        uint256[] memory secrets = _secrets(2);
        (HeaderProof memory header, KeyProof[] memory proofs) = validatorRow(64, secrets);
        bytes memory signature = _signAll(secrets, registry.signingRoot(operator, 0));
        (proofs[0], proofs[1]) = (proofs[1], proofs[0]);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.IndicesNotAscending.selector, 65, 64));
        registry.registerByKeys(header, proofs, signature, operator, 0);
        proofs[1] = proofs[0];
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.IndicesNotAscending.selector, 65, 65));
        registry.registerByKeys(header, proofs, signature, operator, 0);
    }

    /// Keys that cancel out sum to infinity, whose infinite signature would pass the pairing.
    function test_aBatchOfKeysThatCancelOutIsRefused() public {
        uint256[] memory secrets = new uint256[](2);
        (secrets[0], secrets[1]) = (5, GROUP_ORDER - 5);
        (HeaderProof memory header, KeyProof[] memory proofs) = validatorRow(64, secrets);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSignature.selector));
        registry.registerByKeys(header, proofs, new bytes(256), operator, 0);
    }

    function test_aBatchIsBounded() public {
        HeaderProof memory header;
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.BatchSize.selector, 64, 0));
        registry.registerByKeys(header, new KeyProof[](0), "", operator, 0);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.BatchSize.selector, 64, 65));
        registry.registerByKeys(header, new KeyProof[](65), "", operator, 0);
    }

    function test_aBatchRefusesBadPointsAndForeignKeys() public {
        uint256[] memory secrets = _secrets(2);
        (HeaderProof memory header, KeyProof[] memory proofs) = validatorRow(64, secrets);
        bytes memory signature = _signAll(secrets, registry.signingRoot(operator, 0));
        vm.startPrank(operator);
        proofs[1].key[127] ^= 0x01;
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.InvalidSignature.selector));
        registry.registerByKeys(header, proofs, signature, operator, 0);
        proofs[1].key = keyOf(9);
        vm.expectPartialRevert(IBeaconLayout.StateMismatch.selector);
        registry.registerByKeys(header, proofs, signature, operator, 0);
        proofs[1].key = new bytes(128);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.MalformedKey.selector));
        registry.registerByKeys(header, proofs, signature, operator, 0);
    }

    function test_aBatchUsesEachValidatorsNonce() public {
        uint256[] memory secrets = _secrets(2);
        (HeaderProof memory header, KeyProof[] memory proofs) = validatorRow(64, secrets);
        bytes memory signature = _signAll(secrets, registry.signingRoot(operator, 0));
        vm.startPrank(operator);
        registry.registerByKeys(header, proofs, signature, operator, 0);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.WrongNonce.selector, 64, 1, 0));
        registry.registerByKeys(header, proofs, signature, operator, 0);
    }
}
