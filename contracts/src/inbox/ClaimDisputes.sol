// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IClaimResolver} from "../interfaces/IClaimResolver.sol";
import {BatchStatus, IInbox} from "../interfaces/IInbox.sol";
import {BatchTree} from "./BatchTree.sol";

/// Bonded disputes about batches, and the only ETH of the Inbox: open bonds and credits. Each bond has exactly one end (R28):
/// back to the disputer (the batch is void, or orphaned, or nobody answered), or burned (the batch stands). It is burned and not
/// paid to the resolver: a judge that earns by one verdict only is no judge.
abstract contract ClaimDisputes is BatchTree, ReentrancyGuardTransient {
    /// Nobody has its key; ETH sent there is gone.
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;
    /// Enough for a resolver to note the dispute. Whatever it does, posting goes on.
    uint256 private constant NOTICE_GAS = 200_000;

    struct Dispute {
        address disputer;
        uint64 openedAt;
    }

    IClaimResolver public immutable resolver;

    mapping(uint32 batchId => Dispute) private _disputes;
    /// @inheritdoc IInbox
    mapping(address account => uint256 amountWei) public creditOf;

    constructor(IClaimResolver resolver_) {
        resolver = resolver_;
    }

    modifier onlyResolver() {
        if (msg.sender != address(resolver)) revert OnlyResolver(address(resolver), msg.sender);
        _;
    }

    /// @inheritdoc IInbox
    function dispute(uint32 batchId) external payable {
        if (msg.value != disputeBondWei) revert WrongBond(disputeBondWei, msg.value);
        _dispute(batchId);
    }

    /// @inheritdoc IInbox
    function resolve(uint32 batchId, bool isVoid) external onlyResolver {
        address disputer = _end(batchId, isVoid);
        if (isVoid) {
            creditOf[disputer] += disputeBondWei;
            emit BatchVoided(batchId, disputer);
        } else {
            emit DisputeFailed(batchId, disputer);
            SafeTransferLib.forceSafeTransferETH(BURN, disputeBondWei);
        }
    }

    /// @inheritdoc IInbox
    function lapse(uint32 batchId) external onlyResolver {
        address disputer = _end(batchId, false);
        creditOf[disputer] += disputeBondWei;
        emit DisputeLapsed(batchId, disputer);
    }

    /// @inheritdoc IInbox
    function closeOrphaned(uint32 batchId) external {
        BatchStatus status = statusOf(batchId);
        if (status != BatchStatus.Orphaned) revert NotOrphaned(batchId, status);
        if (_entries[batchId].claim != Claim.Disputed) revert NotDisputed(batchId, status);
        address disputer = _disputes[batchId].disputer;
        delete _disputes[batchId];
        _dropClaim(batchId);
        creditOf[disputer] += disputeBondWei;
        emit DisputeMoot(batchId, disputer);
    }

    /// @inheritdoc IInbox
    function withdraw(address payable to) external nonReentrant returns (uint256 amountWei) {
        amountWei = creditOf[msg.sender];
        if (amountWei == 0) revert NothingToWithdraw(msg.sender);
        creditOf[msg.sender] = 0;
        emit Withdrawn(msg.sender, to, amountWei);
        SafeTransferLib.safeTransferETH(to, amountWei);
    }

    /// @inheritdoc IInbox
    function disputeOf(uint32 batchId) external view returns (address disputer, uint64 openedAt) {
        Dispute memory open = _disputes[batchId];
        return (open.disputer, open.openedAt);
    }

    /// Opens a dispute whose bond has arrived.
    function _dispute(uint32 batchId) internal {
        BatchStatus status = statusOf(batchId);
        // A batch that was resolved once is Confirmed or Void for ever: nothing is tried twice.
        if (status != BatchStatus.Posted) revert NotDisputable(batchId, status);
        uint256 end = _claimEnd(_entries[batchId]);
        if (block.timestamp >= end) revert ClaimWindowOver(batchId, end);
        _disputes[batchId] = Dispute(msg.sender, uint64(block.timestamp));
        _openClaim(batchId);
        emit Disputed(batchId, msg.sender);
        // A resolver that fails here still finds the dispute in `disputeOf`.
        try resolver.open{gas: NOTICE_GAS}(batchId) {} catch {}
    }

    /// The dispute is over; what becomes of the bond is the caller's to say.
    function _end(uint32 batchId, bool isVoid) private returns (address disputer) {
        if (_entries[batchId].claim != Claim.Disputed) revert NotDisputed(batchId, statusOf(batchId));
        _closeClaim(batchId, isVoid);
        disputer = _disputes[batchId].disputer;
        delete _disputes[batchId];
    }
}
