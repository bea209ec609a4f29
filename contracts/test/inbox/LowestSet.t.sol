// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {LowestSet} from "../../src/inbox/LowestSet.sol";
import {Test} from "../support/Test.sol";

contract LowestSetTest is Test {
    using LowestSet for LowestSet.Set;

    LowestSet.Set private set;
    mapping(uint32 member => bool) private isMember;

    function test_anEmptySetHasNoLowest() public view {
        assertEq(set.lowest(), LowestSet.NONE);
    }

    function test_theEndsOfTheRangeAreMembersLikeOthers() public {
        set.add(type(uint32).max);
        assertEq(set.lowest(), type(uint32).max);
        set.add(0);
        assertEq(set.lowest(), 0);
        set.remove(0);
        assertEq(set.lowest(), type(uint32).max);
        set.remove(type(uint32).max);
        assertEq(set.lowest(), LowestSet.NONE);
    }

    function test_removingWhatIsNotThereChangesNothing() public {
        set.add(70_000);
        set.remove(70_001);
        set.remove(3);
        assertEq(set.lowest(), 70_000);
        set.add(70_000);
        set.remove(70_000);
        assertEq(set.lowest(), LowestSet.NONE);
    }

    /// Against a plain list, with members far apart and close together.
    function testFuzz_theLowestIsTheLowest(uint256[24] calldata seeds) public {
        uint32[24] memory known;
        for (uint256 i; i < seeds.length; ++i) {
            uint256 place = seeds[i] >> 8;
            uint32 member = uint32(seeds[i] % 3 == 0 ? place : seeds[i] % 3 == 1 ? place % 600 : place % (1 << 17));
            known[i] = member;
            set.add(member);
            isMember[member] = true;
            if (seeds[i] & 128 != 0) {
                uint32 leaver = known[place % (i + 1)];
                set.remove(leaver);
                isMember[leaver] = false;
            }
            uint256 lowest = LowestSet.NONE;
            for (uint256 j; j <= i; ++j) {
                if (isMember[known[j]] && known[j] < lowest) lowest = known[j];
            }
            assertEq(set.lowest(), lowest);
        }
    }
}
