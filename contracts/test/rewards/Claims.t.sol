// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IRewardsManager} from "../../src/interfaces/IRewardsManager.sol";
import {RewardsManager} from "../../src/rewards/RewardsManager.sol";
import {Attribution} from "../../src/types/Rewards.sol";
import {RewardsWorld} from "../support/RewardsWorld.sol";

/// Takes money only when told to, and tries to get more of it while it is paid.
contract GreedyReceiver {
    enum Mood {
        Takes,
        Refuses,
        ClaimsAgain,
        ReleasesAgain,
        Gathers
    }

    RewardsManager private immutable manager;
    Mood public mood;
    bytes public answer;

    constructor(RewardsManager manager_) {
        manager = manager_;
    }

    function set(Mood mood_) external {
        mood = mood_;
    }

    function claim(address to) external {
        manager.claim(to);
    }

    receive() external payable {
        if (mood == Mood.Refuses) revert("no");
        bytes memory data;
        if (mood == Mood.ClaimsAgain) data = abi.encodeCall(IRewardsManager.claim, (address(this)));
        if (mood == Mood.ReleasesAgain) data = abi.encodeCall(IRewardsManager.release, (address(0x09E4), 7));
        if (mood == Mood.Gathers) data = abi.encodeWithSignature("withdraw()");
        if (data.length != 0) (, answer) = address(manager).call(data);
    }
}

/// Paying: to the party alone, once, and operators only after every proof had its time.
contract ClaimsTest is RewardsWorld {
    address internal constant GATEWAY = address(0x6A7E);
    address internal constant OPERATOR = address(0x09E4);
    address internal constant ROLLUP = address(0x4011);
    uint64 internal constant OPENS_AT = 2_000_000_000;

    function setUp() public {
        vm.warp(OPENS_AT - 1 days);
        openRollup(messengerAlias);
        blocksUpTo(2, 1_000, 0);
        checkpoint(0);
        checkpoint(2);
    }

    function forfeit(address operator, uint64 period) internal {
        vm.prank(messengerAlias);
        manager.forfeit(operator, period);
    }

    function test_aPartyClaimsItsOwnWherever() public {
        settle(attributionOf(1, 2));
        address to = address(0xCAFE);
        vm.expectEmit(MANAGER);
        emit IRewardsManager.Claimed(GATEWAY, to, 1_000);
        vm.prank(GATEWAY);
        assertEq(manager.claim(to), 1_000);
        assertEq(to.balance, 1_000);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.NothingToClaim.selector, GATEWAY));
        vm.prank(GATEWAY);
        manager.claim(to);
    }

    function testFuzz_nobodyClaimsWhatIsAnothers(address stranger) public {
        vm.assume(stranger != GATEWAY && stranger != ROLLUP);
        settle(attributionOf(1, 2));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.NothingToClaim.selector, stranger));
        manager.claim(stranger);
    }

    /// The money may lie in all four vaults: a claim gathers it.
    function test_aClaimGathersWhatItNeeds() public {
        earn(0, 100, 300, 200);
        endBlock();
        checkpoint(3);
        settle(attributionOf(1, 2));
        settle(attributionOf(3, 3));
        uint256 before = heldWei();
        vm.prank(GATEWAY);
        uint256 paid = manager.claim(address(0xCAFE));
        assertEq(paid, 1_000 + 150 + 300);
        assertEq(heldWei(), before - paid);
        assertEq(L1_VAULT.balance + BASE_VAULT.balance + OPERATOR_VAULT.balance, 0);
    }

    // --- Receivers ---

    function greedy(GreedyReceiver.Mood mood) internal returns (GreedyReceiver receiver) {
        receiver = new GreedyReceiver(manager);
        receiver.set(mood);
        Attribution memory a = attributionOf(1, 2);
        a.gateway = address(receiver);
        settle(a);
    }

    function test_aReceiverThatFailsStopsItselfOnly() public {
        GreedyReceiver receiver = greedy(GreedyReceiver.Mood.Refuses);
        vm.expectRevert();
        receiver.claim(address(receiver));
        assertEq(manager.creditOf(address(receiver)), 1_000, "nothing is lost");
        assertEq(manager.totalProcessed(), 0);
        vm.prank(ROLLUP);
        manager.claim(ROLLUP);
        assertEq(ROLLUP.balance, 400);
        receiver.claim(address(0xCAFE));
        assertEq(address(0xCAFE).balance, 1_000);
    }

    function test_aReceiverThatReentersGetsNothingMore() public {
        GreedyReceiver receiver = greedy(GreedyReceiver.Mood.ClaimsAgain);
        vm.warp(OPENS_AT);
        bytes memory refusal = abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector);
        receiver.claim(address(receiver));
        assertEq(receiver.answer(), refusal);
        assertEq(address(receiver).balance, 1_000);
        assertEq(manager.totalProcessed(), 1_000);
    }

    function test_aReceiverCannotReleaseWhileItIsPaid() public {
        GreedyReceiver receiver = greedy(GreedyReceiver.Mood.ReleasesAgain);
        vm.warp(OPENS_AT);
        receiver.claim(address(receiver));
        assertEq(
            receiver.answer(), abi.encodeWithSelector(ReentrancyGuardTransient.ReentrancyGuardReentrantCall.selector)
        );
        assertEq(manager.potOf(OPERATOR, 7).amountWei, 600);
    }

    function test_gatheringWhileBeingPaidChangesNothing() public {
        earn(0, 100, 300, 200);
        endBlock();
        GreedyReceiver receiver = greedy(GreedyReceiver.Mood.Gathers);
        uint256 before = heldWei();
        receiver.claim(address(receiver));
        assertEq(heldWei(), before - 1_000);
        assertEq(manager.totalProcessed(), 1_000);
    }

    // --- Operators ---

    function test_anOperatorWaitsUntilEveryProofHadItsTime() public {
        settle(attributionOf(1, 2));
        vm.warp(OPENS_AT - 1);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.PotNotOpen.selector, OPENS_AT, OPENS_AT - 1));
        manager.release(OPERATOR, 7);
        vm.warp(OPENS_AT);
        manager.release(OPERATOR, 7);
        assertEq(manager.creditOf(OPERATOR), 600);
        vm.prank(OPERATOR);
        manager.claim(OPERATOR);
        assertEq(OPERATOR.balance, 600);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.NothingInPot.selector, OPERATOR, 7));
        manager.release(OPERATOR, 7);
    }

    /// An operator that is a contract on L1 is its alias on the rollup: whoever deploys at its address there gets nothing.
    function test_rewardsOfAContractAreItsAliases() public {
        Attribution memory a = attributionOf(1, 2);
        address aliased = address(uint160(OPERATOR) + uint160(0x1111000000000000000000000000000000001111));
        a.operatorAccount = aliased;
        settle(a);
        vm.warp(OPENS_AT);
        manager.release(OPERATOR, 7);
        assertEq(manager.creditOf(OPERATOR), 0);
        assertEq(manager.creditOf(aliased), 600);
    }

    /// Example 5 of specs/rewards.md: the rewards of one period burn; the other periods and the other parties keep theirs.
    function test_example5_aForfeitedPeriodBurns() public {
        blocksUpTo(4, 1_000, 0);
        checkpoint(4);
        settle(attributionOf(1, 2));
        Attribution memory next = attributionOf(3, 4);
        next.period = 8;
        settle(next);
        forfeit(OPERATOR, 7);
        uint256 before = GONE.balance;
        // At once: there is nothing to wait for any more.
        manager.release(OPERATOR, 7);
        assertEq(GONE.balance, before + 600);
        assertEq(manager.revenue().burnedWei, 600);
        vm.warp(OPENS_AT);
        manager.release(OPERATOR, 8);
        assertEq(manager.creditOf(OPERATOR), 600);
        assertEq(manager.creditOf(GATEWAY), 2_000);
        assertEq(manager.creditOf(ROLLUP), 800);
    }

    function test_aForfeitureThatComesBeforeTheRewardsStillCounts() public {
        forfeit(OPERATOR, 7);
        forfeit(OPERATOR, 7);
        settle(attributionOf(1, 2));
        manager.release(OPERATOR, 7);
        assertEq(GONE.balance, 600);
        assertEq(manager.creditOf(OPERATOR), 0);
    }

    /// It is told in time (the wait sees to that) or finds only what has not been released.
    function test_aLateForfeitureTakesWhatIsLeft() public {
        blocksUpTo(4, 1_000, 0);
        checkpoint(4);
        settle(attributionOf(1, 2));
        vm.warp(OPENS_AT);
        manager.release(OPERATOR, 7);
        forfeit(OPERATOR, 7);
        settle(attributionOf(3, 4));
        manager.release(OPERATOR, 7);
        assertEq(manager.creditOf(OPERATOR), 600);
        assertEq(GONE.balance, 600);
    }

    /// Two windows of one period under different terms: the longer wait counts.
    function test_theLongestWaitOfAPeriodCounts() public {
        blocksUpTo(4, 1_000, 0);
        checkpoint(4);
        Attribution memory longer = attributionOf(1, 2);
        longer.opensAt = OPENS_AT + 100;
        settle(longer);
        settle(attributionOf(3, 4));
        vm.warp(OPENS_AT + 99);
        vm.expectRevert(abi.encodeWithSelector(IRewardsManager.PotNotOpen.selector, OPENS_AT + 100, OPENS_AT + 99));
        manager.release(OPERATOR, 7);
        vm.warp(OPENS_AT + 100);
        manager.release(OPERATOR, 7);
        assertEq(manager.creditOf(OPERATOR), 1_200);
    }
}
