// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IExcuses} from "../../src/interfaces/IExcuses.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {IBondVault} from "../../src/interfaces/IBondVault.sol";
import {IJudge} from "../../src/interfaces/IJudge.sol";
import {IParameters} from "../../src/interfaces/IParameters.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {IRestaking} from "../../src/interfaces/IRestaking.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Accusation, ForkEvidence, MessageKind, SignedMessage} from "../../src/slashing/Evidence.sol";
import {ForkJudge} from "../../src/slashing/ForkJudge.sol";
import {Slasher} from "../../src/slashing/Slasher.sol";
import {Wiring} from "../../src/slashing/Trials.sol";
import {FaultKind} from "../../src/types/Faults.sol";
import {Base, Frag} from "../../src/types/Messages.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

/// An equivocation from commitment to payout, over the real registry, vault and parameters. With `--isolate` the gas figures are
/// those of whole transactions, calldata and intrinsic gas included.
contract WholeSlashTest is BondsWorld {
    ForkJudge internal judge;
    Slasher internal court;
    uint32 internal gateway;
    Base internal base;
    address internal watcher = address(0xCAFE);
    address internal constant BURNED = 0x000000000000000000000000000000000000dEaD;

    function setUp() public {
        slasher = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 7);
        setUpWorld(ReleasePhase.Open);
        Wiring memory wiring =
            Wiring(GENESIS, SLOT, EPOCH_SLOTS, IGatewayRegistry(address(registry)), IParameters(address(parameters)));
        judge = new ForkJudge(wiring);
        IJudge[] memory judges = new IJudge[](1);
        judges[0] = judge;
        court = new Slasher(wiring, IBondVault(address(vault)), IRestaking(address(0)), IExcuses(address(0)), judges);
        assertEq(address(court), slasher, "prediction");
        gateway = joinedGateway();
        toEpoch(NOW_EPOCH + 4);
        base.window = (NOW_EPOCH + 3) * EPOCH_SLOTS + 5;
        base.parentBlock = 99;
        base.parentBlockHash = keccak256("parent");
        vm.deal(BURNED, 0);
    }

    function signed(Frag memory frag) internal view returns (SignedMessage memory) {
        bytes32 digest = MessageHashes.digest(MessageHashes.domain(rollup), MessageHashes.hash(frag));
        return SignedMessage(MessageKind.Frag, abi.encode(frag), signature(committerKey, digest));
    }

    function evidence(uint64 blockNumber) internal view returns (bytes memory) {
        Frag memory a;
        a.base = MessageHashes.hash(base);
        a.blockNumber = blockNumber;
        a.sequence = 5;
        a.previousFrag = keccak256("frag before");
        a.timestamp = 1_700_000_000;
        a.l1OriginNumber = 23_000_000;
        a.l1OriginHash = keccak256("origin");
        a.issuedAtMs = 1_700_000_000_123;
        a.firstTransaction = 40;
        a.transactionCount = 200;
        a.promisesRoot = keccak256("root");
        a.gasUsed = 12_345_678;
        a.windowCoverage = 3 ether;
        a.blockEnv = keccak256("env");
        Frag memory b = abi.decode(abi.encode(a), (Frag));
        b.promisesRoot = keccak256("another root");
        return abi.encode(ForkEvidence(Accusation(rollup, gateway, setOf(committer), base), signed(a), signed(b)));
    }

    function slash(bytes memory e) internal returns (bytes32) {
        court.commit(keccak256(abi.encode(judge, keccak256(e), watcher)));
        vm.roll(block.number + 1);
        return court.slash(judge, e, watcher);
    }

    function test_anEquivocationIsSlashedFromCommitmentToPayout() public {
        bytes32 baseHash = MessageHashes.hash(base);
        bytes32 id = slash(evidence(100));
        vm.snapshotGasLastCall("Slashing", "slash: whole equivocation");
        assertTrue(court.hasVerdict(gateway, rollup, baseHash, FaultKind.Fork));
        assertEq(vault.reserveOf(gateway, rollup), 0);
        assertEq(address(court).balance, 1000 ether);
        assertFalse(registry.eligibleAt(gateway, rollup, NOW_EPOCH + 6));

        vm.warp(court.caseOf(gateway, rollup, baseHash).closesAt);
        court.close(gateway, rollup, baseHash);
        vm.snapshotGasLastCall("Slashing", "close");
        assertEq(court.claimBounty(id, gateway, rollup, baseHash), 10 ether);
        vm.snapshotGasLastCall("Slashing", "claim bounty");
        assertEq(watcher.balance, 10 ether);
        assertEq(BURNED.balance, 990 ether);
    }

    /// A second window of the same gateway: suspended already, slice touched before.
    function test_aSecondEquivocationOfTheSameGateway() public {
        slash(evidence(100));
        fund(gateway, owner, rollup, 2000 ether);
        base.window += 1;
        slash(evidence(100));
        vm.snapshotGasLastCall("Slashing", "slash: equivocation of a suspended gateway");
        assertEq(vault.reserveOf(gateway, rollup), 1000 ether);
    }
}
