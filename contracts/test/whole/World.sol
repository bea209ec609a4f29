// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BondVault} from "../../src/bonds/BondVault.sol";
import {AttesterResolver} from "../../src/inbox/AttesterResolver.sol";
import {Inbox} from "../../src/inbox/Inbox.sol";
import {Portal} from "../../src/inbox/Portal.sol";
import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {IExcuses} from "../../src/interfaces/IExcuses.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {IParameters} from "../../src/interfaces/IParameters.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {IRestaking} from "../../src/interfaces/IRestaking.sol";
import {ISlasher} from "../../src/interfaces/ISlasher.sol";
import {ISlotPresence} from "../../src/interfaces/ISlotPresence.sol";
import {IValidatorRegistry} from "../../src/interfaces/IValidatorRegistry.sol";
import {BeaconVerifiers} from "../../src/libraries/beacon/BeaconVerifiers.sol";
import {FuluLayout} from "../../src/libraries/beacon/FuluLayout.sol";
import {Lookahead} from "../../src/lookahead/Lookahead.sol";
import {Parameters} from "../../src/parameters/Parameters.sol";
import {Timelock} from "../../src/parameters/Timelock.sol";
import {GatewayRegistry} from "../../src/registry/GatewayRegistry.sol";
import {ValidatorRegistry} from "../../src/registry/ValidatorRegistry.sol";
import {BatchForkJudge} from "../../src/slashing/BatchForkJudge.sol";
import {BrokenBaseJudge} from "../../src/slashing/BrokenBaseJudge.sol";
import {DoubleDelegationJudge} from "../../src/slashing/DoubleDelegationJudge.sol";
import {Excuses} from "../../src/slashing/Excuses.sol";
import {FalseClaimJudge} from "../../src/slashing/FalseClaimJudge.sol";
import {ForkJudge} from "../../src/slashing/ForkJudge.sol";
import {LateJudge} from "../../src/slashing/LateJudge.sol";
import {LieJudge} from "../../src/slashing/LieJudge.sol";
import {MissedSlotJudge} from "../../src/slashing/MissedSlotJudge.sol";
import {OrderJudge} from "../../src/slashing/OrderJudge.sol";
import {Slasher} from "../../src/slashing/Slasher.sol";
import {Wiring} from "../../src/slashing/Trials.sol";
import {TwinLeavesJudge} from "../../src/slashing/TwinLeavesJudge.sol";
import {UnkeptJudge} from "../../src/slashing/UnkeptJudge.sol";
import {Terms} from "../../src/types/Terms.sol";
import {RollupConfig} from "../../src/types/Windows.sol";
import {BeaconChain} from "../support/beacon/BeaconChain.sol";

/// Every contract as `contracts/deployment` lists them, in its order, at predicted addresses; nothing stands in for anything.
abstract contract World is BeaconChain {
    /// The minimal preset's epoch, in slots.
    uint64 internal constant EPOCH = 8;
    /// The rollup's first epoch: two after the one in which everything is registered.
    uint64 internal constant FIRST = 11;
    /// H of R1, in slots.
    uint64 internal constant HANDOVER = 2;
    uint64 internal constant BLOCK_SECONDS = 6;
    uint64 internal constant SEQUENCING_WINDOW = 40;
    uint64 internal constant CLAIM_WINDOW = 240;
    uint64 internal constant RESOLVER_TIME = 300;
    uint64 internal constant VETO = 60;
    uint256 internal constant DISPUTE_BOND = 1 ether;
    uint256 internal constant ATTESTER_BOND = 10 ether;
    bytes32 internal constant L2_GENESIS_HASH = keccak256("rollup genesis");
    bytes4 internal constant FORK_VERSION = 0x00000001;

    uint32 internal constant A = 1;
    uint32 internal constant B = 2;
    uint32 internal constant FALLBACK = 3;

    FuluLayout internal fulu;
    Timelock internal timelock;
    BeaconVerifiers internal verifiers;
    ValidatorRegistry internal validators;
    Parameters internal parameters;
    GatewayRegistry internal registry;
    BondVault internal vault;
    Lookahead internal lookahead;
    ForkJudge internal forkJudge;
    TwinLeavesJudge internal twinLeavesJudge;
    BatchForkJudge internal batchForkJudge;
    LieJudge internal lieJudge;
    BrokenBaseJudge internal brokenBaseJudge;
    FalseClaimJudge internal falseClaimJudge;
    OrderJudge internal orderJudge;
    DoubleDelegationJudge internal doubleDelegationJudge;
    Excuses internal excuses;
    UnkeptJudge internal unkeptJudge;
    LateJudge internal lateJudge;
    MissedSlotJudge internal missedSlotJudge;
    Slasher internal slasher;
    AttesterResolver internal resolver;
    Inbox internal inbox;
    Portal internal portal;

    address internal vetoer = makeAddr("vetoer");
    /// Ascending by address.
    uint256[3] internal attesterKeys;

    // --- Deployment ---

    function deployCore() internal {
        address[] memory governors = new address[](1);
        governors[0] = address(this);
        uint256 nonce = vm.getNonce(address(this));
        BondVault predictedVault = BondVault(vm.computeCreateAddress(address(this), nonce + 6));
        address predictedSlasher = vm.computeCreateAddress(address(this), nonce + 20);
        fulu = new FuluLayout(EPOCH);
        timelock = new Timelock(60, governors, governors);
        verifiers = new BeaconVerifiers(GENESIS_TIME, SLOT_SECONDS, EPOCH, 0, fulu, address(timelock), 4);
        validators = new ValidatorRegistry(GENESIS_TIME, SLOT_SECONDS, EPOCH, FORK_VERSION, verifiers);
        parameters = new Parameters(GENESIS_TIME, SLOT_SECONDS, EPOCH, address(timelock), terms());
        registry = new GatewayRegistry(
            GENESIS_TIME,
            SLOT_SECONDS,
            EPOCH,
            predictedVault,
            parameters,
            predictedSlasher,
            address(timelock),
            ReleasePhase.Open
        );
        vault = new BondVault(GENESIS_TIME, SLOT_SECONDS, EPOCH, registry, parameters, predictedSlasher, 64);
        lookahead = new Lookahead(GENESIS_TIME, SLOT_SECONDS, EPOCH, 1024, verifiers, validators, registry);
        _deployJudges(ISlasher(predictedSlasher));
        assertEq(address(vault), address(predictedVault), "vault");
        assertEq(address(slasher), predictedSlasher, "slasher");
    }

    function _deployJudges(ISlasher predictedSlasher) private {
        Wiring memory wiring = Wiring(GENESIS_TIME, SLOT_SECONDS, EPOCH, registry, parameters);
        IJudge[] memory judges = new IJudge[](11);
        judges[0] = forkJudge = new ForkJudge(wiring);
        judges[1] = twinLeavesJudge = new TwinLeavesJudge(wiring);
        judges[2] = batchForkJudge = new BatchForkJudge(wiring);
        judges[3] = lieJudge = new LieJudge(wiring);
        judges[4] = brokenBaseJudge = new BrokenBaseJudge(wiring);
        judges[5] = falseClaimJudge = new FalseClaimJudge(wiring);
        judges[6] = orderJudge = new OrderJudge(wiring);
        judges[7] = doubleDelegationJudge = new DoubleDelegationJudge(wiring);
        excuses = new Excuses(wiring, predictedSlasher);
        judges[8] = unkeptJudge = new UnkeptJudge(wiring, predictedSlasher, excuses);
        judges[9] = lateJudge = new LateJudge(wiring, lookahead, ISlotPresence(address(verifiers)));
        judges[10] = missedSlotJudge = new MissedSlotJudge(
            wiring, lookahead, ISlotPresence(address(verifiers)), validators
        );
        slasher = new Slasher(wiring, vault, IRestaking(address(0)), excuses, judges);
    }

    function deployRollup() internal {
        attesterKeys = [uint256(21), 22, 23];
        for (uint256 i; i < 3; ++i) {
            for (uint256 j = i + 1; j < 3; ++j) {
                if (vm.addr(attesterKeys[i]) > vm.addr(attesterKeys[j])) {
                    (attesterKeys[i], attesterKeys[j]) = (attesterKeys[j], attesterKeys[i]);
                }
            }
        }
        address[] memory members = new address[](3);
        for (uint256 i; i < 3; ++i) {
            members[i] = vm.addr(attesterKeys[i]);
        }
        resolver = new AttesterResolver(vetoer, members, 2, ATTESTER_BOND, VETO, 1 days);
        inbox = new Inbox(facts(), SEQUENCING_WINDOW, GENESIS_TIME, SLOT_SECONDS, EPOCH, lookahead, registry, resolver);
        portal = new Portal();
        for (uint256 i; i < 3; ++i) {
            vm.deal(members[i], ATTESTER_BOND);
            vm.prank(members[i]);
            resolver.bond{value: ATTESTER_BOND}();
        }
    }

    // --- What is fixed ---

    function terms() internal pure returns (Terms memory t) {
        t.livenessWei = 1 ether;
        t.safetyWei = 1000 ether;
        t.minReserveWei = 100 ether;
        t.bountyCapWei = 10 ether;
        t.bountyBps = 500;
        t.coverBps = 12_500;
        t.evidenceHorizonSeconds = 2 hours;
        t.claimPeriodSeconds = 1 hours;
        t.rewardPeriodEpochs = 50;
        t.freeMissesPerPeriod = 0;
    }

    /// Block 1 has the first second of the first turn.
    function facts() internal pure returns (RollupConfig memory c) {
        c.l2GenesisTime = timeOf(FIRST * EPOCH - HANDOVER) - BLOCK_SECONDS;
        c.blockTimeSeconds = BLOCK_SECONDS;
        c.l2GenesisHash = L2_GENESIS_HASH;
        c.handoverSlots = HANDOVER;
        c.lookaheadDepth = 1;
        c.fallbackGateway = FALLBACK;
        c.orderingRule = 1;
        c.firstEpoch = FIRST;
        c.claimWindowSeconds = CLAIM_WINDOW;
        c.resolverSeconds = RESOLVER_TIME;
        c.disputeBondWei = DISPUTE_BOND;
        c.maxOriginLag = 100;
    }

    receive() external payable {}
}
