// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconVerifiers} from "../../../src/interfaces/IBeaconVerifiers.sol";
import {IGatewayRegistry} from "../../../src/interfaces/IGatewayRegistry.sol";
import {IValidatorRegistry} from "../../../src/interfaces/IValidatorRegistry.sol";
import {BeaconVerifiers} from "../../../src/libraries/beacon/BeaconVerifiers.sol";
import {FuluLayout} from "../../../src/libraries/beacon/FuluLayout.sol";
import {Lookahead} from "../../../src/lookahead/Lookahead.sol";
import {RollupConfig} from "../../../src/types/Windows.sol";
import {BeaconChain} from "../beacon/BeaconChain.sol";

/// Validators by hand: an operator for ever, or from an epoch on.
contract LookaheadValidators {
    mapping(uint64 => address) public operators;

    function set(uint64 validatorIndex, address operator) external {
        operators[validatorIndex] = operator;
    }

    function operatorsAt(uint64[] calldata indices, uint64) external view returns (address[] memory all) {
        all = new address[](indices.length);
        for (uint256 i; i < indices.length; ++i) {
            all[i] = operators[indices[i]];
        }
    }

    function operatorAt(uint64 validatorIndex, uint64) external view returns (address) {
        return operators[validatorIndex];
    }
}

/// Gateways by hand: per operator, rollup and epoch, or per operator and rollup where no epoch is set.
contract LookaheadGateways {
    struct Lent {
        uint32 gateway;
        bool set;
    }

    mapping(address => mapping(address => uint32)) public always;
    mapping(address => mapping(address => mapping(uint64 => Lent))) public inEpoch;

    function set(address operator, address rollup, uint32 gateway) external {
        always[operator][rollup] = gateway;
    }

    function setIn(address operator, address rollup, uint64 epoch, uint32 gateway) external {
        inEpoch[operator][rollup][epoch] = Lent(gateway, true);
    }

    function gatewayFor(address operator, address rollup, uint64 epoch) external view returns (uint32) {
        Lent memory lent = inEpoch[operator][rollup][epoch];
        return lent.set ? lent.gateway : always[operator][rollup];
    }
}

/// A rollup that is nothing but its configuration.
contract LookaheadRollup {
    RollupConfig private _config;

    constructor(uint64 depth, uint64 handoverSlots, uint32 fallbackGateway, uint64 firstEpoch) {
        _config.lookaheadDepth = depth;
        _config.handoverSlots = handoverSlots;
        _config.fallbackGateway = fallbackGateway;
        _config.firstEpoch = firstEpoch;
    }

    function config() external view returns (RollupConfig memory) {
        return _config;
    }
}

/// A lookahead with everything around it, in either preset.
abstract contract LookaheadWorld is BeaconChain {
    uint32 internal constant FALLBACK = 99;

    uint64 internal perEpoch;
    BeaconVerifiers internal verifiers;
    LookaheadValidators internal validators;
    LookaheadGateways internal gateways;
    Lookahead internal lookahead;

    function build(uint64 slotsPerEpoch, uint64 historyEpochs) internal {
        installBeaconRoots();
        perEpoch = slotsPerEpoch;
        verifiers = new BeaconVerifiers(
            GENESIS_TIME, SLOT_SECONDS, slotsPerEpoch, 0, new FuluLayout(slotsPerEpoch), address(0), 0
        );
        validators = new LookaheadValidators();
        gateways = new LookaheadGateways();
        lookahead = new Lookahead(
            GENESIS_TIME,
            SLOT_SECONDS,
            slotsPerEpoch,
            historyEpochs,
            IBeaconVerifiers(address(verifiers)),
            IValidatorRegistry(address(validators)),
            IGatewayRegistry(address(gateways))
        );
    }

    function rollupWith(uint64 depth, uint64 handoverSlots, uint64 firstEpoch) internal returns (address) {
        return address(new LookaheadRollup(depth, handoverSlots, FALLBACK, firstEpoch));
    }

    /// Proves `indices` for `epoch` from a header in its second slot.
    function proveEpoch(uint64 epoch, uint64[] memory indices) internal {
        lookahead.prove(epoch, lookaheadProof(epoch * perEpoch + 1, false, indices));
    }

    function operatorNumber(uint256 number) internal pure returns (address) {
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(0x0e0000 + number));
    }

    function warpToEpoch(uint64 epoch) internal {
        vm.warp(timeOf(epoch * perEpoch));
    }
}
