// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Posting} from "../../src/interfaces/IInbox.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Leaf, PromiseTree} from "../../src/libraries/promise/PromiseTree.sol";
import {Base, Batch, BlockEnv, Frag, Seal} from "../../src/types/Messages.sol";
import {SlashingTransactions} from "../support/SlashingTransactions.sol";
import {SlashingTree} from "../support/SlashingTree.sol";
import {SlashingTrie} from "../support/SlashingTrie.sol";
import {Players} from "./Players.sol";

/// What an honest gateway signs in a turn: a Base, two frags and a seal per block (the first frag holds the deposit, the second the
/// users' three transactions), and two batches. Headers, tries and trees are complete.
abstract contract Turns is Players {
    uint256 internal constant TRANSACTIONS = 4;
    uint128 internal constant COVERAGE = 0.1 ether;

    struct Block {
        uint64 number;
        BlockEnv env;
        bytes[] transactions;
        bytes[] receipts;
        bytes header;
        bytes32 blockHash;
    }

    struct Turn {
        uint32 gateway;
        uint64 window;
        Base base;
        bytes32 baseHash;
        Block[] blocks;
        /// Two per block.
        Frag[] frags;
        Seal[] seals;
        /// Two, of half the blocks each.
        Batch[] batches;
    }

    /// What a turn builds on.
    struct Parent {
        uint64 number;
        bytes32 blockHash;
        bytes32 frag;
        bytes32 sealHash;
        bytes32 batch;
        /// 1 for a second start on another parent (R5).
        uint8 attempt;
    }

    function genesis() internal pure returns (Parent memory parent) {
        parent.blockHash = L2_GENESIS_HASH;
    }

    /// Grade sealed and posted at once: what the next gateway builds on.
    function endOf(Turn memory turn) internal pure returns (Parent memory parent) {
        uint256 last = turn.blocks.length - 1;
        parent.number = turn.blocks[last].number;
        parent.blockHash = turn.blocks[last].blockHash;
        parent.frag = MessageHashes.hash(turn.frags[2 * last + 1]);
        parent.sealHash = MessageHashes.hash(turn.seals[last]);
        parent.batch = MessageHashes.hash(turn.batches[1]);
    }

    /// The turn of window number `number` on `parent`; another `salt` is another history.
    function turnOf(uint64 number, Parent memory parent, uint256 salt) internal view returns (Turn memory turn) {
        turn.gateway = gatewayOf(number);
        turn.window = windowOf(number);
        turn.base = Base(turn.window, parent.attempt, parent.number, parent.blockHash, parent.frag, parent.sealHash);
        turn.baseHash = MessageHashes.hash(turn.base);
        (, uint64 last) = inbox.blocksOf(turn.window - 3, turn.window);
        uint256 size = last - parent.number;
        turn.blocks = new Block[](size);
        turn.frags = new Frag[](2 * size);
        turn.seals = new Seal[](size);
        for (uint256 i; i < size; ++i) {
            bytes32 before = i == 0 ? parent.blockHash : turn.blocks[i - 1].blockHash;
            turn.blocks[i] = blockOf(parent.number + 1 + uint64(i), before, salt);
            _promise(turn, i);
        }
        turn.batches = new Batch[](2);
        turn.batches[0] = batchOf(turn, 0, size / 2, parent.batch);
        turn.batches[1] = batchOf(turn, size / 2, size, MessageHashes.hash(turn.batches[0]));
    }

    // --- Blocks ---

    function blockOf(uint64 number, bytes32 parentHash, uint256 salt) internal pure returns (Block memory b) {
        b.number = number;
        b.env.coinbase = 0x4200000000000000000000000000000000000011;
        b.env.gasLimit = 30_000_000;
        b.env.baseFee = 7;
        b.env.prevRandao = keccak256(abi.encode("randao", number));
        b.env.parentBeaconRoot = keccak256(abi.encode("beacon", number));
        b.env.extraDataHash = keccak256(hex"00000000fa00000006");
        b.transactions = new bytes[](TRANSACTIONS);
        b.receipts = new bytes[](TRANSACTIONS);
        for (uint256 i; i < TRANSACTIONS; ++i) {
            uint256 nonce = uint256(keccak256(abi.encode(number, i, salt))) >> 200;
            // Tips of 29, 28, 27 wei behind a deposit: rule 1 holds.
            b.transactions[i] = i == 0
                ? abi.encodePacked(uint8(0x7e), keccak256(abi.encode("deposit", number)))
                : SlashingTransactions.dynamicFee(nonce, 1000, 30 - i);
            b.receipts[i] = abi.encodePacked(uint8(2), keccak256(abi.encode("receipt", number, i, salt)));
        }
        finish(b, parentHash);
    }

    function finish(Block memory b, bytes32 parentHash) internal pure {
        bytes[] memory f = new bytes[](21);
        for (uint256 i; i < 21; ++i) {
            f[i] = RLP.encode(keccak256(abi.encode("field", i)));
        }
        f[0] = RLP.encode(parentHash);
        f[2] = RLP.encode(b.env.coinbase);
        f[4] = RLP.encode(SlashingTrie.root(b.transactions));
        f[5] = RLP.encode(SlashingTrie.root(b.receipts));
        f[6] = RLP.encode(new bytes(256));
        f[7] = RLP.encode(uint256(0));
        f[8] = RLP.encode(uint256(b.number));
        f[9] = RLP.encode(uint256(b.env.gasLimit));
        f[10] = RLP.encode(uint256(84_000));
        f[11] = RLP.encode(uint256(timestampOf(b.number)));
        f[12] = RLP.encode(bytes(hex"00000000fa00000006"));
        f[13] = RLP.encode(b.env.prevRandao);
        f[14] = RLP.encode(abi.encodePacked(bytes8(0)));
        f[15] = RLP.encode(uint256(b.env.baseFee));
        f[17] = RLP.encode(uint256(0));
        f[18] = RLP.encode(uint256(0));
        f[19] = RLP.encode(b.env.parentBeaconRoot);
        b.header = RLP.encode(f);
        b.blockHash = keccak256(b.header);
    }

    function timestampOf(uint64 number) internal pure returns (uint64) {
        return facts().l2GenesisTime + number * BLOCK_SECONDS;
    }

    // --- Promises ---

    function senderOf(uint256 index) internal pure returns (address) {
        return address(uint160(0x5E0000 + index));
    }

    function leafOf(Block memory b, uint256 index) internal pure returns (Leaf memory) {
        return Leaf(
            index,
            keccak256(b.transactions[index]),
            senderOf(index),
            keccak256(b.receipts[index]),
            keccak256("writes"),
            index == 0 ? 0 : COVERAGE
        );
    }

    /// Leaves of a block's first or second frag.
    function leavesOf(Block memory b, uint256 second) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](second == 0 ? 1 : TRANSACTIONS - 1);
        for (uint256 i; i < leaves.length; ++i) {
            leaves[i] = PromiseTree.hash(leafOf(b, second + i));
        }
    }

    function _promise(Turn memory turn, uint256 place) private pure {
        Block memory b = turn.blocks[place];
        for (uint32 second; second < 2; ++second) {
            Frag memory f = turn.frags[2 * place + second];
            f.base = turn.baseHash;
            f.blockNumber = b.number;
            f.sequence = uint32(2 * place) + second;
            f.previousFrag = f.sequence == 0 ? turn.baseHash : MessageHashes.hash(turn.frags[f.sequence - 1]);
            f.timestamp = timestampOf(b.number);
            f.l1OriginNumber = originOf(turn.window);
            f.l1OriginHash = l1Hash(f.l1OriginNumber);
            f.issuedAtMs = f.timestamp * 1000 + 100 * second;
            f.firstTransaction = second;
            f.transactionCount = second == 0 ? 1 : uint32(TRANSACTIONS - 1);
            f.promisesRoot = SlashingTree.root(leavesOf(b, second));
            f.gasUsed = 21_000 * (1 + 3 * uint64(second));
            f.windowCoverage = uint128(3 * (place + second)) * COVERAGE;
            f.orderingRule = 1;
            f.blockEnv = MessageHashes.hash(b.env);
        }
        Seal memory s = turn.seals[place];
        s.base = turn.baseHash;
        s.blockNumber = b.number;
        s.blockHash = b.blockHash;
        s.lastSequence = uint32(2 * place + 1);
        s.lastFrag = MessageHashes.hash(turn.frags[2 * place + 1]);
        s.endOfWindow = place + 1 == turn.blocks.length;
    }

    /// L1 block a turn's blocks stand on: two slots behind the turn's first one.
    function originOf(uint64 window) internal pure returns (uint64) {
        return L1_BLOCK + window - 3 - HANDOVER - 2;
    }

    // --- Batches ---

    function blockLeaves(Turn memory turn, uint256 from, uint256 to) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](to - from);
        for (uint256 i = from; i < to; ++i) {
            leaves[i - from] = PromiseTree.blockLeaf(turn.blocks[i].number, turn.blocks[i].blockHash);
        }
    }

    /// Blocks at places [from, to) of the turn.
    function batchOf(Turn memory turn, uint256 from, uint256 to, bytes32 parentBatch)
        internal
        pure
        returns (Batch memory b)
    {
        b.base = turn.baseHash;
        b.window = turn.window;
        b.parentBatch = parentBatch;
        b.firstBlock = turn.blocks[from].number;
        b.lastBlock = turn.blocks[to - 1].number;
        b.parentBlockHash = from == 0 ? turn.base.parentBlockHash : turn.blocks[from - 1].blockHash;
        b.lastBlockHash = turn.blocks[to - 1].blockHash;
        b.blocksRoot = SlashingTree.root(blockLeaves(turn, from, to));
        b.lastFrag = MessageHashes.hash(turn.frags[2 * to - 1]);
        b.lastOriginNumber = originOf(turn.window);
        b.lastOriginHash = l1Hash(b.lastOriginNumber);
        b.blobHashes = new bytes32[](1);
        b.blobHashes[0] = bytes32(uint256(keccak256(abi.encode(b.blocksRoot, parentBatch))) >> 8 | (1 << 248));
    }

    // --- Signing and posting ---

    function sign(uint32 gateway, bytes32 structHash) internal view returns (bytes memory) {
        return signature(keyOf(gateway), MessageHashes.digest(MessageHashes.domain(address(inbox)), structHash));
    }

    /// All blobs of this "transaction": a test is one transaction for the transient cursor.
    bytes32[] private _blobs;

    function postingOf(uint32 gateway, Base memory base, Batch memory batch) internal returns (Posting memory posting) {
        posting.batch = batch;
        posting.set = setOf(gateway);
        posting.base = base;
        posting.baseSignature = sign(gateway, MessageHashes.hash(base));
        for (uint256 i; i < batch.blobHashes.length; ++i) {
            _blobs.push(batch.blobHashes[i]);
        }
        vm.blobhashes(_blobs);
    }

    function post(uint32 gateway, Base memory base, Batch memory batch) internal returns (uint32 batchId) {
        Posting memory posting = postingOf(gateway, base, batch);
        return inbox.postBatch(posting, sign(gateway, MessageHashes.hash(batch)), inbox.currentSlot());
    }

    /// Both batches of the turn, in the window's last slot.
    function postTurn(Turn memory turn) internal returns (uint32 lastId) {
        atSlot(turn.window);
        post(turn.gateway, turn.base, turn.batches[0]);
        return post(turn.gateway, turn.base, turn.batches[1]);
    }
}
