// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {ForkEvidence, SignedMessage} from "../../src/slashing/Evidence.sol";
import {FaultKind} from "../../src/types/Faults.sol";
import {Frag} from "../../src/types/Messages.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

/// The one cheat code that makes a second valid signature of the same key on the same digest.
interface OtherNonces {
    function signWithNonceUnsafe(uint256 privateKey, bytes32 digest, uint256 nonce)
        external
        pure
        returns (uint8 v, bytes32 r, bytes32 s);
}

/// Pitfalls: one fault slashed twice because the evidence looks different; an object identified by its malleable signature.
contract SameFaultOtherBytesTest is SlashingWorld {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;

    function _fork(SignedMessage memory first, SignedMessage memory second) private view returns (bytes memory) {
        return abi.encode(ForkEvidence(accuse(A), first, second));
    }

    function _other(uint32 sequence) private pure returns (Frag memory f) {
        f = fragOf(A, 101, sequence);
        f.promisesRoot = keccak256("another branch");
    }

    function _resigned(Frag memory f, uint256 nonce) private view returns (SignedMessage memory m) {
        m = signed(A, f);
        bytes32 digest = MessageHashes.digest(separator, MessageHashes.hash(f));
        (uint8 v, bytes32 r, bytes32 s) = OtherNonces(address(vm)).signWithNonceUnsafe(keyOfA, digest, nonce);
        m.signature = abi.encodePacked(r, s, v);
    }

    function _refusedAsKnown(bytes memory evidence, bytes32 id) private {
        commitTo(forkJudge, evidence, watcher);
        vm.expectRevert(abi.encodeWithSelector(ISlasher.AlreadyRecorded.selector, id));
        slasher.slash(forkJudge, evidence, watcher);
    }

    function test_anotherPairOfMessagesOrOtherSignaturesAreTheSameFault() public {
        bytes32 id = slash(forkJudge, _fork(signed(A, fragOf(A, 101, 5)), signed(A, _other(5))));
        uint256 taken = slasher.caseOf(A, rollup, MessageHashes.hash(baseOf(A))).takenWei;
        // Swapped; another pair of frags; another valid signature of the same frag.
        _refusedAsKnown(_fork(signed(A, _other(5)), signed(A, fragOf(A, 101, 5))), id);
        _refusedAsKnown(_fork(signed(A, fragOf(A, 101, 6)), signed(A, _other(6))), id);
        SignedMessage memory again = _resigned(_other(5), 0xC0FFEE);
        assertNotEq(keccak256(again.signature), keccak256(signed(A, _other(5)).signature));
        _refusedAsKnown(_fork(signed(A, fragOf(A, 101, 5)), again), id);
        assertEq(slasher.caseOf(A, rollup, MessageHashes.hash(baseOf(A))).takenWei, taken);
    }

    /// Two signatures of one message are no two messages, and the twin that anybody can make of a signature is none at all.
    function test_otherSignaturesOfOneMessageAreNoFork() public {
        Frag memory frag = fragOf(A, 101, 5);
        SignedMessage memory again = _resigned(frag, 0xC0FFEE);
        expectRefused(forkJudge, _fork(signed(A, frag), again), IEvidence.NoContradiction.selector);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOfA, MessageHashes.digest(separator, MessageHashes.hash(frag)));
        again.signature = abi.encodePacked(r, bytes32(ORDER - uint256(s)), v == 27 ? uint8(28) : uint8(27));
        expectRefused(forkJudge, _fork(signed(A, _other(5)), again), CommitterSignatures.HighS.selector);
    }

    /// No two faults share an identity: neither across kinds nor gateways, rollups, bases, windows or promises.
    function testFuzz_identitiesOfDifferentFaultsDiffer(uint32 gateway, address rollup_, bytes32 base, uint64 window)
        public
        pure
    {
        // A base is a hash: no number of a slot is one.
        vm.assume(uint256(base) > type(uint128).max);
        bytes32[] memory ids = new bytes32[](15);
        for (uint8 kind; kind < 9; ++kind) {
            ids[kind] = FaultIds.underBase(FaultKind(kind), gateway, rollup_, base);
        }
        ids[9] = FaultIds.ofPromise(gateway, rollup_, base, base, 0);
        ids[10] = FaultIds.ofPromise(gateway, rollup_, base, base, 1);
        ids[11] = FaultIds.ofWindow(gateway, rollup_, window);
        ids[12] = FaultIds.underBase(FaultKind.Fork, gateway ^ 1, rollup_, base);
        ids[13] = FaultIds.underBase(FaultKind.Fork, gateway, rollup_, base ^ bytes32(uint256(1)));
        ids[14] = FaultIds.ofWindow(gateway, rollup_, window ^ 1);
        for (uint256 i; i < 15; ++i) {
            for (uint256 k; k < i; ++k) {
                assertNotEq(ids[i], ids[k]);
            }
        }
    }
}
