// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// An EigenPod as the registry sees it.
contract ValidatorPod {
    address public podOwner;

    constructor(address owner) {
        podOwner = owner;
    }
}

/// Withdrawal contracts that do not answer like a pod.
contract ValidatorPodBad {
    enum Kind {
        Reverts,
        BurnsAllGas,
        AnswersTooMuch,
        AnswersMoreThanAnAddress,
        AnswersNothing
    }

    Kind private immutable _kind;

    constructor(Kind kind) {
        _kind = kind;
    }

    fallback() external {
        if (_kind == Kind.Reverts) revert();
        if (_kind == Kind.BurnsAllGas) {
            while (true) {}
        }
        // The registry calls: whoever it names as owner would be let in, were the answer well-formed.
        uint256 owner = uint256(uint160(tx.origin));
        if (_kind == Kind.AnswersMoreThanAnAddress) owner |= 1 << 200;
        uint256 size = _kind == Kind.AnswersTooMuch ? 64 : _kind == Kind.AnswersNothing ? 0 : 32;
        assembly ("memory-safe") {
            mstore(0, owner)
            mstore(32, owner)
            return(0, size)
        }
    }
}
