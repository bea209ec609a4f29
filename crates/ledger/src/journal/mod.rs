//! What the promise log's records say: bases, frags with their transactions, seals.

mod record;

pub use record::{
    FragRecord, JournalError, JournalRecord, StartRecord, TxRecord, encode_base, encode_frag,
    encode_seal,
};
