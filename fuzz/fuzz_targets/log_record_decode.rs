//! The promise log after a crash: any bytes may stand where a record is looked for.
//!
//! Input: 8 bytes salt, 4 bytes segment number, 4 bytes offset (little-endian), then the bytes that
//! start at the offset. They are also read as the header of a segment.
#![no_main]

use forebond_gateway::log::{
    ChecksumSeed, RECORD_HEADER_BYTES, decode_record, decode_record_header, decode_segment_header,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let Some((place, bytes)) = data.split_first_chunk::<16>() else {
        return;
    };
    let word =
        |at: usize| u32::from_le_bytes([place[at], place[at + 1], place[at + 2], place[at + 3]]);
    let salt = u64::from(word(0)) | u64::from(word(4)) << 32;
    let seed = ChecksumSeed::new(salt, word(8));
    let offset = word(12);
    let header = decode_record_header(bytes, seed, offset);
    if let Ok((found, payload)) = decode_record(bytes, seed, offset) {
        assert_eq!(header, Ok(found));
        assert_eq!(payload.len(), found.payload_bytes as usize);
        assert!(bytes.len() >= RECORD_HEADER_BYTES as usize + payload.len());
    }
    let _ = decode_segment_header(bytes);
});
