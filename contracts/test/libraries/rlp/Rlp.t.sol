// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {Rlp, RlpItem} from "../../../src/libraries/rlp/Rlp.sol";
import {Test} from "../../support/Test.sol";

contract RlpTest is Test {
    function listLength(bytes memory data) public pure returns (uint256) {
        return Rlp.list(data).length;
    }

    function numberIn(bytes memory data) public pure returns (uint256) {
        return Rlp.toUint(data, Rlp.list(data)[0], 32);
    }

    function bytesIn(bytes memory data) public pure returns (bytes memory) {
        return Rlp.toBytes(data, Rlp.list(data)[0]);
    }

    function hashIn(bytes memory data) public pure returns (bytes32) {
        return Rlp.toBytes32(data, Rlp.list(data)[0]);
    }

    function one(bytes memory encoded) internal pure returns (bytes memory) {
        bytes[] memory items = new bytes[](1);
        items[0] = encoded;
        return RLP.encode(items);
    }

    function testFuzz_numbersComeBack(uint256 number) public view {
        assertEq(this.numberIn(one(RLP.encode(number))), number);
    }

    function testFuzz_stringsComeBack(bytes memory data) public view {
        assertEq(this.bytesIn(one(RLP.encode(data))), data);
    }

    function testFuzz_indicesAreEncodedAsEverywhereElse(uint64 index) public pure {
        assertEq(Rlp.encodeIndex(index), RLP.encode(uint256(index)));
        assertEq(Rlp.encodeIndex(index % 300), RLP.encode(uint256(index % 300)));
    }

    function test_trailingBytesAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpTrailingBytes.selector, 2, 3));
        this.listLength(hex"c10100");
    }

    function test_leadingZerosOfANumberAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpNotCanonical.selector, 1));
        this.numberIn(hex"c3820001");
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpNotCanonical.selector, 1));
        this.numberIn(hex"c100");
    }

    function test_aSmallByteBehindAPrefixIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpNotCanonical.selector, 1));
        this.listLength(hex"c2817f");
    }

    function test_aLongFormForAShortLengthIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpNotCanonical.selector, 0));
        this.listLength(hex"f80101");
        // Length with a leading zero.
        bytes memory long = abi.encodePacked(hex"f90038", new bytes(56));
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpNotCanonical.selector, 0));
        this.listLength(long);
    }

    function test_anItemThatLeavesItsListIsRefused() public {
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpTruncated.selector, 1));
        this.listLength(hex"c3830102");
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpTruncated.selector, 0));
        this.listLength("");
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpTruncated.selector, 0));
        this.listLength(hex"ffffffffffffffffff");
    }

    function test_aListIsNoStringAndAStringIsNoList() public {
        vm.expectPartialRevert(Rlp.RlpUnexpectedKind.selector);
        this.listLength(hex"820102");
        vm.expectPartialRevert(Rlp.RlpUnexpectedKind.selector);
        this.bytesIn(hex"c1c0");
    }

    function test_aHashHasExactly32Bytes() public {
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpWidth.selector, 1, 32, 31));
        this.hashIn(one(RLP.encode(new bytes(31))));
    }

    function test_moreItemsThanAnyHeaderHasAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(Rlp.RlpTooManyItems.selector, 32));
        this.listLength(abi.encodePacked(hex"e1", new bytes(33)));
    }

    /// Whatever is read strictly is written back byte for byte.
    function testFuzz_onlyOneSpellingIsRead(bytes memory data) public view {
        try this.bytesIn(data) returns (bytes memory value) {
            try this.listLength(data) returns (uint256 count) {
                if (count == 1) assertEq(one(RLP.encode(value)), data);
            } catch {}
        } catch {}
    }
}
