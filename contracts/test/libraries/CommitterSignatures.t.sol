// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {CommitterSet} from "../../src/types/Windows.sol";
import {Test} from "../support/Test.sol";

/// One message, one set, one spelling of the signature (R15). Pitfalls: a malleable signature taken for another object; trailing
/// bytes; a curve point that recovers to nobody.
contract CommitterSignaturesTest is Test {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    bytes32 private constant DIGEST = keccak256("digest");

    function verify(CommitterSet memory set, bytes32 digest, bytes memory given) public pure {
        CommitterSignatures.verify(set, digest, given);
    }

    function test_theGoldenSignaturesAreTheGatewaysAndNobodyElses() public {
        string memory json = fixture("messages/signatures.json");
        CommitterSet memory set = _one(vm.parseJsonAddress(json, ".address"));
        uint256 checked;
        for (; checked < 64; ++checked) {
            string memory place = string.concat(".signatures[", vm.toString(checked), "]");
            if (!vm.keyExistsJson(json, string.concat(place, ".digest"))) break;
            bytes32 digest = vm.parseJsonBytes32(json, string.concat(place, ".digest"));
            bytes memory given = vm.parseJsonBytes(json, string.concat(place, ".signature"));
            this.verify(set, digest, given);
            // What another implementation signs deterministically, we sign byte for byte alike.
            assertEq(signature(vm.parseJsonUint(json, ".privateKey"), digest), given);
            vm.expectPartialRevert(CommitterSignatures.NotAMember.selector);
            this.verify(set, keccak256(abi.encode(digest)), given);
        }
        assertEq(checked, 4);
    }

    function test_theMalleableTwinOfASignatureIsRefused() public {
        (CommitterSet memory set, uint256[] memory keys) = _set(1, 1);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[0], DIGEST);
        bytes32 twin = bytes32(ORDER - uint256(s));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.HighS.selector, 0));
        this.verify(set, DIGEST, abi.encodePacked(r, twin, v == 27 ? uint8(28) : uint8(27)));
        for (uint256 odd; odd < 2; ++odd) {
            vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.BadV.selector, 0, odd));
            // forge-lint: disable-next-line(unsafe-typecast)
            this.verify(set, DIGEST, abi.encodePacked(r, s, uint8(odd)));
        }
    }

    function test_trailingOrMissingBytesAreRefused() public {
        (CommitterSet memory set, uint256[] memory keys) = _set(2, 2);
        bytes memory both = bytes.concat(signature(keys[0], DIGEST), signature(keys[1], DIGEST));
        this.verify(set, DIGEST, both);
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 130, 131));
        this.verify(set, DIGEST, bytes.concat(both, hex"00"));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 130, 65));
        this.verify(set, DIGEST, signature(keys[0], DIGEST));
        set.threshold = 0;
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 0, 0));
        this.verify(set, DIGEST, "");
    }

    function test_oneSignerCountsOnceAndSignersAscend() public {
        (CommitterSet memory set, uint256[] memory keys) = _set(3, 2);
        bytes memory first = signature(keys[0], DIGEST);
        bytes memory second = signature(keys[1], DIGEST);
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignersNotAscending.selector, 1));
        this.verify(set, DIGEST, bytes.concat(first, first));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignersNotAscending.selector, 1));
        this.verify(set, DIGEST, bytes.concat(second, first));
        this.verify(set, DIGEST, bytes.concat(second, signature(keys[2], DIGEST)));
    }

    /// r = 0 recovers to the zero address, which must never be somebody: not even where a set should hold it.
    function test_aSignatureThatRecoversToNobodyIsNobodys() public {
        bytes memory nobody = abi.encodePacked(bytes32(0), bytes32(uint256(1)), uint8(27));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.NotAMember.selector, 0, address(0)));
        this.verify(_one(address(0)), DIGEST, nobody);
    }

    function testFuzz_noOtherBytesAreASignatureOfTheSet(uint256 place, uint8 change) public {
        (CommitterSet memory set, uint256[] memory keys) = _set(1, 1);
        bytes memory given = signature(keys[0], DIGEST);
        given[bound(place, 0, 64)] ^= bytes1(change == 0 ? 1 : change);
        vm.expectRevert();
        this.verify(set, DIGEST, given);
    }

    function _one(address member) private pure returns (CommitterSet memory set) {
        set = CommitterSet(1, new address[](1));
        set.members[0] = member;
    }

    /// `count` members ascending, and their keys in the same order.
    function _set(uint256 count, uint8 threshold)
        private
        pure
        returns (CommitterSet memory set, uint256[] memory keys)
    {
        keys = new uint256[](count);
        set = CommitterSet(threshold, new address[](count));
        for (uint256 i; i < count; ++i) {
            keys[i] = 0xC0DE + i;
            for (uint256 k = i; k > 0 && vm.addr(keys[k]) < vm.addr(keys[k - 1]); --k) {
                (keys[k], keys[k - 1]) = (keys[k - 1], keys[k]);
            }
        }
        for (uint256 i; i < count; ++i) {
            set.members[i] = vm.addr(keys[i]);
        }
    }
}
