// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {RLP} from "@openzeppelin/contracts/utils/RLP.sol";
import {IFeeVault} from "../../src/interfaces/IFeeVault.sol";
import {FeeVault} from "../../src/rewards/FeeVault.sol";
import {RewardsManager} from "../../src/rewards/RewardsManager.sol";
import {Attribution, FeeProof, Shares} from "../../src/types/Rewards.sol";
import {SlashingTrie} from "./SlashingTrie.sol";
import {Test} from "./Test.sol";

/// A rollup as the RewardsManager sees it: fees that appear without a call, blocks with real headers, state tries and EIP-2935. The
/// operator fee vault has the code of the Isthmus upgrade, as in genesis.
abstract contract RewardsWorld is Test {
    address internal constant MANAGER = 0x4200000000000000000000000000000000000011;
    address internal constant BASE_VAULT = 0x4200000000000000000000000000000000000019;
    address internal constant L1_VAULT = 0x420000000000000000000000000000000000001A;
    address internal constant OPERATOR_VAULT = 0x420000000000000000000000000000000000001b;
    address internal constant BLOCK_HASHES = 0x0000F90827F1C53a10cb7A02335B175320002935;
    address internal constant GONE = 0x000000000000000000000000000000000000dEaD;
    address private constant SYSTEM_CALLER = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
    /// The runtime code EIP-2935 lists.
    bytes private constant BLOCK_HASHES_CODE =
        hex"3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

    RewardsManager internal manager = RewardsManager(payable(MANAGER));
    /// Aliased address of the messenger, for tests without one.
    address internal messengerAlias = address(0x1111000000000000000000000000000000001234);
    /// Block under construction.
    uint64 internal present;
    mapping(uint64 blockNumber => bytes) private _proofs;

    function openRollup(address messenger) internal {
        vm.etch(BLOCK_HASHES, BLOCK_HASHES_CODE);
        vm.etch(MANAGER, type(RewardsManager).runtimeCode);
        vm.etch(BASE_VAULT, type(FeeVault).runtimeCode);
        vm.etch(L1_VAULT, type(FeeVault).runtimeCode);
        vm.etch(OPERATOR_VAULT, predeploy("operator_fee_vault"));
        vm.store(MANAGER, bytes32(uint256(1)), bytes32(uint256(uint160(messenger))));
        present = 0;
        vm.roll(0);
        endBlock();
    }

    /// A committed runtime code of `crates/rollup/src/op/predeploys`.
    function predeploy(string memory name) internal view returns (bytes memory) {
        string memory path = string.concat("/../crates/rollup/src/op/predeploys/", name, ".hex");
        bytes memory text = bytes(vm.readFile(string.concat(vm.projectRoot(), path)));
        // Without the newline.
        assembly ("memory-safe") {
            mstore(text, sub(mload(text), 1))
        }
        return vm.parseBytes(string.concat("0x", string(text)));
    }

    // --- Blocks ---

    /// Fees of a transaction: credited without a call.
    function earn(uint256 priorityWei, uint256 baseWei, uint256 l1Wei, uint256 operatorFeeWei) internal {
        vm.deal(MANAGER, MANAGER.balance + priorityWei);
        vm.deal(BASE_VAULT, BASE_VAULT.balance + baseWei);
        vm.deal(L1_VAULT, L1_VAULT.balance + l1Wei);
        vm.deal(OPERATOR_VAULT, OPERATOR_VAULT.balance + operatorFeeWei);
    }

    /// Ends the present block and begins the next one.
    function endBlock() internal {
        FeeProof memory proof = proofOfNow(present);
        _proofs[present] = abi.encode(proof);
        ++present;
        vm.roll(present);
        vm.prank(SYSTEM_CALLER);
        (bool ok,) = BLOCK_HASHES.call(abi.encode(keccak256(proof.header)));
        assertTrue(ok, "EIP-2935 refused the system call");
    }

    /// Blocks without headers, in which nothing happens.
    function passBlocks(uint64 count) internal {
        present += count;
        vm.roll(present);
    }

    /// Ends blocks up to `last`, each with the fees given.
    function blocksUpTo(uint64 last, uint256 sharedWei, uint256 l1Wei) internal {
        while (present <= last) {
            earn(sharedWei / 2, sharedWei - sharedWei / 2, l1Wei, 0);
            endBlock();
        }
    }

    function proofOf(uint64 number) internal view returns (FeeProof memory) {
        return abi.decode(_proofs[number], (FeeProof));
    }

    function checkpoint(uint64 number) internal {
        manager.checkpoint(proofOf(number));
    }

    /// Everything there is, in all vaults.
    function heldWei() internal view returns (uint256) {
        return MANAGER.balance + BASE_VAULT.balance + L1_VAULT.balance + OPERATOR_VAULT.balance;
    }

    // --- State ---

    function proofOfNow(uint64 number) internal view returns (FeeProof memory proof) {
        SlashingTrie.Entry[] memory managerStorage = storageOf(MANAGER, 3);
        SlashingTrie.Entry[] memory l1Storage = storageOf(L1_VAULT, 1);
        SlashingTrie.Entry[] memory state = new SlashingTrie.Entry[](7);
        state[0] = account(MANAGER, SlashingTrie.root(managerStorage));
        state[1] = account(BASE_VAULT, SlashingTrie.root(storageOf(BASE_VAULT, 1)));
        state[2] = account(L1_VAULT, SlashingTrie.root(l1Storage));
        state[3] = account(OPERATOR_VAULT, SlashingTrie.root(storageOf(OPERATOR_VAULT, 1)));
        state[4] = account(GONE, keccak256(hex"80"));
        state[5] = account(address(0xA11CE), keccak256(hex"80"));
        state[6] = account(BLOCK_HASHES, keccak256("of its ring"));
        proof.header = headerOf(number, SlashingTrie.root(state));
        proof.manager = SlashingTrie.proof(state, keyOf(abi.encodePacked(MANAGER)));
        proof.baseFees = SlashingTrie.proof(state, keyOf(abi.encodePacked(BASE_VAULT)));
        proof.l1Fees = SlashingTrie.proof(state, keyOf(abi.encodePacked(L1_VAULT)));
        proof.operatorFees = SlashingTrie.proof(state, keyOf(abi.encodePacked(OPERATOR_VAULT)));
        proof.managerProcessed = SlashingTrie.proof(managerStorage, keyOf(abi.encode(0)));
        proof.l1Processed = SlashingTrie.proof(l1Storage, keyOf(abi.encode(0)));
        // An empty trie has no nodes.
        if (l1Storage.length == 0) proof.l1Processed = new bytes[](0);
        if (managerStorage.length == 0) proof.managerProcessed = new bytes[](0);
    }

    function keyOf(bytes memory raw) internal pure returns (bytes memory nibbles) {
        return SlashingTrie.nibblesOf(abi.encodePacked(keccak256(raw)));
    }

    function account(address where, bytes32 storageRoot) internal view returns (SlashingTrie.Entry memory entry) {
        bytes[] memory fields = new bytes[](4);
        fields[0] = RLP.encode(uint256(1));
        fields[1] = RLP.encode(where.balance);
        fields[2] = RLP.encode(storageRoot);
        fields[3] = RLP.encode(where.codehash);
        return SlashingTrie.Entry(keyOf(abi.encodePacked(where)), RLP.encode(fields));
    }

    /// The first `slots` words that are not zero.
    function storageOf(address where, uint256 slots) internal view returns (SlashingTrie.Entry[] memory entries) {
        entries = new SlashingTrie.Entry[](slots);
        uint256 used;
        for (uint256 slot; slot < slots; ++slot) {
            uint256 word = uint256(vm.load(where, bytes32(slot)));
            if (word != 0) entries[used++] = SlashingTrie.Entry(keyOf(abi.encode(slot)), RLP.encode(word));
        }
        assembly ("memory-safe") {
            mstore(entries, used)
        }
    }

    function headerOf(uint64 number, bytes32 stateRoot) internal pure returns (bytes memory) {
        bytes[] memory f = new bytes[](21);
        for (uint256 i; i < 21; ++i) {
            f[i] = RLP.encode(keccak256(abi.encode("field", i)));
        }
        f[2] = RLP.encode(MANAGER);
        f[3] = RLP.encode(stateRoot);
        f[6] = RLP.encode(new bytes(256));
        f[8] = RLP.encode(uint256(number));
        f[11] = RLP.encode(uint256(1_700_000_000 + number));
        return RLP.encode(f);
    }

    // --- Attributions ---

    function shares() internal pure returns (Shares memory) {
        return Shares(2_000, 3_000, 5_000);
    }

    function attributionOf(uint64 firstBlock, uint64 lastBlock) internal pure returns (Attribution memory a) {
        a.firstBlock = firstBlock;
        a.lastBlock = lastBlock;
        a.period = 7;
        a.opensAt = 2_000_000_000;
        a.gateway = address(0x6A7E);
        a.operator = address(0x09E4);
        a.operatorAccount = address(0x09E4);
        a.rollupOperator = address(0x4011);
        a.shares = shares();
    }

    function listOf(Attribution memory a) internal pure returns (Attribution[] memory list) {
        list = new Attribution[](1);
        list[0] = a;
    }

    function tell(uint64 place, Attribution memory a) internal {
        vm.prank(manager.messenger());
        manager.attribute(place, listOf(a));
    }

    /// Tells and settles the next batch.
    function settle(Attribution memory a) internal {
        tell(manager.settledPlace() + 1, a);
        manager.settle(listOf(a));
    }
}
