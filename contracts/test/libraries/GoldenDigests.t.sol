// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Test} from "../support/Test.sol";

/// What is signed, and what names a blob, as the golden vectors say.
contract GoldenDigestsTest is Test {
    function test_digestsUnderEveryDomainAreTheGoldenOnes() public {
        string memory json = fixture("messages/messages.json");
        string[] memory kinds = vm.parseJsonKeys(json, ".messages");
        uint256 checked;
        for (uint256 d; d < 4; ++d) {
            string memory domain = string.concat(".domains[", vm.toString(d), "].domain.");
            uint256 chainId = vm.parseJsonUint(json, string.concat(domain, "l1ChainId"));
            // The cheat code knows chain ids below 2^64 - 1.
            if (chainId == type(uint64).max) continue;
            vm.chainId(chainId);
            bytes32 separator = MessageHashes.domain(vm.parseJsonAddress(json, string.concat(domain, "inbox")));
            for (uint256 k; k < kinds.length; ++k) {
                string memory vector = string.concat(".messages.", kinds[k], ".vectors[0].");
                bytes32 structHash = vm.parseJsonBytes32(json, string.concat(vector, "structHash"));
                bytes32 golden = vm.parseJsonBytes32(json, string.concat(vector, "digests[", vm.toString(d), "]"));
                assertEq(MessageHashes.digest(separator, structHash), golden, vector);
                ++checked;
            }
        }
        assertEq(checked, 3 * 8);
    }

    function test_aBlobsVersionedHashFollowsFromItsCommitment() public view {
        string memory blob = fixture("blobs/blob.json");
        bytes32 digest = sha256(vm.parseJsonBytes(blob, ".commitment"));
        bytes32 versioned = (digest & bytes32(type(uint256).max >> 8)) | bytes32(uint256(1) << 248);
        assertEq(versioned, vm.parseJsonBytes32(blob, ".versionedHash"));
    }
}
