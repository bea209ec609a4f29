// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Bls} from "../../../src/libraries/bls/Bls.sol";
import {CommitBoost} from "../../../src/libraries/bls/CommitBoost.sol";
import {HashToG2} from "../../../src/libraries/bls/HashToG2.sol";
import {BlsSigner} from "../../support/bls/BlsSigner.sol";
import {BlsVectors} from "../../support/bls/BlsVectors.sol";

contract BlsTest is BlsSigner {
    uint256 private constant P_HIGH = HashToG2.P_HIGH;
    uint256 private constant P_LOW = HashToG2.P_LOW;

    // --- Hash to the curve ---

    function test_hashToG2EqualsAnotherImplementations() public view {
        bytes[3] memory expected =
            [BlsVectors.HASH_OF_ZEROS, BlsVectors.HASH_OF_ONES, BlsVectors.HASH_OF_SIGNED_ROOT];
        bytes32[3] memory messages = [bytes32(0), bytes32(type(uint256).max), BlsVectors.SIGNED_ROOT];
        for (uint256 i; i < 3; ++i) {
            (bool ok, bytes memory point) = HashToG2.hash(messages[i]);
            assertTrue(ok);
            assertEq(point, expected[i]);
        }
    }

    /// Validators sign with the POP suite; the NUL suite's point is another one, and no validator's signature fits it.
    function test_theSuiteIsPopNotNul() public view {
        (, bytes memory point) = HashToG2.hash(BlsVectors.SIGNED_ROOT);
        assertNotEq(keccak256(point), keccak256(BlsVectors.NUL_HASH_OF_SIGNED_ROOT));
    }

    // --- Signatures of real signers ---

    function test_signaturesOfCommitBoostAndFabricVerify() public view {
        string memory json = fixture("commit-boost/signing_roots.json");
        bytes[3] memory keys = [BlsVectors.KEY_A, BlsVectors.KEY_B, BlsVectors.KEY_B];
        bytes[3] memory signatures = [BlsVectors.SIGNATURE_A, BlsVectors.SIGNATURE_B, BlsVectors.SIGNATURE_C];
        for (uint256 i; i < 3; ++i) {
            string memory key = string.concat(".vectors[", vm.toString(i + 2), "]");
            bytes32 root = vm.parseJsonBytes32(json, string.concat(key, ".signingRoot"));
            assertTrue(Bls.verify(keys[i], signatures[i], root));
            // The compressed key of the vector names the same point.
            (bool ok, bytes32 keyRoot) = Bls.rootOf(keys[i]);
            assertTrue(ok);
            assertEq(keyRoot, rootOfCompressed(vm.parseJsonBytes(json, string.concat(key, ".publicKey"))));
            // No signature is another's.
            assertFalse(Bls.verify(keys[i], signatures[(i + 1) % 3], root));
            assertFalse(Bls.verify(keys[i], signatures[i], root ^ bytes32(uint256(1))));
        }
    }

    function test_signingRootsAreCommitBoosts() public view {
        string memory json = fixture("commit-boost/signing_roots.json");
        for (uint256 i = 1; i < 5; ++i) {
            string memory key = string.concat(".vectors[", vm.toString(i), "]");
            bytes32 domain =
                CommitBoost.domain(bytes4(vm.parseJsonBytes(json, string.concat(key, ".genesisForkVersion"))));
            bytes32 root = CommitBoost.signingRoot(
                domain,
                vm.parseJsonBytes32(json, string.concat(key, ".objectRoot")),
                vm.parseJsonBytes32(json, string.concat(key, ".signingId")),
                uint64(vm.parseJsonUint(json, string.concat(key, ".nonce"))),
                vm.parseJsonUint(json, string.concat(key, ".chainId"))
            );
            assertEq(root, vm.parseJsonBytes32(json, string.concat(key, ".signingRoot")));
        }
    }

    function test_domainsAreCommitBoosts() public view {
        string memory json = fixture("commit-boost/domains.json");
        for (uint256 i; i < 4; ++i) {
            string memory key = string.concat(".vectors[", vm.toString(i), "]");
            assertEq(
                CommitBoost.domain(bytes4(vm.parseJsonBytes(json, string.concat(key, ".genesisForkVersion")))),
                vm.parseJsonBytes32(json, string.concat(key, ".domain"))
            );
        }
    }

    function testFuzz_anySecretsSignatureVerifiesForItsKeyOnly(uint256 secret, bytes32 message) public view {
        secret = bound(secret, 2, GROUP_ORDER - 2);
        bytes memory key = keyOf(secret);
        bytes memory signature = signBls(secret, message);
        assertTrue(Bls.verify(key, signature, message));
        assertFalse(Bls.verify(keyOf(secret + 1), signature, message));
        assertFalse(Bls.verify(negated(key), signature, message));
    }

    // --- Compressed keys ---

    /// One x has two points; the sign bit tells them apart, so a key proven with one sign is never the other point.
    function testFuzz_aKeyAndItsNegationHaveDifferentRoots(uint256 secret) public view {
        bytes memory key = keyOf(bound(secret, 1, GROUP_ORDER - 1));
        (, bytes32 root) = Bls.rootOf(key);
        (, bytes32 other) = Bls.rootOf(negated(key));
        assertNotEq(root, other);
    }

    function test_keysOfTheSpecificationsValidatorsHaveTheirRoots() public view {
        string memory json = fixture("beacon/minimal/proofs.json");
        for (uint256 i; i < 4; ++i) {
            string memory key = string.concat(".validators[", vm.toString(i), "]");
            uint256 index = vm.parseJsonUint(json, string.concat(key, ".validatorIndex"));
            (bool ok, bytes32 root) = Bls.rootOf(keyOf(_interopSecret(index)));
            assertTrue(ok);
            assertEq(root, vm.parseJsonBytes32(json, string.concat(key, ".pubkeyRoot")));
        }
    }

    /// sha256 of the index as 32 little-endian bytes, read as a little-endian number modulo r.
    function _interopSecret(uint256 index) private pure returns (uint256) {
        return _reversed(uint256(sha256(abi.encode(_reversed(index))))) % GROUP_ORDER;
    }

    function _reversed(uint256 x) private pure returns (uint256 y) {
        for (uint256 i; i < 32; ++i) {
            y = (y << 8) | ((x >> (8 * i)) & 0xff);
        }
    }

    // --- Bad points: false, never a revert, never all the gas ---

    /// e(O, H) = 1: the infinite key with the infinite signature would pass the pairing for every message.
    function test_theInfinityKeyWithTheInfinitySignatureIsRefused() public view {
        assertFalse(Bls.verify(new bytes(128), new bytes(256), BlsVectors.SIGNED_ROOT));
        assertFalse(Bls.verify(BlsVectors.KEY_A, new bytes(256), BlsVectors.SIGNED_ROOT));
        assertFalse(Bls.verify(new bytes(128), BlsVectors.SIGNATURE_A, BlsVectors.SIGNED_ROOT));
    }

    function test_pointsOffTheCurveAreInvalidSignatures() public view {
        for (uint256 i = 16; i < 128; i += 37) {
            _refused(_flipped(BlsVectors.KEY_A, i), BlsVectors.SIGNATURE_A);
        }
        for (uint256 i = 16; i < 256; i += 61) {
            _refused(BlsVectors.KEY_A, _flipped(BlsVectors.SIGNATURE_A, i));
        }
    }

    function test_pointsOutsideTheSubgroupAreInvalidSignatures() public view {
        _refused(BlsVectors.G1_OUTSIDE_SUBGROUP, BlsVectors.SIGNATURE_A);
        _refused(BlsVectors.KEY_A, BlsVectors.G2_OUTSIDE_SUBGROUP);
    }

    function test_nonCanonicalFieldElementsAreRefused() public view {
        // x + p is x again, and a second encoding of the key.
        bytes memory key = BlsVectors.KEY_A;
        (uint256 high, uint256 low) = _wordsAt(key, 0);
        unchecked {
            uint256 sum = low + P_LOW;
            high = high + P_HIGH + (sum < low ? 1 : 0);
            low = sum;
        }
        assembly ("memory-safe") {
            mstore(add(key, 32), high)
            mstore(add(key, 64), low)
        }
        (bool ok,) = Bls.rootOf(key);
        assertFalse(ok);
        _refused(key, BlsVectors.SIGNATURE_A);
    }

    function test_paddingAndLengthsAreStrict() public view {
        (bool ok,) = Bls.rootOf(_flipped(BlsVectors.KEY_A, 0));
        assertFalse(ok);
        (ok,) = Bls.rootOf(_flipped(BlsVectors.KEY_A, 64));
        assertFalse(ok);
        (ok,) = Bls.rootOf(bytes.concat(BlsVectors.KEY_A, hex"00"));
        assertFalse(ok);
        (ok,) = Bls.rootOf("");
        assertFalse(ok);
        _refused(bytes.concat(BlsVectors.KEY_A, hex"00"), BlsVectors.SIGNATURE_A);
        _refused(BlsVectors.KEY_A, bytes.concat(BlsVectors.SIGNATURE_A, hex"00"));
        _refused("", "");
    }

    /// A failing precompile burns all it is given: it is given little.
    function _refused(bytes memory key, bytes memory signature) private view {
        uint256 before = gasleft();
        assertFalse(Bls.verify(key, signature, BlsVectors.SIGNED_ROOT));
        assertLe(before - gasleft(), 300_000, "a bad point burns at most so much");
    }

    function test_sumsOfKeysVerifySumsOfSignatures() public view {
        bytes32 message = keccak256("one message");
        (bool ok, bytes memory sum) = Bls.add(keyOf(11), keyOf(22));
        assertTrue(ok);
        bytes memory signature = addSignatures(signBls(11, message), signBls(22, message));
        assertTrue(Bls.verify(sum, signature, message));
        assertFalse(Bls.verify(sum, signBls(11, message), message));
        (ok,) = Bls.add(keyOf(11), _flipped(keyOf(22), 127));
        assertFalse(ok);
        (ok,) = Bls.add(keyOf(11), "");
        assertFalse(ok);
    }

    function _flipped(bytes memory point, uint256 place) private pure returns (bytes memory copy) {
        copy = bytes.concat(point);
        copy[place] ^= 0x01;
    }

    function _wordsAt(bytes memory point, uint256 offset) private pure returns (uint256 high, uint256 low) {
        assembly ("memory-safe") {
            high := mload(add(add(point, 32), offset))
            low := mload(add(add(point, 64), offset))
        }
    }
}
