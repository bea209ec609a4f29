// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {IExcuses} from "../../src/interfaces/IExcuses.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {IParameters} from "../../src/interfaces/IParameters.sol";
import {IRestaking} from "../../src/interfaces/IRestaking.sol";
import {Slasher} from "../../src/slashing/Slasher.sol";
import {Wiring} from "../../src/slashing/Trials.sol";
import {Fault, FaultKind} from "../../src/types/Faults.sol";
import {Terms} from "../../src/types/Terms.sol";
import {SlashingParameters, SlashingRegistry, SlashingVault} from "../support/SlashingFakes.sol";
import {HalmosVm} from "./HalmosVm.sol";

/// Always the same fault, of a kind and price that the evidence names: what a buggy judge could do at worst to one fault id.
contract SymbolicJudge {
    bytes32 public constant ID = keccak256("the fault");
    bytes32 public constant BASE = keccak256("the base");
    uint64 public constant WINDOW = 3200;

    function judge(bytes calldata evidence) external pure returns (Fault memory fault) {
        (bool isLiveness, bool isOfOperator, uint128 amountWei, uint128 payeeWei) =
            abi.decode(evidence, (bool, bool, uint128, uint128));
        fault.id = ID;
        fault.rollup = address(0xB011);
        fault.window = WINDOW;
        if (isOfOperator) {
            fault.kind = FaultKind.MissedSlot;
            fault.operator = address(0x0B);
            return fault;
        }
        fault.kind = isLiveness ? FaultKind.Unkept : FaultKind.Fork;
        fault.gateway = 1;
        fault.base = BASE;
        fault.amountWei = amountWei;
        fault.payee = isLiveness ? address(0xFA) : address(0);
        fault.payeeWei = payeeWei;
    }
}

/// Halmos checks (`halmos --contract SlasherSymbolic`): one fault, any evidence, any watcher, any time.
contract SlasherSymbolic {
    uint64 private constant GENESIS = 1_000_000;
    uint256 private constant HORIZON = 7 days;
    uint256 private constant CLAIMS = 2 days;
    uint256 private constant BOND = 2000 ether;
    uint32 private constant GATEWAY = 1;
    address private constant ROLLUP = address(0xB011);
    address private constant BURNED = 0x000000000000000000000000000000000000dEaD;

    HalmosVm private constant vm = HalmosVm(address(uint160(uint256(keccak256("hevm cheat code")))));

    SymbolicJudge private judge;
    SymbolicJudge private impostor;
    SlashingVault private vault;
    Slasher private slasher;

    function setUp() public {
        vm.warp(GENESIS + 12 * 3230);
        vm.roll(10_000);
        Terms memory terms;
        terms.bountyBps = 500;
        terms.bountyCapWei = 10 ether;
        terms.evidenceHorizonSeconds = uint64(HORIZON);
        terms.claimPeriodSeconds = uint64(CLAIMS);
        judge = new SymbolicJudge();
        impostor = new SymbolicJudge();
        vault = new SlashingVault();
        IJudge[] memory judges = new IJudge[](1);
        judges[0] = IJudge(address(judge));
        slasher = new Slasher(
            Wiring(
                GENESIS,
                12,
                32,
                IGatewayRegistry(address(new SlashingRegistry())),
                IParameters(address(new SlashingParameters(terms)))
            ),
            IBondVault(address(vault)),
            IRestaking(address(0)),
            IExcuses(address(0)),
            judges
        );
        vm.deal(address(this), BOND);
        vault.fund{value: BOND}(GATEWAY, ROLLUP);
    }

    function commit(bytes memory evidence, address watcher) private {
        slasher.commit(keccak256(abi.encode(judge, keccak256(evidence), watcher)));
    }

    function told(bytes memory evidence, address watcher) private {
        commit(evidence, watcher);
        vm.roll(block.number + 1);
        slasher.slash(IJudge(address(judge)), evidence, watcher);
    }

    /// One fault id is slashed once, whoever brings it again and whatever kind and price it then has.
    function check_aFaultIsSlashedOnce(
        address first,
        address second,
        bool isLiveness,
        bool isThenLiveness,
        uint128 amountWei,
        uint128 thenWei
    ) external {
        told(abi.encode(isLiveness, false, amountWei, uint128(0)), first);
        uint256 taken = address(slasher).balance;
        assert(taken + vault.reserveOf(GATEWAY, ROLLUP) == BOND);
        assert(taken == (amountWei < BOND ? amountWei : BOND));
        bytes memory again = abi.encode(isThenLiveness, false, thenWei, uint128(0));
        commit(again, second);
        vm.roll(block.number + 1);
        try slasher.slash(IJudge(address(judge)), again, second) {
            assert(false);
        } catch {}
        assert(address(slasher).balance == taken);
    }

    /// Nor is an operator's fault counted twice.
    function check_aMissedSlotCountsOnce(address first, address second, uint128 noise) external {
        told(abi.encode(false, true, uint128(0), uint128(0)), first);
        bytes memory again = abi.encode(false, true, noise, uint128(0));
        commit(again, second);
        vm.roll(block.number + 1);
        try slasher.slash(IJudge(address(judge)), again, second) {
            assert(false);
        } catch {}
        assert(slasher.missesOf(address(0x0B), ROLLUP, judge.WINDOW() / 32) == 1);
    }

    /// Gating: evidence counts from the block after its commitment, for 256 blocks.
    function check_aRevealWaitsForItsBlock(address watcher, uint64 blocks) external {
        vm.assume(watcher != address(0));
        bytes memory evidence = abi.encode(false, false, uint128(1 ether), uint128(0));
        commit(evidence, watcher);
        vm.roll(block.number + blocks);
        bool isSlashed;
        try slasher.slash(IJudge(address(judge)), evidence, watcher) {
            isSlashed = true;
            assert(blocks >= 1 && blocks <= 256);
        } catch {}
        assert((address(slasher).balance == 1 ether) == isSlashed);
    }

    /// Gating: a judge that was not named at deployment is not believed, whatever it finds.
    function check_onlyJudgesOfTheDeploymentAreBelieved(address watcher, uint128 amountWei) external {
        bytes memory evidence = abi.encode(false, false, amountWei, uint128(0));
        slasher.commit(keccak256(abi.encode(impostor, keccak256(evidence), watcher)));
        vm.roll(block.number + 1);
        try slasher.slash(IJudge(address(impostor)), evidence, watcher) {
            assert(false);
        } catch {}
        assert(vault.reserveOf(GATEWAY, ROLLUP) == BOND);
    }

    /// Gating: nobody takes over another's commitment.
    function check_aCommitmentIsItsWatchersAlone(address watcher, address thief, uint128 amountWei) external {
        vm.assume(watcher != thief);
        bytes memory evidence = abi.encode(false, false, amountWei, uint128(0));
        commit(evidence, watcher);
        vm.roll(block.number + 1);
        try slasher.slash(IJudge(address(judge)), evidence, thief) {
            assert(false);
        } catch {}
        assert(vault.reserveOf(GATEWAY, ROLLUP) == BOND);
    }

    /// Gating: the slice stays locked until the evidence horizon and the claim period have passed.
    function check_aCaseClosesOnlyAfterItsTime(uint64 wait) external {
        told(abi.encode(true, false, uint128(3 ether), uint128(1 ether)), address(0x3A7C8));
        uint256 start = block.timestamp;
        vm.assume(wait < 1000 days);
        vm.warp(start + wait);
        uint256 horizon = GENESIS + 12 * (uint256(judge.WINDOW()) + 1) + HORIZON;
        try slasher.close(GATEWAY, ROLLUP, judge.BASE()) {
            assert(block.timestamp >= horizon && block.timestamp >= start + CLAIMS);
            assert(vault.locksOf(GATEWAY, ROLLUP) == 0);
        } catch {
            assert(block.timestamp < horizon || block.timestamp < start + CLAIMS);
            assert(vault.locksOf(GATEWAY, ROLLUP) == 1);
            assert(address(slasher).balance == 3 ether);
        }
    }

    /// Conservation: closing splits exactly what was taken into what is burned and what is kept for creditors, at most half.
    function check_closingConserves(uint128 amountWei, uint128 payeeWei) external {
        told(abi.encode(true, false, amountWei, payeeWei), address(0x3A7C8));
        uint256 taken = address(slasher).balance;
        vm.warp(block.timestamp + 1000 days);
        slasher.close(GATEWAY, ROLLUP, judge.BASE());
        assert(BURNED.balance + address(slasher).balance == taken);
        assert(address(slasher).balance <= BURNED.balance);
    }

    /// Once-only: a refund is paid once and is never more than what was owed.
    function check_aRefundIsPaidOnce(uint128 amountWei, uint128 payeeWei) external {
        told(abi.encode(true, false, amountWei, payeeWei), address(0x3A7C8));
        vm.warp(block.timestamp + 1000 days);
        slasher.close(GATEWAY, ROLLUP, judge.BASE());
        uint256 kept = address(slasher).balance;
        bytes32 id = judge.ID();
        uint256 paid = slasher.claim(id);
        assert(address(0xFA).balance == paid);
        assert(paid + address(slasher).balance == kept);
        try slasher.claim(id) {
            assert(false);
        } catch {}
        assert(address(0xFA).balance == paid);
    }

    /// Once-only, by one call: whoever sends it, the payee gets what `close` and `claim` would have given it, once.
    function check_oneCallClosesAndPaysOnce(address sender, uint128 amountWei, uint128 payeeWei) external {
        told(abi.encode(true, false, amountWei, payeeWei), address(0x3A7C8));
        uint256 taken = address(slasher).balance;
        vm.warp(block.timestamp + 1000 days);
        bytes32 id = judge.ID();
        bytes32 base = judge.BASE();
        vm.prank(sender);
        uint256 paid = slasher.closeAndClaim(id, GATEWAY, ROLLUP, base);
        assert(address(0xFA).balance == paid);
        assert(BURNED.balance + address(slasher).balance + paid == taken);
        assert(vault.locksOf(GATEWAY, ROLLUP) == 0);
        vm.prank(sender);
        try slasher.closeAndClaim(id, GATEWAY, ROLLUP, base) {
            assert(false);
        } catch {}
        assert(address(0xFA).balance == paid);
    }
}
