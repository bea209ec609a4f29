// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Rlp, RlpItem} from "../rlp/Rlp.sol";
import {MerklePatricia} from "./MerklePatricia.sol";

/// Balances and storage words of a state, from its root (Yellow Paper, section 4.1). What the trie does not hold is zero.
library AccountProof {
    error AccountMalformed(address account, uint256 fields);

    /// Balance of `account`, in wei, and the root of its storage.
    function read(bytes32 stateRoot, address account, bytes[] memory proof)
        internal
        pure
        returns (uint256 balanceWei, bytes32 storageRoot)
    {
        bytes memory value =
            MerklePatricia.lookup(stateRoot, abi.encodePacked(keccak256(abi.encodePacked(account))), proof);
        if (value.length == 0) return (0, MerklePatricia.EMPTY_ROOT);
        RlpItem[] memory fields = Rlp.list(value);
        if (fields.length != 4) revert AccountMalformed(account, fields.length);
        return (Rlp.toUint(value, fields[1], 32), Rlp.toBytes32(value, fields[2]));
    }

    /// The word in `slot`. Storage without any word needs no proof, and clients differ in what they send for it: nothing, or an empty node.
    function word(bytes32 storageRoot, uint256 slot, bytes[] memory proof) internal pure returns (uint256) {
        if (storageRoot == MerklePatricia.EMPTY_ROOT) return 0;
        bytes memory value = MerklePatricia.lookup(storageRoot, abi.encodePacked(keccak256(abi.encode(slot))), proof);
        return value.length == 0 ? 0 : Rlp.toUint(value, Rlp.whole(value), 32);
    }
}
