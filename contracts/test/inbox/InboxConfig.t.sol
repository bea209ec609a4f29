// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Inbox} from "../../src/inbox/Inbox.sol";
import {IClaimResolver} from "../../src/interfaces/IClaimResolver.sol";
import {IGatewayRegistry} from "../../src/interfaces/IGatewayRegistry.sol";
import {IInbox} from "../../src/interfaces/IInbox.sol";
import {ILookahead} from "../../src/interfaces/ILookahead.sol";
import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {RollupConfig} from "../../src/types/Windows.sol";
import {InboxWorld} from "../support/InboxWorld.sol";

/// What is fixed at deployment.
contract InboxConfigTest is InboxWorld {
    function test_theFactsAreReadBackAsGiven() public view {
        assertEq(keccak256(abi.encode(inbox.config())), keccak256(abi.encode(_facts())));
        assertEq(inbox.sequencingWindowSlots(), SEQUENCING_WINDOW);
        assertEq(address(inbox.resolver()), address(resolver));
        assertEq(address(inbox.lookahead()), address(lookahead));
        assertEq(address(inbox.registry()), address(registry));
        assertEq(inbox.domainSeparator(), MessageHashes.domain(address(inbox)));
    }

    function test_factsOutOfRangeAreRefusedByName() public {
        RollupConfig memory facts = _facts();
        facts.l2GenesisTime = 0;
        _refusedConfig(facts, "l2GenesisTime");
        facts = _facts();
        facts.blockTimeSeconds = 0;
        _refusedConfig(facts, "blockTimeSeconds");
        facts = _facts();
        facts.handoverSlots = 0;
        _refusedConfig(facts, "handoverSlots");
        facts.handoverSlots = 33;
        _refusedConfig(facts, "handoverSlots");
        facts = _facts();
        facts.fallbackGateway = 0;
        _refusedConfig(facts, "fallbackGateway");
        facts = _facts();
        facts.orderingRule = 2;
        _refusedConfig(facts, "orderingRule");
        facts = _facts();
        facts.claimWindowSeconds = 0;
        _refusedConfig(facts, "claimWindowSeconds");
        facts = _facts();
        facts.resolverSeconds = 0;
        _refusedConfig(facts, "resolverSeconds");
        facts = _facts();
        facts.disputeBondWei = 0;
        _refusedConfig(facts, "disputeBondWei");
        facts = _facts();
        facts.maxOriginLag = 0;
        _refusedConfig(facts, "maxOriginLag");
    }

    function test_R8_theSequencingWindowIsLongerThanAnyWindowAndItsCover() public {
        RollupConfig memory facts = _facts();
        vm.expectRevert(abi.encodeWithSelector(IInbox.BadConfig.selector, "sequencingWindowSlots"));
        new Inbox(
            facts, 67, GENESIS, 12, 32, ILookahead(address(1)), IGatewayRegistry(address(2)), IClaimResolver(address(3))
        );
        new Inbox(
            facts, 68, GENESIS, 12, 32, ILookahead(address(1)), IGatewayRegistry(address(2)), IClaimResolver(address(3))
        );
    }

    function _refusedConfig(RollupConfig memory facts, string memory field) private {
        vm.expectRevert(abi.encodeWithSelector(IInbox.BadConfig.selector, field));
        _deploy(facts, address(resolver));
    }
}
