// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// The one function of EigenLayer's pods that we ask: who stands behind a pod that is a validator's withdrawal address.
interface IEigenPod {
    function podOwner() external view returns (address);
}
