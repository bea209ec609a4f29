// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {IExcuses} from "../../src/interfaces/IExcuses.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {BatchRecord, BatchStatus} from "../../src/interfaces/IInbox.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {IParameters} from "../../src/interfaces/IParameters.sol";
import {IRestaking} from "../../src/interfaces/IRestaking.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {ISlotPresence} from "../../src/interfaces/ISlotPresence.sol";
import {IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Leaf, PromiseTree} from "../../src/libraries/promise/PromiseTree.sol";
import {BatchForkJudge} from "../../src/slashing/BatchForkJudge.sol";
import {BrokenBaseJudge} from "../../src/slashing/BrokenBaseJudge.sol";
import {DoubleDelegationJudge} from "../../src/slashing/DoubleDelegationJudge.sol";
import {
    Accusation,
    BlockContent,
    Difference,
    MessageKind,
    Promise,
    SignedBatch,
    SignedMessage
} from "../../src/slashing/Evidence.sol";
import {Excuses} from "../../src/slashing/Excuses.sol";
import {FalseClaimJudge} from "../../src/slashing/FalseClaimJudge.sol";
import {ForkJudge} from "../../src/slashing/ForkJudge.sol";
import {LateJudge} from "../../src/slashing/LateJudge.sol";
import {LieJudge} from "../../src/slashing/LieJudge.sol";
import {MissedSlotJudge} from "../../src/slashing/MissedSlotJudge.sol";
import {OrderJudge} from "../../src/slashing/OrderJudge.sol";
import {Slasher} from "../../src/slashing/Slasher.sol";
import {Wiring} from "../../src/slashing/Trials.sol";
import {TwinLeavesJudge} from "../../src/slashing/TwinLeavesJudge.sol";
import {UnkeptJudge} from "../../src/slashing/UnkeptJudge.sol";
import {Base, Batch, BlockEnv, Frag, Seal} from "../../src/types/Messages.sol";
import {Terms} from "../../src/types/Terms.sol";
import {CommitterSet, RollupConfig} from "../../src/types/Windows.sol";
import {
    SlashingInbox,
    SlashingLookahead,
    SlashingParameters,
    SlashingPresence,
    SlashingRegistry,
    SlashingRestaking,
    SlashingVault
} from "./SlashingFakes.sol";
import {SlashingTree} from "./SlashingTree.sol";
import {SlashingTrie} from "./SlashingTrie.sol";
import {Test} from "./Test.sol";

/// One rollup, two gateways A and B, every judge and the Slasher, at a fixed time behind A's window.
abstract contract SlashingWorld is Test {
    uint64 internal constant GENESIS = 1_000_000;
    uint64 internal constant WINDOW = 3_200;
    uint64 internal constant LATER_WINDOW = 3_208;
    uint32 internal constant A = 1;
    uint32 internal constant B = 2;

    SlashingInbox internal inbox;
    SlashingRegistry internal registry;
    SlashingParameters internal parameters;
    SlashingLookahead internal lookahead;
    SlashingPresence internal presence;
    SlashingVault internal vault;
    SlashingRestaking internal restaking;

    ForkJudge internal forkJudge;
    BatchForkJudge internal batchForkJudge;
    TwinLeavesJudge internal twinLeavesJudge;
    LieJudge internal lieJudge;
    UnkeptJudge internal unkeptJudge;
    LateJudge internal lateJudge;
    BrokenBaseJudge internal brokenBaseJudge;
    FalseClaimJudge internal falseClaimJudge;
    OrderJudge internal orderJudge;
    DoubleDelegationJudge internal doubleDelegationJudge;
    MissedSlotJudge internal missedSlotJudge;
    Excuses internal excuses;
    Slasher internal slasher;

    address internal rollup;
    address internal watcher;
    uint256 internal keyOfA;
    uint256 internal keyOfB;
    bytes32 internal separator;

    function setUp() public virtual {
        vm.warp(GENESIS + 12 * 3_230);
        vm.roll(10_000);
        Terms memory terms;
        terms.livenessWei = 1 ether;
        terms.safetyWei = 1000 ether;
        terms.minReserveWei = 100 ether;
        terms.bountyCapWei = 10 ether;
        terms.bountyBps = 500;
        terms.coverBps = 12_500;
        terms.evidenceHorizonSeconds = 7 days;
        terms.claimPeriodSeconds = 7 days;
        terms.rewardPeriodEpochs = 50;
        terms.freeMissesPerPeriod = 1;
        RollupConfig memory config;
        config.handoverSlots = 4;
        config.claimWindowSeconds = 1 days;
        config.resolverSeconds = 3 days;
        inbox = new SlashingInbox(config);
        registry = new SlashingRegistry();
        parameters = new SlashingParameters(terms);
        lookahead = new SlashingLookahead();
        presence = new SlashingPresence();
        vault = new SlashingVault();
        restaking = new SlashingRestaking();
        rollup = address(inbox);
        separator = MessageHashes.domain(rollup);
        watcher = makeAddr("watcher");
        (, keyOfA) = makeAddrAndKey("gateway A");
        (, keyOfB) = makeAddrAndKey("gateway B");
        registry.enrol(A, MessageHashes.hash(setOf(keyOfA)));
        registry.enrol(B, MessageHashes.hash(setOf(keyOfB)));
        lookahead.setWindow(A, WINDOW - 7, WINDOW);
        lookahead.setWindow(B, WINDOW + 1, LATER_WINDOW);
        deploy();
        fund(A, 2000 ether);
        fund(B, 2000 ether);
    }

    function deploy() internal {
        Wiring memory wiring =
            Wiring(GENESIS, 12, 32, IGatewayRegistry(address(registry)), IParameters(address(parameters)));
        ISlotPresence slots = ISlotPresence(address(presence));
        ILookahead ahead = ILookahead(address(lookahead));
        ISlasher predicted = ISlasher(vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 12));
        IJudge[] memory judges = new IJudge[](11);
        judges[0] = forkJudge = new ForkJudge(wiring);
        judges[1] = batchForkJudge = new BatchForkJudge(wiring);
        judges[2] = twinLeavesJudge = new TwinLeavesJudge(wiring);
        judges[3] = lieJudge = new LieJudge(wiring);
        excuses = new Excuses(wiring, predicted);
        judges[4] = unkeptJudge = new UnkeptJudge(wiring, predicted, IExcuses(address(excuses)));
        judges[5] = lateJudge = new LateJudge(wiring, ahead, slots);
        judges[6] = brokenBaseJudge = new BrokenBaseJudge(wiring);
        judges[7] = falseClaimJudge = new FalseClaimJudge(wiring);
        judges[8] = orderJudge = new OrderJudge(wiring);
        judges[9] = doubleDelegationJudge = new DoubleDelegationJudge(wiring);
        judges[10] = missedSlotJudge = new MissedSlotJudge(wiring, ahead, slots, IValidatorRegistry(address(lookahead)));
        slasher = new Slasher(
            wiring, IBondVault(address(vault)), IRestaking(address(restaking)), IExcuses(address(excuses)), judges
        );
        assertEq(address(slasher), address(predicted), "predicted address");
    }

    function fund(uint32 gateway, uint256 amountWei) internal {
        vm.deal(address(this), address(this).balance + amountWei);
        vault.fund{value: amountWei}(gateway, rollup);
    }

    // --- Slashing ---

    function commitTo(IJudge judge, bytes memory evidence, address who) internal {
        slasher.commit(keccak256(abi.encode(judge, keccak256(evidence), who)));
        vm.roll(block.number + 1);
    }

    function slash(IJudge judge, bytes memory evidence) internal returns (bytes32) {
        commitTo(judge, evidence, watcher);
        return slasher.slash(judge, evidence, watcher);
    }

    function expectRefused(IJudge judge, bytes memory evidence, bytes4 reason) internal {
        vm.expectPartialRevert(reason);
        judge.judge(evidence);
    }

    // --- Messages ---

    function setOf(uint256 key) internal pure returns (CommitterSet memory set) {
        set.threshold = 1;
        set.members = new address[](1);
        set.members[0] = vm.addr(key);
    }

    function keyOf(uint32 gateway) internal view returns (uint256) {
        return gateway == A ? keyOfA : keyOfB;
    }

    function sign(uint32 gateway, bytes32 structHash) internal view returns (bytes memory) {
        return signature(keyOf(gateway), MessageHashes.digest(separator, structHash));
    }

    function baseOf(uint32 gateway) internal pure returns (Base memory base) {
        base.window = gateway == A ? WINDOW : LATER_WINDOW;
        base.parentBlock = gateway == A ? 99 : 105;
        base.parentBlockHash = keccak256(abi.encode("parent of", gateway));
    }

    function accuse(uint32 gateway, Base memory base) internal view returns (Accusation memory) {
        return Accusation(rollup, gateway, setOf(keyOf(gateway)), base);
    }

    function accuse(uint32 gateway) internal view returns (Accusation memory) {
        return accuse(gateway, baseOf(gateway));
    }

    function env() internal pure returns (BlockEnv memory e) {
        e.coinbase = 0x4200000000000000000000000000000000000011;
        e.gasLimit = 30_000_000;
        e.baseFee = 7;
        e.prevRandao = keccak256("randao");
        e.parentBeaconRoot = keccak256("beacon");
        e.extraDataHash = keccak256(hex"00000000fa00000006");
    }

    function fragOf(uint32 gateway, uint64 blockNumber, uint32 sequence) internal pure returns (Frag memory f) {
        return fragUnder(baseOf(gateway), blockNumber, sequence);
    }

    function fragUnder(Base memory base, uint64 blockNumber, uint32 sequence) internal pure returns (Frag memory f) {
        f.base = MessageHashes.hash(base);
        f.blockNumber = blockNumber;
        f.sequence = sequence;
        f.previousFrag = sequence == 0 ? f.base : keccak256(abi.encode("frag", sequence - 1));
        f.timestamp = 5_000_000 + blockNumber;
        f.l1OriginNumber = 40;
        f.l1OriginHash = keccak256("origin");
        f.firstTransaction = 0;
        f.transactionCount = 1;
        f.promisesRoot = keccak256(abi.encode("root", sequence));
        f.orderingRule = 0;
        f.blockEnv = MessageHashes.hash(env());
        f.windowCoverage = 10 ether;
    }

    function sealOf(uint32 gateway, uint64 blockNumber, uint32 lastSequence) internal pure returns (Seal memory s) {
        s.base = MessageHashes.hash(baseOf(gateway));
        s.blockNumber = blockNumber;
        s.blockHash = keccak256(abi.encode("block", blockNumber));
        s.lastSequence = lastSequence;
        s.lastFrag = keccak256(abi.encode("frag", lastSequence));
    }

    function signed(uint32 gateway, Base memory m) internal view returns (SignedMessage memory) {
        return SignedMessage(MessageKind.Base, abi.encode(m), sign(gateway, MessageHashes.hash(m)));
    }

    function signed(uint32 gateway, Frag memory m) internal view returns (SignedMessage memory) {
        return SignedMessage(MessageKind.Frag, abi.encode(m), sign(gateway, MessageHashes.hash(m)));
    }

    function signed(uint32 gateway, Seal memory m) internal view returns (SignedMessage memory) {
        return SignedMessage(MessageKind.Seal, abi.encode(m), sign(gateway, MessageHashes.hash(m)));
    }

    function signed(uint32 gateway, Batch memory m) internal view returns (SignedBatch memory) {
        return SignedBatch(m, sign(gateway, MessageHashes.hash(m)));
    }

    // --- A block of five transactions, its promise, and batches that hold it ---

    struct Content {
        bytes[] transactions;
        bytes[] receipts;
        bytes header;
        bytes32 blockHash;
    }

    function content(uint64 blockNumber) internal pure returns (Content memory c) {
        c.transactions = new bytes[](5);
        c.receipts = new bytes[](5);
        for (uint256 i; i < 5; ++i) {
            c.transactions[i] =
                abi.encodePacked(uint8(2), keccak256(abi.encode("tx", blockNumber, i)), new bytes(20 * i));
            c.receipts[i] = abi.encodePacked(uint8(2), keccak256(abi.encode("receipt", blockNumber, i)));
        }
        finish(c, blockNumber, env());
    }

    function finish(Content memory c, uint64 blockNumber, BlockEnv memory e) internal pure {
        bytes[] memory f = new bytes[](21);
        for (uint256 i; i < 21; ++i) {
            f[i] = RLP.encode(keccak256(abi.encode("field", i)));
        }
        f[2] = RLP.encode(e.coinbase);
        f[4] = RLP.encode(SlashingTrie.root(c.transactions));
        f[5] = RLP.encode(SlashingTrie.root(c.receipts));
        f[6] = RLP.encode(new bytes(256));
        f[7] = RLP.encode(uint256(0));
        f[8] = RLP.encode(uint256(blockNumber));
        f[9] = RLP.encode(uint256(e.gasLimit));
        f[10] = RLP.encode(uint256(21_000));
        f[11] = RLP.encode(uint256(5_000_000 + blockNumber));
        f[12] = RLP.encode(bytes(hex"00000000fa00000006"));
        f[13] = RLP.encode(e.prevRandao);
        f[14] = RLP.encode(abi.encodePacked(bytes8(0)));
        f[15] = RLP.encode(uint256(e.baseFee));
        f[17] = RLP.encode(uint256(0));
        f[18] = RLP.encode(uint256(0));
        f[19] = RLP.encode(e.parentBeaconRoot);
        c.header = RLP.encode(f);
        c.blockHash = keccak256(c.header);
    }

    function leafOf(Content memory c, uint256 index, address sender, uint128 coverage)
        internal
        pure
        returns (Leaf memory)
    {
        return Leaf(
            index,
            index < c.transactions.length ? keccak256(c.transactions[index]) : keccak256("never included"),
            sender,
            index < c.receipts.length ? keccak256(c.receipts[index]) : keccak256("no receipt"),
            keccak256("writes"),
            coverage
        );
    }

    /// Promises transactions 2, 3 and 4 of the block in one frag; the one at `index` in detail.
    function promiseOf(uint32 gateway, uint64 blockNumber, Content memory c, uint256 index, address sender)
        internal
        view
        returns (Promise memory p)
    {
        bytes32[] memory leaves = new bytes32[](3);
        for (uint256 i; i < 3; ++i) {
            leaves[i] = PromiseTree.hash(leafOf(c, 2 + i, sender, 1 ether));
        }
        p.frag = fragOf(gateway, blockNumber, 3);
        p.frag.firstTransaction = 2;
        p.frag.transactionCount = 3;
        p.frag.promisesRoot = SlashingTree.root(leaves);
        p.env = env();
        p.leaf = leafOf(c, index, sender, 1 ether);
        p.branch = SlashingTree.branch(leaves, index - 2);
        resign(gateway, p);
    }

    function resign(uint32 gateway, Promise memory p) internal view {
        p.signature = sign(gateway, MessageHashes.hash(p.frag));
    }

    /// Five blocks from `firstBlock`; `blockNumber` among them is `blockHash`.
    function batchOf(Base memory base, uint64 firstBlock, uint64 blockNumber, bytes32 blockHash)
        internal
        pure
        returns (Batch memory b)
    {
        b.base = MessageHashes.hash(base);
        b.window = base.window;
        b.firstBlock = firstBlock;
        b.lastBlock = firstBlock + 4;
        b.parentBlockHash = base.parentBlockHash;
        b.lastBlockHash = blockNumber == b.lastBlock ? blockHash : keccak256(abi.encode("block", b.lastBlock));
        b.blocksRoot = SlashingTree.root(blockLeaves(b.firstBlock, blockNumber, blockHash));
        b.blobHashes = new bytes32[](1);
        b.blobHashes[0] = keccak256("blob");
    }

    function blockLeaves(uint64 firstBlock, uint64 blockNumber, bytes32 blockHash)
        internal
        pure
        returns (bytes32[] memory leaves)
    {
        leaves = new bytes32[](5);
        for (uint64 i; i < 5; ++i) {
            uint64 n = firstBlock + i;
            leaves[i] = PromiseTree.blockLeaf(n, n == blockNumber ? blockHash : keccak256(abi.encode("block", n)));
        }
    }

    function shown(Content memory c, uint64 firstBlock, uint64 blockNumber, Difference difference, uint256 index)
        internal
        pure
        returns (BlockContent memory b)
    {
        b.branch = SlashingTree.branch(blockLeaves(firstBlock, blockNumber, c.blockHash), blockNumber - firstBlock);
        b.header = c.header;
        b.difference = difference;
        b.trieProof = new bytes[](0);
        if (difference == Difference.Transaction) b.trieProof = SlashingTrie.proof(c.transactions, index);
        if (difference == Difference.Receipt) b.trieProof = SlashingTrie.proof(c.receipts, index);
    }

    function post(uint32 gateway, Batch memory b, BatchStatus status, uint64 slot) internal returns (uint32) {
        BatchRecord memory r;
        r.batchHash = MessageHashes.hash(b);
        r.base = b.base;
        r.gateway = gateway;
        r.window = b.window;
        r.postedSlot = slot;
        r.firstBlock = b.firstBlock;
        r.lastBlock = b.lastBlock;
        r.poster = address(uint160(0xC0FFEE));
        r.costWei = 0.1 ether;
        return inbox.add(r, status);
    }
}
