// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {
    CreateSetParamsV2,
    IAllocationManager,
    OperatorSet,
    SlashingParams
} from "../../../src/interfaces/eigenlayer/IAllocationManager.sol";
import {IAVSRegistrar} from "../../../src/interfaces/eigenlayer/IAVSRegistrar.sol";
import {IDelegationManager} from "../../../src/interfaces/eigenlayer/IDelegationManager.sol";
import {IStrategyManager} from "../../../src/interfaces/eigenlayer/IStrategyManager.sol";
import {FakeStrategy} from "./FakeStrategy.sol";

/// EigenLayer's three core contracts in one, with its signatures and its quirks, written from its documentation:
/// metadata before sets, strategies ascending, no redistribution of native ETH, registrar callbacks that are not caught, a slash as
/// a fraction of the whole allocation, silence where nothing is allocated, delays for deallocation, deregistration, resolution
/// and slasher changes, and a pause.
contract FakeEigenLayer is IAllocationManager, IStrategyManager, IDelegationManager {
    uint32 public constant DEALLOCATION_DELAY = 100_800;
    uint32 public constant SLASH_RESOLUTION_DELAY = 50_400;
    uint32 public constant SLASHER_CONFIGURATION_DELAY = 126_000;
    address public constant beaconChainETHStrategy = address(0xbeaC0);

    error MetadataFirst();
    error UnsupportedAvs();
    error InvalidCaller();
    error InvalidStrategy();
    error NotAscending();
    error InvalidWad();
    error NotSlashable();
    error StillSlashable();
    error NotResolved();
    error Paused();

    struct Set {
        bool exists;
        address slasher;
        address pendingSlasher;
        uint256 slasherEffectBlock;
        address recipient;
        uint256 slashCount;
    }

    struct Membership {
        bool registered;
        uint256 slashableUntil;
    }

    struct Allocation {
        uint256 shares;
        uint256 leaving;
        uint256 leavesAt;
    }

    struct Pending {
        address[] strategies;
        uint256[] shares;
        uint256 resolutionBlock;
    }

    bool public paused;
    mapping(address avs => bool) private hasMetadata;
    mapping(address avs => IAVSRegistrar) private registrars;
    mapping(bytes32 key => Set) private sets;
    mapping(bytes32 key => mapping(address operator => Membership)) private members;
    mapping(bytes32 key => mapping(address operator => mapping(address strategy => Allocation))) private allocations;
    mapping(bytes32 key => mapping(uint256 slashId => Pending)) private pendings;

    // --- The AVS's side ---

    function updateAVSMetadataURI(address avs, string calldata) external {
        if (msg.sender != avs) revert InvalidCaller();
        hasMetadata[avs] = true;
    }

    function setAVSRegistrar(address avs, address registrar) external {
        if (msg.sender != avs) revert InvalidCaller();
        if (!IAVSRegistrar(registrar).supportsAVS(avs)) revert UnsupportedAvs();
        registrars[avs] = IAVSRegistrar(registrar);
    }

    function createRedistributingOperatorSets(
        address avs,
        CreateSetParamsV2[] calldata params,
        address[] calldata recipients
    ) external {
        if (msg.sender != avs) revert InvalidCaller();
        if (!hasMetadata[avs]) revert MetadataFirst();
        for (uint256 i; i < params.length; ++i) {
            Set storage set = sets[key(OperatorSet(avs, params[i].operatorSetId))];
            require(!set.exists, "exists");
            set.exists = true;
            set.slasher = params[i].slasher;
            set.recipient = recipients[i];
            for (uint256 j; j < params[i].strategies.length; ++j) {
                if (params[i].strategies[j] == beaconChainETHStrategy) revert InvalidStrategy();
            }
        }
    }

    function updateSlasher(OperatorSet calldata set, address slasher) external {
        if (msg.sender != set.avs) revert InvalidCaller();
        sets[key(set)].pendingSlasher = slasher;
        sets[key(set)].slasherEffectBlock = block.number + SLASHER_CONFIGURATION_DELAY;
    }

    function getSlasher(OperatorSet memory set) public view returns (address) {
        Set storage known = sets[key(set)];
        bool changed = known.slasherEffectBlock != 0 && block.number >= known.slasherEffectBlock;
        return changed ? known.pendingSlasher : known.slasher;
    }

    function getRedistributionRecipient(OperatorSet calldata set) external view returns (address) {
        return sets[key(set)].recipient;
    }

    function slashOperator(address avs, SlashingParams calldata params)
        external
        returns (uint256 slashId, uint256[] memory shares)
    {
        if (paused) revert Paused();
        OperatorSet memory set = OperatorSet(avs, params.operatorSetId);
        if (msg.sender != getSlasher(set)) revert InvalidCaller();
        if (!isOperatorSlashable(params.operator, set)) revert NotSlashable();
        bytes32 key_ = key(set);
        slashId = ++sets[key_].slashCount;
        shares = new uint256[](params.strategies.length);
        Pending storage pending = pendings[key_][slashId];
        pending.resolutionBlock = block.number + SLASH_RESOLUTION_DELAY;
        for (uint256 i; i < shares.length; ++i) {
            address strategy = params.strategies[i];
            if (i > 0 && strategy <= params.strategies[i - 1]) revert NotAscending();
            uint256 wad = params.wadsToSlash[i];
            if (wad == 0 || wad > 1e18) revert InvalidWad();
            Allocation storage allocation = allocations[key_][params.operator][strategy];
            settleLeaving(allocation);
            // Nothing allocated: no error, no event, no shares.
            if (allocation.shares == 0) continue;
            shares[i] = allocation.shares * wad / 1e18;
            allocation.shares -= shares[i];
            allocation.leaving -= allocation.leaving * wad / 1e18;
            if (shares[i] == 0) continue;
            pending.strategies.push(strategy);
            pending.shares.push(shares[i]);
        }
    }

    // --- The operator's side ---

    function registerForOperatorSets(address avs, uint32[] calldata ids, bytes calldata data) external {
        for (uint256 i; i < ids.length; ++i) {
            OperatorSet memory set = OperatorSet(avs, ids[i]);
            require(sets[key(set)].exists, "no such set");
            if (isOperatorSlashable(msg.sender, set)) revert StillSlashable();
            members[key(set)][msg.sender].registered = true;
        }
        // Not in try/catch.
        registrars[avs].registerOperator(msg.sender, avs, ids, data);
    }

    function deregisterFromOperatorSets(address avs, uint32[] calldata ids) external {
        for (uint256 i; i < ids.length; ++i) {
            Membership storage membership = members[key(OperatorSet(avs, ids[i]))][msg.sender];
            membership.registered = false;
            membership.slashableUntil = block.number + DEALLOCATION_DELAY;
        }
        // Not in try/catch.
        registrars[avs].deregisterOperator(msg.sender, avs, ids);
    }

    function allocate(OperatorSet calldata set, address strategy, uint256 shares) external {
        allocations[key(set)][msg.sender][strategy].shares += shares;
    }

    function deallocate(OperatorSet calldata set, address strategy, uint256 shares) external {
        Allocation storage allocation = allocations[key(set)][msg.sender][strategy];
        settleLeaving(allocation);
        require(allocation.leaving == 0 && shares <= allocation.shares, "pending");
        allocation.leaving = shares;
        allocation.leavesAt = block.number + DEALLOCATION_DELAY;
    }

    function settleLeaving(Allocation storage allocation) private {
        if (allocation.leaving == 0 || block.number < allocation.leavesAt) return;
        allocation.shares -= allocation.leaving;
        allocation.leaving = 0;
    }

    // --- Views ---

    function isOperatorSlashable(address operator, OperatorSet memory set) public view returns (bool) {
        Membership storage membership = members[key(set)][operator];
        return membership.registered || block.number <= membership.slashableUntil;
    }

    function getAllocatedStake(OperatorSet calldata set, address[] calldata operators, address[] calldata strategies)
        external
        view
        returns (uint256[][] memory)
    {
        return stakeAt(set, operators, strategies, block.number);
    }

    function getMinimumSlashableStake(
        OperatorSet calldata set,
        address[] calldata operators,
        address[] calldata strategies,
        uint32 futureBlock
    ) external view returns (uint256[][] memory) {
        require(futureBlock > block.number, "not the future");
        return stakeAt(set, operators, strategies, futureBlock);
    }

    function stakeAt(OperatorSet calldata set, address[] calldata operators, address[] calldata strategies, uint256 at_)
        private
        view
        returns (uint256[][] memory stake)
    {
        stake = new uint256[][](operators.length);
        for (uint256 i; i < operators.length; ++i) {
            stake[i] = new uint256[](strategies.length);
            for (uint256 j; j < strategies.length; ++j) {
                Allocation storage allocation = allocations[key(set)][operators[i]][strategies[j]];
                stake[i][j] = allocation.shares - (at_ >= allocation.leavesAt ? allocation.leaving : 0);
            }
        }
    }

    // --- StrategyManager ---

    function clearBurnOrRedistributableShares(OperatorSet calldata set, uint256 slashId)
        external
        returns (uint256[] memory amounts)
    {
        Pending storage pending = pendings[key(set)][slashId];
        if (block.number < pending.resolutionBlock) revert NotResolved();
        if (paused) revert Paused();
        amounts = new uint256[](pending.strategies.length);
        for (uint256 i; i < amounts.length; ++i) {
            amounts[i] = FakeStrategy(pending.strategies[i]).pay(sets[key(set)].recipient, pending.shares[i]);
        }
        delete pendings[key(set)][slashId];
    }

    function getBurnOrRedistributableShares(OperatorSet calldata set, uint256 slashId)
        external
        view
        returns (address[] memory strategies, uint256[] memory shares)
    {
        Pending storage pending = pendings[key(set)][slashId];
        return (pending.strategies, pending.shares);
    }

    function pause(bool paused_) external {
        paused = paused_;
    }

    function key(OperatorSet memory set) private pure returns (bytes32) {
        return keccak256(abi.encode(set));
    }
}
