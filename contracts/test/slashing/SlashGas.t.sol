// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ForkEvidence} from "../../src/slashing/Evidence.sol";
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
}
