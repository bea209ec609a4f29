// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Vm} from "./Vm.sol";

/// Base of every test: cheat codes, assertions that revert with both values, and what an invariant run may call.
abstract contract Test {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    error Different(string what, bytes32 got, bytes32 expected);
    error DifferentBytes(string what, bytes got, bytes expected);
    error Failed(string what);

    /// Functions of one contract that an invariant run may call.
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    address[] private _targetContracts;
    address[] private _targetSenders;
    address[] private _excludedContracts;
    address[] private _excludedSenders;
    FuzzSelector[] private _targetSelectors;

    // --- Assertions: got first, expected second ---

    function fail(string memory what) internal pure {
        revert Failed(what);
    }

    function assertTrue(bool condition) internal pure {
        if (!condition) revert Failed("expected true");
    }

    function assertTrue(bool condition, string memory what) internal pure {
        if (!condition) revert Failed(what);
    }

    function assertFalse(bool condition) internal pure {
        if (condition) revert Failed("expected false");
    }

    function assertFalse(bool condition, string memory what) internal pure {
        if (condition) revert Failed(what);
    }

    function assertEq(uint256 got, uint256 expected) internal pure {
        assertEq(got, expected, "");
    }

    function assertEq(uint256 got, uint256 expected, string memory what) internal pure {
        if (got != expected) revert Different(what, bytes32(got), bytes32(expected));
    }

    function assertEq(int256 got, int256 expected) internal pure {
        if (got == expected) return;
        // The bits are shown as they are.
        // forge-lint: disable-next-line(unsafe-typecast)
        revert Different("", bytes32(uint256(got)), bytes32(uint256(expected)));
    }

    function assertEq(bytes32 got, bytes32 expected) internal pure {
        assertEq(got, expected, "");
    }

    function assertEq(bytes32 got, bytes32 expected, string memory what) internal pure {
        if (got != expected) revert Different(what, got, expected);
    }

    function assertEq(address got, address expected) internal pure {
        assertEq(got, expected, "");
    }

    function assertEq(address got, address expected, string memory what) internal pure {
        if (got != expected) {
            revert Different(what, bytes32(uint256(uint160(got))), bytes32(uint256(uint160(expected))));
        }
    }

    function assertEq(bool got, bool expected) internal pure {
        assertEq(got, expected, "");
    }

    function assertEq(bool got, bool expected, string memory what) internal pure {
        if (got != expected) revert Different(what, bytes32(uint256(got ? 1 : 0)), bytes32(uint256(expected ? 1 : 0)));
    }

    function assertEq(bytes memory got, bytes memory expected) internal pure {
        assertEq(got, expected, "");
    }

    function assertEq(bytes memory got, bytes memory expected, string memory what) internal pure {
        if (keccak256(got) != keccak256(expected)) revert DifferentBytes(what, got, expected);
    }

    function assertEq(string memory got, string memory expected) internal pure {
        assertEq(bytes(got), bytes(expected), "");
    }

    function assertNotEq(uint256 got, uint256 other) internal pure {
        if (got == other) revert Different("expected to differ", bytes32(got), bytes32(other));
    }

    function assertNotEq(bytes32 got, bytes32 other) internal pure {
        if (got == other) revert Different("expected to differ", got, other);
    }

    function assertNotEq(address got, address other) internal pure {
        if (got == other) {
            revert Different("expected to differ", bytes32(uint256(uint160(got))), bytes32(uint256(uint160(other))));
        }
    }

    function assertLe(uint256 got, uint256 most) internal pure {
        assertLe(got, most, "expected at most");
    }

    function assertLe(uint256 got, uint256 most, string memory what) internal pure {
        if (got > most) revert Different(what, bytes32(got), bytes32(most));
    }

    function assertGe(uint256 got, uint256 least) internal pure {
        assertGe(got, least, "expected at least");
    }

    function assertGe(uint256 got, uint256 least, string memory what) internal pure {
        if (got < least) revert Different(what, bytes32(got), bytes32(least));
    }

    function assertLt(uint256 got, uint256 limit) internal pure {
        if (got >= limit) revert Different("expected less than", bytes32(got), bytes32(limit));
    }

    function assertGt(uint256 got, uint256 limit) internal pure {
        if (got <= limit) revert Different("expected more than", bytes32(got), bytes32(limit));
    }

    // --- Values, accounts, signatures, files ---

    /// A value in [least, most] that depends on all of `x`.
    function bound(uint256 x, uint256 least, uint256 most) internal pure returns (uint256) {
        if (least > most) revert Failed("bound: least > most");
        uint256 size;
        unchecked {
            size = most - least + 1;
        }
        return size == 0 ? x : least + (x % size);
    }

    /// An account whose key nobody knows, named in traces.
    function makeAddr(string memory name) internal returns (address account) {
        account = address(uint160(uint256(keccak256(bytes(name)))));
        vm.label(account, name);
    }

    /// An account that can sign, named in traces.
    function makeAddrAndKey(string memory name) internal returns (address account, uint256 key) {
        key = uint256(keccak256(bytes(name))) >> 1;
        account = vm.addr(key);
        vm.label(account, name);
    }

    /// 65-byte signature r ‖ s ‖ v with low s.
    function signature(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    /// A file of the repository's `fixtures` folder.
    function fixture(string memory path) internal view returns (string memory) {
        return vm.readFile(string.concat(vm.projectRoot(), "/../fixtures/", path));
    }

    // --- What an invariant run may call; Foundry reads the public views below ---

    function targetContract(address target) internal {
        _targetContracts.push(target);
    }

    function targetSender(address sender) internal {
        _targetSenders.push(sender);
    }

    function targetSelector(FuzzSelector memory selector) internal {
        _targetSelectors.push(selector);
    }

    function excludeContract(address target) internal {
        _excludedContracts.push(target);
    }

    function excludeSender(address sender) internal {
        _excludedSenders.push(sender);
    }

    function targetContracts() public view returns (address[] memory) {
        return _targetContracts;
    }

    function targetSenders() public view returns (address[] memory) {
        return _targetSenders;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory) {
        return _targetSelectors;
    }

    function excludeContracts() public view returns (address[] memory) {
        return _excludedContracts;
    }

    function excludeSenders() public view returns (address[] memory) {
        return _excludedSenders;
    }
}
