// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {
    Accusation,
    BlockContent,
    Difference,
    LateEvidence,
    LieEvidence,
    MessageKind,
    Promise,
    ShiftEvidence,
    SignedBatch,
    SignedMessage
} from "../../src/slashing/Evidence.sol";
import {Base, Batch, Frag, Seal} from "../../src/types/Messages.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {SlashingTree} from "../support/SlashingTree.sol";
import {SlashingTrie} from "../support/SlashingTrie.sol";
import {Turns} from "./Turns.sol";

/// Evidence from turns, and what the court makes of it.
abstract contract Accusers is Turns {
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;
    address internal watcher = makeAddr("watcher");

    // --- Evidence ---

    function accuse(uint32 gateway, Base memory base) internal view returns (Accusation memory) {
        return Accusation(address(inbox), gateway, setOf(gateway), base);
    }

    function accuse(Turn memory turn) internal view returns (Accusation memory) {
        return accuse(turn.gateway, turn.base);
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

    /// The promise of transaction `index` of the turn's block at `place`.
    function promiseOf(Turn memory turn, uint256 place, uint256 index) internal view returns (Promise memory p) {
        uint256 second = index == 0 ? 0 : 1;
        Block memory b = turn.blocks[place];
        p.frag = turn.frags[2 * place + second];
        p.signature = sign(turn.gateway, MessageHashes.hash(p.frag));
        p.env = b.env;
        p.leaf = leafOf(b, index);
        p.branch = SlashingTree.branch(leavesOf(b, second), index - second);
    }

    /// The turn's block at `place`, inside the batch over the places [from, to).
    function shown(Turn memory turn, uint256 from, uint256 to, uint256 place, Difference difference, uint256 index)
        internal
        pure
        returns (BlockContent memory c)
    {
        c.branch = SlashingTree.branch(blockLeaves(turn, from, to), place - from);
        c.header = turn.blocks[place].header;
        c.difference = difference;
        c.trieProof = new bytes[](0);
        if (difference == Difference.Transaction) {
            c.trieProof = SlashingTrie.proof(turn.blocks[place].transactions, index);
        }
        if (difference == Difference.Receipt) c.trieProof = SlashingTrie.proof(turn.blocks[place].receipts, index);
    }

    /// Promise of one turn against the batch half of another (or the same) one.
    function lieOf(Turn memory promised, Turn memory own, uint256 place, uint256 index, Difference difference)
        internal
        view
        returns (bytes memory)
    {
        uint256 half = own.blocks.length / 2;
        (uint256 from, uint256 to) = place < half ? (uint256(0), half) : (half, own.blocks.length);
        return abi.encode(
            LieEvidence(
                accuse(promised),
                promiseOf(promised, place, index),
                signed(own.gateway, own.batches[place < half ? 0 : 1]),
                shown(own, from, to, place, difference, index)
            )
        );
    }

    /// The turn's block at `place` was not there at the window's end; the window's last slot had a block, or was missed.
    function lateOf(Turn memory turn, uint256 place, bool missed, uint32 cover) internal returns (bytes memory) {
        LateEvidence memory e;
        e.accused = accuse(turn);
        e.frag = turn.frags[2 * place];
        e.signature = sign(turn.gateway, MessageHashes.hash(e.frag));
        e.presence = presenceOf(turn.window, missed);
        e.coverBatchId = cover;
        return abi.encode(e);
    }

    /// The turn rests on the end-of-window seal of the one before it, which was convicted under its own base.
    function sealedExcuse(Turn memory turn, Turn memory before) internal view returns (ShiftEvidence memory e) {
        Seal memory end = before.seals[before.seals.length - 1];
        e.accused = accuse(turn);
        e.excuse.predecessor = accuse(before);
        e.excuse.seal = end;
        e.excuse.sealSignature = sign(before.gateway, MessageHashes.hash(end));
        e.excuse.convicted = before.base;
    }

    // --- The court ---

    function slash(IJudge judge, bytes memory evidence) internal returns (bytes32 faultId) {
        slasher.commit(keccak256(abi.encode(judge, keccak256(evidence), watcher)));
        vm.roll(vm.getBlockNumber() + 1);
        faultId = slasher.slash(judge, evidence, watcher);
        assertTrue(slasher.isRecorded(faultId));
    }

    /// Goes to the time at which the case under the turn's base can be closed, and closes it.
    function closeCase(Turn memory turn) internal {
        uint256 closesAt = slasher.caseOf(turn.gateway, address(inbox), turn.baseHash).closesAt;
        if (vm.getBlockTimestamp() < closesAt) goTo(closesAt);
        slasher.close(turn.gateway, address(inbox), turn.baseHash);
    }

    /// Slashed, under this kind; what is taken and suspended are the safety fault's.
    function convictSafety(IJudge judge, bytes memory evidence, Turn memory turn, FaultKind kind) internal {
        uint256 reserveBefore = vault.reserveOf(turn.gateway, address(inbox));
        Fault memory fault = judge.judge(evidence);
        assertEq(uint256(fault.kind), uint256(kind), "kind");
        slash(judge, evidence);
        assertTrue(slasher.hasVerdict(turn.gateway, address(inbox), turn.baseHash, kind), "verdict");
        assertEq(reserveBefore - vault.reserveOf(turn.gateway, address(inbox)), 1000 ether, "taken");
        assertFalse(registry.eligibleAt(turn.gateway, address(inbox), inbox.currentSlot() / EPOCH + 2), "suspended");
    }

    /// The judge hears the evidence and finds nothing: with exactly this error.
    function acquit(IJudge judge, bytes memory evidence, bytes4 reason) internal view {
        (bool ok, bytes memory answer) = address(judge).staticcall(abi.encodeCall(IJudge.judge, (evidence)));
        assertFalse(ok, "convicted an honest gateway");
        bytes4 got;
        assembly ("memory-safe") {
            got := mload(add(answer, 32))
        }
        assertEq(bytes32(got), bytes32(reason), "acquitted for another reason");
    }

    /// Two signed messages of one gateway that can both be true.
    function nothing() internal pure returns (bytes4) {
        return IEvidence.NoContradiction.selector;
    }
}
