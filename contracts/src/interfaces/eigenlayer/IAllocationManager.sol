// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

// The part of EigenLayer's AllocationManager that we use, as deployed since v1.13 (ELIP-002, -006, -016).

/// An AVS's operator set.
struct OperatorSet {
    address avs;
    uint32 id;
}

struct CreateSetParamsV2 {
    uint32 operatorSetId;
    /// Ascending.
    address[] strategies;
    /// The only account that may slash in this set. Changing it takes 17.5 days; we never do.
    address slasher;
}

struct SlashingParams {
    address operator;
    uint32 operatorSetId;
    /// Ascending. One without allocation is skipped in silence.
    address[] strategies;
    /// Fractions of the operator's allocation to the set, in (0, 1e18].
    uint256[] wadsToSlash;
    string description;
}

interface IAllocationManager {
    /// Must come first: sets cannot be created without it.
    function updateAVSMetadataURI(address avs, string calldata metadataURI) external;

    /// Asks the registrar whether it supports the AVS.
    function setAVSRegistrar(address avs, address registrar) external;

    /// Refuses strategies that cannot be redistributed: native ETH and EIGEN. Recipients are fixed for ever.
    function createRedistributingOperatorSets(
        address avs,
        CreateSetParamsV2[] calldata params,
        address[] calldata redistributionRecipients
    ) external;

    function slashOperator(address avs, SlashingParams calldata params)
        external
        returns (uint256 slashId, uint256[] memory shares);

    function isOperatorSlashable(address operator, OperatorSet calldata operatorSet) external view returns (bool);

    /// Shares per operator and strategy allocated to the set now.
    function getAllocatedStake(
        OperatorSet calldata operatorSet,
        address[] calldata operators,
        address[] calldata strategies
    ) external view returns (uint256[][] memory slashableStake);

    /// Shares that will still be slashable at a future block if nothing else is deallocated until then.
    function getMinimumSlashableStake(
        OperatorSet calldata operatorSet,
        address[] calldata operators,
        address[] calldata strategies,
        uint32 futureBlock
    ) external view returns (uint256[][] memory slashableStake);

    /// Blocks until a deallocation asked for now takes effect.
    function DEALLOCATION_DELAY() external view returns (uint32);
}
