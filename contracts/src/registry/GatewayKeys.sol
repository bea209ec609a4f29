// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {CommitterSignatures} from "../libraries/CommitterSignatures.sol";
import {EpochTrace} from "../libraries/checkpoints/EpochTrace.sol";
import {MessageHashes} from "../libraries/MessageHashes.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {CommitterKey} from "../types/Messages.sol";
import {CommitterSet} from "../types/Windows.sol";

/// Gateways, their owners, and the committer sets that sign for them (R15).
///
/// A key proves possession before it counts, so nobody can claim a stranger's key. It then belongs to that gateway for ever, as
/// does every set: a signature found years later names one culprit, whoever has the key by then.
abstract contract GatewayKeys is IGatewayRegistry, SlotClock {
    using EpochTrace for EpochTrace.Trace;

    struct SetPlace {
        uint32 gateway;
        uint64 place;
    }

    uint256 internal constant MOST_MEMBERS = 16;
    uint256 internal constant MOST_ENDPOINT_BYTES = 256;

    uint32 public gatewayCount;
    mapping(uint32 gateway => address) private owners;
    mapping(address key => uint32 gateway) public gatewayOfKey;
    mapping(bytes32 setHash => SetPlace) private setPlaces;
    /// Every set ever, so that a trace can hold a place instead of a hash. Place 0 stands for "none".
    bytes32[] private sets;
    mapping(uint32 gateway => EpochTrace.Trace) private committerSets;

    constructor() {
        sets.push();
    }

    modifier onlyOwnerOf(uint32 gateway) {
        address owner = owners[gateway];
        if (msg.sender != owner) revert NotTheOwner(gateway, msg.sender, owner);
        _;
    }

    function register(CommitterSet calldata set, bytes[] calldata possessions, string calldata endpoint)
        external
        returns (uint32 gateway)
    {
        gateway = ++gatewayCount;
        owners[gateway] = msg.sender;
        emit GatewayRegistered(gateway, msg.sender);
        _adopt(gateway, set, possessions);
        _announce(gateway, endpoint);
    }

    function rotate(uint32 gateway, CommitterSet calldata set, bytes[] calldata possessions)
        external
        onlyOwnerOf(gateway)
    {
        _adopt(gateway, set, possessions);
    }

    function announce(uint32 gateway, string calldata endpoint) external onlyOwnerOf(gateway) {
        _announce(gateway, endpoint);
    }

    function ownerOf(uint32 gateway) public view returns (address) {
        return owners[gateway];
    }

    function committerSetAt(uint32 gateway, uint64 epoch) external view returns (bytes32) {
        return sets[committerSets[gateway].valueAt(epoch)];
    }

    function gatewayOfSet(bytes32 setHash) external view returns (uint32) {
        return setPlaces[setHash].gateway;
    }

    function domainSeparator() public view returns (bytes32) {
        return MessageHashes.domain(address(this));
    }

    function _adopt(uint32 gateway, CommitterSet calldata set, bytes[] calldata possessions) private {
        uint256 count = set.members.length;
        if (count == 0 || count > MOST_MEMBERS || set.threshold == 0 || set.threshold > count) {
            revert SetSize(count, set.threshold);
        }
        if (possessions.length != count) revert PossessionCount(possessions.length, count);
        bytes32 setHash = MessageHashes.hash(set);
        bytes32 digest = MessageHashes.digest(domainSeparator(), MessageHashes.hash(CommitterKey(msg.sender, setHash)));
        address last;
        for (uint256 i; i < count; ++i) {
            address member = set.members[i];
            if (member <= last) revert MembersNotAscending(i);
            last = member;
            if (possessions[i].length != 65) revert CommitterSignatures.SignatureLength(65, possessions[i].length);
            address signer = CommitterSignatures.recoverAt(digest, possessions[i], 0);
            if (signer != member) revert NotPossessed(i, member, signer);
            uint32 taken = gatewayOfKey[member];
            if (taken == 0) gatewayOfKey[member] = gateway;
            else if (taken != gateway) revert KeyTaken(member, taken);
        }
        // Its keys are the gateway's own, so a known set is the gateway's own too.
        SetPlace memory known = setPlaces[setHash];
        if (known.gateway == 0) {
            known = SetPlace(gateway, uint64(sets.length));
            setPlaces[setHash] = known;
            sets.push(setHash);
        }
        uint64 epoch = currentEpoch();
        committerSets[gateway].setSoon(epoch, known.place);
        emit CommitterSetChanged(gateway, setHash, set, epoch + EpochTrace.LEAD_EPOCHS);
    }

    function _announce(uint32 gateway, string calldata endpoint) private {
        uint256 size = bytes(endpoint).length;
        if (size > MOST_ENDPOINT_BYTES) revert EndpointLength(size, MOST_ENDPOINT_BYTES);
        emit EndpointChanged(gateway, endpoint);
    }
}
