// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchRecord, BatchStatus} from "../../src/interfaces/IInbox.sol";
import {Shift} from "../../src/interfaces/IExcuses.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {Fault} from "../../src/types/Faults.sol";
import {SlotPresenceProof} from "../../src/types/Proofs.sol";
import {Terms} from "../../src/types/Terms.sol";
import {RollupConfig, Window} from "../../src/types/Windows.sol";

// Honest little stand-ins for the contracts that judges read. They answer what a test tells them and decide nothing.

contract SlashingInbox {
    mapping(uint32 => BatchRecord) private records;
    mapping(uint32 => BatchStatus) public statusOf;
    uint32 public newest;
    RollupConfig private configuration;

    constructor(RollupConfig memory config_) {
        configuration = config_;
    }

    function config() external view returns (RollupConfig memory) {
        return configuration;
    }

    function add(BatchRecord calldata r, BatchStatus status) external returns (uint32 id) {
        id = ++newest;
        records[id] = r;
        statusOf[id] = status;
    }

    function setStatus(uint32 id, BatchStatus status) external {
        statusOf[id] = status;
    }

    function setCost(uint32 id, uint96 costWei) external {
        records[id].costWei = costWei;
    }

    function record(uint32 id) external view returns (BatchRecord memory) {
        return records[id];
    }

    function lastPostedBy(uint64 slot) external view returns (uint32 id) {
        for (uint32 i = 1; i <= newest; ++i) {
            if (records[i].postedSlot <= slot) id = i;
        }
    }

    /// One block per slot, from slot 0; turns lie `handoverSlots` earlier than windows.
    function blocksOf(uint64 firstSlot, uint64 lastSlot) external view returns (uint64, uint64) {
        return (firstSlot - configuration.handoverSlots, lastSlot - configuration.handoverSlots);
    }
}

contract SlashingRegistry {
    error Refused();

    mapping(uint32 => bytes32) private sets;
    mapping(uint32 => mapping(uint64 => bytes32)) private setsFrom;
    mapping(uint32 => uint64) private changeEpoch;
    mapping(bytes32 => uint32) public gatewayOfSet;
    mapping(uint32 => mapping(address => bool)) public suspended;
    mapping(address => mapping(uint64 => uint32)) private lent;
    mapping(address => mapping(uint64 => bool)) public nonceUsed;
    bool public refusing;

    function enrol(uint32 gateway, bytes32 set) external {
        sets[gateway] = set;
        gatewayOfSet[set] = gateway;
    }

    function rotate(uint32 gateway, uint64 epoch, bytes32 set) external {
        changeEpoch[gateway] = epoch;
        setsFrom[gateway][epoch] = set;
        gatewayOfSet[set] = gateway;
    }

    function committerSetAt(uint32 gateway, uint64 epoch) external view returns (bytes32) {
        uint64 change = changeEpoch[gateway];
        return change != 0 && epoch >= change ? setsFrom[gateway][change] : sets[gateway];
    }

    function suspend(uint32 gateway, address rollup) external {
        if (refusing) revert Refused();
        suspended[gateway][rollup] = true;
    }

    function refuse(bool yes) external {
        refusing = yes;
    }

    function lend(address operator, uint64 epoch, uint32 gateway) external {
        lent[operator][epoch] = gateway;
    }

    function delegateAt(address operator, address, uint64 epoch) external view returns (uint32) {
        return lent[operator][epoch];
    }

    function useNonce(address operator, uint64 nonce) external {
        nonceUsed[operator][nonce] = true;
    }
}

contract SlashingParameters {
    mapping(uint64 => Terms) private special;
    mapping(uint64 => bool) private isSpecial;
    Terms private terms;

    constructor(Terms memory terms_) {
        terms = terms_;
    }

    function set(uint64 epoch, Terms calldata terms_) external {
        special[epoch] = terms_;
        isSpecial[epoch] = true;
    }

    function termsAt(uint64 epoch) external view returns (Terms memory) {
        return isSpecial[epoch] ? special[epoch] : terms;
    }
}

contract SlashingLookahead {
    mapping(uint64 => Window) private windows;
    mapping(uint64 => uint64) public proposerAt;
    mapping(uint64 => address) private operators;

    function setWindow(uint32 gateway, uint64 first, uint64 last) external {
        windows[last] = Window(gateway, first, last);
    }

    function windowAt(address, uint64 slot) external view returns (Window memory) {
        return windows[slot];
    }

    function setProposer(uint64 slot, uint64 validator, address operator) external {
        proposerAt[slot] = validator;
        operators[validator] = operator;
    }

    function operatorAt(uint64 validator, uint64) external view returns (address) {
        return operators[validator];
    }
}

contract SlashingPresence {
    error BadProof();

    function wasMissed(SlotPresenceProof calldata proof) external pure returns (bool) {
        if (proof.branchAt.length != 0) revert BadProof();
        return proof.rootBefore == proof.rootAt;
    }
}

/// Slices of ETH; only what the Slasher calls.
contract SlashingVault {
    mapping(uint32 => mapping(address => uint256)) public reserveOf;
    mapping(uint32 => mapping(address => uint256)) public locksOf;

    function fund(uint32 gateway, address rollup) external payable {
        reserveOf[gateway][rollup] += msg.value;
    }

    function lock(uint32 gateway, address rollup) external {
        locksOf[gateway][rollup] += 1;
    }

    function unlock(uint32 gateway, address rollup) external {
        locksOf[gateway][rollup] -= 1;
    }

    function slash(uint32 gateway, address rollup, uint256 amountWei, bytes32)
        external
        returns (uint256 paidWei, uint256)
    {
        uint256 there = reserveOf[gateway][rollup];
        paidWei = amountWei < there ? amountWei : there;
        reserveOf[gateway][rollup] = there - paidWei;
        if (paidWei != 0) {
            (bool sent,) = msg.sender.call{value: paidWei}("");
            require(sent);
        }
        return (paidWei, 0);
    }

    function restore(uint32 gateway, address rollup) external payable {
        reserveOf[gateway][rollup] += msg.value;
    }
}

/// Restaked money that arrives later, or code that fails.
contract SlashingRestaking {
    error Broken();

    uint256 public stake;
    bool public broken;
    mapping(bytes32 => uint256) public pendingOf;

    function fund() external payable {
        stake += msg.value;
    }

    function breakDown(bool yes) external {
        broken = yes;
    }

    function slashable(uint32, address, uint64) external view returns (uint256) {
        if (broken) revert Broken();
        return stake;
    }

    function slash(uint32, address, uint256 amountWei, bytes32 id) external returns (uint256, uint256 pendingWei) {
        if (broken) {
            // A gas bomb: burns all it got.
            assembly {
                invalid()
            }
        }
        pendingWei = amountWei < stake ? amountWei : stake;
        stake -= pendingWei;
        pendingOf[id] += pendingWei;
        return (0, pendingWei);
    }

    function collect(bytes32 id) external returns (uint256 paidWei) {
        paidWei = pendingOf[id];
        pendingOf[id] = 0;
        if (paidWei != 0) {
            (bool sent,) = msg.sender.call{value: paidWei}("");
            require(sent);
        }
    }
}

/// Finds whatever it is shown: for tests of what follows from a verdict.
contract SlashingScript {
    function judge(bytes calldata evidence) external pure returns (Fault memory) {
        return abi.decode(evidence, (Fault));
    }

    function shift(bytes calldata evidence) external pure returns (Shift memory) {
        return abi.decode(evidence, (Shift));
    }
}

/// Cannot be paid.
contract SlashingRefuser {
    error NoThanks();

    receive() external payable {
        revert NoThanks();
    }
}

/// Asks for its money again while it is paid.
contract SlashingReentrant {
    ISlasher private immutable slasher;
    bytes32 private faultId;
    uint32 private gateway;
    address private rollup;
    bytes32 private base;
    uint256 public refusals;

    constructor(ISlasher slasher_) {
        slasher = slasher_;
    }

    function aim(bytes32 faultId_, uint32 gateway_, address rollup_, bytes32 base_) external {
        (faultId, gateway, rollup, base) = (faultId_, gateway_, rollup_, base_);
    }

    receive() external payable {
        try slasher.closeAndClaim(faultId, gateway, rollup, base) {}
        catch {
            ++refusals;
        }
        try slasher.claim(faultId) {}
        catch {
            ++refusals;
        }
    }
}
