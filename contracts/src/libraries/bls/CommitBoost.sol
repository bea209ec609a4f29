// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Ssz} from "../beacon/Ssz.sol";

/// Signing roots of Commit-Boost's signer (v0.10 on), so that a validator's ordinary signer can speak to a contract:
/// hash_tree_root({hash_tree_root({object root, module signing id, nonce, chain id}), domain}).
library CommitBoost {
    /// "mmoC".
    bytes4 private constant DOMAIN_TYPE = 0x6d6d6f43;

    /// Domain of a chain: the type, then 28 bytes of hash_tree_root(ForkData{genesis fork version, zero root}). The genesis
    /// version and the zero root keep it apart from everything the beacon chain signs, and the same through all forks.
    function domain(bytes4 genesisForkVersion) internal view returns (bytes32) {
        bytes32 fork = Ssz.pair(bytes32(genesisForkVersion), 0);
        return bytes32(DOMAIN_TYPE) | (fork >> 32);
    }

    /// What the key signs.
    function signingRoot(bytes32 domain_, bytes32 objectRoot, bytes32 signingId, uint64 nonce, uint256 chainId)
        internal
        view
        returns (bytes32)
    {
        bytes32 inner =
            Ssz.pair(Ssz.pair(objectRoot, signingId), Ssz.pair(Ssz.leafOf(nonce), Ssz.leafOf256(chainId)));
        return Ssz.pair(inner, domain_);
    }
}
