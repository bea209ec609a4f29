// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {ReleasePhase} from "../../../src/interfaces/IReleasePhases.sol";
import {Revocation} from "../../../src/types/Messages.sol";
import {Terms} from "../../../src/types/Terms.sol";
import {CommitterSet} from "../../../src/types/Windows.sol";
import {BondsWorld} from "./BondsWorld.sol";

/// Everything that can change who may own a slot, in any order. Once an epoch is the present or the next one, its answers are
/// written down here.
contract RegistryHandler is BondsWorld {
    uint32 private constant GATEWAYS = 2;
    uint256 private constant OPERATORS = 2;

    uint64 private nonce;
    uint256 private keySalt;
    uint64[] public known;
    mapping(uint64 epoch => bytes32) public answers;

    constructor() {
        setUpWorld(ReleasePhase.Open);
        for (uint32 i; i < GATEWAYS; ++i) {
            registerGateway(ownerAt(i + 1), string.concat("key ", vm.toString(i)));
            fund(i + 1, ownerAt(i + 1), rollup, 200 ether);
        }
        remember(registry.currentEpoch());
        remember(registry.currentEpoch() + 1);
    }

    function knownCount() external view returns (uint256) {
        return known.length;
    }

    /// All that windows of an epoch depend on, in one hash.
    function answersOf(uint64 epoch) public view returns (bytes32 digest) {
        digest = keccak256(abi.encode(parameters.termsAt(epoch), registry.phaseAt(epoch)));
        for (uint32 gateway = 1; gateway <= GATEWAYS; ++gateway) {
            digest = keccak256(
                abi.encode(digest, registry.eligibleAt(gateway, rollup, epoch), registry.committerSetAt(gateway, epoch))
            );
        }
        for (uint256 i; i < OPERATORS; ++i) {
            digest = keccak256(
                abi.encode(
                    digest,
                    registry.delegateAt(operatorAt(i), rollup, epoch),
                    registry.gatewayFor(operatorAt(i), rollup, epoch)
                )
            );
        }
    }

    function ownerAt(uint32 gateway) private pure returns (address) {
        return address(uint160(0xA000 + gateway));
    }

    function operatorAt(uint256 who) private pure returns (address) {
        return address(uint160(0xB000 + who % OPERATORS));
    }

    function pick(uint8 who) private pure returns (uint32) {
        return who % GATEWAYS + 1;
    }

    function remember(uint64 epoch) private {
        known.push(epoch);
        answers[epoch] = answersOf(epoch);
    }

    function nextEpoch(uint8 secondsIn) external {
        uint64 epoch = registry.currentEpoch() + 1;
        toEpoch(epoch);
        vm.warp(block.timestamp + secondsIn);
        remember(epoch + 1);
    }

    function join(uint8 who) external {
        vm.prank(ownerAt(pick(who)));
        try registry.join(pick(who), rollup) {} catch {}
    }

    function quit(uint8 who) external {
        vm.prank(ownerAt(pick(who)));
        try registry.quit(pick(who), rollup) {} catch {}
    }

    function suspend(uint8 who) external {
        vm.prank(slasher);
        registry.suspend(pick(who), rollup);
    }

    function resume(uint8 who) external {
        vm.prank(ownerAt(pick(who)));
        try registry.resume(pick(who), rollup) {} catch {}
    }

    function switchPhase(uint8 phase) external {
        vm.prank(address(timelock));
        registry.switchPhase(ReleasePhase(phase % 4));
    }

    function list(uint8 who, bool white, bool black) external {
        vm.prank(address(timelock));
        registry.list(pick(who), white, black);
    }

    function changeTerms(uint64 livenessWei, uint8 ahead) external {
        Terms memory terms = defaultTerms();
        terms.livenessWei = livenessWei;
        uint64 epoch = parameters.currentEpoch();
        vm.prank(address(timelock));
        try parameters.change(terms, epoch + ahead % 6) {} catch {}
    }

    function delegate(uint8 who, uint8 to, uint8 ahead, uint8 length) external {
        uint64 first = registry.currentEpoch() + ahead % 6;
        address operator = operatorAt(who);
        vm.prank(operator);
        try registry.delegate(delegationTo(pick(to), operator, first, first + length % 5, ++nonce), "") {} catch {}
    }

    function revoke(uint8 who, uint8 ahead) external {
        address operator = operatorAt(who);
        uint64 epoch = registry.currentEpoch();
        vm.prank(operator);
        try registry.revoke(Revocation(operator, rollup, epoch + ahead % 6, ++nonce), "") {} catch {}
    }

    function rotate(uint8 who) external {
        uint32 gateway = pick(who);
        (address member, uint256 key) = makeAddrAndKey(string.concat("rotated ", vm.toString(++keySalt)));
        CommitterSet memory set = setOf(member);
        bytes[] memory possessions = possessionBy(key, ownerAt(gateway), set);
        vm.prank(ownerAt(gateway));
        registry.rotate(gateway, set, possessions);
    }

    function slashToDust(uint8 who) external {
        vm.prank(slasher);
        vault.slash(pick(who), rollup, 150 ether, "fault");
    }
}
