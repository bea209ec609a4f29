// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {KeyProof} from "../../../src/interfaces/IValidatorRegistry.sol";
import {BeaconVerifiers} from "../../../src/libraries/beacon/BeaconVerifiers.sol";
import {FuluLayout} from "../../../src/libraries/beacon/FuluLayout.sol";
import {Bls} from "../../../src/libraries/bls/Bls.sol";
import {ValidatorRegistry} from "../../../src/registry/ValidatorRegistry.sol";
import {HeaderProof, ValidatorProof} from "../../../src/types/Proofs.sol";
import {BeaconChain} from "../beacon/BeaconChain.sol";
import {BlsSigner} from "../bls/BlsSigner.sol";

/// A registry, and validators with known secrets in made-up states.
abstract contract ValidatorWorld is BeaconChain, BlsSigner {
    uint64 internal constant HEADER_SLOT = 400;
    bytes4 internal constant FORK_VERSION = 0x10000910;

    BeaconVerifiers internal verifiers;
    ValidatorRegistry internal registry;

    function buildRegistry() internal {
        installBeaconRoots();
        verifiers = new BeaconVerifiers(GENESIS_TIME, SLOT_SECONDS, 32, 0, new FuluLayout(32), address(0), 0);
        registry = new ValidatorRegistry(GENESIS_TIME, SLOT_SECONDS, 32, FORK_VERSION, verifiers);
        vm.warp(timeOf(HEADER_SLOT + 10));
    }

    function credentialsOf(bytes1 kind, address account) internal pure returns (bytes32) {
        return bytes32(kind) | bytes32(uint256(uint160(account)));
    }

    /// Validator `index`, whose key has the secret given, in a state that the chain knows.
    function validatorWithKey(uint64 index, uint256 secret, bytes32 credentials)
        internal
        returns (ValidatorProof memory)
    {
        (, bytes32 root) = Bls.rootOf(keyOf(secret));
        return validatorProof(HEADER_SLOT, index, root, credentials);
    }

    function validatorOf(uint64 index, address account) internal returns (ValidatorProof memory) {
        return validatorProof(HEADER_SLOT, index, _sibling(), credentialsOf(0x01, account));
    }

    /// `secrets[i]` is the key of validator first + i: one header over a whole row of validators, a power of two of them.
    function validatorRow(uint64 first, uint256[] memory secrets)
        internal
        returns (HeaderProof memory header, KeyProof[] memory proofs)
    {
        uint256 size = secrets.length;
        proofs = new KeyProof[](size);
        bytes32[] memory nodes = new bytes32[](size);
        for (uint256 i; i < size; ++i) {
            // forge-lint: disable-next-line(unsafe-typecast)
            proofs[i].validatorIndex = first + uint64(i);
            proofs[i].withdrawalCredentials = credentialsOf(0x01, address(0xc0ffee));
            proofs[i].key = keyOf(secrets[i]);
            proofs[i].branch = new bytes32[](49);
            // Leaves 0 and 1, then the two nodes over the rest of the validator.
            (, bytes32 root) = Bls.rootOf(proofs[i].key);
            bytes32 node = sha256(abi.encode(root, proofs[i].withdrawalCredentials));
            for (uint256 j; j < 2; ++j) {
                proofs[i].branch[j] = _sibling();
                node = sha256(abi.encode(node, proofs[i].branch[j]));
            }
            nodes[i] = node;
        }
        uint256 level = 2;
        uint256 width = size;
        while (width > 1) {
            for (uint256 i; i < size; ++i) {
                proofs[i].branch[level] = nodes[(i * width / size) ^ 1];
            }
            for (uint256 i; i < width / 2; ++i) {
                nodes[i] = sha256(abi.encode(nodes[2 * i], nodes[2 * i + 1]));
            }
            width /= 2;
            ++level;
        }
        (bytes32 state, bytes32[] memory above) = stateWith(nodes[0], (75 * 2 * 2 ** 40 + uint256(first)) / size);
        for (uint256 i; i < size; ++i) {
            for (uint256 j; j < above.length; ++j) {
                proofs[i].branch[level + j] = above[j];
            }
        }
        header = publish(HEADER_SLOT, state);
    }
}
