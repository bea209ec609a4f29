// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {LookaheadProof} from "../../src/types/Proofs.sol";
import {TransactionGas} from "../support/beacon/TransactionGas.sol";
import {LookaheadWorld} from "../support/lookahead/LookaheadWorld.sol";

/// The numbers, mainnet preset, as whole transactions.
contract LookaheadGasTest is LookaheadWorld, TransactionGas {
    address private rollup;

    function setUp() public {
        build(32, 256);
        rollup = rollupWith(8, 4, 100);
        address[7] memory parts = [
            address(lookahead),
            address(verifiers),
            address(verifiers.layoutAt(0)),
            BEACON_ROOTS,
            address(validators),
            address(gateways),
            rollup
        ];
        for (uint256 i; i < 7; ++i) {
            coldInTransactions(parts[i]);
        }
    }

    function _mainnetIndices(uint64 epoch) private pure returns (uint64[] memory indices) {
        indices = new uint64[](32);
        for (uint64 i; i < 32; ++i) {
            indices[i] = 1_000_000 + epoch * 100 + i;
        }
    }

    function _prove(uint64 epoch) private returns (uint256) {
        LookaheadProof memory proof = lookaheadProof(epoch * 32 - 20, true, _mainnetIndices(epoch));
        return sendCold(address(lookahead), abi.encodeCall(ILookahead.prove, (epoch, proof)));
    }

    function test_provingAWholeEpochCostsAtMost100kOnceTheRingHasGoneRound() public {
        uint256 first = _prove(100);
        uint256 steady = _prove(100 + 256);
        vm.snapshotValue("Lookahead", "prove, first round of the ring", first);
        vm.snapshotValue("Lookahead", "prove, steady state", steady);
        assertLe(steady, 100_000);
        assertLe(first, 170_000);
    }

    /// 32 registered proposers of as many operators: nothing to remember between slots.
    function test_cachingAnEpochOf32OperatorsCostsAtMost600k() public {
        _cache(32, "32 operators");
    }

    function test_cachingAnEpochOfFourOperatorsIsCheaper() public {
        _cache(4, "4 operators");
    }

    function _cache(uint256 operators, string memory name) private {
        for (uint64 e = 100; e < 103; ++e) {
            _prove(e);
            for (uint32 i; i < 32; ++i) {
                validators.set(1_000_000 + e * 100 + i, operatorNumber(i % operators));
                gateways.set(operatorNumber(i), rollup, i + 1);
            }
        }
        warpToEpoch(102);
        uint256 uncached = callCold(address(lookahead), abi.encodeCall(ILookahead.windowAt, (rollup, 101 * 32 + 15)));
        uint256 caching = sendCold(address(lookahead), abi.encodeCall(ILookahead.cacheWindows, (rollup, 101)));
        uint256 cached = callCold(address(lookahead), abi.encodeCall(ILookahead.windowAt, (rollup, 101 * 32 + 15)));
        uint256 owner = callCold(address(lookahead), abi.encodeCall(ILookahead.ownerAt, (rollup, 101 * 32 + 15)));
        for (uint64 i; i < 32; ++i) {
            // Also where two operators share a place of what `cacheWindows` remembers.
            (uint32 gateway,) = lookahead.ownerAt(rollup, 101 * 32 + i);
            assertEq(gateway, i % operators + 1);
        }
        vm.snapshotValue("Lookahead", string.concat("cacheWindows, 32 registered slots, ", name), caching);
        vm.snapshotValue("Lookahead", string.concat("windowAt, not cached, ", name), uncached);
        vm.snapshotValue("Lookahead", string.concat("windowAt, cached, ", name), cached);
        vm.snapshotValue("Lookahead", string.concat("ownerAt, cached, ", name), owner);
        assertLe(caching, 600_000);
        assertLe(cached, 10_000);
        assertLe(owner, 10_000);
    }

    function test_anEpochWithoutRegisteredProposersIsAffordableUncached() public {
        _prove(100);
        _prove(101);
        warpToEpoch(101);
        uint256 worst = callCold(address(lookahead), abi.encodeCall(ILookahead.ownerAt, (rollup, 100 * 32 + 12)));
        vm.snapshotValue("Lookahead", "ownerAt, not cached, nobody registered in two epochs", worst);
        sendCold(address(lookahead), abi.encodeCall(ILookahead.cacheWindows, (rollup, 100)));
        uint256 cached = callCold(address(lookahead), abi.encodeCall(ILookahead.ownerAt, (rollup, 100 * 32 + 12)));
        assertLe(cached, 10_000);
    }
}
