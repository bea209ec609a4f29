// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {ReleasePhase} from "../../src/interfaces/IReleasePhases.sol";
import {CommitterSignatures} from "../../src/libraries/CommitterSignatures.sol";
import {EpochTrace} from "../../src/libraries/checkpoints/EpochTrace.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Delegation, Revocation} from "../../src/types/Messages.sol";
import {BondsWorld} from "../support/bonds/BondsWorld.sol";

/// What operators lend (R15, R26).
contract DelegationBookTest is BondsWorld {
    uint32 private gateway;
    uint32 private second;
    address private operator;
    uint256 private operatorKey;

    function setUp() public {
        setUpWorld(ReleasePhase.Open);
        (operator, operatorKey) = makeAddrAndKey("operator");
        gateway = joinedGateway();
        second = registerGateway(owner, "second");
    }

    function delegate(Delegation memory delegation) private {
        vm.prank(operator);
        registry.delegate(delegation, "");
    }

    function revoke(uint64 lastEpoch, uint64 nonce) private {
        vm.prank(operator);
        registry.revoke(Revocation(operator, rollup, lastEpoch, nonce), "");
    }

    function lentTo(uint64 epoch) private view returns (uint32) {
        return registry.delegateAt(operator, rollup, epoch);
    }

    function signed(Delegation memory delegation, uint256 key) private view returns (bytes memory) {
        return signature(key, MessageHashes.digest(registry.domainSeparator(), MessageHashes.hash(delegation)));
    }

    function test_anOperatorLendsWholeEpochs() public {
        delegate(delegationTo(gateway, operator, 12, 20, 0));
        assertEq(lentTo(11), 0);
        assertEq(lentTo(12), gateway);
        assertEq(lentTo(20), gateway);
        assertEq(lentTo(21), 0);
        (uint32 to, uint64 first, uint64 last) = registry.delegationAt(operator, rollup, 15);
        assertEq(to, gateway);
        assertEq(first, 12);
        assertEq(last, 20);
        (to, first, last) = registry.delegationAt(operator, rollup, 21);
        assertEq(to, 0);
        assertEq(first, 0);
        assertEq(last, 0);
    }

    function test_aDelegationOfTheNextEpochIsRefused() public {
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(EpochTrace.EffectTooEarly.selector, 11, 12));
        registry.delegate(delegationTo(gateway, operator, 11, 20, 0), "");
    }

    /// "Who could sign at slot s" keeps its answer when only the latest delegate would be remembered elsewhere.
    function test_theDelegateOfThePastStaysAnswerable() public {
        delegate(delegationTo(gateway, operator, 12, 14, 0));
        delegate(delegationTo(second, operator, 15, 20, 1));
        delegate(delegationTo(gateway, operator, 30, 40, 2));
        toEpoch(10_000);
        delegate(delegationTo(second, operator, 10_002, 20_000, 3));
        assertEq(lentTo(11), 0);
        assertEq(lentTo(14), gateway);
        assertEq(lentTo(15), second);
        assertEq(lentTo(25), 0);
        assertEq(lentTo(30), gateway);
        assertEq(lentTo(41), 0);
        assertEq(lentTo(10_001), 0);
        assertEq(lentTo(10_002), second);
    }

    function test_rangesOfOneRollupDoNotOverlap() public {
        delegate(delegationTo(gateway, operator, 12, 20, 0));
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.DelegationOverlaps.selector, rollup, 20, 20));
        registry.delegate(delegationTo(second, operator, 20, 30, 1), "");
        Delegation memory elsewhere = delegationTo(second, operator, 12, 30, 2);
        elsewhere.rollups = listOf(otherRollup);
        delegate(elsewhere);
        assertEq(registry.delegateAt(operator, otherRollup, 12), second);
        assertEq(lentTo(12), gateway);
    }

    function test_oneOverlapRefusesTheWholeDelegation() public {
        delegate(delegationTo(gateway, operator, 12, 20, 0));
        Delegation memory both = delegationTo(second, operator, 15, 30, 1);
        both.rollups = new address[](2);
        (both.rollups[0], both.rollups[1]) = rollup < otherRollup ? (rollup, otherRollup) : (otherRollup, rollup);
        vm.prank(operator);
        vm.expectPartialRevert(IGatewayRegistry.DelegationOverlaps.selector);
        registry.delegate(both, "");
        assertEq(registry.delegateAt(operator, otherRollup, 15), 0);
        assertFalse(registry.nonceUsed(operator, 1));
    }

    function test_anyoneMaySubmitWhatTheOperatorSigned() public {
        Delegation memory delegation = delegationTo(gateway, operator, 12, 20, 7);
        registry.delegate(delegation, signed(delegation, operatorKey));
        assertEq(lentTo(12), gateway);
    }

    function test_aStrangersSignatureIsRefused() public {
        Delegation memory delegation = delegationTo(gateway, operator, 12, 20, 7);
        bytes memory signature_ = signed(delegation, committerKey);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotSignedByOperator.selector, operator, committer));
        registry.delegate(delegation, signature_);
    }

    function test_aSignatureThatRecoversToNobodyDoesNotBindTheZeroOperator() public {
        Delegation memory delegation = delegationTo(gateway, address(0), 12, 20, 7);
        bytes memory nobody = abi.encodePacked(bytes32(0), bytes32(0), uint8(27));
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NotSignedByOperator.selector, address(0), address(0)));
        registry.delegate(delegation, nobody);
    }

    function test_malleableSignaturesAreRefused() public {
        Delegation memory delegation = delegationTo(gateway, operator, 12, 20, 7);
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(operatorKey, MessageHashes.digest(registry.domainSeparator(), MessageHashes.hash(delegation)));
        bytes32 high = bytes32(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - uint256(s));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.HighS.selector, 0));
        registry.delegate(delegation, abi.encodePacked(r, high, v == 27 ? uint8(28) : uint8(27)));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 65, 64));
        registry.delegate(delegation, abi.encodePacked(r, s));
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 65, 66));
        registry.delegate(delegation, abi.encodePacked(r, s, v, uint8(0)));
    }

    /// A signature for another chain, or for another deployment of this registry, is worth nothing here.
    function test_signaturesBindChainAndRegistry() public {
        Delegation memory delegation = delegationTo(gateway, operator, 12, 20, 7);
        bytes memory elsewhere = signature(
            operatorKey, MessageHashes.digest(MessageHashes.domain(address(vault)), MessageHashes.hash(delegation))
        );
        vm.expectPartialRevert(IGatewayRegistry.NotSignedByOperator.selector);
        registry.delegate(delegation, elsewhere);
        bytes memory here = signed(delegation, operatorKey);
        vm.chainId(17_000);
        vm.expectPartialRevert(IGatewayRegistry.NotSignedByOperator.selector);
        registry.delegate(delegation, here);
    }

    function test_aNonceIsUsedOnceWhoeverSubmits() public {
        Delegation memory delegation = delegationTo(gateway, operator, 12, 14, 7);
        delegate(delegation);
        bytes memory signature_ = signed(delegation, operatorKey);
        toEpoch(12);
        revoke(13, 8);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NonceAlreadyUsed.selector, operator, 7));
        registry.delegate(delegation, signature_);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NonceAlreadyUsed.selector, operator, 8));
        registry.revoke(Revocation(operator, rollup, 13, 8), "");
    }

    function test_aCancelledNonceCannotBeSubmittedAnyMore() public {
        Delegation memory delegation = delegationTo(gateway, operator, 12, 14, 300);
        bytes memory signature_ = signed(delegation, operatorKey);
        vm.prank(operator);
        registry.cancelNonce(300);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NonceAlreadyUsed.selector, operator, 300));
        registry.delegate(delegation, signature_);
    }

    function test_noncesOfOperatorsAreTheirOwn() public {
        address other = makeAddr("other operator");
        delegate(delegationTo(gateway, operator, 12, 14, 0));
        vm.prank(other);
        registry.delegate(delegationTo(gateway, other, 12, 14, 0), "");
        assertEq(registry.delegateAt(other, rollup, 12), gateway);
    }

    /// Without it, any contract could slash what a stolen or careless key signed.
    function test_aDelegationMustNameThisDeploymentsSlasher() public {
        Delegation memory delegation = delegationTo(gateway, operator, 12, 14, 0);
        delegation.slashers = listOf(owner);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.SlasherNotNamed.selector, slasher));
        registry.delegate(delegation, "");
    }

    function test_malformedDelegationsAreRefused() public {
        Delegation memory delegation = delegationTo(0, operator, 12, 14, 0);
        vm.startPrank(operator);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.UnknownGateway.selector, 0));
        registry.delegate(delegation, "");
        delegation.gateway = 3;
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.UnknownGateway.selector, 3));
        registry.delegate(delegation, "");
        delegation = delegationTo(gateway, operator, 14, 13, 0);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.BadEpochRange.selector, 14, 13));
        registry.delegate(delegation, "");
        delegation = delegationTo(gateway, operator, 14, FOREVER, 0);
        vm.expectPartialRevert(EpochTrace.EpochOutOfRange.selector);
        registry.delegate(delegation, "");
        delegation = delegationTo(gateway, operator, 12, 14, 0);
        delegation.rollups = new address[](0);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.ListLength.selector, 0, 1, 16));
        registry.delegate(delegation, "");
        delegation.rollups = new address[](17);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.ListLength.selector, 17, 1, 16));
        registry.delegate(delegation, "");
        delegation.rollups = new address[](2);
        (delegation.rollups[0], delegation.rollups[1]) = (rollup, rollup);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.ListNotAscending.selector, 1));
        registry.delegate(delegation, "");
        delegation.rollups = listOf(address(0));
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.ListNotAscending.selector, 0));
        registry.delegate(delegation, "");
    }

    function test_revokingLeavesTheCurrentAndNextEpoch() public {
        delegate(delegationTo(gateway, operator, 12, 1000, 0));
        toEpoch(20);
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(EpochTrace.EffectTooEarly.selector, 21, 22));
        registry.revoke(Revocation(operator, rollup, 20, 1), "");
        revoke(21, 1);
        assertEq(lentTo(21), gateway);
        assertEq(lentTo(22), 0);
        delegate(delegationTo(second, operator, 22, 30, 2));
        assertEq(lentTo(21), gateway);
        assertEq(lentTo(22), second);
    }

    function test_revokingDropsWhatIsBookedAhead() public {
        delegate(delegationTo(gateway, operator, 12, 14, 0));
        for (uint64 i = 1; i < 8; ++i) {
            delegate(delegationTo(second, operator, 12 + 10 * i, 14 + 10 * i, i));
        }
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.TooManyBooked.selector, rollup, 8));
        registry.delegate(delegationTo(second, operator, 1000, 1001, 8), "");
        revoke(11, 9);
        for (uint64 epoch = 10; epoch < 100; ++epoch) {
            assertEq(lentTo(epoch), 0);
        }
        delegate(delegationTo(second, operator, 12, 14, 10));
        assertEq(lentTo(12), second);
    }

    function test_revokingNothingIsRefused() public {
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NothingToRevoke.selector, operator, rollup, 20));
        registry.revoke(Revocation(operator, rollup, 20, 1), "");
        delegate(delegationTo(gateway, operator, 12, 14, 0));
        vm.prank(operator);
        vm.expectRevert(abi.encodeWithSelector(IGatewayRegistry.NothingToRevoke.selector, operator, rollup, 14));
        registry.revoke(Revocation(operator, rollup, 14, 1), "");
    }

    function test_anyoneMaySubmitASignedRevocation() public {
        delegate(delegationTo(gateway, operator, 12, 1000, 0));
        Revocation memory revocation = Revocation(operator, rollup, 20, 1);
        bytes memory signature_ =
            signature(operatorKey, MessageHashes.digest(registry.domainSeparator(), MessageHashes.hash(revocation)));
        vm.prank(makeAddr("anybody"));
        registry.revoke(revocation, signature_);
        assertEq(lentTo(21), 0);
        vm.expectRevert(abi.encodeWithSelector(CommitterSignatures.SignatureLength.selector, 65, 0));
        registry.revoke(Revocation(operator, rollup, 15, 2), "");
    }

    function test_anIneligibleGatewayIsPromisedButOwnsNothing() public {
        delegate(delegationTo(second, operator, 12, 20, 0));
        assertEq(lentTo(12), second);
        assertEq(registry.gatewayFor(operator, rollup, 12), 0);
        fund(second, owner, rollup, 100 ether);
        toEpoch(13);
        vm.prank(owner);
        registry.join(second, rollup);
        assertEq(registry.gatewayFor(operator, rollup, 14), 0);
        assertEq(registry.gatewayFor(operator, rollup, 15), second);
    }

    /// Any mixture of delegations and revocations: what epoch e answers once it is at most one epoch ahead never changes again.
    function testFuzz_delegatesOfTheNextEpochAreFinal(uint256 seed) public {
        uint64 now_ = NOW_EPOCH;
        uint32[] memory known = new uint32[](80);
        for (uint64 step; step < 40; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint64 first = now_ + 1 + uint64((seed >> 8) % 6);
            vm.prank(operator);
            if (seed % 3 == 0) {
                try registry.revoke(Revocation(operator, rollup, first, step), "") {} catch {}
            } else {
                uint32 to = (seed >> 16) % 2 == 0 ? gateway : second;
                try registry.delegate(delegationTo(to, operator, first, first + uint64((seed >> 24) % 5), step), "") {}
                    catch {}
            }
            if ((seed >> 32) % 2 == 0) {
                ++now_;
                toEpoch(now_);
                known[now_ + 1] = lentTo(now_ + 1);
            }
            for (uint64 epoch = NOW_EPOCH + 2; epoch <= now_ + 1; ++epoch) {
                assertEq(lentTo(epoch), known[epoch]);
            }
        }
    }
}
