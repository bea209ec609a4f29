// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {
    Base, Batch, BlockEnv, CommitterKey, Delegation, Frag, Revocation, Seal
} from "../../src/types/Messages.sol";
import {CommitterSet} from "../../src/types/Windows.sol";
import {Test} from "../support/Test.sol";

/// Struct hashes, domains, digests and signatures are those of the golden vectors, which Rust wrote and viem computes again.
contract MessageHashesTest is Test {
    string private json;
    string private place_;
    uint256 private constant KINDS = 8;

    function setUp() public {
        json = fixture("messages/messages.json");
    }

    function test_everyMessageHashesAsTheGoldenVectorsSay() public {
        string[] memory kinds = vm.parseJsonKeys(json, ".messages");
        assertEq(kinds.length, KINDS, "kinds of messages");
        for (uint256 k; k < kinds.length; ++k) {
            uint256 i;
            for (;; ++i) {
                string memory place = string.concat(".messages.", kinds[k], ".vectors[", vm.toString(i), "]");
                if (!vm.keyExistsJson(json, string.concat(place, ".structHash"))) break;
                place_ = string.concat(place, ".value.");
                bytes32 expected = vm.parseJsonBytes32(json, string.concat(place, ".structHash"));
                assertEq(hashOf(kinds[k]), expected, place);
            }
            assertGt(i, 0);
        }
    }

    function test_domainsAndDigestsAreTheGoldenOnes() public {
        for (uint256 d; d < 4; ++d) {
            string memory place = string.concat(".domains[", vm.toString(d), "]");
            uint256 chainId = vm.parseJsonUint(json, string.concat(place, ".domain.l1ChainId"));
            // The cheat code knows chain ids of 64 bits less one.
            if (chainId == type(uint64).max) continue;
            vm.chainId(chainId);
            bytes32 separator = MessageHashes.domain(vm.parseJsonAddress(json, string.concat(place, ".domain.inbox")));
            assertEq(separator, vm.parseJsonBytes32(json, string.concat(place, ".separator")), place);
            place_ = ".messages.Batch.vectors[1].value.";
            bytes32 expected =
                vm.parseJsonBytes32(json, string.concat(".messages.Batch.vectors[1].digests[", vm.toString(d), "]"));
            assertEq(MessageHashes.digest(separator, hashOf("Batch")), expected, place);
        }
    }

    function test_signaturesOfRustAreTheSignersHere() public view {
        string memory signed = fixture("messages/signatures.json");
        CommitterSet memory set;
        set.threshold = 1;
        set.members = new address[](1);
        set.members[0] = vm.parseJsonAddress(signed, ".address");
        for (uint256 i; i < 4; ++i) {
            string memory place = string.concat(".signatures[", vm.toString(i), "]");
            CommitterSignatures.verify(
                set,
                vm.parseJsonBytes32(signed, string.concat(place, ".digest")),
                vm.parseJsonBytes(signed, string.concat(place, ".signature"))
            );
        }
    }

    function test_aBlobsVersionedHashFollowsFromItsCommitment() public view {
        string memory blob = fixture("blobs/blob.json");
        bytes32 digest = sha256(vm.parseJsonBytes(blob, ".commitment"));
        bytes32 versioned = (digest & bytes32(type(uint256).max >> 8)) | bytes32(uint256(1) << 248);
        assertEq(versioned, vm.parseJsonBytes32(blob, ".versionedHash"));
    }

    function hashOf(string memory kind) private view returns (bytes32) {
        bytes32 name = keccak256(bytes(kind));
        if (name == keccak256("Base")) return MessageHashes.hash(readBase());
        if (name == keccak256("BlockEnv")) return MessageHashes.hash(readEnv());
        if (name == keccak256("Frag")) return MessageHashes.hash(readFrag());
        if (name == keccak256("Seal")) return MessageHashes.hash(readSeal());
        if (name == keccak256("Batch")) return MessageHashes.hash(readBatch());
        if (name == keccak256("Delegation")) return MessageHashes.hash(readDelegation());
        if (name == keccak256("Revocation")) {
            return MessageHashes.hash(
                Revocation(account("operator"), account("rollup"), uint64(number("lastEpoch")), uint64(number("nonce")))
            );
        }
        if (name == keccak256("CommitterKey")) {
            return MessageHashes.hash(CommitterKey(account("owner"), word("committerSet")));
        }
        revert(string.concat("no reader for ", kind));
    }

    function readBase() private view returns (Base memory m) {
        m.window = uint64(number("window"));
        m.attempt = uint8(number("attempt"));
        m.parentBlock = uint64(number("parentBlock"));
        m.parentBlockHash = word("parentBlockHash");
        m.parentFrag = word("parentFrag");
        m.parentSeal = word("parentSeal");
    }

    function readEnv() private view returns (BlockEnv memory m) {
        m.coinbase = account("coinbase");
        m.gasLimit = uint64(number("gasLimit"));
        m.baseFee = uint64(number("baseFee"));
        m.prevRandao = word("prevRandao");
        m.parentBeaconRoot = word("parentBeaconRoot");
        m.extraDataHash = word("extraDataHash");
    }

    function readFrag() private view returns (Frag memory m) {
        m.base = word("base");
        m.blockNumber = uint64(number("blockNumber"));
        m.sequence = uint32(number("sequence"));
        m.previousFrag = word("previousFrag");
        m.timestamp = uint64(number("timestamp"));
        m.l1OriginNumber = uint64(number("l1OriginNumber"));
        m.l1OriginHash = word("l1OriginHash");
        m.issuedAtMs = uint64(number("issuedAtMs"));
        m.firstTransaction = uint32(number("firstTransaction"));
        m.transactionCount = uint32(number("transactionCount"));
        m.promisesRoot = word("promisesRoot");
        m.gasUsed = uint64(number("gasUsed"));
        m.windowCoverage = uint128(number("windowCoverage"));
        m.orderingRule = uint8(number("orderingRule"));
        m.blockEnv = word("blockEnv");
    }

    function readSeal() private view returns (Seal memory m) {
        m.base = word("base");
        m.blockNumber = uint64(number("blockNumber"));
        m.blockHash = word("blockHash");
        m.lastSequence = uint32(number("lastSequence"));
        m.lastFrag = word("lastFrag");
        m.endOfWindow = vm.parseJsonBool(json, string.concat(place_, "endOfWindow"));
    }

    function readBatch() private view returns (Batch memory m) {
        m.base = word("base");
        m.window = uint64(number("window"));
        m.parentBatch = word("parentBatch");
        m.firstBlock = uint64(number("firstBlock"));
        m.lastBlock = uint64(number("lastBlock"));
        m.parentBlockHash = word("parentBlockHash");
        m.lastBlockHash = word("lastBlockHash");
        m.blocksRoot = word("blocksRoot");
        m.lastFrag = word("lastFrag");
        m.lastOriginNumber = uint64(number("lastOriginNumber"));
        m.lastOriginHash = word("lastOriginHash");
        m.blobHashes = vm.parseJsonBytes32Array(json, string.concat(place_, "blobHashes"));
    }

    function readDelegation() private view returns (Delegation memory m) {
        m.operator = account("operator");
        m.gateway = uint32(number("gateway"));
        m.firstEpoch = uint64(number("firstEpoch"));
        m.lastEpoch = uint64(number("lastEpoch"));
        m.nonce = uint64(number("nonce"));
        m.rollups = vm.parseJsonAddressArray(json, string.concat(place_, "rollups"));
        m.slashers = vm.parseJsonAddressArray(json, string.concat(place_, "slashers"));
    }

    function number(string memory field) private view returns (uint256) {
        return vm.parseJsonUint(json, string.concat(place_, field));
    }

    function word(string memory field) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(place_, field));
    }

    function account(string memory field) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(place_, field));
    }
}
