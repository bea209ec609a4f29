// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {MessageHashes} from "../../src/libraries/MessageHashes.sol";
import {Base, Batch, BlockEnv, CommitterKey, Delegation, Frag, Revocation, Seal} from "../../src/types/Messages.sol";
import {CommitterSet} from "../../src/types/Windows.sol";
import {Test} from "../support/Test.sol";

/// Held to `fixtures/messages/messages.json`, which the Rust and TypeScript sides are held to as well. Pitfalls: a message hashed
/// one way by the node and another way by the contract; frozen vectors that nobody compares; a field outside the signature.
contract MessageHashesTest is Test {
    string private json;

    function setUp() public {
        json = fixture("messages/messages.json");
    }

    // --- Every message, every vector, every domain ---

    function test_everyMessageHashesAsTheGoldenVectorsSay() public {
        uint256 chain = block.chainid;
        uint256 checked = _check("Base", MessageHashes.BASE_TYPE, _base);
        checked += _check("BlockEnv", MessageHashes.BLOCK_ENV_TYPE, _env);
        checked += _check("Frag", MessageHashes.FRAG_TYPE, _frag);
        checked += _check("Seal", MessageHashes.SEAL_TYPE, _seal);
        checked += _check("Batch", MessageHashes.BATCH_TYPE, _batch);
        checked += _check("Delegation", MessageHashes.DELEGATION_TYPE, _delegation);
        checked += _check("Revocation", MessageHashes.REVOCATION_TYPE, _revocation);
        checked += _check("CommitterKey", MessageHashes.COMMITTER_KEY_TYPE, _committerKey);
        // As many as the file holds: a vector or message that is added and not compared fails here.
        assertEq(vm.parseJsonKeys(json, ".messages").length, 8, "messages of the file");
        assertEq(checked, 21, "vectors of the file");
        vm.chainId(chain);
    }

    function test_everyDomainSeparatesAsTheGoldenVectorsSay() public {
        bytes32[] memory separators = _separators();
        for (uint256 i; i < separators.length; ++i) {
            string memory place = string.concat(".domains[", vm.toString(i), "].separator");
            assertEq(separators[i], vm.parseJsonBytes32(json, place));
            for (uint256 k; k < i; ++k) {
                assertNotEq(separators[i], separators[k]);
            }
        }
    }

    // --- Nothing is outside the hash ---

    function test_everyFieldOfEveryFixedMessageIsUnderItsHash() public pure {
        Base memory base;
        BlockEnv memory env;
        Frag memory frag;
        Seal memory seal;
        Revocation memory revocation;
        CommitterKey memory key;
        _everyWordCounts(abi.encode(base), _hashOfBase);
        _everyWordCounts(abi.encode(env), _hashOfEnv);
        _everyWordCounts(abi.encode(frag), _hashOfFrag);
        _everyWordCounts(abi.encode(seal), _hashOfSeal);
        _everyWordCounts(abi.encode(revocation), _hashOfRevocation);
        _everyWordCounts(abi.encode(key), _hashOfKey);
    }

    function test_everyFieldOfABatchIsUnderItsHash() public pure {
        Batch memory m = _emptyBatch();
        bytes32[14] memory seen;
        seen[0] = MessageHashes.hash(m);
        m.base = bytes32(uint256(1));
        seen[1] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.window = 1;
        seen[2] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.parentBatch = bytes32(uint256(1));
        seen[3] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.firstBlock = 1;
        seen[4] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.lastBlock = 1;
        seen[5] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.parentBlockHash = bytes32(uint256(1));
        seen[6] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.lastBlockHash = bytes32(uint256(1));
        seen[7] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.blocksRoot = bytes32(uint256(1));
        seen[8] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.lastFrag = bytes32(uint256(1));
        seen[9] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.lastOriginNumber = 1;
        seen[10] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.lastOriginHash = bytes32(uint256(1));
        seen[11] = MessageHashes.hash(m);
        m = _emptyBatch();
        m.blobHashes[0] = bytes32(uint256(1));
        seen[12] = MessageHashes.hash(m);
        m.blobHashes = new bytes32[](2);
        seen[13] = MessageHashes.hash(m);
        _allDiffer(seen);
    }

    function test_everyFieldOfADelegationIsUnderItsHash() public pure {
        Delegation memory m = _emptyDelegation();
        bytes32[14] memory seen;
        seen[0] = MessageHashes.hash(m);
        m.operator = address(1);
        seen[1] = MessageHashes.hash(m);
        m = _emptyDelegation();
        m.gateway = 1;
        seen[2] = MessageHashes.hash(m);
        m = _emptyDelegation();
        m.firstEpoch = 1;
        seen[3] = MessageHashes.hash(m);
        m = _emptyDelegation();
        m.lastEpoch = 1;
        seen[4] = MessageHashes.hash(m);
        m = _emptyDelegation();
        m.nonce = 1;
        seen[5] = MessageHashes.hash(m);
        m = _emptyDelegation();
        m.rollups[0] = address(1);
        seen[6] = MessageHashes.hash(m);
        m = _emptyDelegation();
        m.slashers[0] = address(1);
        seen[7] = MessageHashes.hash(m);
        // One rollup and two slashers are not two rollups and one slasher.
        m = _emptyDelegation();
        m.rollups = new address[](2);
        seen[8] = MessageHashes.hash(m);
        m = _emptyDelegation();
        m.slashers = new address[](2);
        seen[9] = MessageHashes.hash(m);
        for (uint256 i = 10; i < 14; ++i) {
            seen[i] = bytes32(i);
        }
        _allDiffer(seen);
    }

    function test_everyPartOfACommitterSetIsItsIdentity() public pure {
        CommitterSet memory set = CommitterSet(1, new address[](2));
        (set.members[0], set.members[1]) = (address(1), address(2));
        bytes32 first = MessageHashes.hash(set);
        set.threshold = 2;
        assertNotEq(MessageHashes.hash(set), first);
        set.threshold = 1;
        (set.members[0], set.members[1]) = (address(2), address(1));
        assertNotEq(MessageHashes.hash(set), first);
    }

    // --- How the above compare ---

    function _check(string memory name, bytes32 typeHash, function(string memory) view returns (bytes32) hashAt)
        private
        returns (uint256 checked)
    {
        string memory message = string.concat(".messages.", name);
        assertEq(typeHash, vm.parseJsonBytes32(json, string.concat(message, ".typeHash")), name);
        bytes32[] memory separators = _separators();
        for (; checked < 64; ++checked) {
            string memory vector = string.concat(message, ".vectors[", vm.toString(checked), "]");
            if (!vm.keyExistsJson(json, string.concat(vector, ".structHash"))) break;
            bytes32 got = hashAt(string.concat(vector, ".value."));
            assertEq(got, vm.parseJsonBytes32(json, string.concat(vector, ".structHash")), vector);
            bytes32[] memory digests = vm.parseJsonBytes32Array(json, string.concat(vector, ".digests"));
            assertEq(digests.length, separators.length);
            for (uint256 i; i < digests.length; ++i) {
                assertEq(MessageHashes.digest(separators[i], got), digests[i], vector);
            }
        }
    }

    /// Separators of the file's domains, computed on their chains. The largest chain id of the file is the largest there is.
    function _separators() private returns (bytes32[] memory separators) {
        separators = new bytes32[](4);
        for (uint256 i; i < 4; ++i) {
            string memory place = string.concat(".domains[", vm.toString(i), "].domain");
            vm.chainId(vm.parseJsonUint(json, string.concat(place, ".l1ChainId")));
            separators[i] = MessageHashes.domain(vm.parseJsonAddress(json, string.concat(place, ".inbox")));
        }
    }

    /// Flips the lowest bit of each word, which is a valid value of every type, and expects a new hash each time.
    function _everyWordCounts(bytes memory encoded, function(bytes memory) pure returns (bytes32) hashOf) private pure {
        uint256 words = encoded.length / 32;
        bytes32[] memory seen = new bytes32[](words + 1);
        seen[words] = hashOf(encoded);
        for (uint256 i; i < words; ++i) {
            encoded[32 * i + 31] ^= 0x01;
            seen[i] = hashOf(encoded);
            encoded[32 * i + 31] ^= 0x01;
            for (uint256 k; k < i; ++k) {
                assertNotEq(seen[i], seen[k]);
            }
            assertNotEq(seen[i], seen[words]);
        }
    }

    function _allDiffer(bytes32[14] memory seen) private pure {
        for (uint256 i; i < 14; ++i) {
            for (uint256 k; k < i; ++k) {
                assertNotEq(seen[i], seen[k]);
            }
        }
    }

    function _emptyBatch() private pure returns (Batch memory m) {
        m.blobHashes = new bytes32[](1);
    }

    function _emptyDelegation() private pure returns (Delegation memory m) {
        m.rollups = new address[](1);
        m.slashers = new address[](1);
    }

    // --- Reading ---

    function _uint(string memory place, string memory field) private view returns (uint64) {
        return uint64(vm.parseJsonUint(json, string.concat(place, field)));
    }

    function _word(string memory place, string memory field) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, string.concat(place, field));
    }

    function _address(string memory place, string memory field) private view returns (address) {
        return vm.parseJsonAddress(json, string.concat(place, field));
    }

    function _base(string memory place) private view returns (bytes32) {
        Base memory m;
        m.window = _uint(place, "window");
        m.attempt = uint8(_uint(place, "attempt"));
        m.parentBlock = _uint(place, "parentBlock");
        m.parentBlockHash = _word(place, "parentBlockHash");
        m.parentFrag = _word(place, "parentFrag");
        m.parentSeal = _word(place, "parentSeal");
        return MessageHashes.hash(m);
    }

    function _env(string memory place) private view returns (bytes32) {
        BlockEnv memory m;
        m.coinbase = _address(place, "coinbase");
        m.gasLimit = _uint(place, "gasLimit");
        m.baseFee = _uint(place, "baseFee");
        m.prevRandao = _word(place, "prevRandao");
        m.parentBeaconRoot = _word(place, "parentBeaconRoot");
        m.extraDataHash = _word(place, "extraDataHash");
        return MessageHashes.hash(m);
    }

    function _frag(string memory place) private view returns (bytes32) {
        Frag memory m;
        m.base = _word(place, "base");
        m.blockNumber = _uint(place, "blockNumber");
        m.sequence = uint32(_uint(place, "sequence"));
        m.previousFrag = _word(place, "previousFrag");
        m.timestamp = _uint(place, "timestamp");
        m.l1OriginNumber = _uint(place, "l1OriginNumber");
        m.l1OriginHash = _word(place, "l1OriginHash");
        m.issuedAtMs = _uint(place, "issuedAtMs");
        m.firstTransaction = uint32(_uint(place, "firstTransaction"));
        m.transactionCount = uint32(_uint(place, "transactionCount"));
        m.promisesRoot = _word(place, "promisesRoot");
        m.gasUsed = _uint(place, "gasUsed");
        m.windowCoverage = uint128(vm.parseJsonUint(json, string.concat(place, "windowCoverage")));
        m.orderingRule = uint8(_uint(place, "orderingRule"));
        m.blockEnv = _word(place, "blockEnv");
        return MessageHashes.hash(m);
    }

    function _seal(string memory place) private view returns (bytes32) {
        Seal memory m;
        m.base = _word(place, "base");
        m.blockNumber = _uint(place, "blockNumber");
        m.blockHash = _word(place, "blockHash");
        m.lastSequence = uint32(_uint(place, "lastSequence"));
        m.lastFrag = _word(place, "lastFrag");
        m.endOfWindow = vm.parseJsonBool(json, string.concat(place, "endOfWindow"));
        return MessageHashes.hash(m);
    }

    function _batch(string memory place) private view returns (bytes32) {
        Batch memory m;
        m.base = _word(place, "base");
        m.window = _uint(place, "window");
        m.parentBatch = _word(place, "parentBatch");
        m.firstBlock = _uint(place, "firstBlock");
        m.lastBlock = _uint(place, "lastBlock");
        m.parentBlockHash = _word(place, "parentBlockHash");
        m.lastBlockHash = _word(place, "lastBlockHash");
        m.blocksRoot = _word(place, "blocksRoot");
        m.lastFrag = _word(place, "lastFrag");
        m.lastOriginNumber = _uint(place, "lastOriginNumber");
        m.lastOriginHash = _word(place, "lastOriginHash");
        m.blobHashes = vm.parseJsonBytes32Array(json, string.concat(place, "blobHashes"));
        return MessageHashes.hash(m);
    }

    function _delegation(string memory place) private view returns (bytes32) {
        Delegation memory m;
        m.operator = _address(place, "operator");
        m.gateway = uint32(_uint(place, "gateway"));
        m.firstEpoch = _uint(place, "firstEpoch");
        m.lastEpoch = _uint(place, "lastEpoch");
        m.nonce = _uint(place, "nonce");
        m.rollups = vm.parseJsonAddressArray(json, string.concat(place, "rollups"));
        m.slashers = vm.parseJsonAddressArray(json, string.concat(place, "slashers"));
        return MessageHashes.hash(m);
    }

    function _revocation(string memory place) private view returns (bytes32) {
        return MessageHashes.hash(
            Revocation(
                _address(place, "operator"), _address(place, "rollup"), _uint(place, "lastEpoch"), _uint(place, "nonce")
            )
        );
    }

    function _committerKey(string memory place) private view returns (bytes32) {
        return MessageHashes.hash(CommitterKey(_address(place, "owner"), _word(place, "committerSet")));
    }

    function _hashOfBase(bytes memory m) private pure returns (bytes32) {
        return MessageHashes.hash(abi.decode(m, (Base)));
    }

    function _hashOfEnv(bytes memory m) private pure returns (bytes32) {
        return MessageHashes.hash(abi.decode(m, (BlockEnv)));
    }

    function _hashOfFrag(bytes memory m) private pure returns (bytes32) {
        return MessageHashes.hash(abi.decode(m, (Frag)));
    }

    function _hashOfSeal(bytes memory m) private pure returns (bytes32) {
        return MessageHashes.hash(abi.decode(m, (Seal)));
    }

    function _hashOfRevocation(bytes memory m) private pure returns (bytes32) {
        return MessageHashes.hash(abi.decode(m, (Revocation)));
    }

    function _hashOfKey(bytes memory m) private pure returns (bytes32) {
        return MessageHashes.hash(abi.decode(m, (CommitterKey)));
    }
}
