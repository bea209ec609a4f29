// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {EigenLayerRestaking} from "../../../src/bonds/EigenLayerRestaking.sol";
import {OperatorSet} from "../../../src/interfaces/eigenlayer/IAllocationManager.sol";
import {CaseState, IEigenLayerRestaking, ITokenPrice} from "../../../src/interfaces/IEigenLayerRestaking.sol";
import {ReleasePhase} from "../../../src/interfaces/IReleasePhases.sol";
import {IRestaking} from "../../../src/interfaces/IRestaking.sol";
import {BondsWorld} from "../../support/bonds/BondsWorld.sol";
import {FakeEigenLayer} from "./FakeEigenLayer.sol";
import {FakePrice, FakeStrategy} from "./FakeStrategy.sol";

contract EigenLayerRestakingTest is BondsWorld {
    bytes32 private constant FAULT = "fault";

    FakeEigenLayer private eigen;
    EigenLayerRestaking private adapter;
    FakePrice private price;
    /// Ascending; the second one has a price.
    FakeStrategy[2] private strategy;
    address private operator = makeAddr("operator");
    uint32 private gateway;
    uint32 private setId;

    function setUp() public {
        setUpWorld(ReleasePhase.Open);
        vm.roll(1000);
        gateway = registerGateway(owner, "committer");
        eigen = new FakeEigenLayer();
        price = new FakePrice(2 ether);
        FakeStrategy a = new FakeStrategy();
        FakeStrategy b = new FakeStrategy();
        (strategy[0], strategy[1]) = address(a) < address(b) ? (a, b) : (b, a);
        adapter = deploy(address(strategy[0]), address(strategy[1]));
        adapter.setUp();
        setId = adapter.openRollup(rollup);
        vm.prank(owner);
        adapter.proposeOperator(gateway, operator);
        register(operator, gateway);
        allocate(0, 100 ether);
    }

    function deploy(address first, address second) private returns (EigenLayerRestaking) {
        address[] memory list = new address[](2);
        (list[0], list[1]) = (first, second);
        ITokenPrice[] memory prices = new ITokenPrice[](2);
        prices[1] = price;
        return new EigenLayerRestaking(eigen, eigen, eigen, registry, slasher, SLOT, list, prices, "ipfs://avs");
    }

    function ids() private view returns (uint32[] memory list) {
        list = new uint32[](1);
        list[0] = setId;
    }

    function set() private view returns (OperatorSet memory) {
        return OperatorSet(address(adapter), setId);
    }

    function register(address who, uint32 forGateway) private {
        vm.prank(who);
        eigen.registerForOperatorSets(address(adapter), ids(), abi.encode(forGateway));
    }

    function allocate(uint256 place, uint256 shares) private {
        vm.prank(operator);
        eigen.allocate(set(), address(strategy[place]), shares);
    }

    function slash(uint256 amountWei) private returns (uint256 pendingWei) {
        uint256 paidWei;
        vm.prank(slasher);
        (paidWei, pendingWei) = adapter.slash(gateway, rollup, amountWei, FAULT);
        assertEq(paidWei, 0, "nothing is at hand");
    }

    function collect(bytes32 faultId) private returns (uint256 paidWei) {
        uint256 before = slasher.balance;
        vm.prank(slasher);
        paidWei = adapter.collect(faultId);
        assertEq(slasher.balance - before, paidWei);
    }

    function slashable(uint64 ahead) private view returns (uint256) {
        return adapter.slashable(gateway, rollup, uint64(block.timestamp) + ahead);
    }

    function buyAll(bytes32 faultId, uint256 place) private returns (uint256 costWei) {
        uint256 amount = adapter.caseOf(faultId).amounts[place];
        vm.deal(address(this), 1000 ether);
        return adapter.buy{value: 1000 ether}(faultId, place, amount, makeAddr("buyer"));
    }

    receive() external payable {}

    // --- Deployment ---

    /// Slashed native ETH stays locked in the pod: nobody would ever be paid.
    function test_nativeEtherIsRefused() public {
        address nativeEther = eigen.beaconChainETHStrategy();
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.NativeEther.selector, nativeEther));
        deploy(nativeEther, address(strategy[1]));
    }

    function test_strategiesAscendAsEigenLayerWantsThem() public {
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.StrategiesNotAscending.selector, 1));
        deploy(address(strategy[1]), address(strategy[0]));
    }

    function test_setUpRunsOnceAndLeavesNothingToChoose() public {
        vm.expectRevert(IEigenLayerRestaking.AlreadySetUp.selector);
        adapter.setUp();
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.RollupKnown.selector, rollup));
        adapter.openRollup(rollup);
        assertEq(eigen.getSlasher(set()), address(adapter));
        assertEq(eigen.getRedistributionRecipient(set()), address(adapter));
    }

    function test_eachRollupIsASetOfItsOwn() public {
        uint32 other = adapter.openRollup(otherRollup);
        assertNotEq(other, setId);
        assertEq(slashable(1 days), 100 ether);
        assertEq(adapter.slashable(gateway, otherRollup, uint64(block.timestamp)), 0);
    }

    // --- Registrar callbacks ---

    function test_anOperatorIsBoundOnlyWhereOwnerAndOperatorAgree() public {
        uint32 other = registerGateway(owner, "other");
        address stranger = makeAddr("stranger");
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.NotProposed.selector, other, stranger, address(0)));
        register(stranger, other);
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.BoundElsewhere.selector, gateway, stranger));
        register(stranger, gateway);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.NotTheOwner.selector, other, stranger, owner));
        adapter.proposeOperator(other, stranger);
    }

    function test_oneOperatorBacksOneGatewayForEver() public {
        uint32 other = registerGateway(owner, "other");
        vm.prank(owner);
        adapter.proposeOperator(other, operator);
        adapter.openRollup(otherRollup);
        uint32[] memory list = new uint32[](1);
        list[0] = 2;
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.BoundElsewhere.selector, other, operator));
        eigen.registerForOperatorSets(address(adapter), list, abi.encode(other));
        vm.prank(operator);
        eigen.registerForOperatorSets(address(adapter), list, abi.encode(gateway));
    }

    /// Callbacks are not in try/catch: one that reverts traps the operator in a slashable set.
    function test_anOperatorCanAlwaysLeaveWhateverIsGoingOn() public {
        slash(10 ether);
        vm.prank(owner);
        adapter.proposeOperator(gateway, address(0));
        uint32[] memory many = new uint32[](3);
        (many[0], many[1], many[2]) = (setId, 77, 0);
        vm.prank(operator);
        eigen.deregisterFromOperatorSets(address(adapter), many);
        vm.prank(operator);
        eigen.deregisterFromOperatorSets(address(adapter), ids());
        vm.prank(makeAddr("never registered"));
        eigen.deregisterFromOperatorSets(address(adapter), ids());
    }

    function test_leavingAndComingBackUnderflowsNothing() public {
        vm.prank(operator);
        eigen.deregisterFromOperatorSets(address(adapter), ids());
        vm.roll(block.number + 100_801);
        register(operator, gateway);
        assertEq(slashable(1), 100 ether);
        vm.prank(operator);
        eigen.deregisterFromOperatorSets(address(adapter), ids());
    }

    function test_callbacksComeFromTheAllocationManagerAlone() public {
        bytes memory refusal =
            abi.encodeWithSelector(IEigenLayerRestaking.NotTheAllocationManager.selector, address(this));
        vm.expectRevert(refusal);
        adapter.registerOperator(operator, address(adapter), ids(), abi.encode(gateway));
        vm.expectRevert(refusal);
        adapter.deregisterOperator(operator, address(adapter), ids());
        vm.prank(address(eigen));
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.ForeignAvs.selector, address(this)));
        adapter.registerOperator(operator, address(this), ids(), abi.encode(gateway));
        assertFalse(adapter.supportsAVS(address(this)));
    }

    // --- What counts ---

    function test_stakeCountsOnlyAsLongAsItCannotLeave() public {
        assertEq(slashable(0), 100 ether);
        assertEq(slashable(13 days), 100 ether);
        assertEq(slashable(15 days), 0, "an operator that deallocates now is out by then");
        vm.prank(operator);
        eigen.deallocate(set(), address(strategy[0]), 60 ether);
        vm.roll(block.number + 50_000);
        assertEq(slashable(5 days), 100 ether);
        assertEq(slashable(8 days), 40 ether);
    }

    function test_stakeIsValuedByShareRateAndPrice() public {
        allocate(1, 10 ether);
        strategy[1].grow(1.5e18);
        assertEq(slashable(0), 100 ether + 10 ether * 15 / 10 * 2);
    }

    function test_anOperatorThatLeftIsSlashableForTheDelayOnly() public {
        vm.prank(operator);
        eigen.deregisterFromOperatorSets(address(adapter), ids());
        assertEq(slashable(0), 100 ether);
        vm.roll(block.number + 100_801);
        assertEq(slashable(0), 0);
        assertEq(slash(1 ether), 0);
    }

    // --- Slashing ---

    /// EigenLayer slashes fractions: the amount must come out, not a wei less.
    function testFuzz_theFractionIsRoundedUpAndNeverAboveTheWhole(uint256 stake, uint256 amountWei) public {
        stake = bound(stake, 1 ether, 1e26);
        amountWei = bound(amountWei, 1e12, 1e27);
        allocate(0, stake - (stake > 100 ether ? 100 ether : 0));
        uint256 total = slashable(0);
        uint256 pendingWei = slash(amountWei);
        uint256 asked = amountWei < total ? amountWei : total;
        assertLe(pendingWei, amountWei);
        // One part in 1e18 of the stake is as fine as EigenLayer counts.
        assertGe(pendingWei + 1, asked);
        assertLe(total - slashable(0), asked + total / 1e18 + 1);
    }

    function test_allStrategiesPayTheSameFraction() public {
        allocate(1, 50 ether);
        assertEq(slashable(0), 200 ether);
        assertEq(slash(20 ether), 20 ether);
        assertEq(adapter.caseOf(FAULT).amounts[0], 10 ether);
        assertEq(adapter.caseOf(FAULT).amounts[1], 5 ether);
    }

    /// Zero allocation is a silent no-op over there; here it must not look like money.
    function test_strategiesWithoutAllocationAreNotAskedAndPromiseNothing() public {
        assertEq(slash(10 ether), 10 ether);
        assertEq(adapter.caseOf(FAULT).amounts[1], 0);
        vm.prank(slasher);
        adapter.slash(gateway, rollup, 1000 ether, "all");
        vm.prank(slasher);
        (, uint256 pendingWei) = adapter.slash(gateway, rollup, 1 ether, "none left");
        assertEq(pendingWei, 0);
        assertTrue(adapter.caseOf("none left").state == CaseState.Empty);
    }

    function test_noMoreThanTheWholeAllocationIsTaken() public {
        assertEq(slash(1000 ether), 100 ether);
        assertEq(slashable(0), 0);
    }

    function test_unknownGatewaysAndRollupsAreTakenNothing() public {
        vm.startPrank(slasher);
        (, uint256 pendingWei) = adapter.slash(99, rollup, 1 ether, FAULT);
        assertEq(pendingWei, 0);
        (, pendingWei) = adapter.slash(gateway, otherRollup, 1 ether, FAULT);
        assertEq(pendingWei, 0);
    }

    function test_oneFaultIsSlashedOnce() public {
        assertEq(slash(10 ether), 10 ether);
        assertEq(slash(10 ether), 0);
        assertEq(slashable(0), 90 ether);
    }

    function test_onlyTheSlasherSlashesAndCollects() public {
        bytes memory refusal = abi.encodeWithSelector(IRestaking.NotTheSlasher.selector, address(this), slasher);
        vm.expectRevert(refusal);
        adapter.slash(gateway, rollup, 1 ether, FAULT);
        vm.expectRevert(refusal);
        adapter.collect(FAULT);
    }

    /// A fraud proof that can revert makes the fraud unpunishable: what is refused now is owed.
    function test_aSlashWhileEigenLayerIsPausedIsOwedAndTakenLaterByAnyone() public {
        eigen.pause(true);
        assertEq(slash(10 ether), 0);
        assertTrue(adapter.caseOf(FAULT).state == CaseState.Owed);
        assertEq(collect(FAULT), 0);
        vm.expectRevert(FakeEigenLayer.Paused.selector);
        adapter.take(FAULT);
        eigen.pause(false);
        assertEq(adapter.take(FAULT), 10 ether);
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.WrongState.selector, FAULT, CaseState.Taken));
        adapter.take(FAULT);
    }

    function test_aPriceThatDoesNotAnswerDefersTheSlash() public {
        allocate(1, 50 ether);
        price.turn(0, true);
        assertEq(slash(10 ether), 0);
        price.turn(2 ether, false);
        assertEq(adapter.take(FAULT), 10 ether);
    }

    function test_nobodyTakesWhatIsNotOwed() public {
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.WrongState.selector, FAULT, CaseState.None));
        adapter.take(FAULT);
    }

    // --- From shares to ETH ---

    function test_collectingBeforeTheResolutionYieldsNothingAndDoesNotRevert() public {
        slash(10 ether);
        vm.roll(block.number + 50_399);
        assertEq(collect(FAULT), 0);
        vm.expectRevert(FakeEigenLayer.NotResolved.selector);
        adapter.settle(FAULT);
        vm.roll(block.number + 1);
        assertEq(collect(FAULT), 0);
        assertTrue(adapter.caseOf(FAULT).state == CaseState.ForSale, "collect settles on the way");
    }

    function test_soldTokensAreCollectedOnce() public {
        slash(10 ether);
        vm.roll(block.number + 50_400);
        adapter.settle(FAULT);
        assertEq(buyAll(FAULT, 0), 10 ether);
        assertEq(address(this).balance, 990 ether, "what was paid too much comes back");
        assertEq(IERC20(strategy[0].underlyingToken()).balanceOf(makeAddr("buyer")), 10 ether);
        assertEq(collect(FAULT), 10 ether);
        assertEq(collect(FAULT), 0);
    }

    function test_thePriceFallsATenthADayAndNeverToNothing() public {
        slash(10 ether);
        vm.roll(block.number + 50_400);
        adapter.settle(FAULT);
        assertEq(adapter.costOf(FAULT, 0, 1 ether), 1 ether);
        vm.warp(block.timestamp + 3 days);
        assertEq(adapter.costOf(FAULT, 0, 1 ether), 0.7 ether);
        vm.warp(block.timestamp + 300 days);
        assertEq(adapter.costOf(FAULT, 0, 1 ether), 0.1 ether);
        assertEq(adapter.costOf(FAULT, 0, 1), 1);
    }

    function test_buyersPayForWhatIsThere() public {
        slash(10 ether);
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.NothingForSale.selector, FAULT, 0));
        adapter.buy(FAULT, 0, 1, address(this));
        vm.roll(block.number + 50_400);
        adapter.settle(FAULT);
        vm.deal(address(this), 100 ether);
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.TooLittlePaid.selector, 1 ether, 2 ether));
        adapter.buy{value: 1 ether}(FAULT, 0, 2 ether, address(this));
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.TooManyTokens.selector, 10 ether + 1, 10 ether));
        adapter.buy{value: 20 ether}(FAULT, 0, 10 ether + 1, address(this));
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.NothingForSale.selector, FAULT, 2));
        adapter.buy{value: 1 ether}(FAULT, 2, 1, address(this));
    }

    /// Anyone may fetch a slash's tokens at EigenLayer; all slashes have one recipient. Each case still gets its own.
    function test_casesKeepTheirOwnTokensEvenWhenAStrangerFetchesThem() public {
        slash(10 ether);
        vm.prank(slasher);
        adapter.slash(gateway, rollup, 45 ether, "second");
        vm.roll(block.number + 50_400);
        eigen.clearBurnOrRedistributableShares(set(), 1);
        eigen.clearBurnOrRedistributableShares(set(), 2);
        adapter.settle("second");
        adapter.settle(FAULT);
        assertEq(adapter.caseOf(FAULT).amounts[0], 10 ether);
        assertEq(adapter.caseOf("second").amounts[0], 45 ether);
        vm.expectRevert(abi.encodeWithSelector(IEigenLayerRestaking.WrongState.selector, FAULT, CaseState.ForSale));
        adapter.settle(FAULT);
        assertEq(buyAll("second", 0), 45 ether);
        assertEq(collect(FAULT), 0, "another case's money");
        assertEq(collect("second"), 45 ether);
    }

    function test_tokensSentByStrangersAreNobodysCase() public {
        slash(10 ether);
        strategy[0].pay(address(adapter), 50 ether);
        vm.roll(block.number + 50_400);
        adapter.settle(FAULT);
        assertEq(adapter.caseOf(FAULT).amounts[0], 10 ether);
    }
}
