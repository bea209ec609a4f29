// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";

import {BondVault} from "../../../src/bonds/BondVault.sol";
import {IBondVault} from "../../../src/interfaces/IBondVault.sol";
import {IGatewayRegistry} from "../../../src/interfaces/IGatewayRegistry.sol";
import {IParameters} from "../../../src/interfaces/IParameters.sol";
import {ReleasePhase} from "../../../src/interfaces/IReleasePhases.sol";
import {MessageHashes} from "../../../src/libraries/MessageHashes.sol";
import {Parameters} from "../../../src/parameters/Parameters.sol";
import {GatewayRegistry} from "../../../src/registry/GatewayRegistry.sol";
import {CommitterKey, Delegation} from "../../../src/types/Messages.sol";
import {Terms} from "../../../src/types/Terms.sol";
import {CommitterSet} from "../../../src/types/Windows.sol";
import {Test} from "../Test.sol";
import {BondsFakeRollup} from "./BondsFakeRollup.sol";

/// Registry, vault and parameters as deployed, wired to each other at predicted addresses, behind a real timelock. Only the rollup
/// and the Slasher are stand-ins: the latter is an account.
abstract contract BondsWorld is Test {
    uint64 internal constant GENESIS = 1_000_000;
    uint64 internal constant SLOT = 12;
    uint64 internal constant EPOCH_SLOTS = 32;
    uint64 internal constant EPOCH = SLOT * EPOCH_SLOTS;
    uint64 internal constant NOW_EPOCH = 10;
    uint64 internal constant CLAIM_WINDOW = 24 hours;
    uint64 internal constant RESOLVER = 12 hours;
    uint64 internal constant FOREVER = type(uint64).max;
    uint64 internal constant ORACLE_SLOTS = 8191;

    TimelockController internal timelock;
    Parameters internal parameters;
    GatewayRegistry internal registry;
    BondVault internal vault;
    address internal slasher = makeAddr("slasher");
    address internal rollup;
    address internal otherRollup;

    address internal owner = makeAddr("owner");
    uint256 internal committerKey;
    address internal committer;

    function setUpWorld(ReleasePhase phase) internal {
        (committer, committerKey) = makeAddrAndKey("committer");
        toEpoch(NOW_EPOCH);
        address[] memory governance = new address[](1);
        governance[0] = address(this);
        timelock = new TimelockController(2 days, governance, governance, address(0));
        rollup = address(new BondsFakeRollup(CLAIM_WINDOW, RESOLVER));
        otherRollup = address(new BondsFakeRollup(CLAIM_WINDOW, RESOLVER));
        uint256 nonce = vm.getNonce(address(this));
        address predictedRegistry = vm.computeCreateAddress(address(this), nonce + 2);
        parameters = new Parameters(GENESIS, SLOT, EPOCH_SLOTS, address(timelock), defaultTerms());
        vault = new BondVault(
            GENESIS,
            SLOT,
            EPOCH_SLOTS,
            IGatewayRegistry(predictedRegistry),
            IParameters(address(parameters)),
            slasher,
            ORACLE_SLOTS
        );
        registry = new GatewayRegistry(
            GENESIS,
            SLOT,
            EPOCH_SLOTS,
            IBondVault(address(vault)),
            IParameters(address(parameters)),
            slasher,
            address(timelock),
            phase
        );
        assertEq(address(registry), predictedRegistry, "prediction");
    }

    function defaultTerms() internal pure returns (Terms memory) {
        return Terms({
            livenessWei: 1 ether,
            safetyWei: 1000 ether,
            minReserveWei: 100 ether,
            bountyCapWei: 10 ether,
            bountyBps: 500,
            coverBps: 12_500,
            evidenceHorizonSeconds: 7 days,
            claimPeriodSeconds: 7 days,
            rewardPeriodEpochs: 3150,
            freeMissesPerPeriod: 1
        });
    }

    function toEpoch(uint64 epoch) internal {
        vm.warp(startOfEpoch(epoch));
    }

    function startOfEpoch(uint64 epoch) internal pure returns (uint256) {
        return uint256(GENESIS) + uint256(epoch) * EPOCH;
    }

    function setOf(address member) internal pure returns (CommitterSet memory set) {
        set.threshold = 1;
        set.members = new address[](1);
        set.members[0] = member;
    }

    function possessionDigest(address owner_, CommitterSet memory set) internal view returns (bytes32) {
        return MessageHashes.digest(
            registry.domainSeparator(), MessageHashes.hash(CommitterKey(owner_, MessageHashes.hash(set)))
        );
    }

    function possessionBy(uint256 key, address owner_, CommitterSet memory set)
        internal
        view
        returns (bytes[] memory possessions)
    {
        possessions = new bytes[](1);
        possessions[0] = signature(key, possessionDigest(owner_, set));
    }

    /// Registers a gateway of `owner_` with one key made from `name`.
    function registerGateway(address owner_, string memory name) internal returns (uint32 gateway) {
        (address member, uint256 key) = makeAddrAndKey(name);
        CommitterSet memory set = setOf(member);
        bytes[] memory possessions = possessionBy(key, owner_, set);
        vm.prank(owner_);
        return registry.register(set, possessions, "https://gateway.example");
    }

    function fund(uint32 gateway, address owner_, address rollup_, uint256 amountWei) internal {
        vm.deal(owner_, owner_.balance + amountWei);
        vm.startPrank(owner_);
        vault.deposit{value: amountWei}(gateway);
        vault.reserve(gateway, rollup_, amountWei);
        vm.stopPrank();
    }

    /// A gateway with 1000 ETH for `rollup`, which it has joined.
    function joinedGateway() internal returns (uint32 gateway) {
        gateway = registerGateway(owner, "committer");
        fund(gateway, owner, rollup, 1000 ether);
        vm.prank(owner);
        registry.join(gateway, rollup);
    }

    function listOf(address one) internal pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = one;
    }

    function delegationTo(uint32 gateway, address operator, uint64 first, uint64 last, uint64 nonce)
        internal
        view
        returns (Delegation memory)
    {
        return Delegation({
            operator: operator,
            gateway: gateway,
            firstEpoch: first,
            lastEpoch: last,
            nonce: nonce,
            rollups: listOf(rollup),
            slashers: listOf(slasher)
        });
    }
}
