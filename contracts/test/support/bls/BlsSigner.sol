// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HashToG2} from "../../../src/libraries/bls/HashToG2.sol";
import {Test} from "../Test.sol";

/// Keys and signatures for tests, by the curve precompiles.
abstract contract BlsSigner is Test {
    bytes internal constant GENERATOR =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1";
    uint256 internal constant GROUP_ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    function keyOf(uint256 secret) internal view returns (bytes memory) {
        return _call(address(0x0c), bytes.concat(GENERATOR, bytes32(secret)));
    }

    function signBls(uint256 secret, bytes32 message) internal view returns (bytes memory) {
        (bool ok, bytes memory point) = HashToG2.hash(message);
        assertTrue(ok, "hash to the curve");
        return _call(address(0x0e), bytes.concat(point, bytes32(secret)));
    }

    function addSignatures(bytes memory a, bytes memory b) internal view returns (bytes memory) {
        return _call(address(0x0d), bytes.concat(a, b));
    }

    /// The same x, the other y.
    function negated(bytes memory key) internal view returns (bytes memory) {
        return _call(address(0x0c), bytes.concat(key, bytes32(GROUP_ORDER - 1)));
    }

    /// hash_tree_root of a compressed key.
    function rootOfCompressed(bytes memory compressed) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(compressed, bytes16(0)));
    }

    function _call(address precompile, bytes memory input) private view returns (bytes memory) {
        (bool ok, bytes memory output) = precompile.staticcall(input);
        assertTrue(ok, "precompile");
        return output;
    }
}
