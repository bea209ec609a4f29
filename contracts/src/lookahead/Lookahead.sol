// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

import {IBeaconVerifiers} from "../interfaces/IBeaconVerifiers.sol";
import {IGatewayRegistry} from "../interfaces/IGatewayRegistry.sol";
import {IInbox} from "../interfaces/IInbox.sol";
import {ILookahead} from "../interfaces/ILookahead.sol";
import {IValidatorRegistry} from "../interfaces/IValidatorRegistry.sol";
import {SlotClock} from "../libraries/SlotClock.sol";
import {SlotProof} from "../types/Proofs.sol";
import {RollupConfig, Window} from "../types/Windows.sol";
import {ProposerWords} from "./ProposerWords.sol";
import {Proposers} from "./Proposers.sol";
import {WindowCache} from "./WindowCache.sol";

/// Owners and windows (R12): pure functions of proven proposers and of registries whose answers are final. The cache only saves
/// gas: it holds what the functions answer.
contract Lookahead is Proposers {
    using ProposerWords for uint256;
    using WindowCache for WindowCache.Head;

    uint256 private constant LANE_WORDS = 4;
    /// Operators whose gateway `cacheWindows` remembers while it walks an epoch.
    uint256 private constant REMEMBERED = 16;
    uint256 private constant GATEWAY_BITS = 32;

    IValidatorRegistry public immutable validators;
    IGatewayRegistry public immutable gateways;

    mapping(address rollup => mapping(uint256 place => WindowCache.Head)) private _heads;
    mapping(address rollup => mapping(uint256 place => uint256)) private _lanes;

    /// What of a rollup's configuration decides windows.
    struct Rules {
        uint64 firstEpoch;
        uint32 fallbackGateway;
        /// First offset of the tail, in slots; the epoch's length when there is none.
        uint64 tailStart;
    }

    constructor(
        uint64 genesisTime_,
        uint64 secondsPerSlot_,
        uint64 slotsPerEpoch_,
        uint64 historyEpochs_,
        IBeaconVerifiers verifiers_,
        IValidatorRegistry validators_,
        IGatewayRegistry gateways_
    ) SlotClock(genesisTime_, secondsPerSlot_, slotsPerEpoch_) Proposers(historyEpochs_, verifiers_) {
        validators = validators_;
        gateways = gateways_;
    }

    // --- Answers ---

    /// @inheritdoc ILookahead
    function ownerAt(address rollup, uint64 slot) external view returns (uint32 gateway, uint64 window) {
        (uint64 epoch, uint64 start, uint64 offset) = _split(slot);
        (bool cached, WindowCache.Head memory head) = _cached(rollup, epoch);
        uint64 place;
        if (cached) {
            place = head.registeredFrom(offset);
            if (place < slotsPerEpoch) return (_lane(rollup, epoch, head.registered, place), start + place);
        } else {
            Rules memory rules = _rulesOf(rollup, epoch);
            (place, gateway) = _firstRegistered(rollup, epoch, offset);
            if (place < slotsPerEpoch) return (gateway, start + place);
            // The end of a window that no registered slot of the epoch owns does not depend on where it begins.
            head = _unownedHead(rollup, epoch, offset, 0, rules);
        }
        Window memory unowned = head.unregisteredWindow(start, offset, slotsPerEpoch);
        return (unowned.gateway, unowned.lastSlot);
    }

    /// @inheritdoc ILookahead
    function ownerByProof(address rollup, uint64 slot, bytes calldata proof)
        external
        view
        returns (uint32 gateway, uint64 window)
    {
        (uint64 epoch,,) = _split(slot);
        _rulesOf(rollup, epoch);
        uint64 proposer = _proposerByProof(slot, abi.decode(proof, (SlotProof)));
        gateway = _gatewayOf(rollup, epoch, proposer);
        if (gateway == 0) revert ProposerNotRegistered(slot, proposer);
        return (gateway, slot);
    }

    /// @inheritdoc ILookahead
    function windowAt(address rollup, uint64 slot) external view returns (Window memory window) {
        (uint64 epoch, uint64 start, uint64 offset) = _split(slot);
        (bool cached, WindowCache.Head memory head) = _cached(rollup, epoch);
        if (cached) {
            uint64 place = head.registeredFrom(offset);
            if (place >= slotsPerEpoch) return head.unregisteredWindow(start, offset, slotsPerEpoch);
            uint64 first = WindowCache.afterRegisteredBefore(head.registered, place);
            window.gateway = _lane(rollup, epoch, head.registered, place);
            window.firstSlot = first == 0 ? start - head.reachBack : start + first;
            window.lastSlot = start + place;
        } else {
            Rules memory rules = _rulesOf(rollup, epoch);
            uint64 first = _afterLastRegistered(rollup, epoch, offset);
            (uint64 place, uint32 gateway) = _firstRegistered(rollup, epoch, offset);
            if (place >= slotsPerEpoch) {
                head = _unownedHead(rollup, epoch, offset, first, rules);
                return head.unregisteredWindow(start, offset, slotsPerEpoch);
            }
            window.gateway = gateway;
            window.firstSlot = first == 0 ? start - _reachBack(rollup, epoch, rules) : start + first;
            window.lastSlot = start + place;
        }
    }

    // --- Cache ---

    /// @inheritdoc ILookahead
    function cacheWindows(address rollup, uint64 epoch) external {
        // Registries may still change what holds from the present epoch + 2 on; the tail asks about `epoch` + 1.
        if (epoch > currentEpoch()) revert EpochNotBegun(epoch, currentEpoch());
        (bool cached, WindowCache.Head memory head) = _cached(rollup, epoch);
        if (cached) return;
        Rules memory rules = _rulesOf(rollup, epoch);
        head.fallbackGateway = rules.fallbackGateway;
        // At most 32, the epoch's length.
        // forge-lint: disable-next-line(unsafe-typecast)
        head.tailStart = uint8(rules.tailStart);

        uint256[LANE_WORDS] memory lanes;
        uint256 count;
        (head.registered, count) = _collect(rollup, epoch, lanes);
        bool ownsLastSlot = head.registered >> (slotsPerEpoch - 1) == 1;
        if (rules.tailStart < slotsPerEpoch && !ownsLastSlot) {
            (head.tailGateway, head.tailPlace) = _tailOwner(rollup, epoch, rules);
        }
        if (count > 0) head.reachBack = _reachBack(rollup, epoch, rules);

        uint256 place = _placeOf(epoch);
        for (uint256 i; i * 8 < count; ++i) {
            _lanes[rollup][place * LANE_WORDS + i] = lanes[i];
        }
        // Checked when the epoch's proposers were read.
        // forge-lint: disable-next-line(unsafe-typecast)
        head.tag = uint32(ProposerWords.tagOf(epoch));
        _heads[rollup][place] = head;
        emit WindowsCached(rollup, epoch);
    }

    /// The gateways of all registered slots of an epoch, in order, eight to a word.
    function _collect(address rollup, uint64 epoch, uint256[LANE_WORDS] memory lanes)
        private
        view
        returns (uint32 registered, uint256 count)
    {
        uint256[REMEMBERED] memory known;
        address[] memory operators = validators.operatorsAt(_proposersOf(epoch), epoch);
        for (uint64 offset; offset < slotsPerEpoch; ++offset) {
            address operator = operators[offset];
            if (operator == address(0)) continue;
            uint32 gateway = _remembered(known, operator, rollup, epoch);
            if (gateway == 0) continue;
            lanes[count / 8] |= uint256(gateway) << (count % 8 * 32);
            registered |= WindowCache.bit(offset);
            ++count;
        }
    }

    /// Many slots of an epoch belong to few operators: ask for each once. A place for each of the operator's last four bits, holding
    /// operator (160 bits) and gateway; another operator of that place overwrites it and costs one more question, never a wrong answer.
    function _remembered(uint256[REMEMBERED] memory known, address operator, address rollup, uint64 epoch)
        private
        view
        returns (uint32 gateway)
    {
        uint256 place = uint160(operator) % REMEMBERED;
        // forge-lint: disable-next-line(unsafe-typecast)
        if (known[place] >> GATEWAY_BITS == uint160(operator)) return uint32(known[place]);
        gateway = gateways.gatewayFor(operator, rollup, epoch);
        known[place] = (uint256(uint160(operator)) << GATEWAY_BITS) | gateway;
    }

    // --- Parts of an answer, from proposers and registries ---

    /// What `unregisteredWindow` needs about the slot at `offset`, which no registered slot of the epoch owns; `first` is the
    /// offset after the last registered slot, 0 when there is none (or when it does not matter).
    function _unownedHead(address rollup, uint64 epoch, uint64 offset, uint64 first, Rules memory rules)
        private
        view
        returns (WindowCache.Head memory head)
    {
        head.fallbackGateway = rules.fallbackGateway;
        // forge-lint: disable-next-line(unsafe-typecast)
        head.tailStart = uint8(rules.tailStart);
        if (first > 0) head.registered = WindowCache.bit(first - 1);
        if (offset >= rules.tailStart) (head.tailGateway, head.tailPlace) = _tailOwner(rollup, epoch, rules);
    }

    /// Who owns the tail of `epoch`, and the offset + 1 of the next epoch's slot by which; the fallback by 0.
    function _tailOwner(address rollup, uint64 epoch, Rules memory rules)
        private
        view
        returns (uint32 gateway, uint8 tailPlace)
    {
        (bool cached, WindowCache.Head memory next) = _cached(rollup, epoch + 1);
        uint64 place;
        if (cached) {
            place = next.registeredFrom(0);
            if (place < slotsPerEpoch) gateway = _lane(rollup, epoch + 1, next.registered, place);
        } else {
            (place, gateway) = _firstRegistered(rollup, epoch + 1, 0);
        }
        if (place >= slotsPerEpoch) return (rules.fallbackGateway, 0);
        // At most 32.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (gateway, uint8(place + 1));
    }

    /// Slots of the epoch before `epoch` that belong to the window of `epoch`'s first registered slot.
    function _reachBack(address rollup, uint64 epoch, Rules memory rules) private view returns (uint8) {
        if (epoch == rules.firstEpoch || rules.tailStart >= slotsPerEpoch) return 0;
        (bool cached, WindowCache.Head memory before) = _cached(rollup, epoch - 1);
        uint64 first = cached
            ? WindowCache.afterRegisteredBefore(before.registered, slotsPerEpoch)
            : _afterLastRegistered(rollup, epoch - 1, slotsPerEpoch);
        if (first < rules.tailStart) first = rules.tailStart;
        // At most 32.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint8(slotsPerEpoch - first);
    }

    /// First registered slot of `epoch` at or after offset `from`, and its gateway; the epoch's length when there is none.
    function _firstRegistered(address rollup, uint64 epoch, uint64 from)
        private
        view
        returns (uint64 offset, uint32 gateway)
    {
        uint256 word = _proposers(epoch, from / ProposerWords.PER_WORD);
        for (offset = from; offset < slotsPerEpoch; ++offset) {
            uint256 inWord = offset % ProposerWords.PER_WORD;
            if (inWord == 0) word = _proposers(epoch, offset / ProposerWords.PER_WORD);
            gateway = _gatewayOf(rollup, epoch, word.indexAt(inWord));
            if (gateway != 0) return (offset, gateway);
        }
    }

    /// Offset after the last registered slot of `epoch` before offset `end`; 0 when there is none.
    function _afterLastRegistered(address rollup, uint64 epoch, uint64 end) private view returns (uint64) {
        for (uint64 offset = end; offset > 0; --offset) {
            uint256 word = _proposers(epoch, (offset - 1) / ProposerWords.PER_WORD);
            if (_gatewayOf(rollup, epoch, word.indexAt((offset - 1) % ProposerWords.PER_WORD)) != 0) return offset;
        }
        return 0;
    }

    /// Gateway that the slots of a validator belong to; 0 when it is not registered for the rollup.
    function _gatewayOf(address rollup, uint64 epoch, uint64 validatorIndex) private view returns (uint32) {
        address operator = validators.operatorAt(validatorIndex, epoch);
        return operator == address(0) ? 0 : gateways.gatewayFor(operator, rollup, epoch);
    }

    // --- Reading ---

    /// The rollup's rules; reverts for an epoch in which it has no windows. A rollup is foreign code, but its own answers are all
    /// that it can spoil.
    function _rulesOf(address rollup, uint64 epoch) private view returns (Rules memory rules) {
        if (rollup.code.length == 0) revert NotARollup(rollup);
        RollupConfig memory config = IInbox(rollup).config();
        if (epoch < config.firstEpoch) revert BeforeFirstEpoch(epoch, config.firstEpoch);
        rules.firstEpoch = config.firstEpoch;
        rules.fallbackGateway = config.fallbackGateway;
        // Each is bounded first: a sum of foreign numbers must not overflow.
        rules.tailStart = _atMostAnEpoch(_atMostAnEpoch(config.lookaheadDepth) + _atMostAnEpoch(config.handoverSlots));
    }

    function _cached(address rollup, uint64 epoch) private view returns (bool, WindowCache.Head memory head) {
        head = _heads[rollup][_placeOf(epoch)];
        if (head.tag == uint256(epoch) + 1) return (true, head);
        // Another epoch's head must not leak into a new one.
        WindowCache.Head memory none;
        return (false, none);
    }

    function _lane(address rollup, uint64 epoch, uint32 registered, uint64 offset) private view returns (uint32) {
        (uint256 word, uint256 shift) = WindowCache.laneOf(registered, offset);
        // A lane of 32 bits.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(_lanes[rollup][_placeOf(epoch) * LANE_WORDS + word] >> shift);
    }

    function _placeOf(uint64 epoch) private view returns (uint256) {
        return epoch & (historyEpochs - 1);
    }

    function _atMostAnEpoch(uint64 slots) private view returns (uint64) {
        return slots < slotsPerEpoch ? slots : slotsPerEpoch;
    }

    function _split(uint64 slot) private view returns (uint64 epoch, uint64 start, uint64 offset) {
        epoch = slot / slotsPerEpoch;
        // The floor is what is meant.
        // slither-disable-next-line divide-before-multiply
        start = epoch * slotsPerEpoch;
        offset = slot - start;
    }
}
