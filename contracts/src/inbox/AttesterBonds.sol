// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {SafeTransferLib} from "solady/utils/SafeTransferLib.sol";
import {IAttesterResolver} from "../interfaces/IAttesterResolver.sol";

/// Who may attest, and the bond each of them has at stake.
abstract contract AttesterBonds is IAttesterResolver, ReentrancyGuardTransient {
    address internal constant BURN = 0x000000000000000000000000000000000000dEaD;
    uint256 private constant MAX_MEMBERS = 64;

    struct Attester {
        bool isMember;
        bool isBonded;
        /// Unix seconds from which the bond can be taken; 0 while the attester counts.
        uint64 exitAt;
    }

    uint256 public immutable threshold;
    uint256 public immutable bondWei;
    uint64 public immutable exitSeconds;

    mapping(address account => Attester) private _attesters;

    /// @param members ascending; more than half of them must be the threshold, so that contradicting verdicts share a signer.
    constructor(address[] memory members, uint256 threshold_, uint256 bondWei_, uint64 exitSeconds_) {
        if (members.length > MAX_MEMBERS || threshold_ > members.length || threshold_ * 2 <= members.length) {
            revert BadMembers(members.length, threshold_);
        }
        if (bondWei_ == 0) revert WrongBond(1, 0);
        address last;
        for (uint256 i; i < members.length; ++i) {
            if (members[i] <= last) revert BadMember(i, members[i]);
            last = members[i];
            _attesters[last].isMember = true;
        }
        threshold = threshold_;
        bondWei = bondWei_;
        exitSeconds = exitSeconds_;
    }

    /// @inheritdoc IAttesterResolver
    function bond() external payable {
        Attester storage attester = _attesters[msg.sender];
        if (!attester.isMember) revert NotAMember(msg.sender);
        if (attester.isBonded) revert AlreadyBonded(msg.sender);
        if (msg.value != bondWei) revert WrongBond(bondWei, msg.value);
        attester.isBonded = true;
        attester.exitAt = 0;
        emit Bonded(msg.sender);
    }

    /// @inheritdoc IAttesterResolver
    function requestExit() external {
        if (!isActive(msg.sender)) revert NotBonded(msg.sender);
        uint64 exitAt = uint64(block.timestamp) + exitSeconds;
        _attesters[msg.sender].exitAt = exitAt;
        emit ExitRequested(msg.sender, exitAt);
    }

    /// @inheritdoc IAttesterResolver
    function completeExit(address payable to) external nonReentrant {
        Attester storage attester = _attesters[msg.sender];
        if (!attester.isBonded) revert NotBonded(msg.sender);
        uint64 exitAt = attester.exitAt;
        if (exitAt == 0 || block.timestamp < exitAt) revert ExitNotOpen(exitAt, block.timestamp);
        attester.isBonded = false;
        attester.exitAt = 0;
        emit Exited(msg.sender, to);
        SafeTransferLib.safeTransferETH(to, bondWei);
    }

    /// @inheritdoc IAttesterResolver
    function isActive(address account) public view returns (bool) {
        Attester memory attester = _attesters[account];
        return attester.isMember && attester.isBonded && attester.exitAt == 0;
    }

    /// Takes the attester's bond, an exiting one's too. False when there is none (any more).
    function _burnBond(address account) internal returns (bool burned) {
        Attester storage attester = _attesters[account];
        if (!attester.isBonded) return false;
        attester.isBonded = false;
        attester.exitAt = 0;
        emit BondBurned(account);
        SafeTransferLib.forceSafeTransferETH(BURN, bondWei);
        return true;
    }
}
