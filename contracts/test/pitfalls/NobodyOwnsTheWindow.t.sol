// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconVerifiers} from "../../src/interfaces/IBeaconVerifiers.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {Posting} from "../../src/interfaces/IInbox.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {BeaconVerifiers} from "../../src/libraries/beacon/BeaconVerifiers.sol";
import {FuluLayout} from "../../src/libraries/beacon/FuluLayout.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Lookahead} from "../../src/lookahead/Lookahead.sol";
import {ValidatorRegistry} from "../../src/registry/ValidatorRegistry.sol";
import {ValidatorProof} from "../../src/types/Proofs.sol";
import {Window} from "../../src/types/Windows.sol";
import {BeaconChain} from "../support/beacon/BeaconChain.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";
import {InboxWorld} from "../support/InboxWorld.sol";
import {LookaheadRollup} from "../support/lookahead/LookaheadWorld.sol";

/// Pitfall: nobody owns the window, all gateways are down or ejected, and the rollup stands still. With the registries and the
/// Lookahead as deployed.
contract EverybodyEjectedTest is BondsWorld, BeaconChain {
    uint32 private constant FALLBACK = 99;
    uint64 private constant EPOCHS_PROVEN = 4;

    Lookahead private lookahead;
    uint32 private gateway;

    function setUp() public {
        setUpWorld(ReleasePhase.Open);
        installBeaconRoots();
        rollup = address(new LookaheadRollup(8, 4, FALLBACK, 0));
        BeaconVerifiers verifiers = new BeaconVerifiers(GENESIS, SLOT, 32, 0, new FuluLayout(32), address(0), 0);
        ValidatorRegistry validators = new ValidatorRegistry(GENESIS, SLOT, 32, 0, IBeaconVerifiers(address(verifiers)));
        lookahead = new Lookahead(
            GENESIS,
            SLOT,
            32,
            256,
            IBeaconVerifiers(address(verifiers)),
            IValidatorRegistry(address(validators)),
            IGatewayRegistry(address(registry))
        );
        gateway = registerGateway(owner, "gateway");
        fund(gateway, owner, rollup, 100 ether);
        vm.prank(owner);
        registry.join(gateway, rollup);
        address operator = makeAddr("operator");
        vm.prank(operator);
        registry.delegate(delegationTo(gateway, operator, NOW_EPOCH + 2, 1000, 0), "");
        bytes32 credentials = bytes32(bytes1(0x01)) | bytes32(uint256(uint160(operator)));
        ValidatorProof memory proof = validatorProof(0, 7, bytes32(0), credentials);
        toEpoch(NOW_EPOCH);
        vm.prank(operator);
        validators.registerByWithdrawalAddress(proof, operator);
        uint64[] memory indices = new uint64[](32);
        for (uint256 i; i < 32; ++i) {
            indices[i] = 7;
        }
        for (uint64 epoch = NOW_EPOCH + 2; epoch < NOW_EPOCH + 2 + EPOCHS_PROVEN; ++epoch) {
            lookahead.prove(epoch, lookaheadProof(epoch * 32 + 1, false, indices));
        }
        toEpoch(NOW_EPOCH + 2);
    }

    function test_whenEverybodyIsEjectedTheFallbackOwnsEverySlot() public {
        vm.prank(slasher);
        registry.suspend(gateway, rollup);
        for (uint64 epoch = NOW_EPOCH + 2; epoch < NOW_EPOCH + 4; ++epoch) {
            assertEq(lookahead.windowAt(rollup, epoch * 32 + 5).gateway, gateway);
        }
        // From two epochs later on no slot is without an owner, in the middle of the epoch and in its tail alike.
        uint64 first = (NOW_EPOCH + 4) * 32;
        for (uint64 slot = first; slot < first + 32; ++slot) {
            Window memory window = lookahead.windowAt(rollup, slot);
            assertEq(window.gateway, FALLBACK);
            assertLe(window.firstSlot, slot);
            assertGe(window.lastSlot, slot);
        }
    }

    function test_whenEverybodyLeftTheFallbackOwnsEverySlot() public {
        vm.prank(owner);
        registry.quit(gateway, rollup);
        uint64 first = (NOW_EPOCH + 4) * 32;
        for (uint64 slot = first; slot < first + 32; ++slot) {
            assertEq(lookahead.windowAt(rollup, slot).gateway, FALLBACK);
        }
    }
}

/// The rollup's door goes on for whoever comes next.
contract EverybodyDownTest is InboxWorld {
    uint32 private constant FALLBACK = 9;
    uint256 private constant KEY_OF_FALLBACK = 0xFA11;

    /// Nobody posted in the windows of A and B: the fallback, whose window comes then, posts all blocks since, its own included.
    function test_theNextOwnerPostsWhatWholeWindowsLeftOut() public {
        lookahead.setWindow(32, 63, FALLBACK);
        registry.setAlways(FALLBACK, MessageHashes.hash(setOf(KEY_OF_FALLBACK)));
        atSlot(40);
        (, uint64 last) = inbox.blocksOf(32, 63);
        assertEq(postOn(0, last, 63, KEY_OF_FALLBACK), 1);
        assertEq(inbox.record(1).firstBlock, 1);
        assertEq(inbox.record(1).gateway, FALLBACK);
    }

    /// Nobody posted for so long that nodes filled the blocks themselves: who comes then starts behind them.
    function test_afterTheSequencingWindowAnyOwnerStartsBehindTheFilledBlocks() public {
        lookahead.setWindow(300, 310, FALLBACK);
        registry.setAlways(FALLBACK, MessageHashes.hash(setOf(KEY_OF_FALLBACK)));
        atSlot(305);
        Posting memory posting = plan(0, 3_600, 310, KEY_OF_FALLBACK);
        posting.batch.firstBlock = 2_000;
        posting.batch.parentBlockHash = keccak256("a block that nodes filled in");
        assertEq(post(posting, KEY_OF_FALLBACK), 1);
    }
}
