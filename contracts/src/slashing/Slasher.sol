// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IBondVault} from "../interfaces/IBondVault.sol";
import {IExcuses, Shift} from "../interfaces/IExcuses.sol";
import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {IJudge} from "../interfaces/IJudge.sol";
import {IParameters} from "../interfaces/IParameters.sol";
import {IRestaking} from "../interfaces/IRestaking.sol";
import {CaseView, ClaimView} from "../interfaces/ISlasher.sol";
import {FaultIds} from "../libraries/FaultIds.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {Fault, FaultKind} from "../types/Faults.sol";
import {Terms} from "../types/Terms.sol";
import {Case, Cases, Debt, Record, Settlement} from "./Cases.sol";
import {Commitments} from "./Commitments.sol";
import {Forfeitures} from "./Forfeitures.sol";
import {Wiring} from "./Judge.sol";
import {Sources} from "./Sources.sol";

/// Records each fault once, takes the bond and settles cases; see ISlasher. No owner and no upgrade: judges are fixed here.
contract Slasher is SlotClock, Commitments, Forfeitures, Sources, ReentrancyGuardTransient {
    IParameters public immutable parameters;
    /// Decides whether a verdict moves a late or unkept fault.
    IExcuses public immutable excuses;

    mapping(IJudge => bool) public isJudge;
    mapping(bytes32 faultId => Record) private records;
    mapping(bytes32 faultId => Debt) private debts;
    mapping(bytes32 caseKey => Case) private cases;
    mapping(bytes32 caseKey => mapping(uint256 round => Settlement)) private settlements;

    constructor(
        Wiring memory wiring,
        IBondVault vault_,
        IRestaking restaking_,
        IExcuses excuses_,
        IJudge[] memory judges
    )
        SlotClock(wiring.genesisTime, wiring.secondsPerSlot, wiring.slotsPerEpoch)
        Sources(wiring.registry, vault_, restaking_)
    {
        parameters = wiring.parameters;
        excuses = excuses_;
        for (uint256 i; i < judges.length; ++i) {
            isJudge[judges[i]] = true;
        }
    }

    // --- Recording ---

    function slash(IJudge judge, bytes calldata evidence, address watcher)
        external
        nonReentrant
        returns (bytes32 faultId)
    {
        if (!isJudge[judge]) revert NotAJudge(judge);
        if (watcher == address(0)) revert NoWatcher();
        _reveal(judge, evidence, watcher);
        Fault memory fault = _judged(judge, evidence);
        faultId = fault.id;
        if (records[faultId].watcher != address(0)) revert AlreadyRecorded(faultId);
        records[faultId].watcher = watcher;
        uint64 epoch = fault.window / slotsPerEpoch;
        Terms memory terms = parameters.termsAt(epoch);
        if (fault.gateway == 0) {
            records[faultId].kind = uint8(fault.kind);
            _conduct(fault, epoch, terms);
        } else {
            _charge(fault, terms, watcher);
        }
    }

    function _judged(IJudge judge, bytes calldata evidence) private view returns (Fault memory) {
        try judge.judge(evidence) returns (Fault memory fault) {
            return fault;
        } catch (bytes memory reason) {
            // Bytes that do not decode revert without a reason, or by a panic: name them.
            if (reason.length < 4 || bytes4(reason) == 0x4e487b71) revert MalformedEvidence();
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    // Every entry point that writes is `nonReentrant`; what may be read meanwhile understates a case, never overstates it.
    // slither-disable-next-line reentrancy-no-eth
    function _charge(Fault memory fault, Terms memory terms, address watcher) private {
        bytes32 caseKey = Cases.key(fault.gateway, fault.rollup, fault.base);
        Case memory c = cases[caseKey];
        _keepOpen(c, fault, terms);
        uint256 before = Cases.due(c);
        bool isLiveness = fault.kind == FaultKind.Late || fault.kind == FaultKind.Unkept;
        if (isLiveness) _owe(c, caseKey, fault);
        else c.safetyWei = Cases.add(c.safetyWei, Cases.clamp(fault.amountWei));

        (uint256 takenWei, uint256 pendingWei) =
            _take(fault.gateway, fault.rollup, Cases.due(c) - before, _slashId(fault.id, caseKey));
        c.takenWei = Cases.add(c.takenWei, takenWei);
        records[fault.id] = Record(watcher, uint80(Cases.clamp(takenWei)), uint8(fault.kind), c.round);
        _store(caseKey, c, isLiveness);
        _suspend(fault.gateway, fault.rollup);
        _announce(fault, takenWei, pendingWei, watcher);
    }

    /// Opens the case, or keeps it open until everybody has had the claim period and the whole horizon: no refund is burned while
    /// it can still be claimed. Every fault lies within the horizon, so every case closes.
    function _keepOpen(Case memory c, Fault memory fault, Terms memory terms) private {
        if (c.closesAt == 0) {
            if (c.round == type(uint8).max) revert CaseExhausted(fault.gateway, fault.rollup, fault.base);
            c.window = uint40(fault.window);
            vault.lock(fault.gateway, fault.rollup);
        }
        uint256 horizon = startOf(fault.window) + secondsPerSlot + terms.evidenceHorizonSeconds;
        uint256 closesAt = Cases.later(horizon, block.timestamp + terms.claimPeriodSeconds);
        c.closesAt = Cases.later(c.closesAt, closesAt);
    }

    function _announce(Fault memory fault, uint256 takenWei, uint256 pendingWei, address watcher) private {
        emit FaultRecorded(
            fault.id, fault.gateway, fault.rollup, fault.kind, fault.base, fault.window, takenWei, pendingWei, watcher
        );
    }

    /// Notes what a liveness fault costs, and whom it owes.
    function _owe(Case memory c, bytes32 caseKey, Fault memory fault) private {
        uint256 owedWei = Cases.clamp(fault.payee == address(0) ? 0 : fault.payeeWei);
        Cases.addLiveness(c, fault.kind, Cases.clamp(fault.amountWei), owedWei);
        debts[fault.id] = Debt(caseKey, fault.payee, uint88(owedWei));
    }

    // --- Moving liability ---

    function shiftLiability(bytes32 faultId, bytes32 frag, uint256 index, bytes calldata evidence)
        external
        nonReentrant
    {
        Shift memory s = excuses.shift(evidence);
        Case memory c = _ownCase(s, faultId, frag, index);
        FaultKind kind = FaultKind(records[faultId].kind);
        uint256 owedWei = debts[faultId].owedWei;
        uint256 costWei = _livenessOf(kind, owedWei, uint64(c.window));

        Cases.lessLiveness(c, kind, costWei, owedWei);
        uint256 restoredWei = Cases.less(c.takenWei, Cases.due(c));
        c.takenWei = Cases.less(c.takenWei, restoredWei);
        _store(Cases.key(s.gateway, s.rollup, s.base), c, true);

        uint256 takenWei = _assume(s, faultId, kind, costWei, owedWei);
        if (restoredWei != 0) vault.restore{value: restoredWei}(s.gateway, s.rollup);
        emit LiabilityShifted(faultId, s.gateway, s.liableGateway, restoredWei, takenWei);
    }

    /// The promiser's case, open since the fault was recorded in it. What was moved into it bears another promiser's id, and goes no
    /// further under the excuse of who pays for it now.
    function _ownCase(Shift memory s, bytes32 faultId, bytes32 frag, uint256 index)
        private
        view
        returns (Case memory c)
    {
        bytes32 caseKey = Cases.key(s.gateway, s.rollup, s.base);
        c = cases[caseKey];
        Record memory r = records[faultId];
        bool isHere = debts[faultId].caseKey == caseKey;
        if (isHere && (c.closesAt == 0 || c.round != r.round)) revert CaseNotOpen(s.gateway, s.rollup, s.base);
        bytes32 ownId = r.kind == uint8(FaultKind.Unkept)
            ? FaultIds.ofPromise(s.gateway, s.rollup, s.base, frag, index)
            : FaultIds.ofWindow(s.gateway, s.rollup, uint64(c.window));
        if (!isHere || ownId != faultId) revert NotOfThisCase(faultId, s.gateway, s.rollup, s.base);
    }

    /// What a fault with this debt added to the liveness sum of its case. Terms of the past do not change (R16).
    function _livenessOf(FaultKind kind, uint256 owedWei, uint64 window) private view returns (uint256) {
        if (kind == FaultKind.Unkept) return Cases.clamp(2 * owedWei);
        return Cases.clamp(parameters.termsAt(window / slotsPerEpoch).livenessWei);
    }

    /// Puts the fault into the case of the one who is liable, and takes from its slice what the case has not taken yet. A verdict can
    /// be older than its case: one that was closed opens again, or who is guilty could wait until nobody can be excused.
    // Every entry point that writes is `nonReentrant`; what may be read meanwhile understates a case, never overstates it.
    // slither-disable-next-line reentrancy-no-eth
    function _assume(Shift memory s, bytes32 faultId, FaultKind kind, uint256 costWei, uint256 owedWei)
        private
        returns (uint256 takenWei)
    {
        bytes32 caseKey = Cases.key(s.liableGateway, s.rollup, s.liableBase);
        Case memory c = cases[caseKey];
        if (c.closesAt == 0) _openAgain(c, s);
        uint256 before = Cases.due(c);
        Cases.addLiveness(c, kind, costWei, owedWei);
        debts[faultId].caseKey = caseKey;
        (takenWei,) = _take(s.liableGateway, s.rollup, Cases.due(c) - before, _slashId(faultId, caseKey));
        c.takenWei = Cases.add(c.takenWei, takenWei);
        records[faultId].takenWei = uint80(Cases.clamp(takenWei));
        records[faultId].round = c.round;
        _store(caseKey, c, true);
    }

    function _openAgain(Case memory c, Shift memory s) private {
        // Where nothing was ever recorded, no verdict stands.
        if (c.round == 0) revert CaseNotOpen(s.liableGateway, s.rollup, s.liableBase);
        Fault memory taken;
        (taken.gateway, taken.rollup, taken.base, taken.window) =
        (s.liableGateway, s.rollup, s.liableBase, s.liableWindow);
        _keepOpen(c, taken, parameters.termsAt(s.liableWindow / slotsPerEpoch));
    }

    // Every entry point that writes is `nonReentrant`; what may be read meanwhile understates a case, never overstates it.
    // slither-disable-next-line reentrancy-no-eth
    function collect(bytes32 faultId, uint32 gateway, address rollup, bytes32 base)
        external
        nonReentrant
        returns (uint256 paidWei)
    {
        Record memory r = records[faultId];
        if (r.watcher == address(0)) revert UnknownFault(faultId);
        // The id binds the case: for another one the source has nothing.
        bytes32 caseKey = Cases.key(gateway, rollup, base);
        paidWei = _fetch(_slashId(faultId, caseKey));
        if (paidWei == 0) return 0;
        Case memory c = cases[caseKey];
        bytes32 ownKey = debts[faultId].caseKey;
        if (ownKey != 0 && ownKey != caseKey) {
            vault.restore{value: paidWei}(gateway, rollup);
        } else if (c.closesAt != 0 && c.round == r.round) {
            // After a shift it can be more than the faults that are left cost.
            (uint256 keptWei, uint256 beyondWei) = Cases.lacking(c, paidWei);
            c.takenWei = Cases.add(c.takenWei, keptWei);
            _store(caseKey, c, false);
            records[faultId].takenWei = Cases.add80(r.takenWei, keptWei);
            if (beyondWei != 0) vault.restore{value: beyondWei}(gateway, rollup);
        } else {
            _burn(paidWei);
        }
        emit Collected(faultId, paidWei);
    }

    // --- Settling ---

    function close(uint32 gateway, address rollup, bytes32 base) external nonReentrant {
        _close(gateway, rollup, base);
    }

    function claim(bytes32 faultId) external nonReentrant returns (uint256 paidWei) {
        return _claim(faultId);
    }

    // Every entry point that writes is `nonReentrant`; the call in between goes to the vault, which is ours.
    // slither-disable-next-line reentrancy-no-eth
    function closeAndClaim(bytes32 faultId, uint32 gateway, address rollup, bytes32 base)
        external
        nonReentrant
        returns (uint256 paidWei)
    {
        bytes32 caseKey = debts[faultId].caseKey;
        if (caseKey == 0) revert UnknownFault(faultId);
        if (caseKey != Cases.key(gateway, rollup, base)) revert NotOfThisCase(faultId, gateway, rollup, base);
        // Somebody may have closed it, and a later fault opened it again: that round is none of this payee's.
        if (records[faultId].round == cases[caseKey].round) _close(gateway, rollup, base);
        return _claim(faultId);
    }

    function _close(uint32 gateway, address rollup, bytes32 base) private {
        bytes32 caseKey = Cases.key(gateway, rollup, base);
        Case memory c = cases[caseKey];
        if (c.closesAt == 0) revert CaseNotOpen(gateway, rollup, base);
        if (block.timestamp < c.closesAt) revert CaseStillOpen(c.closesAt, block.timestamp);
        Terms memory terms = parameters.termsAt(uint64(c.window) / slotsPerEpoch);
        (Settlement memory s, uint256 burnedWei) = Cases.settle(c, terms);
        settlements[caseKey][c.round] = s;
        // A later fault starts afresh: what was burned can pay nobody's refund.
        Case memory empty;
        empty.round = c.round + 1;
        _store(caseKey, empty, true);
        vault.unlock(gateway, rollup);
        _burn(burnedWei);
        emit CaseClosed(gateway, rollup, base, s.refundsWei, s.coverWei, s.bountyWei, burnedWei);
    }

    function _claim(bytes32 faultId) private returns (uint256 paidWei) {
        Debt memory debt = debts[faultId];
        Record memory r = records[faultId];
        if (debt.caseKey == 0) revert UnknownFault(faultId);
        if (debt.owedWei == 0) revert NothingToClaim(faultId);
        _settled(debt.caseKey, r.round);
        paidWei = _dueTo(debt, r);
        debts[faultId].owedWei = 0;
        _pay(faultId, debt.payee, paidWei);
    }

    function claimBounty(bytes32 faultId, uint32 gateway, address rollup, bytes32 base)
        external
        nonReentrant
        returns (uint256 paidWei)
    {
        Record memory r = records[faultId];
        if (r.watcher == address(0)) revert UnknownFault(faultId);
        bytes32 caseKey = Cases.key(gateway, rollup, base);
        bytes32 ownKey = debts[faultId].caseKey;
        bool isOwn = ownKey == caseKey
            || (ownKey == 0 && FaultIds.underBase(FaultKind(r.kind), gateway, rollup, base) == faultId);
        if (!isOwn) revert NotOfThisCase(faultId, gateway, rollup, base);
        _settled(caseKey, r.round);
        Settlement storage s = settlements[caseKey][r.round];
        paidWei = Cases.share(s.bountyWei, r.takenWei, s.takenWei);
        // Shifts can leave more marks than money: the pool is the limit.
        if (paidWei > s.bountyLeftWei) paidWei = s.bountyLeftWei;
        s.bountyLeftWei -= uint88(paidWei);
        records[faultId].takenWei = 0;
        _pay(faultId, r.watcher, paidWei);
    }

    /// The payee's share of a case that is closed.
    function _dueTo(Debt memory debt, Record memory r) private view returns (uint256) {
        Settlement memory s = settlements[debt.caseKey][r.round];
        return r.kind == uint8(FaultKind.Unkept)
            ? Cases.share(s.refundsWei, debt.owedWei, s.refundsOwedWei)
            : Cases.share(s.coverWei, debt.owedWei, s.coverOwedWei);
    }

    function _settled(bytes32 caseKey, uint256 round) private view {
        Case memory c = cases[caseKey];
        if (round >= c.round) revert CaseStillOpen(c.closesAt, block.timestamp);
    }

    /// Only the one who is paid can make this revert, and only for itself.
    function _pay(bytes32 faultId, address to, uint256 amountWei) private {
        if (amountWei == 0) revert NothingToClaim(faultId);
        emit Paid(faultId, to, amountWei);
        SafeTransferLib.safeTransferETH(to, amountWei);
    }

    // --- Reading ---

    function caseOf(uint32 gateway, address rollup, bytes32 base) external view returns (CaseView memory) {
        Case memory c = cases[Cases.key(gateway, rollup, base)];
        return CaseView(c.takenWei, c.safetyWei, c.livenessWei, c.refundsWei, c.coverWei, c.closesAt, c.round);
    }

    function claimOf(bytes32 faultId) external view returns (ClaimView memory v) {
        Debt memory debt = debts[faultId];
        Record memory r = records[faultId];
        (v.caseKey, v.payee, v.owedWei) = (debt.caseKey, debt.payee, debt.owedWei);
        if (debt.caseKey == 0) return v;
        Case memory c = cases[debt.caseKey];
        v.isSettled = r.round < c.round;
        if (v.isSettled) v.claimableWei = _dueTo(debt, r);
        else v.closesAt = c.closesAt;
    }

    function isRecorded(bytes32 faultId) external view returns (bool) {
        return records[faultId].watcher != address(0);
    }

    function hasVerdict(uint32 gateway, address rollup, bytes32 base, FaultKind kind) external view returns (bool) {
        return records[FaultIds.underBase(kind, gateway, rollup, base)].watcher != address(0);
    }

    function insuredWei(uint32 gateway, address rollup, bytes32 base) external view returns (uint256) {
        return _slashable(gateway, rollup) + cases[Cases.key(gateway, rollup, base)].takenWei;
    }

    /// Writes the second word only when it can have changed: a safety fault alone costs one.
    function _store(bytes32 caseKey, Case memory c, bool withLiveness) private {
        Case storage stored = cases[caseKey];
        (stored.takenWei, stored.safetyWei, stored.closesAt, stored.window, stored.round) =
        (c.takenWei, c.safetyWei, c.closesAt, c.window, c.round);
        if (!withLiveness) return;
        (stored.livenessWei, stored.refundsWei, stored.coverWei) = (c.livenessWei, c.refundsWei, c.coverWei);
    }

    function _slashId(bytes32 faultId, bytes32 caseKey) private pure returns (bytes32) {
        return keccak256(abi.encode(faultId, caseKey));
    }
}
