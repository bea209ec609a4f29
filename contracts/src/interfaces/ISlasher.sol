// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {FaultKind} from "../types/Faults.sol";
import {IJudge} from "./IJudge.sol";

/// What a gateway did under one Base, as far as it is known, and the money taken for it.
struct CaseView {
    /// Held until the case closes, in wei.
    uint256 takenWei;
    /// Sums of what its faults cost, before caps: the case costs the larger of the two (R10).
    uint256 safetyWei;
    uint256 livenessWei;
    /// What payees are owed at most.
    uint256 refundsWei;
    uint256 coverWei;
    /// Unix seconds from which the case can be closed; 0 while there is none.
    uint64 closesAt;
    /// Times it was closed before.
    uint8 round;
}

/// What the payee of a late or unkept fault has coming. All zero where no such fault is recorded.
struct ClaimView {
    /// keccak256(abi.encode(gateway, rollup, base)) of the case that pays: the promiser's, or that of whoever it fell on (R5).
    bytes32 caseKey;
    address payee;
    /// Owed before a pool that is too small is shared out; 0 once it is paid.
    uint256 owedWei;
    /// What `claim` would pay now; 0 before the case is closed.
    uint256 claimableWei;
    /// Unix seconds from which the case can be closed; 0 once it is.
    uint64 closesAt;
    /// The case is closed and the shares are fixed.
    bool isSettled;
}

/// Records each fault once, takes the bond, and pays what is owed when claims are closed (R6, R9, R10).
///
/// All faults of one gateway under one Base are one case. It costs the larger of its safety and its liveness sum, so an earlier
/// cheap fault is credited and never shields a dear one. What is taken is held until the case closes; then, in this order: refunds,
/// the coverer's cost, the bounty; together at most half, and everything else is burned. So whoever is guilty and victim, coverer or
/// watcher at once loses at least half.
interface ISlasher {
    event Committed(bytes32 indexed commitment);
    event FaultRecorded(
        bytes32 indexed id,
        uint32 indexed gateway,
        address indexed rollup,
        FaultKind kind,
        bytes32 base,
        uint64 window,
        uint256 takenWei,
        uint256 pendingWei,
        address watcher
    );
    event OperatorFaultRecorded(
        bytes32 indexed id, address indexed operator, address indexed rollup, FaultKind kind, uint64 slot, uint64 period
    );
    /// The operator's rewards of the period are lost.
    event Forfeited(address indexed operator, address indexed rollup, uint64 period);
    event LiabilityShifted(
        bytes32 indexed id, uint32 indexed fromGateway, uint32 indexed toGateway, uint256 restoredWei, uint256 takenWei
    );
    /// Money that arrived later than the slash (restaking).
    event Collected(bytes32 indexed id, uint256 amountWei);
    event CaseClosed(
        uint32 indexed gateway,
        address indexed rollup,
        bytes32 indexed base,
        uint256 refundsWei,
        uint256 coverWei,
        uint256 bountyWei,
        uint256 burnedWei
    );
    event Paid(bytes32 indexed id, address indexed to, uint256 amountWei);
    /// The gateway could not be suspended: its registry refused.
    event NotSuspended(uint32 indexed gateway, address indexed rollup);

    error AlreadyCommitted(bytes32 commitment);
    error NotCommitted(bytes32 commitment);
    /// A commitment counts from the block after it.
    error TooEarly(uint256 committedBlock, uint256 blockNumber);
    error CommitmentExpired(uint256 committedBlock, uint256 blockNumber);
    error NotAJudge(IJudge judge);
    error NoWatcher();
    /// The evidence is not of the shape the judge reads.
    error MalformedEvidence();
    error AlreadyRecorded(bytes32 id);
    error UnknownFault(bytes32 id);
    /// Give the call more gas: an outside call must not fail for the lack of it.
    error TooLittleGas(uint256 got, uint256 needed);
    error CaseStillOpen(uint256 closesAt, uint256 timestamp);
    error CaseNotOpen(uint32 gateway, address rollup, bytes32 base);
    /// A case was closed too often to be opened again.
    error CaseExhausted(uint32 gateway, address rollup, bytes32 base);
    error NotOfThisCase(bytes32 id, uint32 gateway, address rollup, bytes32 base);
    error NothingToClaim(bytes32 id);
    error NotASource(address sender);

    /// keccak256(abi.encode(judge, keccak256(evidence), watcher)), at least one block before `slash`: nobody can take a
    /// watcher's bounty by copying its transaction. Counts for 256 blocks.
    function commit(bytes32 commitment) external;

    function slash(IJudge judge, bytes calldata evidence, address watcher) external returns (bytes32 faultId);

    /// Moves a late or unkept fault to the gateway whose fork or falseClaim verdict excuses it (R5), while the case it was recorded in
    /// is open; the liable gateway's case opens again if it was closed. What the fault cost the promiser goes back to its slice, and
    /// the liable case pays refund or cover. Only whoever promised can be excused, and only once. Unkept: `frag` (struct hash) and
    /// `index` show who that is. Late: the case's window does, and both are 0. `evidence`: abi.encode(ShiftEvidence).
    function shiftLiability(bytes32 faultId, bytes32 frag, uint256 index, bytes calldata evidence) external;

    /// Ends the claims on a case: fixes all shares and burns the rest. Anyone, once `closesAt` has come.
    function close(uint32 gateway, address rollup, bytes32 base) external;

    /// Pays the payee of a fault of a closed case. Anyone may call; the money goes to the payee alone (R9).
    function claim(bytes32 faultId) external returns (uint256 paidWei);

    /// What a user's wallet calls, once: closes the fault's case if that is due and nobody did, and pays the payee as `claim` does.
    /// Gateway, rollup and base name the case that `claimOf` says pays the fault.
    function closeAndClaim(bytes32 faultId, uint32 gateway, address rollup, bytes32 base)
        external
        returns (uint256 paidWei);

    /// Pays the watcher of a fault of a closed case. Gateway, rollup and base name the fault's case.
    function claimBounty(bytes32 faultId, uint32 gateway, address rollup, bytes32 base)
        external
        returns (uint256 paidWei);

    /// Fetches what the restaking source has paid out for a fault since: into the case while it is open, back to the gateway's
    /// slice when the fault was moved to somebody else, else it is burned.
    function collect(bytes32 faultId, uint32 gateway, address rollup, bytes32 base) external returns (uint256 paidWei);

    function caseOf(uint32 gateway, address rollup, bytes32 base) external view returns (CaseView memory);

    function claimOf(bytes32 faultId) external view returns (ClaimView memory);

    function isRecorded(bytes32 faultId) external view returns (bool);

    /// A safety verdict of this kind stands against the gateway under this base.
    function hasVerdict(uint32 gateway, address rollup, bytes32 base, FaultKind kind) external view returns (bool);

    /// What stands behind the promises under a base: the slice, restaked money, and what the open case already took.
    function insuredWei(uint32 gateway, address rollup, bytes32 base) external view returns (uint256);

    /// The operator loses its rewards of the period: a double delegation, or more missed slots than are free (R25).
    function isForfeited(address operator, address rollup, uint64 period) external view returns (bool);

    function missesOf(address operator, address rollup, uint64 period) external view returns (uint32);
}
