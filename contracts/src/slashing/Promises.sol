// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../libraries/MessageHashes.sol";
import {Leaf, PromiseTree} from "../libraries/promise/PromiseTree.sol";
import {Rlp} from "../libraries/rlp/Rlp.sol";
import {BlockHeader, HeaderFields} from "../libraries/trie/BlockHeader.sol";
import {MerklePatricia} from "../libraries/trie/MerklePatricia.sol";
import {Batch, BlockEnv, Frag} from "../types/Messages.sol";
import {BlockContent, Difference, Promise} from "./Evidence.sol";
import {Judge, Wiring} from "./Judge.sol";
import {OwnBatch} from "./OwnBatch.sol";

/// Compares a promise with a block, by position only (R7): whoever promised named block and index exactly, so nothing is left to
/// argue about.
abstract contract Promises is Judge {
    /// The accused signed this promise, and it is well formed (R18).
    function _promised(Trial memory trial, Promise memory promised) internal pure returns (bytes32 fragHash) {
        Frag memory frag = promised.frag;
        fragHash = MessageHashes.hash(frag);
        _signed(trial, frag.base, fragHash, promised.signature);
        _env(frag, promised.env);
        _leafOf(frag, promised.leaf, promised.branch);
    }

    function _env(Frag memory frag, BlockEnv memory env) internal pure {
        bytes32 hash = MessageHashes.hash(env);
        if (hash != frag.blockEnv) revert OtherEnv(frag.blockEnv, hash);
    }

    /// The leaf stands in the frag's tree, at the place its index names.
    function _leafOf(Frag memory frag, Leaf memory leaf, bytes32[] memory branch) internal pure {
        uint256 first = frag.firstTransaction;
        if (leaf.index < first || leaf.index - first >= frag.transactionCount) {
            revert IndexOutsideFrag(leaf.index, frag.firstTransaction, frag.transactionCount);
        }
        bytes32 root = PromiseTree.root(PromiseTree.hash(leaf), leaf.index - first, frag.transactionCount, branch);
        if (root != frag.promisesRoot) revert OtherRoot(frag.promisesRoot, root);
    }

    /// Reverts `PromiseKept` unless the batch's block differs from the promise where the evidence says.
    function _differs(Promise memory promised, Batch memory batch, BlockContent memory content) internal pure {
        bytes32 blockHash = keccak256(content.header);
        OwnBatch.contains(batch, promised.frag.blockNumber, blockHash, content.branch);
        HeaderFields memory header = BlockHeader.read(content.header, blockHash);
        if (content.difference == Difference.Header) {
            if (content.trieProof.length != 0) revert EvidenceNotCanonical();
            if (_sameHeader(header, promised.frag, promised.env)) revert PromiseKept();
            return;
        }
        bool ofTransaction = content.difference == Difference.Transaction;
        bytes32 root = ofTransaction ? header.transactionsRoot : header.receiptsRoot;
        bytes memory value = MerklePatricia.lookup(root, Rlp.encodeIndex(promised.leaf.index), content.trieProof);
        bytes32 expected = ofTransaction ? promised.leaf.txHash : promised.leaf.receiptHash;
        // Nothing at the index (a block that is too short) hashes to no transaction.
        if (value.length != 0 && keccak256(value) == expected) revert PromiseKept();
    }

    function _sameHeader(HeaderFields memory header, Frag memory frag, BlockEnv memory env)
        private
        pure
        returns (bool)
    {
        return header.number == frag.blockNumber && header.timestamp == frag.timestamp
            && header.coinbase == env.coinbase && header.gasLimit == env.gasLimit && header.baseFee == env.baseFee
            && header.prevRandao == env.prevRandao && header.parentBeaconRoot == env.parentBeaconRoot
            && header.extraDataHash == env.extraDataHash;
    }
}
