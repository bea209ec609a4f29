// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IEvidence} from "../../src/interfaces/IEvidence.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {PromiseTree} from "../../src/libraries/promise/PromiseTree.sol";
import {BlockHeader} from "../../src/libraries/trie/BlockHeader.sol";
import {MerklePatricia} from "../../src/libraries/trie/MerklePatricia.sol";
import {Difference, LieEvidence, Promise} from "../../src/slashing/Evidence.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {Base, Batch, BlockEnv} from "../../src/types/Messages.sol";
import {SlashingWorld} from "../support/SlashingWorld.sol";

contract LieJudgeTest is SlashingWorld {
    address internal user = address(0xBEEF);
    uint64 internal constant BLOCK = 102;

    function lie(Content memory promised, Content memory derived, Difference difference, uint256 index)
        internal
        view
        returns (LieEvidence memory e)
    {
        e.accused = accuse(A);
        e.promised = promiseOf(A, BLOCK, promised, index, user);
        e.own = signed(A, batchOf(baseOf(A), 100, BLOCK, derived.blockHash));
        e.content = shown(derived, 100, BLOCK, difference, index);
    }

    function guilty(LieEvidence memory e) internal view {
        Fault memory fault = lieJudge.judge(abi.encode(e));
        assertEq(uint8(fault.kind), uint8(FaultKind.Lie));
        assertEq(fault.id, FaultIds.underBase(FaultKind.Lie, A, rollup, MessageHashes.hash(baseOf(A))));
        assertEq(fault.amountWei, 1000 ether);
    }

    function refused(LieEvidence memory e, bytes4 reason) internal {
        expectRefused(lieJudge, abi.encode(e), reason);
    }

    // --- Lies ---

    function test_anotherTransactionAtTheIndexIsALie() public view {
        Content memory derived = content(BLOCK);
        derived.transactions[3] = hex"02aabbcc";
        finish(derived, BLOCK, env());
        guilty(lie(content(BLOCK), derived, Difference.Transaction, 3));
    }

    function test_anotherReceiptAtTheIndexIsALie() public view {
        Content memory derived = content(BLOCK);
        derived.receipts[4] = hex"02aabbcc";
        finish(derived, BLOCK, env());
        guilty(lie(content(BLOCK), derived, Difference.Receipt, 4));
    }

    /// R7: absent and different are one fact.
    function test_aBlockThatIsTooShortIsALie() public view {
        for (uint256 length; length < 4; ++length) {
            Content memory derived = content(BLOCK);
            derived.transactions = new bytes[](length);
            for (uint256 i; i < length; ++i) {
                derived.transactions[i] = content(BLOCK).transactions[i];
            }
            finish(derived, BLOCK, env());
            guilty(lie(content(BLOCK), derived, Difference.Transaction, 4));
        }
    }

    /// R20: header fields are promised too.
    function test_eachHeaderFieldThatDiffersIsALie() public view {
        for (uint256 field; field < 6; ++field) {
            BlockEnv memory other = env();
            if (field == 0) other.coinbase = address(1);
            if (field == 1) other.gasLimit += 1;
            if (field == 2) other.baseFee += 1;
            if (field == 3) other.prevRandao = keccak256("other");
            if (field == 4) other.parentBeaconRoot = keccak256("other");
            Content memory derived = content(BLOCK);
            finish(derived, field == 5 ? BLOCK + 1 : BLOCK, other);
            guilty(lie(content(BLOCK), derived, Difference.Header, 3));
        }
    }

    function test_anotherExtraDataIsALie() public view {
        LieEvidence memory e = lie(content(BLOCK), content(BLOCK), Difference.Header, 3);
        e.promised.env.extraDataHash = keccak256("promised extra data");
        e.promised.frag.blockEnv = MessageHashes.hash(e.promised.env);
        resign(A, e.promised);
        guilty(e);
    }

    // --- The honest twin ---

    function test_aKeptPromiseIsNoLieWhateverIsPointedAt() public {
        for (uint256 index = 2; index < 5; ++index) {
            for (uint256 d; d < 3; ++d) {
                refused(lie(content(BLOCK), content(BLOCK), Difference(d), index), IEvidence.PromiseKept.selector);
            }
        }
    }

    /// R4.5: a gateway is judged at once only against a batch it signed itself.
    function test_somebodyElsesBatchFramesNobody() public {
        Content memory derived = content(BLOCK);
        derived.transactions[3] = hex"02aabbcc";
        finish(derived, BLOCK, env());
        LieEvidence memory e = lie(content(BLOCK), derived, Difference.Transaction, 3);
        e.own.signature = sign(B, MessageHashes.hash(e.own.batch));
        refused(e, CommitterSignatures.NotAMember.selector);
    }

    function test_anOwnBatchUnderAnotherBaseIsNoLie() public {
        Content memory derived = content(BLOCK);
        derived.transactions[3] = hex"02aabbcc";
        finish(derived, BLOCK, env());
        LieEvidence memory e = lie(content(BLOCK), derived, Difference.Transaction, 3);
        Base memory other = baseOf(A);
        other.attempt = 1;
        e.own = signed(A, batchOf(other, 100, BLOCK, derived.blockHash));
        refused(e, IEvidence.OtherBase.selector);
    }

    // --- One-field mutations of a proof ---

    function lying() internal view returns (LieEvidence memory) {
        Content memory derived = content(BLOCK);
        derived.transactions[3] = hex"02aabbcc";
        finish(derived, BLOCK, env());
        return lie(content(BLOCK), derived, Difference.Transaction, 3);
    }

    function test_thePromiseMustBeTheAccuseds() public {
        LieEvidence memory e = lying();
        e.promised.signature = sign(B, MessageHashes.hash(e.promised.frag));
        refused(e, CommitterSignatures.NotAMember.selector);
    }

    function test_theEnvMustBeTheFrags() public {
        LieEvidence memory e = lying();
        e.promised.env.baseFee += 1;
        refused(e, IEvidence.OtherEnv.selector);
    }

    function test_theLeafMustStandInTheFragAtItsIndex() public {
        LieEvidence memory e = lying();
        e.promised.leaf.index = 4;
        refused(e, IEvidence.OtherRoot.selector);
        e.promised.leaf.index = 5;
        refused(e, IEvidence.IndexOutsideFrag.selector);
        e.promised.leaf.index = 1;
        refused(e, IEvidence.IndexOutsideFrag.selector);
        e.promised.leaf.index = type(uint256).max;
        refused(e, IEvidence.IndexOutsideFrag.selector);
        e = lying();
        e.promised.leaf.txHash = keccak256("invented");
        refused(e, IEvidence.OtherRoot.selector);
        e = lying();
        e.promised.branch = new bytes32[](1);
        refused(e, PromiseTree.BranchLength.selector);
    }

    function test_theBlockMustBeTheBatchs() public {
        LieEvidence memory e = lying();
        e.content.branch[0] = keccak256("other");
        refused(e, IEvidence.OtherRoot.selector);
        e = lying();
        e.content.header = content(BLOCK).header;
        refused(e, IEvidence.OtherRoot.selector);
        e = lying();
        e.own = signed(A, batchOf(baseOf(A), BLOCK + 1, BLOCK + 1, e.content.branch[0]));
        refused(e, IEvidence.BlockOutsideBatch.selector);
    }

    function test_theTrieProofMustBeOfTheBlock() public {
        LieEvidence memory e = lying();
        e.content.trieProof[0][0] ^= 0x01;
        refused(e, MerklePatricia.TrieNodeUnknown.selector);
        e = lying();
        e.content.trieProof = new bytes[](0);
        refused(e, MerklePatricia.TrieProofTooShort.selector);
        e = lying();
        e.content.difference = Difference.Receipt;
        refused(e, MerklePatricia.TrieNodeUnknown.selector);
    }

    function test_aHeaderDifferenceBringsNoTrieProof() public {
        LieEvidence memory e = lying();
        e.content.difference = Difference.Header;
        refused(e, IEvidence.EvidenceNotCanonical.selector);
    }

    /// A batch may claim a hash that no header has: then nothing can be shown, and the claim is void (falseClaim).
    function test_aHeaderWithTooFewFieldsProvesNothing() public {
        LieEvidence memory e = lying();
        e.content.header = hex"c3010203";
        e.own = signed(A, batchOf(baseOf(A), 100, BLOCK, keccak256(e.content.header)));
        e.content.branch = shown(content(BLOCK), 100, BLOCK, Difference.Header, 0).branch;
        refused(e, BlockHeader.HeaderFieldCount.selector);
    }

    function testFuzz_aBatchWithAnyRangeIsHandledWithoutOverflow(uint64 first, uint64 last) public {
        LieEvidence memory e = lying();
        e.own.batch.firstBlock = first;
        e.own.batch.lastBlock = last;
        vm.assume(first != 100 || last != 104);
        e.own = signed(A, e.own.batch);
        vm.expectRevert();
        lieJudge.judge(abi.encode(e));
    }

    function testFuzz_anyChangedByteConvictsNobody(uint256 place, uint8 change) public {
        bytes memory e = abi.encode(lying());
        place = bound(place, 0, e.length - 1);
        e[place] ^= bytes1(change == 0 ? 1 : change);
        vm.expectRevert();
        lieJudge.judge(e);
    }

    function test_trailingBytesAreRefused() public {
        expectRefused(
            lieJudge, abi.encodePacked(abi.encode(lying()), uint256(0)), IEvidence.EvidenceNotCanonical.selector
        );
    }
}
