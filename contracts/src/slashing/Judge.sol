// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IJudge} from "../interfaces/IJudge.sol";
import {Trials, Wiring} from "./Trials.sol";

/// A judge hears evidence in trials.
abstract contract Judge is IJudge, Trials {
    constructor(Wiring memory wiring) Trials(wiring) {}
}
