// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CreateSetParamsV2, IAllocationManager, OperatorSet} from "../interfaces/eigenlayer/IAllocationManager.sol";
import {IAVSRegistrar} from "../interfaces/eigenlayer/IAVSRegistrar.sol";
import {IDelegationManager} from "../interfaces/eigenlayer/IDelegationManager.sol";
import {IStrategy} from "../interfaces/eigenlayer/IStrategy.sol";
import {IEigenLayerRestaking, ITokenPrice} from "../interfaces/IEigenLayerRestaking.sol";
import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";

/// This adapter as an AVS and its own registrar: one operator set per rollup, so that allocations are slices as in the vault
/// (R16), and one EigenLayer operator per gateway.
abstract contract EigenLayerSets is IEigenLayerRestaking, IAVSRegistrar {
    uint256 internal constant MOST_STRATEGIES = 8;
    uint256 internal constant WAD = 1e18;

    IAllocationManager public immutable allocationManager;
    IGatewayRegistry public immutable registry;

    string private metadataUri;
    bool private isSetUp;
    /// Ascending, as EigenLayer wants them.
    address[] internal strategies;
    /// Zero: a token is worth its number in wei.
    mapping(address strategy => ITokenPrice) private prices;

    uint32 public operatorSetCount;
    mapping(address rollup => uint32) public operatorSetOf;
    mapping(uint32 gateway => address) public proposedOperator;
    mapping(uint32 gateway => address) public operatorOf;
    mapping(address operator => uint32) public gatewayOfOperator;

    constructor(
        IAllocationManager allocationManager_,
        IDelegationManager delegationManager_,
        IGatewayRegistry registry_,
        address[] memory strategies_,
        ITokenPrice[] memory prices_,
        string memory metadataUri_
    ) {
        uint256 count = strategies_.length;
        if (count == 0 || count > MOST_STRATEGIES || prices_.length != count) {
            revert StrategyCount(count, MOST_STRATEGIES);
        }
        address nativeEther = delegationManager_.beaconChainETHStrategy();
        address last;
        for (uint256 i; i < count; ++i) {
            if (strategies_[i] <= last) revert StrategiesNotAscending(i);
            if (strategies_[i] == nativeEther) revert NativeEther(nativeEther);
            last = strategies_[i];
            prices[last] = prices_[i];
        }
        strategies = strategies_;
        allocationManager = allocationManager_;
        registry = registry_;
        metadataUri = metadataUri_;
    }

    function setUp() external {
        if (isSetUp) revert AlreadySetUp();
        isSetUp = true;
        allocationManager.updateAVSMetadataURI(address(this), metadataUri);
        allocationManager.setAVSRegistrar(address(this), address(this));
    }

    function openRollup(address rollup) external returns (uint32 operatorSetId) {
        if (operatorSetOf[rollup] != 0) revert RollupKnown(rollup);
        operatorSetId = ++operatorSetCount;
        operatorSetOf[rollup] = operatorSetId;
        emit RollupOpened(rollup, operatorSetId);
        CreateSetParamsV2[] memory params = new CreateSetParamsV2[](1);
        params[0] = CreateSetParamsV2(operatorSetId, strategies, address(this));
        allocationManager.createRedistributingOperatorSets(address(this), params, _listOf(address(this)));
    }

    function proposeOperator(uint32 gateway, address operator) external {
        address owner = registry.ownerOf(gateway);
        if (msg.sender != owner) revert NotTheOwner(gateway, msg.sender, owner);
        proposedOperator[gateway] = operator;
        emit OperatorProposed(gateway, operator);
    }

    // --- Called by the AllocationManager, without try/catch ---

    function registerOperator(address operator, address avs, uint32[] calldata, bytes calldata data) external {
        if (msg.sender != address(allocationManager)) revert NotTheAllocationManager(msg.sender);
        if (avs != address(this)) revert ForeignAvs(avs);
        uint32 gateway = abi.decode(data, (uint32));
        if (operatorOf[gateway] == operator) return;
        if (operatorOf[gateway] != address(0) || gatewayOfOperator[operator] != 0) {
            revert BoundElsewhere(gateway, operator);
        }
        address proposed = proposedOperator[gateway];
        if (operator == address(0) || proposed != operator) revert NotProposed(gateway, operator, proposed);
        operatorOf[gateway] = operator;
        gatewayOfOperator[operator] = gateway;
        emit OperatorBound(gateway, operator);
    }

    /// @dev Reads and changes nothing, whatever comes: an operator that wants to leave must never be kept by us. It stays slashable
    /// for EigenLayer's own delay, and the binding stays for evidence of the past.
    function deregisterOperator(address operator, address, uint32[] calldata operatorSetIds) external {
        if (msg.sender != address(allocationManager)) revert NotTheAllocationManager(msg.sender);
        emit OperatorLeft(operator, operatorSetIds);
    }

    function supportsAVS(address avs) external view returns (bool) {
        return avs == address(this);
    }

    // --- Values ---

    /// Wei that `amount` tokens of a strategy are worth.
    function _tokensValue(address strategy, uint256 amount) internal view returns (uint256) {
        ITokenPrice price = prices[strategy];
        if (address(price) == address(0)) return amount;
        return amount * price.weiPerToken(strategy) / WAD;
    }

    /// Wei that `shares` of a strategy are worth.
    function _sharesValue(address strategy, uint256 shares) internal view returns (uint256) {
        if (shares == 0) return 0;
        return _tokensValue(strategy, IStrategy(strategy).sharesToUnderlyingView(shares));
    }

    function _setOf(uint32 operatorSetId) internal view returns (OperatorSet memory) {
        return OperatorSet(address(this), operatorSetId);
    }

    function _listOf(address one) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }
}
