// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RegistryHandler} from "../support/bonds/RegistryHandler.sol";
import {Test} from "../support/Test.sol";

contract RegistryInvariants is Test {
    RegistryHandler private handler;

    function setUp() public {
        handler = new RegistryHandler();
        bytes4[] memory selectors = new bytes4[](12);
        selectors[0] = RegistryHandler.nextEpoch.selector;
        selectors[1] = RegistryHandler.join.selector;
        selectors[2] = RegistryHandler.quit.selector;
        selectors[3] = RegistryHandler.suspend.selector;
        selectors[4] = RegistryHandler.resume.selector;
        selectors[5] = RegistryHandler.switchPhase.selector;
        selectors[6] = RegistryHandler.list.selector;
        selectors[7] = RegistryHandler.changeTerms.selector;
        selectors[8] = RegistryHandler.delegate.selector;
        selectors[9] = RegistryHandler.revoke.selector;
        selectors[10] = RegistryHandler.rotate.selector;
        selectors[11] = RegistryHandler.slashToDust.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), selectors));
    }

    /// Eligibility, delegates, committer sets, phase and terms of the present, the next and every earlier epoch never change:
    /// what a lookahead rests on is final, and "who was authorised at slot s" has one answer for ever (R12, R15, R16, R26).
    function invariant_epochsUpToTheNextOneNeverChange() public view {
        uint256 count = handler.knownCount();
        for (uint256 i; i < count; ++i) {
            uint64 epoch = handler.known(i);
            assertEq(handler.answersOf(epoch), handler.answers(epoch), "an answer changed");
        }
    }
}
