// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {BatchRecord, BatchStatus} from "../../src/interfaces/IInbox.sol";
import {Terms} from "../../src/types/Terms.sol";
import {RollupConfig} from "../../src/types/Windows.sol";

/// What a RewardsMessenger reads of L1, as the test writes it down.
contract RewardsFakeInbox {
    uint64 public immutable maxOriginLag;
    mapping(uint32 id => BatchRecord) private _records;
    mapping(uint32 id => BatchStatus) public statusOf;

    constructor(uint64 maxOriginLag_) {
        maxOriginLag = maxOriginLag_;
    }

    function config() external view returns (RollupConfig memory facts) {
        facts.maxOriginLag = maxOriginLag;
    }

    function set(uint32 id, uint32 parentId, uint32 gateway, uint64 window, uint64 firstBlock, uint64 lastBlock)
        external
    {
        BatchRecord storage r = _records[id];
        r.parentId = parentId;
        r.gateway = gateway;
        r.window = window;
        r.firstBlock = firstBlock;
        r.lastBlock = lastBlock;
        statusOf[id] = BatchStatus.Confirmed;
    }

    function setStatus(uint32 id, BatchStatus status) external {
        statusOf[id] = status;
    }

    function record(uint32 id) external view returns (BatchRecord memory) {
        return _records[id];
    }
}

/// Lookahead, registries, parameters and Slasher in one.
contract RewardsFakeL1 {
    mapping(uint64 epoch => bool) public isProven;
    mapping(uint64 slot => uint64) public proposerAt;
    mapping(uint64 validator => address) private _operators;
    mapping(address operator => uint32) private _gateways;
    mapping(uint32 gateway => address) public ownerOf;
    mapping(address operator => mapping(uint64 period => bool)) private _forfeited;
    Terms private _terms;
    Terms private _newest;

    function setProven(uint64 epoch, bool proven) external {
        isProven[epoch] = proven;
    }

    function setProposer(uint64 slot, uint64 validator, address operator, uint32 gateway) external {
        proposerAt[slot] = validator;
        _operators[validator] = operator;
        _gateways[operator] = gateway;
    }

    function setOwner(uint32 gateway, address owner) external {
        ownerOf[gateway] = owner;
    }

    function setTerms(Terms calldata terms, Terms calldata newest) external {
        (_terms, _newest) = (terms, newest);
    }

    function setForfeited(address operator, uint64 period) external {
        _forfeited[operator][period] = true;
    }

    function operatorAt(uint64 validator, uint64) external view returns (address) {
        return _operators[validator];
    }

    function gatewayFor(address operator, address, uint64) external view returns (uint32) {
        return _gateways[operator];
    }

    function termsAt(uint64) external view returns (Terms memory) {
        return _terms;
    }

    function newestTerms() external view returns (Terms memory) {
        return _newest;
    }

    function isForfeited(address operator, address, uint64 period) external view returns (bool) {
        return _forfeited[operator][period];
    }
}
