// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Authority, IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {ValidatorProof} from "../../src/types/Proofs.sol";
import {ValidatorPod, ValidatorPodBad} from "../support/validators/ValidatorPods.sol";
import {ValidatorWorld} from "../support/validators/ValidatorWorld.sol";

/// Rights of withdrawal addresses, operators' consent, and history.
contract ValidatorRegistryTest is ValidatorWorld {
    address private operator;
    address private owner;
    uint64 private constant EPOCH = 12;
    uint256 private constant SECRET = 0xabcdef;

    function setUp() public {
        buildRegistry();
        operator = makeAddr("operator");
        owner = makeAddr("owner");
        vm.prank(operator);
        registry.acceptOwner(owner, true);
    }

    function _toEpoch(uint64 epoch) private {
        vm.warp(timeOf(epoch * 32));
    }

    // --- Withdrawal addresses ---

    function test_theWithdrawalAddressRegistersFromTwoEpochsOn() public {
        for (uint64 i; i < 2; ++i) {
            bytes1 kind = i == 0 ? bytes1(0x01) : bytes1(0x02);
            ValidatorProof memory proof = validatorProof(HEADER_SLOT, i, _sibling(), credentialsOf(kind, owner));
            vm.prank(owner);
            registry.registerByWithdrawalAddress(proof, operator);
            assertEq(registry.operatorAt(i, EPOCH + 1), address(0));
            assertEq(registry.operatorAt(i, EPOCH + 2), operator);
        }
    }

    function test_credentialsWithoutAnAddressAreRefused() public {
        for (uint256 i; i < 3; ++i) {
            bytes32 credentials = credentialsOf([bytes1(0x00), 0x03, 0xff][i], owner);
            ValidatorProof memory proof = validatorProof(HEADER_SLOT, 7, _sibling(), credentials);
            vm.prank(owner);
            vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NoWithdrawalAddress.selector, credentials));
            registry.registerByWithdrawalAddress(proof, operator);
        }
    }

    function test_anotherCallerIsRefused() public {
        ValidatorProof memory proof = validatorOf(7, owner);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotWithdrawalAddress.selector, operator, owner));
        registry.registerByWithdrawalAddress(proof, operator);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotWithdrawalAddress.selector, operator, owner));
        registry.deregisterByWithdrawalAddress(proof);
    }

    function test_thePodsOwnerActsForThePod() public {
        ValidatorProof memory proof = validatorOf(7, address(new ValidatorPod(owner)));
        vm.prank(owner);
        registry.registerByWithdrawalAddress(proof, operator);
        assertEq(registry.operatorAt(7, EPOCH + 2), operator);
    }

    function test_contractsThatDoNotAnswerLikeAPodAreNoPodsAndBurnLittleGas() public {
        for (uint256 i; i < 5; ++i) {
            address pod = address(new ValidatorPodBad(ValidatorPodBad.Kind(i)));
            ValidatorProof memory proof = validatorOf(7, pod);
            uint256 before = gasleft();
            // As its own transaction's origin the caller is who the contract names.
            vm.prank(owner, owner);
            vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotWithdrawalAddress.selector, owner, pod));
            registry.registerByWithdrawalAddress(proof, operator);
            assertLe(before - gasleft(), 150_000);
        }
        // An account without code answers everything with nothing.
        ValidatorProof memory empty = validatorOf(7, address(0xe0a));
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotWithdrawalAddress.selector, owner, address(0xe0a)));
        registry.registerByWithdrawalAddress(empty, operator);
    }

    // --- Who beats whom (R26) ---

    function _registerByKey(uint64 nonce) private {
        ValidatorProof memory proof = validatorWithKey(7, SECRET, credentialsOf(0x01, owner));
        bytes memory signature = signBls(SECRET, registry.signingRoot(operator, nonce));
        bytes memory key = keyOf(SECRET);
        vm.prank(operator);
        registry.registerByKey(proof, key, signature, operator, nonce);
    }

    function test_theWithdrawalAddressReplacesAKeysRegistration() public {
        _registerByKey(0);
        address other = makeAddr("other");
        vm.prank(other);
        registry.acceptOwner(owner, true);
        _toEpoch(20);
        ValidatorProof memory proof = validatorOf(7, owner);
        vm.prank(owner);
        registry.registerByWithdrawalAddress(proof, other);
        assertEq(registry.operatorAt(7, EPOCH + 2), operator);
        assertEq(registry.operatorAt(7, 21), operator);
        assertEq(registry.operatorAt(7, 22), other);
    }

    function test_theKeyDoesNotReplaceTheWithdrawalAddressesWord() public {
        ValidatorProof memory proof = validatorOf(7, owner);
        vm.prank(owner);
        registry.registerByWithdrawalAddress(proof, operator);
        ValidatorProof memory byKey = validatorWithKey(7, SECRET, credentialsOf(0x01, owner));
        bytes memory signature = signBls(SECRET, registry.signingRoot(operator, 0));
        bytes memory key = keyOf(SECRET);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.HeldByWithdrawalAddress.selector, 7));
        registry.registerByKey(byKey, key, signature, operator, 0);
        // Not even after it has left, whoever made it leave.
        vm.prank(operator);
        registry.deregister(7);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.HeldByWithdrawalAddress.selector, 7));
        registry.registerByKey(byKey, key, signature, operator, 0);
    }

    function test_theWithdrawalAddressEndsAKeysRegistrationForGood() public {
        _registerByKey(0);
        ValidatorProof memory proof = validatorOf(7, owner);
        _toEpoch(20);
        vm.prank(owner);
        registry.deregisterByWithdrawalAddress(proof);
        assertEq(registry.operatorAt(7, 21), operator);
        assertEq(registry.operatorAt(7, 22), address(0));
        ValidatorProof memory byKey = validatorWithKey(7, SECRET, credentialsOf(0x01, owner));
        bytes memory signature = signBls(SECRET, registry.signingRoot(operator, 1));
        bytes memory key = keyOf(SECRET);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.HeldByWithdrawalAddress.selector, 7));
        registry.registerByKey(byKey, key, signature, operator, 1);
    }

    // --- Consent ---

    /// A stranger's validator under an honest operator's name could miss its slots and cost it the rewards.
    function test_nobodyIsMadeAnOperatorAgainstTheirWill() public {
        address stranger = makeAddr("stranger");
        ValidatorProof memory proof = validatorOf(7, stranger);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.OperatorUnwilling.selector, operator, stranger));
        registry.registerByWithdrawalAddress(proof, operator);

        ValidatorProof memory byKey = validatorWithKey(7, SECRET, credentialsOf(0x01, stranger));
        bytes memory signature = signBls(SECRET, registry.signingRoot(operator, 0));
        bytes memory key = keyOf(SECRET);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.OperatorUnwilling.selector, operator, stranger));
        registry.registerByKey(byKey, key, signature, operator, 0);

        vm.prank(operator);
        registry.acceptOwner(stranger, true);
        proof = validatorOf(7, stranger);
        vm.prank(stranger);
        registry.registerByWithdrawalAddress(proof, operator);
        vm.prank(operator);
        registry.acceptOwner(stranger, false);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.OperatorUnwilling.selector, operator, stranger));
        registry.registerByWithdrawalAddress(proof, operator);
    }

    function test_theZeroOperatorIsRefused() public {
        ValidatorProof memory proof = validatorOf(7, owner);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.ZeroOperator.selector));
        registry.registerByWithdrawalAddress(proof, address(0));
    }

    // --- Leaving, coming back, history ---

    function test_theOperatorLetsAValidatorGoTwoEpochsLater() public {
        ValidatorProof memory proof = validatorOf(7, owner);
        vm.prank(owner);
        registry.registerByWithdrawalAddress(proof, operator);
        _toEpoch(30);
        vm.prank(operator);
        registry.deregister(7);
        assertEq(registry.operatorAt(7, 30), operator);
        assertEq(registry.operatorAt(7, 31), operator);
        assertEq(registry.operatorAt(7, 32), address(0));
    }

    function test_onlyTheOperatorDeregisters() public {
        ValidatorProof memory proof = validatorOf(7, owner);
        vm.prank(owner);
        registry.registerByWithdrawalAddress(proof, operator);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotOperator.selector, 7, owner, operator));
        registry.deregister(7);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotOperator.selector, 8, owner, address(0)));
        registry.deregister(8);
        // Gone is gone: not twice.
        vm.prank(operator);
        registry.deregister(7);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IValidatorRegistry.NotOperator.selector, 7, operator, address(0)));
        registry.deregister(7);
    }

    function test_comingBackKeepsTheHistory() public {
        ValidatorProof memory proof = validatorOf(7, owner);
        vm.prank(owner);
        registry.registerByWithdrawalAddress(proof, operator);
        _toEpoch(30);
        vm.prank(operator);
        registry.deregister(7);
        _toEpoch(40);
        proof = validatorOf(7, owner);
        vm.prank(owner);
        registry.registerByWithdrawalAddress(proof, operator);
        uint64[8] memory epochs = [uint64(0), 13, 14, 31, 32, 41, 42, 1e9];
        bool[8] memory held = [false, false, true, true, false, false, true, true];
        for (uint256 i; i < 8; ++i) {
            assertEq(registry.operatorAt(7, epochs[i]), held[i] ? operator : address(0));
        }
    }

    /// Two changes in one epoch hold from the same one: the first was never in force and leaves no trace.
    function test_theLastChangeOfAnEpochCounts() public {
        address other = makeAddr("other");
        vm.prank(other);
        registry.acceptOwner(owner, true);
        ValidatorProof memory proof = validatorOf(7, owner);
        vm.startPrank(owner);
        registry.registerByWithdrawalAddress(proof, operator);
        registry.registerByWithdrawalAddress(proof, other);
        assertEq(registry.operatorAt(7, EPOCH + 1), address(0));
        assertEq(registry.operatorAt(7, EPOCH + 2), other);
        (address newestOperator, uint64 fromEpoch, Authority authority, uint64 nextNonce) = registry.newest(7);
        assertEq(newestOperator, other);
        assertEq(fromEpoch, EPOCH + 2);
        assertTrue(authority == Authority.WithdrawalAddress);
        assertEq(nextNonce, 0);
    }

    /// Against a plain list of changes: answers for every epoch, and once an epoch is two away, its answer never moves again.
    /// forge-config: default.fuzz.runs = 64
    function testFuzz_historyIsAnsweredForEverAndNeverChanges(uint256 seed) public {
        address[3] memory operators = [operator, makeAddr("two"), makeAddr("three")];
        for (uint256 i; i < 3; ++i) {
            vm.prank(operators[i]);
            registry.acceptOwner(owner, true);
        }
        ValidatorProof memory proof = validatorOf(7, owner);
        address[40] memory expected;
        address present;
        for (uint64 epoch = 14; epoch < 38; ++epoch) {
            _toEpoch(epoch);
            uint256 draw = uint256(keccak256(abi.encode(seed, epoch)));
            // None, one or two changes in an epoch.
            for (uint256 i; i < draw % 3; ++i) {
                if (draw >> (8 * i + 8) & 3 == 3) {
                    vm.prank(owner);
                    registry.deregisterByWithdrawalAddress(proof);
                    present = address(0);
                } else {
                    present = operators[draw >> (8 * i + 8) & 3];
                    vm.prank(owner);
                    registry.registerByWithdrawalAddress(proof, present);
                }
            }
            expected[epoch + 2] = present;
            for (uint64 past; past <= epoch + 2; ++past) {
                assertEq(registry.operatorAt(7, past), expected[past]);
            }
        }
    }
}
