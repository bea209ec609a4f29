// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CommitterSet} from "../types/Windows.sol";

/// Signatures of committer sets: exactly `threshold` 65-byte signatures r ‖ s ‖ v, signers ascending, s low, v 27 or 28 (R15).
library CommitterSignatures {
    error SignatureLength(uint256 expected, uint256 got);
    error HighS(uint256 place);
    error BadV(uint256 place, uint8 v);
    error NotAMember(uint256 place, address signer);
    error SignersNotAscending(uint256 place);

    uint256 internal constant HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0;

    /// Reverts with a named error unless `signature` is the set's on `digest`.
    function verify(CommitterSet memory set, bytes32 digest, bytes memory signature) internal pure {
        uint256 threshold = set.threshold;
        if (threshold == 0 || signature.length != threshold * 65) {
            revert SignatureLength(threshold * 65, signature.length);
        }
        address last;
        uint256 member;
        for (uint256 i; i < threshold; ++i) {
            address signer = recoverAt(digest, signature, i);
            if (i > 0 && signer <= last) revert SignersNotAscending(i);
            while (member < set.members.length && set.members[member] != signer) ++member;
            if (signer == address(0) || member == set.members.length) revert NotAMember(i, signer);
            last = signer;
        }
    }

    /// Signer of the `place`-th signature; zero when the curve has none.
    function recoverAt(bytes32 digest, bytes memory signature, uint256 place) internal pure returns (address) {
        if (signature.length < (place + 1) * 65) revert SignatureLength((place + 1) * 65, signature.length);
        bytes32 r;
        bytes32 s;
        uint8 v;
        assembly ("memory-safe") {
            let at := add(add(signature, 32), mul(place, 65))
            r := mload(at)
            s := mload(add(at, 32))
            v := byte(0, mload(add(at, 64)))
        }
        if (uint256(s) > HALF_ORDER) revert HighS(place);
        if (v != 27 && v != 28) revert BadV(place, v);
        return ecrecover(digest, v, r, s);
    }
}
