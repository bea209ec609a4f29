//! The bytes on disk. A change here is a change of the format and needs a new version.

use alloy_primitives::hex;
use proptest::prelude::*;

use super::super::record::encode_record;
use super::super::{
    ChecksumSeed, RecordFault, RecordHeader, SEGMENT_HEADER_BYTES, SegmentHeader,
    SegmentHeaderFault, decode_record, decode_segment_header, read_segment_image,
};
use super::*;

const SALT: u64 = 0x0123_4567_89ab_cdef;

/// Computed with an independent implementation of CRC-32C.
const GOLDEN_HEADER: &str = "46424e444c4f470a01000000030000007a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a00400000000000000201000000000000efcdab8967452301d5ea4c60";
const GOLDEN_RECORD: &str = "fb1d0500db49162809000000505e726102010000000000000101000000000000666f7265626f6e642100000000000000";

fn header() -> SegmentHeader {
    SegmentHeader {
        segment: 3,
        identity: IDENTITY,
        segment_bytes: SEGMENT_BYTES,
        first_record: 258,
        salt: SALT,
    }
}

fn record(offset: u32, ordinal: u64, durable: u64, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let header = RecordHeader {
        kind: 5,
        payload_bytes: u32::try_from(payload.len()).unwrap(),
        payload_checksum: 0,
        ordinal,
        durable,
    };
    encode_record(&mut bytes, header_seed(), offset, &header, &[payload]);
    bytes
}

fn header_seed() -> ChecksumSeed {
    header().seed()
}

/// A segment with two records.
fn image() -> Vec<u8> {
    let mut image = header().encode();
    image.extend(record(4096, 258, 258, b"forebond"));
    image.extend(record(4136, 259, 259, b"x"));
    image.resize(SEGMENT_BYTES as usize, 0);
    image
}

#[test]
fn a_segment_header_has_the_published_bytes() {
    let bytes = header().encode();
    assert_eq!(bytes.len(), SEGMENT_HEADER_BYTES as usize);
    assert_eq!(hex::encode(&bytes[..76]), GOLDEN_HEADER);
    assert!(bytes[76..].iter().all(|byte| *byte == 0));
    assert_eq!(decode_segment_header(&bytes), Ok(header()));
}

#[test]
fn a_record_has_the_published_bytes() {
    let bytes = record(4096, 258, 257, b"forebond!");
    assert_eq!(hex::encode(&bytes), GOLDEN_RECORD);
    let (decoded, payload) = decode_record(&bytes, header_seed(), 4096).unwrap();
    assert_eq!(payload, b"forebond!");
    assert_eq!((decoded.kind, decoded.payload_bytes), (5, 9));
    assert_eq!((decoded.ordinal, decoded.durable), (258, 257));
}

#[test]
fn a_record_is_valid_only_at_its_own_place() {
    let bytes = record(4096, 0, 0, b"payload");
    assert!(decode_record(&bytes, header_seed(), 4096).is_ok());
    let elsewhere = [
        (header_seed(), 4104),
        (ChecksumSeed::new(SALT, 4), 4096),
        (ChecksumSeed::new(SALT + 1, 3), 4096),
    ];
    for (seed, offset) in elsewhere {
        let fault = decode_record(&bytes, seed, offset).unwrap_err();
        assert!(
            matches!(fault, RecordFault::HeaderChecksum { .. }),
            "{fault}"
        );
    }
}

#[test]
fn zeros_are_unused_and_not_damaged() {
    assert_eq!(
        decode_segment_header(&[0; 5000]),
        Err(SegmentHeaderFault::Unused)
    );
    assert_eq!(
        decode_record(&[0; 64], header_seed(), 0),
        Err(RecordFault::Empty)
    );
    assert_eq!(
        decode_record(&[], header_seed(), 0),
        Err(RecordFault::Empty)
    );
}

#[test]
fn a_segment_image_tells_its_records_and_where_they_end() {
    let read = read_segment_image(&image()).unwrap();
    let ordinals: Vec<_> = read
        .records
        .iter()
        .map(|(_, record)| record.ordinal)
        .collect();
    assert_eq!(ordinals, [258, 259]);
    assert_eq!((read.end_offset, read.fault), (4176, RecordFault::Empty));
    assert_eq!(read.durable_beyond, None);

    let mut damaged = image();
    damaged[4100] ^= 1;
    let read = read_segment_image(&damaged).unwrap();
    assert!(read.records.is_empty());
    assert_eq!(read.durable_beyond, Some(259));
}

proptest! {
    #[test]
    fn any_flipped_bit_of_a_record_makes_it_invalid(
        payload in prop::collection::vec(any::<u8>(), 0..100),
        byte in any::<prop::sample::Index>(),
        bit in 0_u8..8,
    ) {
        let mut bytes = record(4096, 7, 3, &payload);
        let at = byte.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(decode_record(&bytes, header_seed(), 4096).is_err());
    }

    #[test]
    fn any_flipped_bit_of_a_header_makes_it_invalid(
        byte in prop_oneof![0_usize..80, 0_usize..4096],
        bit in 0_u8..8,
    ) {
        let mut bytes = header().encode();
        bytes[byte] ^= 1 << bit;
        prop_assert!(decode_segment_header(&bytes).is_err());
    }

    #[test]
    fn arbitrary_bytes_are_judged_without_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        offset in any::<u32>(),
    ) {
        prop_assert!(decode_segment_header(&bytes).is_err());
        prop_assert!(decode_record(&bytes, header_seed(), offset).is_err());
    }

    #[test]
    fn arbitrary_bytes_in_a_segment_are_judged_without_panic(
        changes in prop::collection::vec((4096_usize..4300, any::<u8>()), 0..20),
        cut in 4096_usize..SEGMENT_BYTES as usize,
    ) {
        let mut image = image();
        for (at, byte) in changes {
            image[at] = byte;
        }
        image.truncate(cut);
        let read = read_segment_image(&image).unwrap();
        prop_assert!(read.end_offset as usize <= cut.max(4096));
        prop_assert!(read.records.len() <= 2);
    }
}
