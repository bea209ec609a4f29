// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {HeaderProof, ValidatorProof} from "../types/Proofs.sol";

/// Which operator a validator belongs to, for every epoch, for ever. A validator joins by a beacon-state proof authorised by
/// its withdrawal address, or by a BLS proof of possession. Changes take effect two epochs later; history stays answerable.
interface IValidatorRegistry {
    /// Owner of validator `validatorIndex` in `epoch`; zero when it belongs to nobody.
    function operatorAt(uint64 validatorIndex, uint64 epoch) external view returns (address operator);
}
