// SPDX-License-Identifier: MIT
pragma solidity ^0.8.30;

/// A place inside RLP bytes: whether it is a list, where its header starts, where its payload starts, how long that is.
type RlpItem is uint256;

using {Rlp.isList, Rlp.payloadLength} for RlpItem global;

/// Strict RLP: every value has one spelling, and no byte is left over. Stock readers accept leading zeros and trailing bytes, which
/// a judge must not: two spellings would be two pieces of evidence.
library Rlp {
    error RlpTruncated(uint256 offset);
    error RlpNotCanonical(uint256 offset);
    error RlpTrailingBytes(uint256 end, uint256 length);
    error RlpUnexpectedKind(uint256 offset);
    error RlpTooManyItems(uint256 most);
    error RlpWidth(uint256 offset, uint256 expected, uint256 got);

    /// More than any header, transaction or trie node has at its top level.
    uint256 internal constant MOST_ITEMS = 32;

    /// The items of the one list that fills `data`.
    function list(bytes memory data) internal pure returns (RlpItem[] memory) {
        return list(data, 0);
    }

    /// As `list`, for a list that starts at `from` and ends with the data (typed transactions have a byte before it).
    function list(bytes memory data, uint256 from) internal pure returns (RlpItem[] memory) {
        RlpItem item = _at(data, from, data.length);
        if (_end(item) != data.length) revert RlpTrailingBytes(_end(item), data.length);
        return sublist(data, item);
    }

    /// The one item that fills `data`.
    function whole(bytes memory data) internal pure returns (RlpItem item) {
        item = _at(data, 0, data.length);
        if (_end(item) != data.length) revert RlpTrailingBytes(_end(item), data.length);
    }

    /// The items of a list inside `data`.
    function sublist(bytes memory data, RlpItem item) internal pure returns (RlpItem[] memory items) {
        if (!item.isList()) revert RlpUnexpectedKind(_start(item));
        uint256 end = _end(item);
        items = new RlpItem[](MOST_ITEMS);
        uint256 count;
        for (uint256 offset = _payload(item); offset < end; ++count) {
            if (count == MOST_ITEMS) revert RlpTooManyItems(MOST_ITEMS);
            items[count] = _at(data, offset, end);
            offset = _end(items[count]);
        }
        assembly ("memory-safe") {
            mstore(items, count)
        }
    }

    /// Big-endian number of at most `width` bytes without leading zeros; zero is the empty string.
    function toUint(bytes memory data, RlpItem item, uint256 width) internal pure returns (uint256) {
        uint256 length = _string(item);
        if (length > width || width > 32) revert RlpWidth(_start(item), width, length);
        if (length == 0) return 0;
        uint256 value = uint256(_word(data, _payload(item))) >> (256 - 8 * length);
        if (value >> (8 * (length - 1)) == 0) revert RlpNotCanonical(_start(item));
        return value;
    }

    function toUint64(bytes memory data, RlpItem item) internal pure returns (uint64) {
        return uint64(toUint(data, item, 8));
    }

    function toBytes32(bytes memory data, RlpItem item) internal pure returns (bytes32) {
        uint256 length = _string(item);
        if (length != 32) revert RlpWidth(_start(item), 32, length);
        return _word(data, _payload(item));
    }

    function toAddress(bytes memory data, RlpItem item) internal pure returns (address) {
        uint256 length = _string(item);
        if (length != 20) revert RlpWidth(_start(item), 20, length);
        return address(bytes20(_word(data, _payload(item))));
    }

    function toBytes(bytes memory data, RlpItem item) internal pure returns (bytes memory) {
        return _copy(data, _payload(item), _string(item));
    }

    /// The item with its header, as it stands in `data`.
    function raw(bytes memory data, RlpItem item) internal pure returns (bytes memory) {
        return _copy(data, _start(item), _end(item) - _start(item));
    }

    function isList(RlpItem item) internal pure returns (bool) {
        return RlpItem.unwrap(item) >> 255 == 1;
    }

    function payloadLength(RlpItem item) internal pure returns (uint256) {
        return uint64(RlpItem.unwrap(item));
    }

    /// RLP of a small number: the key under which a transaction or receipt stands in its trie.
    function encodeIndex(uint256 index) internal pure returns (bytes memory) {
        if (index == 0) return hex"80";
        if (index < 0x80) return abi.encodePacked(uint8(index));
        uint256 width = 1;
        while (width < 32 && index >> (8 * width) != 0) ++width;
        bytes memory digits = abi.encodePacked(index);
        return abi.encodePacked(uint8(0x80 + width), _copy(digits, 32 - width, width));
    }

    function _string(RlpItem item) private pure returns (uint256) {
        if (item.isList()) revert RlpUnexpectedKind(_start(item));
        return item.payloadLength();
    }

    /// Reads the header at `offset`; the item must end at or before `end`, which lies inside `data`.
    function _at(bytes memory data, uint256 offset, uint256 end) private pure returns (RlpItem) {
        if (offset >= end) revert RlpTruncated(offset);
        uint256 first = uint8(data[offset]);
        if (first < 0x80) return _item(false, offset, offset, 1);
        bool ofList = first >= 0xc0;
        uint256 short = first - (ofList ? 0xc0 : 0x80);
        uint256 payload = offset + 1;
        uint256 length = short;
        if (short > 55) {
            uint256 width = short - 55;
            // Eight bytes of length could overflow nothing here, but no evidence is longer than four can say.
            if (width > 4 || payload + width > end) revert RlpTruncated(offset);
            length = uint256(_word(data, payload)) >> (256 - 8 * width);
            if (length < 56 || length >> (8 * (width - 1)) == 0) revert RlpNotCanonical(offset);
            payload += width;
        }
        if (payload + length > end) revert RlpTruncated(offset);
        if (!ofList && short == 1 && uint8(data[payload]) < 0x80) revert RlpNotCanonical(offset);
        return _item(ofList, offset, payload, length);
    }

    function _item(bool ofList, uint256 start, uint256 payload, uint256 length) private pure returns (RlpItem) {
        return RlpItem.wrap((ofList ? uint256(1) << 255 : 0) | (start << 128) | (payload << 64) | length);
    }

    function _start(RlpItem item) private pure returns (uint256) {
        return uint64(RlpItem.unwrap(item) >> 128);
    }

    function _payload(RlpItem item) private pure returns (uint256) {
        return uint64(RlpItem.unwrap(item) >> 64);
    }

    function _end(RlpItem item) private pure returns (uint256) {
        return _payload(item) + item.payloadLength();
    }

    /// 32 bytes from `offset`, of which the caller uses only those inside `data`.
    function _word(bytes memory data, uint256 offset) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 32), offset))
        }
    }

    function _copy(bytes memory data, uint256 from, uint256 length) private pure returns (bytes memory copy) {
        copy = new bytes(length);
        assembly ("memory-safe") {
            mcopy(add(copy, 32), add(add(data, 32), from), length)
        }
    }
}
