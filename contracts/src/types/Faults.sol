// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// What a gateway or operator can do wrong. The order is part of every fault id.
enum FaultKind {
    Late,
    Unkept,
    Lie,
    Fork,
    BrokenBase,
    FalseClaim,
    Order,
    DoubleDelegation,
    MissedSlot
}

/// A judge's finding, complete enough to be paid.
struct Fault {
    FaultKind kind;
    /// Computed from the messages, never from evidence bytes (R10): see `FaultIds`.
    bytes32 id;
    /// 0 for faults of operators.
    uint32 gateway;
    /// Zero address for faults of gateways.
    address operator;
    address rollup;
    /// hashStruct of the Base the fault was committed under; zero for operators' faults.
    bytes32 base;
    /// Last L1 slot of the window the Base names, or the slot an operator missed or sold.
    uint64 window;
    /// Unkept: 2 × coverage. Late: the liveness amount. Safety: the safety amount. Before credit and caps.
    uint256 amountWei;
    /// Unkept: the promise's sender, owed half of the amount. Late: the coverer, owed `payeeWei`. Else zero.
    address payee;
    uint256 payeeWei;
}
