// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BeaconRoots} from "../../../src/libraries/beacon/BeaconRoots.sol";
import {BeaconHeader, HeaderProof} from "../../../src/types/Proofs.sol";
import {BeaconChain} from "../../support/beacon/BeaconChain.sol";

contract BeaconRootsTest is BeaconChain {
    function setUp() public {
        installBeaconRoots();
    }

    /// The library's functions are internal: a call of our own makes their reverts visible.
    function check(HeaderProof calldata proof) external view {
        BeaconRoots.check(proof);
    }

    function test_headersOfTheSpecificationHaveTheirBlockRoots() public {
        for (uint256 p; p < 2; ++p) {
            string memory json = fixture(["beacon/minimal/proofs.json", "beacon/mainnet/proofs.json"][p]);
            for (uint256 i; i < count(json, "lookahead"); ++i) {
                string memory key = item("lookahead", i);
                HeaderProof memory proof = headerFrom(json, key);
                assertEq(BeaconRoots.rootOf(proof.header), vm.parseJsonBytes32(json, string.concat(key, ".blockRoot")));
                this.check(proof);
            }
        }
    }

    function testFuzz_rootIsThatOfAPlainTree(BeaconHeader memory header) public view {
        assertEq(BeaconRoots.rootOf(header), headerRoot(header));
    }

    /// Also a header forged beside a true parent root: only the root of EIP-4788 counts.
    function testFuzz_aHeaderWithAnyOtherFieldIsRefused(uint256 field, bytes32 other) public {
        HeaderProof memory proof = publish(100, _sibling());
        HeaderProof memory forged = abi.decode(abi.encode(proof), (HeaderProof));
        field = bound(field, 0, 4);
        if (field == 0) forged.header.slot = uint64(uint256(other));
        if (field == 1) forged.header.proposerIndex = uint64(uint256(other));
        if (field == 2) forged.header.parentRoot = other;
        if (field == 3) forged.header.stateRoot = other;
        if (field == 4) forged.header.bodyRoot = other;
        vm.assume(keccak256(abi.encode(forged)) != keccak256(abi.encode(proof)));
        this.check(proof);
        vm.expectRevert(
            abi.encodeWithSelector(
                BeaconRoots.HeaderMismatch.selector, headerRoot(proof.header), headerRoot(forged.header)
            )
        );
        this.check(forged);
    }

    /// A missed slot has no root of its own: asked by its time, EIP-4788 answers nothing, which is nobody's block, not validator 0's.
    function test_aTimeWithoutBlockIsANamedError() public {
        HeaderProof memory proof = publish(100, _sibling());
        proof.rootTimestamp = timeOf(102);
        vm.expectRevert(abi.encodeWithSelector(BeaconRoots.BeaconRootUnknown.selector, timeOf(102)));
        this.check(proof);
        proof.rootTimestamp = 0;
        vm.expectRevert(abi.encodeWithSelector(BeaconRoots.BeaconRootUnknown.selector, 0));
        this.check(proof);
    }

    /// The ring of EIP-4788 has come round: the old entry is another block's.
    function test_aRootOlderThan8191BlocksIsANamedError() public {
        HeaderProof memory proof = publish(100, _sibling());
        this.check(proof);
        publish(100 + 8191, _sibling());
        vm.expectRevert(abi.encodeWithSelector(BeaconRoots.BeaconRootUnknown.selector, timeOf(101)));
        this.check(proof);
    }

    /// On a chain without the contract every call succeeds with nothing; the scratch memory must not be taken for an answer.
    function test_aChainWithoutBeaconRootsIsANamedError() public {
        HeaderProof memory proof = publish(100, _sibling());
        vm.etch(BEACON_ROOTS, "");
        vm.expectRevert(abi.encodeWithSelector(BeaconRoots.BeaconRootUnknown.selector, timeOf(101)));
        this.check(proof);
    }

    /// The zero root of the first block after a fork is no root.
    function test_aZeroRootIsANamedError() public {
        publishRoot(0, 101);
        HeaderProof memory proof;
        proof.rootTimestamp = timeOf(101);
        vm.expectRevert(abi.encodeWithSelector(BeaconRoots.BeaconRootUnknown.selector, timeOf(101)));
        this.check(proof);
    }
}
