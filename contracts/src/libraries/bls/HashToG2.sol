// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// RFC 9380 hash_to_curve for G2 with Ethereum's suite, BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_: what validators sign with.
/// Stock libraries carry the `_NUL_` suite, whose points no consensus signer ever produces.
library HashToG2 {
    /// "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_", 43 bytes, and its length behind it (DST_prime, RFC 9380 §5.3.1).
    bytes private constant DST_PRIME = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_\x2b";

    /// The field's prime, 48 bytes: bits 383..256 and 255..0.
    uint256 internal constant P_HIGH = 0x1a0111ea397fe69a4b1ba7b6434bacd7;
    uint256 internal constant P_LOW = 0x64774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab;

    // Most a call may cost; a precompile that fails burns all it was given (EIP-2537).
    uint256 private constant MODEXP_GAS = 5_000;
    uint256 private constant MAP_GAS = 50_000;
    uint256 private constant ADD_GAS = 3_000;

    /// The point (256 bytes: x.c0, x.c1, y.c0, y.c1; 64 bytes each) of a 32-byte message; `ok` false if a precompile failed, which
    /// a message alone cannot cause.
    function hash(bytes32 message) internal view returns (bool ok, bytes memory point) {
        bytes memory uniform = expand(message);
        point = new bytes(256);
        ok = true;
        assembly ("memory-safe") {
            let free := mload(0x40)
            // Four field elements: 64 uniform bytes modulo p, by MODEXP with exponent 1.
            mstore(free, 64)
            mstore(add(free, 32), 1)
            mstore(add(free, 64), 48)
            mstore8(add(free, 160), 1)
            mstore(add(free, 161), shl(128, P_HIGH))
            mstore(add(free, 177), P_LOW)
            let elements := add(free, 256)
            for { let i := 0 } lt(i, 4) { i := add(i, 1) } {
                mcopy(add(free, 96), add(add(uniform, 32), shl(6, i)), 64)
                let element := add(elements, shl(6, i))
                mstore(element, 0)
                ok := and(staticcall(MODEXP_GAS, 5, free, 209, add(element, 16), 48), ok)
            }
            // Two points, their sum. The precompile's map clears the cofactor.
            let points := add(elements, 256)
            ok := and(staticcall(MAP_GAS, 0x11, elements, 128, points, 256), ok)
            ok := and(staticcall(MAP_GAS, 0x11, add(elements, 128), 128, add(points, 256), 256), ok)
            ok := and(staticcall(ADD_GAS, 0x0d, points, 512, add(point, 32), 256), ok)
        }
    }

    /// expand_message_xmd with SHA-256 to 256 bytes (RFC 9380 §5.3.1).
    function expand(bytes32 message) internal pure returns (bytes memory) {
        bytes32 b0 = sha256(abi.encodePacked(bytes32(0), bytes32(0), message, uint16(256), uint8(0), DST_PRIME));
        bytes32[8] memory blocks;
        blocks[0] = sha256(abi.encodePacked(b0, uint8(1), DST_PRIME));
        for (uint256 i = 1; i < 8; ++i) {
            // i < 8
            // forge-lint: disable-next-line(unsafe-typecast)
            blocks[i] = sha256(abi.encodePacked(b0 ^ blocks[i - 1], uint8(i + 1), DST_PRIME));
        }
        return abi.encodePacked(blocks);
    }
}
