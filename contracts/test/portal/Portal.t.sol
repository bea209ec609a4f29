// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {Portal} from "../../src/inbox/Portal.sol";
import {IPortal} from "../../src/interfaces/IPortal.sol";
import {Test} from "../support/Test.sol";
import {Vm} from "../support/Vm.sol";

/// Deposits in the OP Stack's format, and what bounds them (R23).
contract PortalTest is Test {
    Portal private portal;
    address private alice;

    function setUp() public {
        portal = new Portal();
        alice = makeAddr("alice");
        vm.deal(alice, 100 ether);
        vm.roll(100);
        vm.fee(1 gwei);
    }

    function test_aDepositIsTheOpStacksEvent() public {
        vm.expectEmit(address(portal));
        emit IPortal.TransactionDeposited(
            alice,
            address(0xB0B),
            0,
            abi.encodePacked(uint256(2 ether), uint256(1 ether), uint64(100_000), false, hex"c0ffee")
        );
        vm.prank(alice, alice);
        portal.depositTransaction{value: 2 ether}(address(0xB0B), 1 ether, 100_000, false, hex"c0ffee");
        assertEq(address(portal).balance, 2 ether);
    }

    function test_theSharedVectorsHold() public {
        string memory json = fixture("portal/deposits.json");
        for (uint256 i; vm.keyExistsJson(json, _key(i, "about")); ++i) {
            vm.roll(100 + i);
            Vm.Log memory log = _deposit(json, i);
            bytes32[] memory topics = vm.parseJsonBytes32Array(json, _key(i, "topics"));
            assertEq(log.topics.length, topics.length);
            for (uint256 j; j < topics.length; ++j) {
                assertEq(log.topics[j], topics[j], "topic");
            }
            assertEq(log.data, vm.parseJsonBytes(json, _key(i, "logData")), "data");
        }
    }

    function test_aContractIsAliased() public {
        address account = address(type(uint160).max);
        vm.etch(account, hex"00");
        // The alias wraps around.
        assertEq(_senderOf(account, alice), address(0x1111000000000000000000000000000000001110));
        // 23 bytes of code that are no delegation.
        vm.etch(account, abi.encodePacked(hex"600100", alice));
        assertEq(_senderOf(account, alice), address(0x1111000000000000000000000000000000001110));
    }

    function test_anAccountWithAKeyIsNotAliased() public {
        assertEq(_senderOf(alice, alice), alice);
        vm.etch(alice, abi.encodePacked(hex"ef0100", address(0xB0B)));
        assertEq(_senderOf(alice, alice), alice);
        // EIP-7702: called by its own code, in somebody else's transaction.
        assertEq(_senderOf(alice, address(0xCAFE)), alice);
    }

    function test_aCreationNamesNoRecipient() public {
        vm.expectRevert(abi.encodeWithSelector(IPortal.RecipientOfCreation.selector, alice));
        portal.depositTransaction(alice, 0, 100_000, true, "");
        portal.depositTransaction(address(0), 0, 100_000, true, hex"6000");
    }

    function test_theGasLimitCoversTheData() public {
        bytes memory data = new bytes(1000);
        assertEq(portal.minimumGasLimit(1000), 61_000);
        vm.expectRevert(abi.encodeWithSelector(IPortal.GasLimitTooLow.selector, 61_000, 60_999));
        portal.depositTransaction(alice, 0, 60_999, false, data);
        portal.depositTransaction(alice, 0, 61_000, false, data);
    }

    function test_dataIsBounded() public {
        bytes memory data = new bytes(120_001);
        vm.expectRevert(abi.encodeWithSelector(IPortal.DataTooLong.selector, 120_000, 120_001));
        portal.depositTransaction(alice, 0, 10_000_000, false, data);
        data = new bytes(120_000);
        portal.depositTransaction(alice, 0, 4_821_000, false, data);
    }

    function test_oneL1BlockTakesTwentyMillionGasOfDeposits() public {
        portal.depositTransaction(alice, 0, 19_000_000, false, "");
        vm.expectRevert(abi.encodeWithSelector(IPortal.BlockGasExceeded.selector, 20_000_000, 20_000_001));
        portal.depositTransaction(alice, 0, 1_000_001, false, "");
        portal.depositTransaction(alice, 0, 1_000_000, false, "");
        vm.roll(101);
        portal.depositTransaction(alice, 0, 20_000_000, false, "");
    }

    function test_thePriceFollowsDemand() public {
        portal.depositTransaction(alice, 0, 20_000_000, false, "");
        vm.roll(101);
        portal.depositTransaction(alice, 0, 21_000, false, "");
        // 1 + (20 - 2) / 2 / 8.
        assertEq(_price(), 2.125 gwei);
        vm.roll(103);
        portal.depositTransaction(alice, 0, 21_000, false, "");
        assertLt(_price(), 2.125 gwei);
        assertGt(_price(), 1 gwei);
        vm.roll(100_000_000);
        portal.depositTransaction(alice, 0, 21_000, false, "");
        assertEq(_price(), 1 gwei);
    }

    function test_theGasIsBoughtByBurningGas() public {
        vm.fee(4 gwei);
        portal.depositTransaction(alice, 0, 8_000_000, false, "");
        vm.roll(101);
        portal.depositTransaction(alice, 0, 100_000, false, "");
        uint256 due = uint256(4_000_000) * _price() / 4 gwei;
        uint256 before = gasleft();
        portal.depositTransaction(alice, 0, 4_000_000, false, "");
        uint256 used = before - gasleft();
        assertGt(used, due * 98 / 100);
        assertLt(used, due * 102 / 100 + 40_000);
    }

    /// However long it is attacked, the price neither overflows nor locks deposits out.
    function test_thePriceHasACeiling() public {
        vm.fee(type(uint64).max);
        for (uint256 i; i < 36; ++i) {
            vm.roll(200 + i);
            try portal.depositTransaction(alice, 0, 20_000_000, false, "") {}
            catch {
                break;
            }
        }
        assertLe(_price(), type(uint64).max);
        vm.roll(100_000);
        portal.depositTransaction(alice, 0, 21_000, false, "");
        assertEq(_price(), 1 gwei);
    }

    function testFuzz_opaqueDataIsPackedInOrder(uint96 mint, uint256 value, uint64 gasLimit, bytes calldata data)
        public
    {
        uint64 least = portal.minimumGasLimit(uint64(data.length));
        gasLimit = uint64(bound(gasLimit, least, least + 500_000));
        vm.deal(alice, mint);
        vm.recordLogs();
        vm.prank(alice, alice);
        portal.depositTransaction{value: mint}(address(0xB0B), value, gasLimit, false, data);
        bytes memory packed = abi.decode(vm.getRecordedLogs()[0].data, (bytes));
        assertEq(packed.length, 73 + data.length);
        assertEq(packed, bytes.concat(bytes32(uint256(mint)), bytes32(value), bytes8(gasLimit), hex"00", data));
    }

    function test_gasOfADeposit() public {
        vm.prank(alice, alice);
        portal.depositTransaction{value: 1 ether}(address(0xB0B), 1 ether, 100_000, false, "");
        vm.snapshotGasLastCall("Portal", "depositTransaction, first of a block");
    }

    function _price() private view returns (uint256 priceWei) {
        (priceWei,,) = portal.market();
    }

    function _senderOf(address caller, address origin) private returns (address) {
        vm.recordLogs();
        vm.prank(caller, origin);
        portal.depositTransaction(address(0xB0B), 0, 100_000, false, "");
        return address(uint160(uint256(vm.getRecordedLogs()[0].topics[1])));
    }

    function _deposit(string memory json, uint256 i) private returns (Vm.Log memory) {
        address from = vm.parseJsonAddress(json, _key(i, "caller"));
        bool hasKey = vm.parseJsonBool(json, _key(i, "callerHasKey"));
        uint256 mint = vm.parseJsonUint(json, _key(i, "mint"));
        vm.deal(from, mint);
        vm.recordLogs();
        vm.prank(from, hasKey ? from : alice);
        portal.depositTransaction{value: mint}(
            vm.parseJsonAddress(json, _key(i, "to")),
            vm.parseJsonUint(json, _key(i, "value")),
            uint64(vm.parseJsonUint(json, _key(i, "gasLimit"))),
            vm.parseJsonBool(json, _key(i, "isCreation")),
            vm.parseJsonBytes(json, _key(i, "data"))
        );
        return vm.getRecordedLogs()[0];
    }

    function _key(uint256 i, string memory field) private pure returns (string memory) {
        return string.concat("[", vm.toString(i), "].", field);
    }
}
