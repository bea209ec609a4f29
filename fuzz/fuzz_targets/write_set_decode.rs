//! Write sets: never a panic, and exactly one encoding of each.
#![no_main]

use forebond_types::WriteSet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Ok(set) = WriteSet::decode(data) {
        assert_eq!(set.encode(), data);
    }
});
