// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconVerifiers} from "../../src/interfaces/IBeaconVerifiers.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {BeaconVerifiers} from "../../src/libraries/beacon/BeaconVerifiers.sol";
import {FuluLayout} from "../../src/libraries/beacon/FuluLayout.sol";
import {Lookahead} from "../../src/lookahead/Lookahead.sol";
import {ValidatorRegistry} from "../../src/registry/ValidatorRegistry.sol";
import {ValidatorProof} from "../../src/types/Proofs.sol";
import {BeaconChain} from "../support/beacon/BeaconChain.sol";
import {TransactionGas} from "../support/beacon/TransactionGas.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

/// Caching with the registries as deployed: 32 registered proposers, at worst of as many operators that lend to as many gateways.
contract RealRegistriesGasTest is BondsWorld, BeaconChain, TransactionGas {
    uint64 private constant CACHED = 13;

    Lookahead private lookahead;
    ValidatorRegistry private validators;

    function _build(ReleasePhase phase, uint256 operators) private {
        setUpWorld(phase);
        installBeaconRoots();
        BeaconVerifiers verifiers = new BeaconVerifiers(GENESIS, SLOT, 32, 0, new FuluLayout(32), address(0), 0);
        validators = new ValidatorRegistry(GENESIS, SLOT, 32, 0, IBeaconVerifiers(address(verifiers)));
        lookahead = new Lookahead(
            GENESIS,
            SLOT,
            32,
            256,
            IBeaconVerifiers(address(verifiers)),
            IValidatorRegistry(address(validators)),
            IGatewayRegistry(address(registry))
        );
        address[6] memory parts = [
            address(lookahead),
            address(validators),
            address(registry),
            rollup,
            address(verifiers),
            address(verifiers.layoutAt(0))
        ];
        for (uint256 i; i < 6; ++i) {
            coldInTransactions(parts[i]);
        }
        for (uint256 i; i < operators; ++i) {
            _lend(i);
        }
        uint64[] memory indices = new uint64[](32);
        for (uint64 i; i < 32; ++i) {
            indices[i] = 2_000_000 + i;
            address operator = makeAddr(string.concat("operator ", vm.toString(i % operators)));
            bytes32 credentials = bytes32(bytes1(0x01)) | bytes32(uint256(uint160(operator)));
            ValidatorProof memory proof = validatorProof(0, indices[i], _sibling(), credentials);
            toEpoch(NOW_EPOCH);
            vm.prank(operator);
            validators.registerByWithdrawalAddress(proof, operator);
        }
        for (uint64 epoch = CACHED - 1; epoch <= CACHED + 1; ++epoch) {
            lookahead.prove(epoch, lookaheadProof(epoch * 32 + 1, false, indices));
        }
        toEpoch(CACHED + 1);
    }

    function _lend(uint256 number) private {
        string memory name = string.concat("gateway ", vm.toString(number));
        address owner_ = makeAddr(name);
        uint32 gateway = registerGateway(owner_, name);
        fund(gateway, owner_, rollup, 100 ether);
        vm.prank(owner_);
        registry.join(gateway, rollup);
        address operator = makeAddr(string.concat("operator ", vm.toString(number)));
        vm.prank(operator);
        registry.delegate(delegationTo(gateway, operator, 12, 1000, 0), "");
    }

    function _cache(string memory name) private returns (uint256 used) {
        used = sendCold(address(lookahead), abi.encodeCall(ILookahead.cacheWindows, (rollup, CACHED)));
        for (uint64 i; i < 32; ++i) {
            (uint32 gateway, uint64 window) = lookahead.ownerAt(rollup, CACHED * 32 + i);
            assertEq(window, CACHED * 32 + i);
            assertGt(gateway, 0);
        }
        vm.snapshotValue("Lookahead", string.concat("cacheWindows, real registries, ", name), used);
    }

    function test_thirtyTwoOperatorsAndGatewaysInTheOpenPhase() public {
        _build(ReleasePhase.Open, 32);
        assertLe(_cache("32 operators and gateways, open"), 600_000);
    }

    /// 30,000 above the target, until the ring of epochs has gone round: then the same words are rewritten for 85,000 less.
    function test_thirtyTwoOperatorsAndGatewaysInThePhaseThatReadsMost() public {
        _build(ReleasePhase.Blacklist, 32);
        assertLe(_cache("32 operators and gateways, blacklist"), 640_000);
    }

    function test_fourOperatorsAndGateways() public {
        _build(ReleasePhase.Blacklist, 4);
        assertLe(_cache("4 operators and gateways, blacklist"), 400_000);
    }
}
