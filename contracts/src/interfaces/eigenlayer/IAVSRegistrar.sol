// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What the AllocationManager calls when operators come and go, without try/catch: a callback that reverts keeps the operator in.
interface IAVSRegistrar {
    function registerOperator(address operator, address avs, uint32[] calldata operatorSetIds, bytes calldata data)
        external;

    function deregisterOperator(address operator, address avs, uint32[] calldata operatorSetIds) external;

    function supportsAVS(address avs) external view returns (bool);
}
