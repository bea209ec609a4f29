// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HashToG2} from "./HashToG2.sol";

/// BLS signatures of validators (keys in G1, signatures in G2) by the EIP-2537 precompiles. A wrong point is an invalid signature,
/// never a revert of a precompile: nothing here reverts on bad input, and no failure burns more than the call's cap.
library Bls {
    uint256 internal constant KEY_LENGTH = 128;
    uint256 internal constant SIGNATURE_LENGTH = 256;

    /// (p - 1) / 2: a y above it is the "larger" one, which the compressed form marks with a bit.
    uint256 private constant HALF_HIGH = 0x0d0088f51cbff34d258dd3db21a5d66b;
    uint256 private constant HALF_LOW = 0xb23ba5c279c2895fb39869507b587b120f55ffff58a9ffffdcff7fffffffd555;

    // -G1, the negated generator, as the precompile takes it.
    bytes private constant NEGATED_GENERATOR =
        hex"0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb00000000000000000000000000000000114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca";

    // Most a call may cost; a precompile that fails burns all it was given. Two pairs cost 102,900 today.
    uint256 private constant PAIRING_GAS = 160_000;
    uint256 private constant ADD_GAS = 2_000;

    /// True if `signature` (G2, 256 bytes) is that of `key` (G1, 128 bytes) on the 32-byte `message`.
    ///
    /// The pairing checks that both points are canonical, on the curve and in the subgroup. It accepts infinity, and e(O, H) = 1
    /// would make the infinite key's infinite signature valid for everything, so both are refused here.
    function verify(bytes memory key, bytes memory signature, bytes32 message) internal view returns (bool) {
        if (key.length != KEY_LENGTH || signature.length != SIGNATURE_LENGTH) return false;
        if (isZero(key) || isZero(signature)) return false;
        (bool ok, bytes memory point) = HashToG2.hash(message);
        if (!ok) return false;
        // e(-G1, signature) * e(key, H(message)) == 1
        bytes memory pairs = bytes.concat(NEGATED_GENERATOR, signature, key, point);
        bool paired;
        assembly ("memory-safe") {
            mstore(0, 0)
            ok := staticcall(PAIRING_GAS, 0x0f, add(pairs, 32), mload(pairs), 0, 32)
            paired := and(eq(mload(0), 1), eq(returndatasize(), 32))
        }
        return ok && paired;
    }

    /// Sum of two keys; `ok` false if one of them is no point of the curve. Points outside the subgroup pass (the precompile does
    /// not look), so sum only keys that the beacon state vouches for.
    function add(bytes memory a, bytes memory b) internal view returns (bool ok, bytes memory sum) {
        sum = new bytes(KEY_LENGTH);
        if (a.length != KEY_LENGTH || b.length != KEY_LENGTH) return (false, sum);
        bytes memory both = bytes.concat(a, b);
        assembly ("memory-safe") {
            ok := staticcall(ADD_GAS, 0x0b, add(both, 32), 256, add(sum, 32), 128)
            ok := and(ok, eq(returndatasize(), 128))
        }
    }

    /// hash_tree_root of the key's 48 compressed bytes, from the affine point. Two points with one x differ in the sign bit, so the
    /// root names exactly one point of the curve; whether the point lies on it is for `verify` or `add` to find out.
    /// `ok` is false for a wrong length, or bits set where the padding or the flags belong.
    function rootOf(bytes memory key) internal view returns (bool ok, bytes32 root) {
        if (key.length != KEY_LENGTH) return (false, 0);
        uint256 xHigh;
        uint256 xLow;
        uint256 yHigh;
        uint256 yLow;
        assembly ("memory-safe") {
            xHigh := mload(add(key, 32))
            xLow := mload(add(key, 64))
            yHigh := mload(add(key, 96))
            yLow := mload(add(key, 128))
        }
        // Non-canonical coordinates would give one key two encodings.
        if (!_belowP(xHigh, xLow) || !_belowP(yHigh, yLow)) return (false, 0);
        bool larger = yHigh > HALF_HIGH || (yHigh == HALF_HIGH && yLow > HALF_LOW);
        // 16 bytes of x's upper half, with the flags "compressed" and "larger y" in its first three bits.
        uint256 head = xHigh | (uint256(larger ? 5 : 4) << 125);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, shl(128, head))
            mstore(add(free, 16), xLow)
            mstore(add(free, 48), 0)
            ok := staticcall(gas(), 2, free, 64, 0, 32)
            root := mload(0)
        }
    }

    function isZero(bytes memory point) internal pure returns (bool zero) {
        assembly ("memory-safe") {
            let any := 0
            for { let at := add(point, mload(point)) } gt(at, point) { at := sub(at, 32) } { any := or(any, mload(at)) }
            zero := iszero(any)
        }
    }

    function _belowP(uint256 high, uint256 low) private pure returns (bool) {
        return high < HashToG2.P_HIGH || (high == HashToG2.P_HIGH && low < HashToG2.P_LOW);
    }
}
