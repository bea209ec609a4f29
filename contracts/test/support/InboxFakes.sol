// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IInbox} from "../../src/interfaces/IInbox.sol";

/// A Lookahead whose windows the test writes down. As the real one it reverts for what nobody has proven.
contract InboxFakeLookahead {
    error LookaheadUnknown(uint64 slot);
    error BadProof();

    struct Run {
        uint32 gateway;
        uint64 last;
    }

    mapping(uint64 slot => Run) private _runs;
    /// Owner of every slot that is not written down, if set.
    Run private _rest;
    mapping(uint64 slot => bytes) private _proofs;

    function setWindow(uint64 first, uint64 last, uint32 gateway) external {
        for (uint64 slot = first; slot <= last; ++slot) {
            _runs[slot] = Run(gateway, last);
        }
    }

    /// One endless window for all other slots.
    function setRest(uint64 last, uint32 gateway) external {
        _rest = Run(gateway, last);
    }

    /// From now on the slot is known to those who bring `proof` only.
    function setProofOnly(uint64 slot, uint32 gateway, bytes calldata proof) external {
        delete _runs[slot];
        _runs[slot] = Run(gateway, slot);
        _proofs[slot] = proof;
    }

    function ownerAt(address, uint64 slot) external view returns (uint32, uint64) {
        Run memory run = _runs[slot];
        if (run.gateway == 0) run = _rest;
        if (run.gateway == 0 || _proofs[slot].length != 0) revert LookaheadUnknown(slot);
        return (run.gateway, run.last);
    }

    function ownerByProof(address, uint64 slot, bytes calldata proof) external view returns (uint32, uint64) {
        if (keccak256(proof) != keccak256(_proofs[slot])) revert BadProof();
        return (_runs[slot].gateway, slot);
    }
}

/// A registry whose committer sets the test writes down.
contract InboxFakeRegistry {
    mapping(uint32 gateway => mapping(uint64 epoch => bytes32)) private _at;
    mapping(uint32 gateway => bytes32) private _always;

    function setAlways(uint32 gateway, bytes32 setHash) external {
        _always[gateway] = setHash;
    }

    function setAt(uint32 gateway, uint64 epoch, bytes32 setHash) external {
        _at[gateway][epoch] = setHash;
    }

    function committerSetAt(uint32 gateway, uint64 epoch) external view returns (bytes32) {
        bytes32 special = _at[gateway][epoch];
        return special != 0 ? special : _always[gateway];
    }
}

/// A resolver that does what the test says, and can be made to fail in every way when it is told of a dispute.
contract InboxFakeResolver {
    enum Mood {
        Quiet,
        Reverts,
        BurnsAllGas,
        /// Finds for the batch while it is told of the dispute.
        StandsAtOnce
    }

    Mood public mood;
    uint32 public lastOpened;

    function setMood(Mood mood_) external {
        mood = mood_;
    }

    function open(uint32 batchId) external {
        if (mood == Mood.Reverts) revert("no");
        if (mood == Mood.BurnsAllGas) while (true) {}
        if (mood == Mood.StandsAtOnce) IInbox(msg.sender).resolve(batchId, false);
        lastOpened = batchId;
    }
}

/// An account that takes no ETH.
contract InboxFakeRefuser {
    function disputeAt(address inbox, uint32 batchId) external payable {
        (bool done,) = inbox.call{value: msg.value}(abi.encodeWithSignature("dispute(uint32)", batchId));
        require(done);
    }

    function withdrawTo(address inbox, address payable to) external returns (bool done) {
        (done,) = inbox.call(abi.encodeWithSignature("withdraw(address)", to));
    }
}
