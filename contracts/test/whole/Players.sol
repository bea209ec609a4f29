// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {CommitterKey, Delegation} from "../../src/types/Messages.sol";
import {SlotPresenceProof, ValidatorProof} from "../../src/types/Proofs.sol";
import {CommitterSet} from "../../src/types/Windows.sol";
import {World} from "./World.sol";

/// Validators, operators and gateways with real registrations, and L1 as it goes on, slot by slot.
///
/// Validators 0 and 7 are registered by the oracle's proofs of a real state. Their operators lend to A and B. In every epoch validator
/// 0 proposes in slot 3 and validator 7 in slot 7, so each epoch has two windows: A's, slots 0 to 3, and B's, slots 4 to 7.
abstract contract Players is World {
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    address internal constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
    /// The runtime code EIP-2935 lists.
    bytes private constant HISTORY_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";
    /// The development accounts of the fixtures' withdrawal credentials.
    uint256 internal constant OPERATOR_KEY_A = 0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80;
    uint256 internal constant OPERATOR_KEY_B = 0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d;
    uint64 internal constant VALIDATOR_A = 0;
    uint64 internal constant VALIDATOR_B = 7;
    /// L1 block of slot s is this + s.
    uint64 internal constant L1_BLOCK = 1000;
    uint256 internal constant STAKE = 1100 ether;

    address internal operatorA;
    address internal operatorB;
    uint64 private _lastSlot;
    uint64 private _provenEpoch;

    function setUp() public virtual {
        installBeaconRoots();
        vm.etch(HISTORY, HISTORY_CODE);
        operatorA = vm.addr(OPERATOR_KEY_A);
        operatorB = vm.addr(OPERATOR_KEY_B);
        string memory states = fixture("beacon/minimal/proofs.json");
        _lastSlot = 75;
        _provenEpoch = 10;
        vm.warp(timeOf(76));
        deployCore();
        enrol("gateway A");
        enrol("gateway B");
        enrol("gateway F");
        deployRollup();
        _serve(A, operatorA);
        _serve(B, operatorB);
        ValidatorProof memory ofA = validatorFrom(states, ".validators[0]");
        ValidatorProof memory ofB = validatorFrom(states, ".validators[2]");
        vm.prank(operatorA);
        validators.registerByWithdrawalAddress(ofA, operatorA);
        vm.prank(operatorB);
        validators.registerByWithdrawalAddress(ofB, operatorB);
        lookahead.prove(9, lookaheadFrom(states, ".lookahead[4]"));
        lookahead.prove(10, lookaheadFrom(states, ".lookahead[5]"));
        atSlot(80);
    }

    // --- Gateways ---

    function ownerOf(uint32 gateway) internal returns (address) {
        return makeAddr(string.concat("owner of ", vm.toString(uint256(gateway))));
    }

    function keyOf(uint32 gateway) internal pure returns (uint256) {
        bytes memory name = gateway == A ? bytes("gateway A") : gateway == B ? bytes("gateway B") : bytes("gateway F");
        return uint256(keccak256(name)) >> 1;
    }

    function setOf(uint32 gateway) internal pure returns (CommitterSet memory set) {
        set.threshold = 1;
        set.members = new address[](1);
        set.members[0] = vm.addr(keyOf(gateway));
    }

    function enrol(string memory name) internal {
        uint32 gateway = registry.gatewayCount() + 1;
        (, uint256 key) = makeAddrAndKey(name);
        address owner = ownerOf(gateway);
        bytes32 possession = MessageHashes.hash(CommitterKey(owner, MessageHashes.hash(setOf(gateway))));
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = signature(key, MessageHashes.digest(registry.domainSeparator(), possession));
        vm.prank(owner);
        registry.register(setOf(gateway), signatures, "https://gateway.example");
    }

    function _serve(uint32 gateway, address operator) private {
        address owner = ownerOf(gateway);
        vm.deal(owner, STAKE);
        vm.startPrank(owner);
        vault.deposit{value: STAKE}(gateway);
        vault.reserve(gateway, address(inbox), STAKE);
        registry.join(gateway, address(inbox));
        vm.stopPrank();
        Delegation memory lent = delegation(operator, gateway, 0);
        vm.prank(operator);
        registry.delegate(lent, "");
    }

    function delegation(address operator, uint32 gateway, uint64 nonce) internal view returns (Delegation memory d) {
        d.operator = operator;
        d.gateway = gateway;
        d.firstEpoch = FIRST;
        d.lastEpoch = FIRST + 1000;
        d.nonce = nonce;
        d.rollups = new address[](1);
        d.rollups[0] = address(inbox);
        d.slashers = new address[](1);
        d.slashers[0] = address(slasher);
    }

    // --- L1 ---

    /// Goes to the first second of `slot`; every slot on the way has a block, and every epoch is proven when it begins.
    function atSlot(uint64 slot) internal {
        for (uint64 s = _lastSlot + 1; s <= slot; ++s) {
            vm.warp(timeOf(s));
            vm.roll(L1_BLOCK + s);
            vm.prank(SYSTEM);
            (bool ok,) = HISTORY.call(abi.encode(l1Hash(L1_BLOCK + s - 1)));
            assertTrue(ok, "EIP-2935 refused the system call");
            _lastSlot = s;
            if (s / EPOCH > _provenEpoch) {
                _provenEpoch = s / EPOCH;
                lookahead.prove(_provenEpoch, lookaheadProof(s - 2, true, proposers()));
            }
        }
    }

    /// Long after: no block hashes are kept on the way.
    function goTo(uint256 timestamp) internal {
        vm.warp(timestamp);
        vm.roll(vm.getBlockNumber() + 1);
    }

    function proposers() internal pure returns (uint64[] memory indices) {
        indices = new uint64[](EPOCH);
        for (uint64 i; i < EPOCH; ++i) {
            indices[i] = 20 + i;
        }
        indices[3] = VALIDATOR_A;
        indices[7] = VALIDATOR_B;
    }

    function l1Hash(uint64 number) internal pure returns (bytes32) {
        return keccak256(abi.encode("l1", number));
    }

    /// Windows by number: 0 is A's first one, 1 B's first one.
    function windowOf(uint64 number) internal pure returns (uint64) {
        return FIRST * EPOCH + 4 * number + 3;
    }

    function gatewayOf(uint64 number) internal pure returns (uint32) {
        return number % 2 == 0 ? A : B;
    }

    /// `block_roots` of a state two slots after `slot`, in which the slot has a block or not.
    function presenceOf(uint64 slot, bool missed) internal returns (SlotPresenceProof memory proof) {
        bytes32[] memory roots = new bytes32[](64);
        for (uint256 i; i < 64; ++i) {
            roots[i] = _sibling();
        }
        if (missed) roots[slot % 64] = roots[(slot - 1) % 64];
        proof.slot = slot;
        proof.rootBefore = roots[(slot - 1) % 64];
        proof.rootAt = roots[slot % 64];
        (bytes32 stateRoot, bytes32[] memory above) = stateWith(treeRoot(roots), 69);
        proof.branchBefore = _branch(roots, (slot - 1) % 64, above);
        proof.branchAt = _branch(roots, slot % 64, above);
        proof.header = publish(slot + 2, stateRoot);
    }

    function _branch(bytes32[] memory level, uint256 place, bytes32[] memory above)
        private
        pure
        returns (bytes32[] memory branch)
    {
        branch = new bytes32[](6 + above.length);
        for (uint256 i; i < 6; ++i) {
            branch[i] = level[place ^ 1];
            bytes32[] memory parents = new bytes32[](level.length / 2);
            for (uint256 j; j < parents.length; ++j) {
                parents[j] = sha256(abi.encode(level[2 * j], level[2 * j + 1]));
            }
            (level, place) = (parents, place / 2);
        }
        for (uint256 i; i < above.length; ++i) {
            branch[6 + i] = above[i];
        }
    }
}
