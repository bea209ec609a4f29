//! Records of the promise log: never a panic, whatever kind and payload a disk gives back.
#![no_main]

use forebond_gateway::journal::JournalRecord;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some((kind, payload)) = data.split_first()
        && let Ok(JournalRecord::Frag(record)) = JournalRecord::decode(*kind, payload)
    {
        assert_eq!(record.transactions.len(), record.frag.transactionCount as usize);
    }
});
