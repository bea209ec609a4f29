// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Authority} from "../interfaces/IValidatorRegistry.sol";

/// Who a validator belongs to, as a list of checkpoints. The newest lies in one word, so a first registration is one storage write
/// and a read of the present is one storage read; older ones move to the history and are never touched again.
library ValidatorHistory {
    /// A word: operator (160 bits) | from epoch (40) | next nonce (24) | checkpoints before (24) | authority (8). A word of zeros
    /// is a validator never seen; there is no sentinel index.
    struct Checkpoint {
        address operator;
        uint40 fromEpoch;
        uint24 nextNonce;
        uint24 older;
        Authority authority;
    }

    struct Validators {
        mapping(uint64 validatorIndex => Checkpoint) newest;
        mapping(uint64 validatorIndex => mapping(uint256 place => Checkpoint)) history;
    }

    /// Operator in `epoch`; zero before the first checkpoint.
    function operatorAt(Validators storage self, uint64 validatorIndex, uint64 epoch) internal view returns (address) {
        // Read field by field: of the one word, only what the answer needs is unpacked.
        Checkpoint storage newest = self.newest[validatorIndex];
        if (epoch >= newest.fromEpoch) return newest.operator;
        // Epochs ascend in the history: the last one at or before `epoch`, by halving.
        mapping(uint256 => Checkpoint) storage history = self.history[validatorIndex];
        uint256 low;
        uint256 high = newest.older;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (history[middle].fromEpoch <= epoch) low = middle + 1;
            else high = middle;
        }
        return low == 0 ? address(0) : history[low - 1].operator;
    }

    /// Appends a checkpoint from `fromEpoch` on, which is never before the newest. A second change for the same epoch replaces the
    /// first: it was never in force.
    function change(
        Validators storage self,
        uint64 validatorIndex,
        address operator,
        uint40 fromEpoch,
        Authority authority,
        bool usesNonce
    ) internal {
        Checkpoint memory newest = self.newest[validatorIndex];
        if (newest.authority != Authority.None && newest.fromEpoch < fromEpoch) {
            self.history[validatorIndex][newest.older] = newest;
            ++newest.older;
        }
        newest.operator = operator;
        newest.fromEpoch = fromEpoch;
        newest.authority = authority;
        if (usesNonce) ++newest.nextNonce;
        self.newest[validatorIndex] = newest;
    }
}
