// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox, Posting} from "../../src/interfaces/IInbox.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Difference, ForkEvidence, LateEvidence, UnkeptEvidence} from "../../src/slashing/Evidence.sol";
import {CommitterKey, Delegation} from "../../src/types/Messages.sol";
import {LookaheadProof, ValidatorProof} from "../../src/types/Proofs.sol";
import {CommitterSet} from "../../src/types/Windows.sol";
import {TransactionGas} from "../support/beacon/TransactionGas.sol";
import {Accusers} from "./Accusers.sol";

/// What acts cost as transactions of their own, every account and word cold, through all real contracts (minimal preset: epochs of
/// eight slots). Refunds are not subtracted: a slash has 4,800 for its commitment.
contract WholeGasTest is Accusers, TransactionGas {
    function setUp() public override {
        super.setUp();
        address[11] memory parts = [
            address(inbox),
            address(lookahead),
            address(registry),
            address(validators),
            address(parameters),
            address(vault),
            address(verifiers),
            address(fulu),
            address(slasher),
            BURNED,
            HISTORY
        ];
        for (uint256 i; i < parts.length; ++i) {
            coldInTransactions(parts[i]);
        }
        coldInTransactions(BEACON_ROOTS);
        coldInTransactions(address(forkJudge));
        coldInTransactions(address(lieJudge));
        coldInTransactions(address(lateJudge));
        coldInTransactions(address(unkeptJudge));
    }

    function _noted(string memory name, address to, bytes memory data) private returns (uint256 used) {
        used = sendCold(to, data);
        vm.snapshotValue("Whole", name, used);
    }

    function _slashed(string memory name, IJudge judge, bytes memory evidence) private returns (uint256) {
        slasher.commit(keccak256(abi.encode(judge, keccak256(evidence), watcher)));
        vm.roll(vm.getBlockNumber() + 1);
        return _noted(name, address(slasher), abi.encodeCall(ISlasher.slash, (judge, evidence, watcher)));
    }

    function _posted(string memory name, Posting memory posting, uint32 gateway) private returns (uint256) {
        bytes memory signature = sign(gateway, MessageHashes.hash(posting.batch));
        return _noted(name, address(inbox), abi.encodeCall(IInbox.postBatch, (posting, signature, inbox.currentSlot())));
    }

    /// By the oracle's proof of a real validator.
    function test_gasOfRegistrations() public {
        ValidatorProof memory proof = validatorFrom(fixture("beacon/minimal/proofs.json"), ".validators[1]");
        bytes memory call = abi.encodeCall(IValidatorRegistry.registerByWithdrawalAddress, (proof, operatorB));
        vm.prank(operatorB);
        _noted("registerByWithdrawalAddress", address(validators), call);

        CommitterSet memory set;
        (set.threshold, set.members) = (1, new address[](1));
        uint256 key;
        (set.members[0], key) = makeAddrAndKey("gateway G");
        bytes32 possession = MessageHashes.hash(CommitterKey(address(this), MessageHashes.hash(set)));
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature(key, MessageHashes.digest(registry.domainSeparator(), possession));
        call = abi.encodeCall(IGatewayRegistry.register, (set, signatures, "https://gateway.example"));
        _noted("register a gateway", address(registry), call);
        vm.deal(address(this), STAKE);
        vault.deposit{value: STAKE}(4);
        vault.reserve(4, address(inbox), STAKE);
        _noted("join", address(registry), abi.encodeCall(IGatewayRegistry.join, (4, address(inbox))));
        Delegation memory lent = delegation(address(this), 4, 0);
        lent.firstEpoch = FIRST + 2;
        _noted("delegate", address(registry), abi.encodeCall(IGatewayRegistry.delegate, (lent, "")));
    }

    function test_gasOfALookahead() public {
        atSlot(windowOf(0));
        // One epoch ahead of the walk: an epoch nobody has proven.
        LookaheadProof memory proof = lookaheadProof(FIRST * EPOCH + 1, true, proposers());
        _noted("prove", address(lookahead), abi.encodeCall(ILookahead.prove, (FIRST + 1, proof)));
        _noted("cacheWindows", address(lookahead), abi.encodeCall(ILookahead.cacheWindows, (address(inbox), FIRST)));
        uint256 used = callCold(address(lookahead), abi.encodeCall(ILookahead.windowAt, (address(inbox), windowOf(0))));
        vm.snapshotValue("Whole", "windowAt, cached, call", used);
        assertLe(used, 10_000);
    }

    function _posts(bool cached) private {
        string memory how = cached ? ", cached" : ", not cached";
        Turn memory turn = turnOf(0, genesis(), 0);
        Turn memory next = turnOf(1, endOf(turn), 0);
        postTurn(turn);
        atSlot(next.window);
        if (cached) lookahead.cacheWindows(address(inbox), FIRST);
        _posted(string.concat("postBatch, first batch of a base", how), postingOf(B, next.base, next.batches[0]), B);
        Posting memory further = postingOf(B, next.base, next.batches[1]);
        // Later batches leave the Base empty.
        delete further.base;
        further.baseSignature = "";
        _posted(string.concat("postBatch, further batch of a base", how), further, B);
    }

    function test_gasOfPostingWithACachedLookahead() public {
        _posts(true);
    }

    function test_gasOfPostingWithALookaheadThatNobodyCached() public {
        _posts(false);
    }

    function test_gasOfSlashes() public {
        Turn memory turn = turnOf(0, genesis(), 0);
        Turn memory twin = turnOf(0, genesis(), 1);
        atSlot(turn.window);
        lookahead.cacheWindows(address(inbox), FIRST);
        bytes memory seals = abi.encode(ForkEvidence(accuse(turn), signed(A, turn.seals[0]), signed(A, twin.seals[0])));
        bytes memory frags = abi.encode(ForkEvidence(accuse(turn), signed(A, turn.frags[3]), signed(A, twin.frags[3])));
        uint256 before = vm.snapshotState();
        _slashed("slash, two seals", forkJudge, seals);
        vm.revertToState(before);
        _slashed("slash, two frags", forkJudge, frags);
        vm.revertToState(before);
        post(A, twin.base, twin.batches[0]);
        _slashed("slash, lie", lieJudge, lieOf(turn, twin, 1, 2, Difference.Transaction));
        vm.revertToState(before);
        post(A, turn.base, turn.batches[0]);
        Parent memory half;
        (half.number, half.blockHash) = (turn.blocks[3].number, turn.blocks[3].blockHash);
        half.batch = MessageHashes.hash(turn.batches[0]);
        Turn memory other = turnOf(1, half, 1);
        atSlot(other.window);
        uint32 cover = post(B, other.base, other.batches[0]);
        LateEvidence memory late;
        late.accused = accuse(turn);
        late.frag = turn.frags[10];
        late.signature = sign(A, MessageHashes.hash(late.frag));
        late.presence = presenceOf(turn.window, false);
        late.coverBatchId = cover;
        _slashed("slash, late", lateJudge, abi.encode(late));
        goTo(vm.getBlockTimestamp() + CLAIM_WINDOW + 1);
        UnkeptEvidence memory unkept;
        unkept.accused = accuse(turn);
        unkept.promised = promiseOf(turn, 5, 2);
        unkept.batchId = cover;
        unkept.confirmed = other.batches[0];
        unkept.content = shown(other, 0, 6, 1, Difference.Transaction, 2);
        _slashed("slash, unkept behind late", unkeptJudge, abi.encode(unkept));
        goTo(slasher.caseOf(A, address(inbox), turn.baseHash).closesAt);
        bytes32 fragHash = MessageHashes.hash(unkept.promised.frag);
        _closings(
            turn.baseHash, FaultIds.ofPromise(A, address(inbox), turn.baseHash, fragHash, unkept.promised.leaf.index)
        );
    }

    /// What anybody sends, and what a user's wallet sends instead.
    function _closings(bytes32 base, bytes32 faultId) private {
        uint256 open = vm.snapshotState();
        _noted("close", address(slasher), abi.encodeCall(ISlasher.close, (A, address(inbox), base)));
        vm.revertToState(open);
        bytes memory call = abi.encodeCall(ISlasher.closeAndClaim, (faultId, A, address(inbox), base));
        _noted("closeAndClaim", address(slasher), call);
    }
}
