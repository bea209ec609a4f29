// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Difference, LieEvidence, UnkeptEvidence} from "../../src/slashing/Evidence.sol";
import {BatchStatus} from "../../src/interfaces/IInbox.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// Pitfall: a header that is believed because its parent hash is right. Anybody can write such a header; only one that hashes to
/// what the batch commits to says anything about the block.
contract ForgedHeadersTest is SlashingWorld {
    uint64 private constant BLOCK = 102;
    uint64 private constant COVERED = 107;

    /// Everything right, the parent hash included, but for the transactions: what a liar would frame an honest gateway with.
    function _forged(uint64 number) private pure returns (Content memory honest, Content memory forged) {
        honest = content(number);
        forged = content(number);
        forged.transactions[3] = hex"02aabbcc";
        finish(forged, number, env());
        assertNotEq(honest.blockHash, forged.blockHash);
    }

    function test_anHonestGatewayIsNotFramedByAForgedHeaderInItsOwnBatch() public {
        (Content memory honest, Content memory forged) = _forged(BLOCK);
        LieEvidence memory e;
        e.accused = accuse(A);
        e.promised = promiseOf(A, BLOCK, honest, 3, address(0xBEEF));
        e.own = signed(A, batchOf(baseOf(A), 100, BLOCK, honest.blockHash));
        e.content = shown(honest, 100, BLOCK, Difference.Transaction, 3);
        expectRefused(lieJudge, abi.encode(e), IEvidence.PromiseKept.selector);
        // The honest branch with the forged header, then with a branch made for the forged header.
        e.content.header = forged.header;
        e.content.trieProof = shown(forged, 100, BLOCK, Difference.Transaction, 3).trieProof;
        expectRefused(lieJudge, abi.encode(e), IEvidence.OtherRoot.selector);
        e.content = shown(forged, 100, BLOCK, Difference.Transaction, 3);
        e.content.branch[0] = keccak256("a sibling that fits");
        expectRefused(lieJudge, abi.encode(e), IEvidence.OtherRoot.selector);
    }

    function test_anHonestGatewayIsNotFramedByAForgedHeaderInAConfirmedBatch() public {
        (Content memory honest, Content memory forged) = _forged(COVERED);
        UnkeptEvidence memory e;
        e.accused = accuse(B);
        e.promised = promiseOf(B, COVERED, honest, 3, address(0xBEEF));
        e.confirmed = batchOf(baseOf(A), 105, COVERED, honest.blockHash);
        e.batchId = post(A, e.confirmed, BatchStatus.Confirmed, LATER_WINDOW + 2);
        e.content = shown(honest, 105, COVERED, Difference.Transaction, 3);
        expectRefused(unkeptJudge, abi.encode(e), IEvidence.PromiseKept.selector);
        e.content.header = forged.header;
        e.content.trieProof = shown(forged, 105, COVERED, Difference.Transaction, 3).trieProof;
        expectRefused(unkeptJudge, abi.encode(e), IEvidence.OtherRoot.selector);
    }
}
