// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IValidatorRegistry, KeyProof} from "../../src/interfaces/IValidatorRegistry.sol";
import {HeaderProof, ValidatorProof} from "../../src/types/Proofs.sol";
import {TransactionGas} from "../support/beacon/TransactionGas.sol";
import {ValidatorWorld} from "../support/validators/ValidatorWorld.sol";

/// The numbers, as whole transactions. The test contract is the operator.
contract ValidatorGasTest is ValidatorWorld, TransactionGas {
    function setUp() public {
        buildRegistry();
        address[4] memory parts = [address(registry), address(verifiers), address(verifiers.layoutAt(0)), BEACON_ROOTS];
        for (uint256 i; i < 4; ++i) {
            coldInTransactions(parts[i]);
        }
    }

    function test_gasOfARegistrationByKey() public {
        ValidatorProof memory proof = validatorWithKey(1_000_001, 77, credentialsOf(0x01, address(this)));
        bytes memory signature = signBls(77, registry.signingRoot(address(this), 0));
        bytes memory data =
            abi.encodeCall(IValidatorRegistry.registerByKey, (proof, keyOf(77), signature, address(this), 0));
        uint256 single = sendCold(address(registry), data);
        vm.snapshotValue("ValidatorRegistry", "registerByKey, one validator", single);
        assertLe(single, 290_000);
    }

    function test_gasOfABatchByKeyIsWithin200kAValidator() public {
        for (uint64 size = 2; size <= 32; size *= 4) {
            uint256[] memory secrets = new uint256[](size);
            bytes32 root = registry.signingRoot(address(this), 0);
            bytes memory signature;
            for (uint256 i; i < size; ++i) {
                secrets[i] = 1000 * size + i;
                bytes memory one = signBls(secrets[i], root);
                signature = i == 0 ? one : addSignatures(signature, one);
            }
            (HeaderProof memory header, KeyProof[] memory proofs) =
                validatorRow((1_000_000 + 64 * size) / 64 * 64, secrets);
            bytes memory data =
                abi.encodeCall(IValidatorRegistry.registerByKeys, (header, proofs, signature, address(this), 0));
            uint256 each = sendCold(address(registry), data) / size;
            vm.snapshotValue(
                "ValidatorRegistry", string.concat("registerByKeys, a validator of ", vm.toString(size)), each
            );
            assertLe(each, 200_000);
        }
    }

    function test_gasOfARegistrationByWithdrawalAddress() public {
        ValidatorProof memory proof = validatorOf(1_000_002, address(this));
        uint256 single = sendCold(
            address(registry), abi.encodeCall(IValidatorRegistry.registerByWithdrawalAddress, (proof, address(this)))
        );
        vm.snapshotValue("ValidatorRegistry", "registerByWithdrawalAddress", single);
        assertLe(single, 120_000);
        vm.warp(timeOf(HEADER_SLOT + 500));
        uint256 leaving = sendCold(address(registry), abi.encodeCall(IValidatorRegistry.deregister, (1_000_002)));
        vm.snapshotValue("ValidatorRegistry", "deregister", leaving);
    }
}
