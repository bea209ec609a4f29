// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchStatus} from "../../src/interfaces/IInbox.sol";
import {Difference, ForkEvidence, LieEvidence, UnkeptEvidence} from "../../src/slashing/Evidence.sol";
import {Frag, Seal} from "../../src/types/Messages.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// Gas of whole slashes. Run with `--isolate`: then every call is a transaction of its own, calldata and intrinsic gas included.
contract SlashGasTest is SlashingWorld {
    function test_gasOfAnEquivocationSlash() public {
        Frag memory other = fragOf(A, 101, 5);
        other.promisesRoot = keccak256("another branch");
        bytes memory e = abi.encode(ForkEvidence(accuse(A), signed(A, fragOf(A, 101, 5)), signed(A, other)));
        commitTo(forkJudge, e, watcher);
        vm.snapshotGasLastCall("Slashing", "commit");
        slasher.slash(forkJudge, e, watcher);
        vm.snapshotGasLastCall("Slashing", "slash: two frags");
        assertTrue(registry.suspended(A, rollup));
    }

    function test_gasOfASlashForTwoSeals() public {
        Seal memory other = sealOf(B, 101, 5);
        other.blockHash = keccak256("another block");
        bytes memory e = abi.encode(ForkEvidence(accuse(B), signed(B, sealOf(B, 101, 5)), signed(B, other)));
        commitTo(forkJudge, e, watcher);
        slasher.slash(forkJudge, e, watcher);
        vm.snapshotGasLastCall("Slashing", "slash: two seals");
        assertTrue(registry.suspended(B, rollup));
    }

    /// Block 107 with another transaction at index 3.
    function differing() internal pure returns (Content memory derived) {
        derived = content(107);
        derived.transactions[3] = hex"02aabbcc";
        finish(derived, 107, env());
    }

    function test_gasOfASlashForALie() public {
        LieEvidence memory e;
        e.accused = accuse(A);
        e.promised = promiseOf(A, 107, content(107), 3, address(0xBEEF));
        e.own = signed(A, batchOf(baseOf(A), 105, 107, differing().blockHash));
        e.content = shown(differing(), 105, 107, Difference.Transaction, 3);
        commitTo(lieJudge, abi.encode(e), watcher);
        slasher.slash(lieJudge, abi.encode(e), watcher);
        vm.snapshotGasLastCall("Slashing", "slash: lie");
        assertTrue(registry.suspended(A, rollup));
    }

    function test_gasOfASlashForAnUnkeptPromise() public {
        UnkeptEvidence memory e;
        e.accused = accuse(B);
        e.promised = promiseOf(B, 107, content(107), 3, address(0xBEEF));
        e.confirmed = batchOf(baseOf(A), 105, 107, differing().blockHash);
        e.batchId = post(A, e.confirmed, BatchStatus.Confirmed, LATER_WINDOW + 2);
        e.content = shown(differing(), 105, 107, Difference.Transaction, 3);
        commitTo(unkeptJudge, abi.encode(e), watcher);
        slasher.slash(unkeptJudge, abi.encode(e), watcher);
        vm.snapshotGasLastCall("Slashing", "slash: unkept");
        assertTrue(registry.suspended(B, rollup));
    }
}
