// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Shift} from "../../src/interfaces/IExcuses.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {CaseView} from "../../src/interfaces/ISlasher.sol";
import {FaultIds} from "../../src/libraries/FaultIds.sol";
import {Slasher} from "../../src/slashing/Slasher.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {SlashingRestaking, SlashingVault} from "../support/SlashingFakes.sol";
import {SlashingLedger} from "../support/SlashingLedger.sol";
import {Vm} from "../support/Vm.sol";

/// Commits, slashes, shifts, closes and claims at random, and keeps count of every wei.
contract SlashingHandler {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;
    uint64 internal constant WINDOW = 3_200;

    Slasher public immutable slasher;
    SlashingVault public immutable vault;
    SlashingRestaking public immutable restaking;
    IJudge public immutable judge;
    address public immutable rollup;

    bytes32[] public ids;
    mapping(bytes32 => Fault) internal faults;
    mapping(bytes32 => uint256) public timesRecorded;
    mapping(bytes32 => uint256) public timesPaid;
    mapping(bytes32 => uint256) public bountiesPaid;
    uint256 public paidToPayeesWei;
    uint256 public paidToWatchersWei;

    constructor(Slasher slasher_, SlashingVault vault_, SlashingRestaking restaking_, IJudge judge_, address rollup_) {
        (slasher, vault, restaking, judge, rollup) = (slasher_, vault_, restaking_, judge_, rollup_);
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function faultOf(bytes32 id) external view returns (Fault memory) {
        return faults[id];
    }

    function _fault(uint8 gatewaySeed, uint8 baseSeed) internal view returns (Fault memory f) {
        f.gateway = 1 + gatewaySeed % 2;
        f.rollup = rollup;
        f.base = keccak256(abi.encode(f.gateway, baseSeed % 2));
        f.window = WINDOW;
    }

    function _slash(Fault memory f, address watcher) internal {
        bytes memory e = abi.encode(f);
        try slasher.commit(keccak256(abi.encode(judge, keccak256(e), watcher))) {} catch {}
        vm.roll(block.number + 1);
        slasher.slash(judge, e, watcher);
        ids.push(f.id);
        faults[f.id] = f;
        timesRecorded[f.id] += 1;
    }

    function reportSafety(uint8 gateway, uint8 base, uint8 kind, uint128 amountWei) external {
        Fault memory f = _fault(gateway, base);
        f.kind = FaultKind(2 + kind % 5);
        f.id = FaultIds.underBase(f.kind, f.gateway, rollup, f.base);
        f.amountWei = amountWei % 1500 ether;
        _slash(f, address(uint160(0x1000 + uint160(kind))));
    }

    function reportUnkept(uint8 gateway, uint8 base, uint8 index, uint128 coverage) external {
        Fault memory f = _fault(gateway, base);
        f.kind = FaultKind.Unkept;
        f.id = FaultIds.ofPromise(f.gateway, rollup, f.base, keccak256("frag"), index % 16);
        f.payeeWei = 1 + coverage % 300 ether;
        f.amountWei = 2 * f.payeeWei;
        f.payee = address(uint160(0x2000 + uint160(index)));
        _slash(f, address(uint160(0x1000 + uint160(index))));
    }

    function reportLate(uint8 gateway, uint8 base, uint64 costWei) external {
        Fault memory f = _fault(gateway, base);
        f.kind = FaultKind.Late;
        f.id = FaultIds.ofWindow(f.gateway, rollup, WINDOW);
        f.amountWei = 1 ether;
        f.payee = address(0x3000);
        f.payeeWei = costWei % 0.5 ether;
        _slash(f, address(0x1001));
    }

    function shift(uint8 pick, uint8 toBase) external {
        if (ids.length == 0) return;
        Fault memory f = faults[ids[pick % ids.length]];
        if (f.kind != FaultKind.Unkept && f.kind != FaultKind.Late) return;
        uint32 other = 3 - f.gateway;
        Shift memory s = Shift(rollup, f.gateway, f.base, other, keccak256(abi.encode(other, toBase % 2)), WINDOW);
        if (f.kind == FaultKind.Late) slasher.shiftLiability(f.id, 0, 0, abi.encode(s));
        for (uint256 index; index < 16; ++index) {
            if (FaultIds.ofPromise(f.gateway, rollup, f.base, keccak256("frag"), index) == f.id) {
                slasher.shiftLiability(f.id, keccak256("frag"), index, abi.encode(s));
            }
        }
    }

    function wait(uint32 timeSeconds) external {
        vm.warp(block.timestamp + timeSeconds % 5 days);
    }

    /// Waits until the case can be closed, now and then a second too short.
    function close(uint8 gateway, uint8 base, bool tooEarly) external {
        Fault memory f = _fault(gateway, base);
        uint256 closesAt = slasher.caseOf(f.gateway, rollup, f.base).closesAt;
        if (closesAt == 0) return;
        if (tooEarly) {
            if (block.timestamp + 1 < closesAt) vm.warp(closesAt - 1);
        } else if (block.timestamp < closesAt) {
            vm.warp(closesAt);
        }
        slasher.close(f.gateway, rollup, f.base);
    }

    /// Claims whatever can be claimed by now, from the picked fault on.
    function claim(uint8 pick) external {
        for (uint256 i; i < ids.length && i < 8; ++i) {
            bytes32 id = ids[(uint256(pick) + i) % ids.length];
            try slasher.claim(id) returns (uint256 amountWei) {
                paidToPayeesWei += amountWei;
                timesPaid[id] += 1;
            } catch {}
        }
    }

    /// As a wallet does it: closing on the way where that is due. Whatever case is named, the fault's own pays.
    function closeAndClaim(uint8 pick, bool waits) external {
        for (uint256 i; i < ids.length && i < 8; ++i) {
            bytes32 id = ids[(uint256(pick) + i) % ids.length];
            for (uint8 place; place < 4; ++place) {
                Fault memory f = _fault(place, place >> 1);
                uint256 closesAt = slasher.caseOf(f.gateway, rollup, f.base).closesAt;
                if (waits && block.timestamp < closesAt) vm.warp(closesAt);
                uint256 before = faults[id].payee.balance;
                uint256 claimable = slasher.claimOf(id).claimableWei;
                try slasher.closeAndClaim(id, f.gateway, rollup, f.base) returns (uint256 amountWei) {
                    paidToPayeesWei += amountWei;
                    timesPaid[id] += 1;
                    bool isAsSaid = claimable == 0 || claimable == amountWei;
                    if (!isAsSaid || faults[id].payee.balance - before != amountWei) ++wrongPayments;
                } catch {}
            }
        }
    }

    uint256 public wrongPayments;

    function claimBounty(uint8 pick) external {
        for (uint256 i; i < ids.length && i < 8; ++i) {
            bytes32 id = ids[(uint256(pick) + i) % ids.length];
            for (uint8 place; place < 4; ++place) {
                Fault memory f = _fault(place, place >> 1);
                try slasher.claimBounty(id, f.gateway, rollup, f.base) returns (uint256 amountWei) {
                    paidToWatchersWei += amountWei;
                    bountiesPaid[id] += 1;
                } catch {}
            }
        }
    }

    /// Fetches what has arrived for the picked fault, under whichever case took it.
    function collect(uint8 pick) external {
        if (ids.length == 0) return;
        for (uint8 place; place < 4; ++place) {
            Fault memory f = _fault(place, place >> 1);
            slasher.collect(ids[pick % ids.length], f.gateway, rollup, f.base);
        }
    }

    function topUp(uint8 gateway, uint64 amountWei) external {
        vm.deal(address(this), amountWei);
        vault.fund{value: amountWei}(1 + gateway % 2, rollup);
        deposited += amountWei;
    }

    uint256 public deposited;
}

contract SlashingInvariantTest is SlashingLedger {
    SlashingHandler internal handler;
    uint256 internal start;

    function setUp() public override {
        super.setUp();
        handler = new SlashingHandler(slasher, vault, restaking, judge, rollup);
        vm.deal(address(this), 700 ether);
        restaking.fund{value: 700 ether}();
        start = address(vault).balance + address(restaking).balance;
        targetContract(address(handler));
        // The runner resets the balance of whoever it lets call.
        excludeSender(BURNED);
    }

    /// Every wei that came in is with a source, held, paid or burned.
    function invariant_nothingIsMadeAndNothingIsLost() public view {
        uint256 there = address(vault).balance + address(restaking).balance + address(slasher).balance + BURNED.balance
            + handler.paidToPayeesWei() + handler.paidToWatchersWei();
        assertEq(there, start + handler.deposited());
    }

    /// What open cases hold is there.
    function invariant_openCasesAreCovered() public view {
        uint256 held;
        for (uint32 gateway = 1; gateway <= 2; ++gateway) {
            for (uint8 base; base < 2; ++base) {
                held += slasher.caseOf(gateway, rollup, keccak256(abi.encode(gateway, base))).takenWei;
            }
        }
        assertGe(address(slasher).balance, held);
    }

    /// Nor does one hold more than its faults cost, whatever was moved out of it and arrived since.
    function invariant_noOpenCaseHoldsMoreThanItCosts() public view {
        for (uint32 gateway = 1; gateway <= 2; ++gateway) {
            for (uint8 base; base < 2; ++base) {
                CaseView memory c = slasher.caseOf(gateway, rollup, keccak256(abi.encode(gateway, base)));
                assertLe(c.takenWei, c.safetyWei > c.livenessWei ? c.safetyWei : c.livenessWei);
            }
        }
    }

    /// Whoever is gateway, victim, coverer and watcher in one hand gets at most what burns (rounding: one wei per case).
    function invariant_atLeastHalfOfWhatIsSettledBurns() public view {
        assertLe(handler.paidToPayeesWei() + handler.paidToWatchersWei(), BURNED.balance);
    }

    function invariant_noFaultIsRecordedOrPaidTwice() public view {
        uint256 count = handler.count();
        for (uint256 i; i < count; ++i) {
            bytes32 id = handler.ids(i);
            assertTrue(slasher.isRecorded(id));
            assertEq(handler.timesRecorded(id), 1);
            assertLe(handler.timesPaid(id), 1);
            assertLe(handler.bountiesPaid(id), 1);
        }
        assertEq(handler.wrongPayments(), 0);
    }

    /// A slice is locked exactly while it has open cases.
    function invariant_locksAreThoseOfOpenCases() public view {
        for (uint32 gateway = 1; gateway <= 2; ++gateway) {
            uint256 open;
            for (uint8 base; base < 2; ++base) {
                CaseView memory c = slasher.caseOf(gateway, rollup, keccak256(abi.encode(gateway, base)));
                if (c.closesAt != 0) ++open;
            }
            assertEq(vault.locksOf(gateway, rollup), open);
        }
    }
}
