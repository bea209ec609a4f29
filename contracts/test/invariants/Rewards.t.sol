// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IFeeVault} from "../../src/interfaces/IFeeVault.sol";
import {Attribution, Pot, Revenue, Shares} from "../../src/types/Rewards.sol";
import {RewardsWorld} from "../support/RewardsWorld.sol";

/// Takes what it is paid, or not; claims again while it is paid.
contract RewardsParty {
    function claim(address manager, address to) external returns (bool ok) {
        (ok,) = manager.call(abi.encodeWithSignature("claim(address)", to));
    }

    receive() external payable {
        (bool again,) = msg.sender.call(abi.encodeWithSignature("claim(address)", address(this)));
        require(!again, "paid twice");
        require(msg.value % 5 != 0, "I do not like fives");
    }
}

/// Earns, makes blocks, takes checkpoints or forgets to, tells in any order and again, settles, forfeits, releases, claims and moves
/// money between the vaults, at random; and keeps a ledger of its own.
contract RewardsHandler is RewardsWorld {
    /// Batches of 1 to 3 blocks, cut from the chain as it grows.
    Attribution[] internal batches;
    mapping(uint64 border => bool) internal taken;
    RewardsParty[3] public parties;
    address[2] public operators = [address(0x1001), address(0x1002)];
    uint256 public cameWei;
    uint256 public paidWei;
    uint64 public cutUpTo;
    uint64 public told;
    /// As the ledger has it: what each measured batch earned, by role.
    uint256 public expectedGatewaysWei;
    uint256 public measuredUpTo;
    /// Something was allowed that must not be; kept, because a call that reverts leaves no trace.
    string public violation;
    uint256 public settledBatches;
    uint256[] internal sharedAt;
    uint256[] internal l1At;

    constructor() {
        openRollup(messengerAlias);
        sharedAt.push(0);
        l1At.push(0);
        for (uint256 i; i < 3; ++i) {
            parties[i] = new RewardsParty();
        }
    }

    // --- Acts ---

    function makeBlock(uint64[4] memory fees, bool donates) external {
        uint256 sharedWei = uint256(fees[0]) + fees[1] + fees[3];
        earn(fees[0], fees[1], fees[2], fees[3]);
        if (donates) {
            vm.deal(address(this), 11);
            (bool ok,) = MANAGER.call{value: 11}("");
            assertTrue(ok);
            sharedWei += 11;
        }
        cameWei += sharedWei + fees[2];
        sharedAt.push(sharedAt[present - 1] + sharedWei);
        l1At.push(l1At[present - 1] + fees[2]);
        endBlock();
    }

    /// A few blocks with fees, as a batch.
    function makeBatch(uint48[4] memory fees, uint8 size, uint8 who, uint16 rollupBps, uint16 operatorBps) external {
        for (uint256 i; i <= size % 3; ++i) {
            this.makeBlock([uint64(fees[0]), fees[1], fees[2], fees[3]], false);
        }
        cutBatch(size, 0, who, rollupBps, operatorBps);
    }

    function cutBatch(uint8 size, uint8 gap, uint8 who, uint16 rollupBps, uint16 operatorBps) public {
        uint64 first = cutUpTo + 1 + gap % 2;
        uint64 last = first + size % 3;
        if (last >= present) return;
        Attribution memory a = attributionOf(first, last);
        a.gateway = address(parties[who % 3]);
        a.rollupOperator = address(parties[2]);
        a.operator = who % 4 == 0 ? address(0) : operators[who % 2];
        a.operatorAccount = who % 4 == 0 ? address(0) : address(parties[who % 3]);
        a.period = who % 2;
        a.opensAt = uint64(block.timestamp) + who;
        rollupBps = rollupBps % 10_001;
        operatorBps = operatorBps % (10_001 - rollupBps);
        a.shares = Shares(rollupBps, operatorBps, 10_000 - rollupBps - operatorBps);
        batches.push(a);
        cutUpTo = last;
    }

    /// Any block; most often the borders.
    function takeCheckpoint(uint8 pick) external {
        if (present < 2) return;
        uint64 number = pick % present;
        checkpoint(number);
        taken[number] = true;
    }

    /// Of a batch that waits to be settled, mostly.
    function takeBorders(uint8 pick) external {
        if (batches.length == 0) return;
        uint256 from = pick % 8 == 0 ? 0 : manager.settledPlace();
        if (from >= batches.length) return;
        Attribution memory a = batches[from + pick % (batches.length - from)];
        checkpoint(a.firstBlock - 1);
        checkpoint(a.lastBlock);
        (taken[a.firstBlock - 1], taken[a.lastBlock]) = (true, true);
    }

    /// In any order, some, again and again.
    function tellSome(uint8 pick, uint256 which) external {
        for (uint64 i; i < batches.length; ++i) {
            uint64 place = (pick + i) % uint64(batches.length);
            if (which >> i & 1 == 1) tell(place + 1, batches[place]);
        }
    }

    /// A stranger, the messenger's unaliased address, or the messenger with another answer: never heard.
    function tellWrong(uint8 pick, address stranger) external {
        if (batches.length == 0 || stranger == messengerAlias) return;
        uint64 place = uint64(pick % batches.length);
        Attribution memory a = batches[place];
        vm.prank(stranger);
        try manager.attribute(place + 1, listOf(a)) {
            violation = "a stranger was heard";
        } catch {}
        if (manager.attributionAt(place + 1) == 0) return;
        a.gateway = stranger;
        if (keccak256(abi.encode(a)) == keccak256(abi.encode(batches[place]))) return;
        vm.prank(messengerAlias);
        try manager.attribute(place + 1, listOf(a)) {
            violation = "an attribution changed";
        } catch {}
    }

    /// As far as it goes.
    function settleAll() external {
        for (uint256 i = manager.settledPlace(); i < batches.length; ++i) {
            try this.settleNext(1) {}
            catch {
                return;
            }
        }
    }

    function settleNext(uint8 pick) external {
        if (batches.length == 0) return;
        uint64 next = manager.settledPlace();
        // Mostly the right one.
        uint64 place = pick % 8 == 0 ? uint64(pick % batches.length) : next;
        if (place >= batches.length) return;
        manager.settle(listOf(batches[place]));
        if (place != next) violation = "settled out of order";
        ++settledBatches;
        Attribution memory a = batches[place];
        if (!taken[a.firstBlock - 1] || !taken[a.lastBlock]) return;
        measuredUpTo = sharedAt[a.lastBlock] + l1At[a.lastBlock];
        uint256 sharedWei = sharedAt[a.lastBlock] - sharedAt[a.firstBlock - 1];
        expectedGatewaysWei += l1At[a.lastBlock] - l1At[a.firstBlock - 1] + sharedWei - sharedWei * a.shares.rollupBps
        / 10_000 - sharedWei * a.shares.operatorBps / 10_000;
    }

    /// So long that no border before can be had any more. The blocks of the wait are empty.
    function waitForEver(uint8 dice) external {
        if (dice % 8 != 0) return;
        passBlocks(8_191);
        while (sharedAt.length < present) {
            sharedAt.push(sharedAt[sharedAt.length - 1]);
            l1At.push(l1At[l1At.length - 1]);
        }
        cutUpTo = present - 1;
    }

    function forfeit(uint8 who, uint8 period) external {
        vm.prank(messengerAlias);
        manager.forfeit(operators[who % 2], period % 2);
    }

    function release(uint8 who, uint8 period, uint8 wait) external {
        vm.warp(block.timestamp + wait);
        manager.release(operators[who % 2], period % 2);
    }

    function claim(uint8 who, bool elsewhere) external {
        RewardsParty party = parties[who % 3];
        uint256 credit = manager.creditOf(address(party));
        if (party.claim(MANAGER, elsewhere ? address(0xCAFE) : address(party))) paidWei += credit;
    }

    function move(uint8 which) external {
        if (which % 4 == 0) manager.withdraw();
        if (which % 4 == 1) IFeeVault(OPERATOR_VAULT).withdraw();
        if (which % 4 == 2) IFeeVault(BASE_VAULT).withdraw();
        if (which % 4 == 3) IFeeVault(L1_VAULT).withdraw();
    }

    // --- What the ledger knows ---

    function creditsWei() public view returns (uint256 sum) {
        for (uint256 i; i < 3; ++i) {
            sum += manager.creditOf(address(parties[i]));
        }
    }

    function potsWei() public view returns (uint256 sum) {
        for (uint256 i; i < 2; ++i) {
            for (uint64 period; period < 2; ++period) {
                sum += manager.potOf(operators[i], period).amountWei;
            }
        }
    }

    function held() external view returns (uint256) {
        return heldWei();
    }
}

/// Blocks with tries are dear: fewer runs than the other invariants, and longer ones.
/// forge-config: default.invariant.runs = 24
/// forge-config: default.invariant.depth = 80
contract RewardsInvariantTest is RewardsWorld {
    RewardsHandler internal handler;

    function setUp() public {
        handler = new RewardsHandler();
        present = 1;
        bytes4[] memory acts = new bytes4[](14);
        acts[0] = RewardsHandler.makeBlock.selector;
        acts[1] = RewardsHandler.makeBatch.selector;
        acts[2] = RewardsHandler.cutBatch.selector;
        acts[3] = RewardsHandler.takeCheckpoint.selector;
        acts[4] = RewardsHandler.takeBorders.selector;
        acts[5] = RewardsHandler.tellSome.selector;
        acts[6] = RewardsHandler.tellWrong.selector;
        acts[7] = RewardsHandler.settleNext.selector;
        acts[8] = RewardsHandler.settleAll.selector;
        acts[9] = RewardsHandler.waitForEver.selector;
        acts[10] = RewardsHandler.forfeit.selector;
        acts[11] = RewardsHandler.release.selector;
        acts[12] = RewardsHandler.claim.selector;
        acts[13] = RewardsHandler.move.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), acts));
        // The runner resets the balance of whoever it lets call.
        excludeSender(GONE);
        excludeSender(MANAGER);
        excludeSender(BASE_VAULT);
        excludeSender(L1_VAULT);
        excludeSender(OPERATOR_VAULT);
    }

    /// Money in = paid + burned + held.
    function invariant_nothingIsMadeAndNothingIsLost() public view {
        uint256 burnedWei = manager.revenue().burnedWei;
        assertEq(handler.cameWei(), handler.paidWei() + burnedWei + handler.held());
        assertEq(GONE.balance, burnedWei);
        assertEq(manager.totalProcessed(), handler.paidWei() + burnedWei, "what left");
    }

    /// Every credit and every pot is covered by what is there: no claim ever waits for somebody else's money.
    function invariant_whatIsOwedIsThere() public view {
        assertLe(handler.creditsWei() + handler.potsWei(), handler.held());
    }

    /// Credited is what came in up to the last measured batch, once: no block is attributed twice, none is left out.
    function invariant_everyWeiIsCreditedOnce() public view {
        Revenue memory r = manager.revenue();
        uint256 credited = uint256(r.gatewaysWei) + r.operatorsWei + r.rollupWei;
        assertEq(credited, handler.measuredUpTo());
        assertEq(
            credited, handler.paidWei() + r.burnedWei + handler.creditsWei() + handler.potsWei(), "paid, burned or owed"
        );
    }

    function invariant_nothingForbiddenWorked() public view {
        assertEq(handler.violation(), "");
        assertEq(manager.settledPlace(), handler.settledBatches());
    }

    /// Gateways get what the ledger says, wei by wei.
    function invariant_gatewaysGetTheirsAndNothingElse() public view {
        assertEq(manager.revenue().gatewaysWei, handler.expectedGatewaysWei());
    }
}
