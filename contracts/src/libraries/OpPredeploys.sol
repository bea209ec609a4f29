// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// Where an OP Stack chain credits fees, without calling anybody. https://specs.optimism.io/protocol/predeploys.html
library OpPredeploys {
    /// Coinbase of every block: priority fees. Here the RewardsManager.
    address internal constant SEQUENCER_FEE_VAULT = 0x4200000000000000000000000000000000000011;
    address internal constant BASE_FEE_VAULT = 0x4200000000000000000000000000000000000019;
    /// What users pay for L1 data.
    address internal constant L1_FEE_VAULT = 0x420000000000000000000000000000000000001A;
    /// Keeps the code of the Isthmus upgrade, which pays to the base fee vault.
    address internal constant OPERATOR_FEE_VAULT = 0x420000000000000000000000000000000000001b;
}
