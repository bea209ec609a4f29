// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Base, Batch, BlockEnv, CommitterKey, Delegation, Frag, Revocation, Seal} from "../types/Messages.sol";
import {CommitterSet} from "../types/Windows.sol";

/// EIP-712 hashes of the protocol's messages. The golden vectors in `fixtures/messages` hold them to the Rust and TypeScript ones.
library MessageHashes {
    bytes32 internal constant DOMAIN_TYPE =
        keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
    bytes32 internal constant BASE_TYPE = keccak256(
        "Base(uint64 window,uint8 attempt,uint64 parentBlock,bytes32 parentBlockHash,bytes32 parentFrag,bytes32 parentSeal)"
    );
    bytes32 internal constant BLOCK_ENV_TYPE = keccak256(
        "BlockEnv(address coinbase,uint64 gasLimit,uint64 baseFee,bytes32 prevRandao,bytes32 parentBeaconRoot,bytes32 extraDataHash)"
    );
    bytes32 internal constant FRAG_TYPE = keccak256(
        "Frag(bytes32 base,uint64 blockNumber,uint32 sequence,bytes32 previousFrag,uint64 timestamp,uint64 l1OriginNumber,bytes32 l1OriginHash,uint64 issuedAtMs,uint32 firstTransaction,uint32 transactionCount,bytes32 promisesRoot,uint64 gasUsed,uint128 windowCoverage,uint8 orderingRule,bytes32 blockEnv)"
    );
    bytes32 internal constant SEAL_TYPE = keccak256(
        "Seal(bytes32 base,uint64 blockNumber,bytes32 blockHash,uint32 lastSequence,bytes32 lastFrag,bool endOfWindow)"
    );
    bytes32 internal constant BATCH_TYPE = keccak256(
        "Batch(bytes32 base,uint64 window,bytes32 parentBatch,uint64 firstBlock,uint64 lastBlock,bytes32 parentBlockHash,bytes32 lastBlockHash,bytes32 blocksRoot,bytes32 lastFrag,uint64 lastOriginNumber,bytes32 lastOriginHash,bytes32[] blobHashes)"
    );
    bytes32 internal constant DELEGATION_TYPE = keccak256(
        "Delegation(address operator,uint32 gateway,uint64 firstEpoch,uint64 lastEpoch,uint64 nonce,address[] rollups,address[] slashers)"
    );
    bytes32 internal constant REVOCATION_TYPE =
        keccak256("Revocation(address operator,address rollup,uint64 lastEpoch,uint64 nonce)");
    bytes32 internal constant COMMITTER_KEY_TYPE = keccak256("CommitterKey(address owner,bytes32 committerSet)");

    function domain(address verifyingContract) internal view returns (bytes32) {
        return
            keccak256(abi.encode(DOMAIN_TYPE, keccak256("Forebond"), keccak256("1"), block.chainid, verifyingContract));
    }

    /// What a key signs.
    function digest(bytes32 separator, bytes32 structHash) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", separator, structHash));
    }

    function hash(Base memory m) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(BASE_TYPE, m.window, m.attempt, m.parentBlock, m.parentBlockHash, m.parentFrag, m.parentSeal)
        );
    }

    function hash(BlockEnv memory m) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                BLOCK_ENV_TYPE, m.coinbase, m.gasLimit, m.baseFee, m.prevRandao, m.parentBeaconRoot, m.extraDataHash
            )
        );
    }

    function hash(Frag memory m) internal pure returns (bytes32) {
        return keccak256(abi.encode(FRAG_TYPE, m));
    }

    function hash(Seal memory m) internal pure returns (bytes32) {
        return keccak256(abi.encode(SEAL_TYPE, m));
    }

    function hash(Batch memory m) internal pure returns (bytes32) {
        // Two halves: one abi.encode of thirteen words is more than the stack takes.
        return keccak256(
            bytes.concat(
                abi.encode(BATCH_TYPE, m.base, m.window, m.parentBatch, m.firstBlock, m.lastBlock, m.parentBlockHash),
                abi.encode(
                    m.lastBlockHash,
                    m.blocksRoot,
                    m.lastFrag,
                    m.lastOriginNumber,
                    m.lastOriginHash,
                    keccak256(abi.encodePacked(m.blobHashes))
                )
            )
        );
    }

    function hash(Delegation memory m) internal pure returns (bytes32) {
        return keccak256(
            abi.encode(
                DELEGATION_TYPE,
                m.operator,
                m.gateway,
                m.firstEpoch,
                m.lastEpoch,
                m.nonce,
                keccak256(abi.encodePacked(m.rollups)),
                keccak256(abi.encodePacked(m.slashers))
            )
        );
    }

    function hash(Revocation memory m) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOCATION_TYPE, m));
    }

    function hash(CommitterKey memory m) internal pure returns (bytes32) {
        return keccak256(abi.encode(COMMITTER_KEY_TYPE, m));
    }

    /// Identity of a committer set: any other order, threshold or member is another set.
    function hash(CommitterSet memory set) internal pure returns (bytes32) {
        return keccak256(abi.encode(set.threshold, set.members));
    }
}
