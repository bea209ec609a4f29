// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconVerifiers} from "../../src/interfaces/IBeaconVerifiers.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {BeaconVerifiers} from "../../src/libraries/beacon/BeaconVerifiers.sol";
import {FuluLayout} from "../../src/libraries/beacon/FuluLayout.sol";
import {Lookahead} from "../../src/lookahead/Lookahead.sol";
import {ValidatorRegistry} from "../../src/registry/ValidatorRegistry.sol";
import {ValidatorProof} from "../../src/types/Proofs.sol";
import {Window} from "../../src/types/Windows.sol";
import {BeaconChain} from "../support/beacon/BeaconChain.sol";
import {LookaheadRollup} from "../support/lookahead/LookaheadWorld.sol";
import {Test} from "../support/Test.sol";

/// Delegations that, like the real registry's, hold from two epochs on and are remembered.
contract LookaheadDelegations {
    Lookahead private immutable _clock;
    mapping(address operator => uint32[4096]) private _gateways;

    constructor(Lookahead clock) {
        _clock = clock;
    }

    function lend(address operator, uint32 gateway) external {
        uint64 from = _clock.currentEpoch() + 2;
        for (uint64 e = from; e < from + 40; ++e) {
            _gateways[operator][e % 4096] = gateway;
        }
    }

    function gatewayFor(address operator, address, uint64 epoch) external view returns (uint32) {
        return _gateways[operator][epoch % 4096];
    }
}

/// Everybody who can move the lookahead, at random: time, proofs, caches, registrations, delegations. Each answer that was ever given
/// is written down.
contract LookaheadActors is BeaconChain {
    uint64 internal constant START = 100;
    uint64 private constant VALIDATORS = 10;

    Lookahead public lookahead;
    ValidatorRegistry public registry;
    LookaheadDelegations public delegations;
    address public rollup;
    uint64 private _now = START * 8;

    struct Answer {
        bool given;
        uint32 gateway;
        uint64 window;
        bool whole;
        uint64 firstSlot;
    }

    mapping(uint64 slot => Answer) public answers;
    uint64[] public asked;
    bool public changed;

    constructor() {
        installBeaconRoots();
        BeaconVerifiers verifiers =
            new BeaconVerifiers(GENESIS_TIME, SLOT_SECONDS, 8, 0, new FuluLayout(8), address(0), 0);
        registry = new ValidatorRegistry(GENESIS_TIME, SLOT_SECONDS, 8, 0x00000000, verifiers);
        // The two contracts know each other's address before either exists.
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        lookahead = new Lookahead(
            GENESIS_TIME,
            SLOT_SECONDS,
            8,
            1024,
            IBeaconVerifiers(address(verifiers)),
            IValidatorRegistry(address(registry)),
            IGatewayRegistry(predicted)
        );
        delegations = new LookaheadDelegations(lookahead);
        assertEq(address(delegations), predicted);
        rollup = address(new LookaheadRollup(2, 1, 99, START));
        // Half of the validators belong to somebody from the start.
        vm.warp(timeOf(_now - 24));
        _now -= 24;
        for (uint64 v; v < VALIDATORS; v += 2) {
            register(v, v / 2 % 3);
        }
        for (uint32 o; o < 3; ++o) {
            lend(o, o + 1);
        }
        _now += 24;
        vm.warp(timeOf(_now));
    }

    function wait_(uint64 slots) external {
        _now += slots % 6 + 1;
        vm.warp(timeOf(_now));
    }

    /// The chain's own proposers of an epoch: fixed, whoever proves them and whenever.
    function _proposers(uint64 epoch) private pure returns (uint64[] memory indices) {
        indices = new uint64[](8);
        for (uint64 i; i < 8; ++i) {
            indices[i] = uint64(uint256(keccak256(abi.encode("proposer", epoch, i)))) % VALIDATORS;
        }
    }

    /// This epoch or the next from a header of this one, as soon as it has a block.
    function prove(bool nextEpoch) external {
        if (_now % 8 == 0) return;
        uint64 epoch = _now / 8;
        lookahead.prove(
            epoch + (nextEpoch ? 1 : 0), lookaheadProof(_now - 1, nextEpoch, _proposers(epoch + (nextEpoch ? 1 : 0)))
        );
    }

    function cache(uint64 back) external {
        uint64 epoch = _now / 8 - back % 3;
        if (epoch < START) return;
        try lookahead.cacheWindows(rollup, epoch) {} catch {}
    }

    function register(uint64 validator, uint256 operator) public {
        address account = address(uint160(0x1000 + operator % 4));
        ValidatorProof memory proof = validatorProof(
            _now - 1, validator % VALIDATORS, _sibling(), bytes32(bytes1(0x01)) | bytes32(uint256(uint160(account)))
        );
        vm.prank(account);
        if (operator % 8 < 6) registry.registerByWithdrawalAddress(proof, account);
        else registry.deregisterByWithdrawalAddress(proof);
    }

    function lend(uint256 operator, uint32 gateway) public {
        delegations.lend(address(uint160(0x1000 + operator % 4)), gateway % 3);
    }

    /// Asks about a slot of each epoch nearby.
    function ask(uint64 place) external {
        for (uint64 i; i < 4; ++i) {
            _ask(_now - 16 + 8 * i + place % 8);
        }
    }

    /// Compares the answers with what was said before.
    function _ask(uint64 slot) private {
        Answer memory before = answers[slot];
        try lookahead.ownerAt(rollup, slot) returns (uint32 gateway, uint64 window) {
            if (before.given && (before.gateway != gateway || before.window != window)) changed = true;
            if (!before.given) {
                asked.push(slot);
                answers[slot] = Answer(true, gateway, window, false, 0);
            }
        } catch {
            // What was once known stays known: nothing is forgotten within the ring.
            if (before.given) changed = true;
        }
        before = answers[slot];
        try lookahead.windowAt(rollup, slot) returns (Window memory window) {
            if (before.whole && before.firstSlot != window.firstSlot) changed = true;
            if (!before.given || before.gateway != window.gateway || before.window != window.lastSlot) changed = true;
            answers[slot].whole = true;
            answers[slot].firstSlot = window.firstSlot;
        } catch {
            if (before.whole) changed = true;
        }
    }

    function askedCount() external view returns (uint256) {
        return asked.length;
    }
}

/// R12: who owns a slot never changes once it can be known, whatever anybody does afterwards.
contract LookaheadInvariants is Test {
    LookaheadActors private actors;

    function setUp() public {
        actors = new LookaheadActors();
        bytes4[] memory selectors = new bytes4[](6);
        selectors[0] = LookaheadActors.wait_.selector;
        selectors[1] = LookaheadActors.prove.selector;
        selectors[2] = LookaheadActors.cache.selector;
        selectors[3] = LookaheadActors.register.selector;
        selectors[4] = LookaheadActors.lend.selector;
        selectors[5] = LookaheadActors.ask.selector;
        targetContract(address(actors));
        targetSelector(FuzzSelector(address(actors), selectors));
    }

    /// Asks again about everything ever answered.
    /// forge-config: default.invariant.runs = 32
    function invariant_anAnswerOnceGivenNeverChanges() public view {
        assertFalse(actors.changed(), "an answer changed");
        for (uint256 i; i < actors.askedCount(); ++i) {
            uint64 slot = actors.asked(i);
            (, uint32 gateway, uint64 window, bool whole, uint64 firstSlot) = actors.answers(slot);
            (uint32 nowGateway, uint64 nowWindow) = actors.lookahead().ownerAt(actors.rollup(), slot);
            assertEq(nowGateway, gateway);
            assertEq(nowWindow, window);
            if (!whole) continue;
            assertEq(actors.lookahead().windowAt(actors.rollup(), slot).firstSlot, firstSlot);
        }
    }
}
