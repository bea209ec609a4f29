// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchRecord, BatchStatus, IInbox, Posting} from "../../src/interfaces/IInbox.sol";
import {InboxWorld} from "../support/InboxWorld.sol";

/// Everything anyone may do to an Inbox, in any order, and beside it the rule of the tree written down as plainly as possible: a list,
/// walked from the start for each question. The Inbox must say the same.
contract InboxHandler is InboxWorld {
    uint64 private constant WINDOW = 30_000;
    address[3] private actors;

    // The plain reading.
    uint32[] public parents;
    uint256[] public postedAt;
    bool[] public isVoid;
    bool[] public stands;
    bool[] public disputed;

    // What was ever seen.
    mapping(uint32 batchId => bool) public wasConfirmed;
    mapping(uint32 batchId => bool) public wasVoid;
    mapping(uint32 batchId => uint256) public bondsIn;
    mapping(uint32 batchId => uint256) public bondsOut;
    uint256 public paidInWei;
    uint256 public withdrawnWei;
    uint256 public verdicts;
    /// First surprise. A revert here would only undo the call.
    string public wrong;

    function setUp() public override {
        super.setUp();
        lookahead.setRest(WINDOW, A);
        lookahead.setWindow(8, 31, 0);
        actors = [makeAddr("one"), makeAddr("two"), makeAddr("three")];
        atSlot(100);
        _note(0, 0);
    }

    // --- Acts ---

    function post(uint256 minutes_) external {
        _pass(minutes_);
        uint32 parent = inbox.newest();
        _noteNew(postOn(parent, _nextBlock(parent), WINDOW, KEY_A), parent);
    }

    function postDisputingAt(uint256 seed, uint256 minutes_) external {
        _pass(minutes_);
        uint32 parent = uint32(seed % parents.length);
        uint32 rival = _lastChild(parent);
        bool opens = rival != 0 && !isVoid[rival] && !disputed[rival];
        vm.deal(address(this), BOND);
        Posting memory posting = plan(parent, _nextBlock(parent), WINDOW, KEY_A);
        bytes memory signed = signBatch(KEY_A, posting);
        uint64 slot = inbox.currentSlot();
        // Beside a Confirmed batch, or one that can no longer be disputed, nothing could ever count.
        bool clear = opens ? _mayDispute(rival) : rival == 0 || isVoid[rival] || !plainlyDead(rival);
        bool may = clear && !plainlyDead(parent) && !isVoid[parent];
        try inbox.postBatchDisputing{value: BOND}(posting, signed, slot, parent, rival) returns (uint32 batchId) {
            _expect(may, "a place where no batch may be");
            paidInWei += BOND;
            if (opens) _opened(rival);
            _noteNew(batchId, parent);
        } catch {
            _expect(!may, "a place where a batch may be");
        }
    }

    function dispute(uint256 seed, uint256 who) external {
        uint32 batchId = _pick(seed);
        if (batchId == 0) return;
        address actor = actors[who % 3];
        vm.deal(actor, BOND);
        vm.prank(actor);
        try inbox.dispute{value: BOND}(batchId) {
            _expect(_mayDispute(batchId), "a dispute that may not be");
            paidInWei += BOND;
            _opened(batchId);
        } catch {
            _expect(!_mayDispute(batchId), "a dispute that may be");
        }
    }

    function resolve(uint256 seed, uint8 answer) external {
        uint32 batchId = _pick(seed);
        if (batchId == 0) return;
        bool may = disputed[batchId] && plainlyConfirmed(parents[batchId]) && _eldersAreVoid(batchId);
        bool voids = answer % 3 == 0;
        bool lapses = answer % 3 == 1;
        vm.prank(address(resolver));
        (bool done,) = address(inbox)
            .call(lapses ? abi.encodeCall(IInbox.lapse, (batchId)) : abi.encodeCall(IInbox.resolve, (batchId, voids)));
        _expect(done == may, "a verdict too early, or refused");
        if (!done) return;
        disputed[batchId] = false;
        ++bondsOut[batchId];
        isVoid[batchId] = voids;
        stands[batchId] = !voids;
        ++verdicts;
    }

    function closeOrphaned(uint256 seed) external {
        uint32 batchId = _pick(seed);
        if (batchId == 0) return;
        bool may = disputed[batchId] && plainlyDead(batchId);
        try inbox.closeOrphaned(batchId) {
            _expect(may, "closed a living dispute");
            disputed[batchId] = false;
            ++bondsOut[batchId];
        } catch {
            _expect(!may, "a dead dispute stays open");
        }
    }

    function withdraw(uint256 who) external {
        address actor = who % 4 == 3 ? address(this) : actors[who % 4];
        uint256 credit = inbox.creditOf(actor);
        vm.prank(actor);
        try inbox.withdraw(payable(actor)) returns (uint256 amount) {
            _expect(amount == credit, "another amount than the credit");
            withdrawnWei += amount;
        } catch {
            _expect(credit == 0, "a credit that is not paid");
        }
    }

    function pass(uint256 minutes_) external {
        _pass(minutes_);
    }

    // --- The plain reading of R4 ---

    function plainlyConfirmed(uint32 id) public view returns (bool) {
        if (id == 0) return true;
        if (isVoid[id] || disputed[id] || !_eldersAreVoid(id) || !plainlyConfirmed(parents[id])) return false;
        return stands[id] || vm.getBlockTimestamp() >= postedAt[id] + CLAIM_WINDOW;
    }

    /// An ancestor is void, or an elder sibling of it or of an ancestor is Confirmed.
    function plainlyDead(uint32 id) public view returns (bool) {
        while (id != 0) {
            for (uint32 elder = 1; elder < id; ++elder) {
                if (parents[elder] == parents[id] && plainlyConfirmed(elder)) return true;
            }
            id = parents[id];
            if (isVoid[id]) return true;
        }
        return false;
    }

    function plainStatus(uint32 id) public view returns (BatchStatus) {
        if (isVoid[id]) return BatchStatus.Void;
        if (plainlyDead(id)) return BatchStatus.Orphaned;
        if (plainlyConfirmed(id)) return BatchStatus.Confirmed;
        return disputed[id] ? BatchStatus.Disputed : BatchStatus.Posted;
    }

    function count() external view returns (uint32) {
        return uint32(parents.length - 1);
    }

    function theInbox() external view returns (IInbox) {
        return inbox;
    }

    /// Remembers what is final now.
    function look() external {
        for (uint32 id = 1; id < parents.length; ++id) {
            BatchStatus status = inbox.statusOf(id);
            if (status == BatchStatus.Confirmed) wasConfirmed[id] = true;
            if (status == BatchStatus.Void) wasVoid[id] = true;
        }
    }

    function actorCredits() external view returns (uint256 sum) {
        sum = inbox.creditOf(address(this));
        for (uint256 i; i < 3; ++i) {
            sum += inbox.creditOf(actors[i]);
        }
    }

    // --- Inside ---

    function _pass(uint256 minutes_) private {
        // A call of the run is a transaction of its own.
        newTransaction();
        vm.warp(vm.getBlockTimestamp() + bound(minutes_, 0, 25) * 1 minutes);
        vm.roll(vm.getBlockNumber() + 1);
        rememberBlock(uint64(vm.getBlockNumber()) - 1);
    }

    function _nextBlock(uint32 parent) private view returns (uint64) {
        return parent == 0 ? 10 : inbox.record(parent).lastBlock + 10;
    }

    function _eldersAreVoid(uint32 id) private view returns (bool) {
        for (uint32 elder = 1; elder < id; ++elder) {
            if (parents[elder] == parents[id] && !isVoid[elder]) return false;
        }
        return true;
    }

    function _lastChild(uint32 parent) private view returns (uint32 last) {
        for (uint32 id = 1; id < parents.length; ++id) {
            if (parents[id] == parent) last = id;
        }
    }

    function _mayDispute(uint32 id) private view returns (bool) {
        return plainStatus(id) == BatchStatus.Posted && vm.getBlockTimestamp() < postedAt[id] + CLAIM_WINDOW;
    }

    function _expect(bool holds, string memory what) private {
        if (!holds && bytes(wrong).length == 0) wrong = what;
    }

    function _pick(uint256 seed) private view returns (uint32) {
        return parents.length == 1 ? 0 : uint32(1 + seed % (parents.length - 1));
    }

    function _opened(uint32 id) private {
        disputed[id] = true;
        ++bondsIn[id];
    }

    function _noteNew(uint32 id, uint32 parent) private {
        _expect(id == parents.length, "ids run from 1");
        _note(parent, inbox.startOf(inbox.currentSlot()));
    }

    function _note(uint32 parent, uint256 time) private {
        parents.push(parent);
        postedAt.push(time);
        isVoid.push(false);
        stands.push(false);
        disputed.push(false);
    }
}

contract InboxInvariants is InboxWorld {
    InboxHandler private handler;

    function setUp() public override {
        handler = new InboxHandler();
        handler.setUp();
        bytes4[] memory selectors = new bytes4[](9);
        selectors[0] = InboxHandler.post.selector;
        selectors[1] = InboxHandler.postDisputingAt.selector;
        selectors[2] = InboxHandler.dispute.selector;
        selectors[3] = InboxHandler.resolve.selector;
        selectors[4] = InboxHandler.closeOrphaned.selector;
        selectors[5] = InboxHandler.withdraw.selector;
        selectors[6] = InboxHandler.pass.selector;
        // Twice: without them nothing happens.
        selectors[7] = InboxHandler.postDisputingAt.selector;
        selectors[8] = InboxHandler.resolve.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    function invariant_everyActGoesAsThePlainReadingSays() public view {
        assertEq(handler.wrong(), "");
        _theStatusIsThePlainReading();
        _theConfirmedChainIsALineThatLinks();
    }

    function invariant_whatIsFinalStaysAndPaidInIsHeldOrPaidOutOrBurned() public {
        _whatIsConfirmedOrVoidStaysSo();
        _eachBondEndsOnce();
        _theNewestBatchIsAPlaceToGoOn();
    }

    function _theStatusIsThePlainReading() private view {
        IInbox box = handler.theInbox();
        for (uint32 id = 1; id <= handler.count(); ++id) {
            assertEq(uint256(box.statusOf(id)), uint256(handler.plainStatus(id)), "status");
        }
    }

    function _theConfirmedChainIsALineThatLinks() private view {
        IInbox box = handler.theInbox();
        uint32 tip;
        for (uint32 id = 1; id <= handler.count(); ++id) {
            if (box.statusOf(id) != BatchStatus.Confirmed) continue;
            BatchRecord memory batch = box.record(id);
            assertEq(batch.parentId, tip, "one line");
            if (tip != 0) assertEq(batch.firstBlock, box.record(tip).lastBlock + 1, "no gap, no overlap");
            tip = id;
        }
    }

    function _whatIsConfirmedOrVoidStaysSo() private {
        IInbox box = handler.theInbox();
        for (uint32 id = 1; id <= handler.count(); ++id) {
            if (handler.wasConfirmed(id)) assertTrue(box.statusOf(id) == BatchStatus.Confirmed, "confirmed for ever");
            if (handler.wasVoid(id)) assertTrue(box.statusOf(id) == BatchStatus.Void, "void for ever");
        }
        handler.look();
    }

    function _eachBondEndsOnce() private view {
        IInbox box = handler.theInbox();
        uint256 open;
        for (uint32 id = 1; id <= handler.count(); ++id) {
            (address disputer,) = box.disputeOf(id);
            if (disputer != address(0)) ++open;
            uint256 ended = handler.bondsOut(id);
            assertEq(handler.bondsIn(id), ended + (disputer == address(0) ? 0 : 1), "each bond ends once");
        }
        uint256 held = address(box).balance;
        assertEq(held, open * BOND + handler.actorCredits(), "held");
        assertEq(handler.paidInWei(), held + handler.withdrawnWei() + address(0xdEaD).balance, "paid in");
    }

    function _theNewestBatchIsAPlaceToGoOn() private view {
        IInbox box = handler.theInbox();
        uint32 newest = box.newest();
        BatchStatus status = box.statusOf(newest);
        assertTrue(status != BatchStatus.Void && status != BatchStatus.Orphaned, "newest is alive");
        for (uint32 id = newest + 1; id <= handler.count(); ++id) {
            if (handler.parents(id) != newest) continue;
            status = box.statusOf(id);
            assertTrue(status == BatchStatus.Void || status == BatchStatus.Orphaned, "nothing living stands on it");
        }
    }
}
