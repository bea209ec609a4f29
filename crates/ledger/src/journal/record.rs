//! Encoding of the promise log's records.
//!
//! A frag's record holds what a replay needs to rebuild the block bit by bit: the message itself,
//! the block's start with the first frag, and each transaction with its recovered sender and its
//! coverage. Results are not logged: the replay executes again and compares roots.

use crate::promise::{BlockStart, Cut};
use alloy_primitives::{Address, B256, Bytes};
use alloy_rlp::{Decodable, Encodable, RlpDecodable, RlpEncodable};
use alloy_sol_types::SolValue;
use forebond_rollup::op::{BlockOpening, L1Origin};
use forebond_types::{Base, BlockEnv, Frag, Seal};

/// Record kinds as they stand in the log.
const BASE: u8 = 1;
const FRAG: u8 = 2;
const SEAL: u8 = 3;

/// One decoded record.
#[derive(Clone, Debug)]
pub enum JournalRecord {
    /// A turn was opened.
    Base(Base),
    /// A frag was cut.
    Frag(Box<FragRecord>),
    /// A block was sealed.
    Seal(Seal),
}

/// A frag with what it takes to execute it again.
#[derive(Clone, Debug)]
pub struct FragRecord {
    /// The message.
    pub frag: Frag,
    /// How the block starts; present in the first frag of a block.
    pub start: Option<BlockStart>,
    /// The transactions, in order.
    pub transactions: Vec<TxRecord>,
}

/// A logged transaction.
#[derive(Clone, Debug, PartialEq, Eq, RlpEncodable, RlpDecodable)]
pub struct TxRecord {
    /// Recovered sender.
    pub sender: Address,
    /// Coverage promised, wei.
    pub coverage_wei: u128,
    /// Raw EIP-2718 bytes.
    pub raw: Bytes,
}

/// A block's start in the log.
#[derive(Clone, Debug, RlpEncodable, RlpDecodable)]
pub struct StartRecord {
    env: Bytes,
    extra_data: Bytes,
    origin_number: u64,
    origin_hash: B256,
    origin_timestamp_s: u64,
    origin_base_fee_wei: u64,
    origin_blob_base_fee_wei: u128,
    prev_randao: B256,
    parent_beacon_root: B256,
    origin_sequence: u64,
}

/// Why a record's payload is not what its kind says.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// A kind this version does not know.
    #[error("record kind {0} is unknown to this version; run the version that wrote the log")]
    Kind(u8),
    /// A message that does not decode.
    #[error("the {what} record does not decode: {reason}")]
    Decode {
        /// Which record.
        what: &'static str,
        /// Why.
        reason: String,
    },
}

fn decode_error(what: &'static str, reason: impl ToString) -> JournalError {
    JournalError::Decode {
        what,
        reason: reason.to_string(),
    }
}

/// Payload of a base's record, with its kind.
pub fn encode_base(base: &Base) -> (u8, Vec<u8>) {
    (BASE, base.abi_encode())
}

/// Payload of a seal's record, with its kind.
pub fn encode_seal(seal: &Seal) -> (u8, Vec<u8>) {
    (SEAL, seal.abi_encode())
}

/// Payload of a frag's record, with its kind; `first` says that it opens its block.
pub fn encode_frag(frag: &Frag, cut: &Cut, first: bool) -> (u8, Vec<u8>) {
    let start = first.then(|| StartRecord::from(cut.start.as_ref()));
    let size: usize = cut.transactions.iter().map(|t| t.tx.raw().len() + 64).sum();
    let mut out = Vec::with_capacity(size + 1024);
    Bytes::from(frag.abi_encode()).encode(&mut out);
    match start {
        Some(start) => start.encode(&mut out),
        None => alloy_rlp::Header {
            list: true,
            payload_length: 0,
        }
        .encode(&mut out),
    }
    for promised in &cut.transactions {
        TxRecord {
            sender: promised.leaf.sender,
            coverage_wei: promised.leaf.coverage,
            raw: promised.tx.raw().clone(),
        }
        .encode(&mut out);
    }
    (FRAG, out)
}

impl From<&BlockStart> for StartRecord {
    fn from(start: &BlockStart) -> Self {
        let origin = &start.origin;
        Self {
            env: start.opening.env.abi_encode().into(),
            extra_data: start.opening.extra_data.clone(),
            origin_number: origin.number,
            origin_hash: origin.hash,
            origin_timestamp_s: origin.timestamp_s,
            origin_base_fee_wei: origin.base_fee_wei,
            origin_blob_base_fee_wei: origin.blob_base_fee_wei,
            prev_randao: origin.prev_randao,
            parent_beacon_root: origin.parent_beacon_root,
            origin_sequence: start.origin_sequence,
        }
    }
}

impl StartRecord {
    /// The start of the block with this number and timestamp (Unix seconds).
    pub fn restore(&self, number: u64, timestamp_s: u64) -> Result<BlockStart, JournalError> {
        let env = BlockEnv::abi_decode_validate(&self.env).map_err(|e| decode_error("frag", e))?;
        Ok(BlockStart {
            opening: BlockOpening {
                number,
                timestamp_s,
                env,
                extra_data: self.extra_data.clone(),
            },
            origin: L1Origin {
                number: self.origin_number,
                hash: self.origin_hash,
                timestamp_s: self.origin_timestamp_s,
                base_fee_wei: self.origin_base_fee_wei,
                blob_base_fee_wei: self.origin_blob_base_fee_wei,
                prev_randao: self.prev_randao,
                parent_beacon_root: self.parent_beacon_root,
            },
            origin_sequence: self.origin_sequence,
        })
    }
}

impl JournalRecord {
    /// Decodes a record strictly: trailing bytes are an error.
    pub fn decode(kind: u8, payload: &[u8]) -> Result<Self, JournalError> {
        match kind {
            BASE => Base::abi_decode_validate(payload)
                .map(Self::Base)
                .map_err(|e| decode_error("base", e)),
            SEAL => Seal::abi_decode_validate(payload)
                .map(Self::Seal)
                .map_err(|e| decode_error("seal", e)),
            FRAG => decode_frag(payload).map(|frag| Self::Frag(Box::new(frag))),
            other => Err(JournalError::Kind(other)),
        }
    }
}

fn decode_frag(payload: &[u8]) -> Result<FragRecord, JournalError> {
    let mut rest = payload;
    let message = Bytes::decode(&mut rest).map_err(|e| decode_error("frag", e))?;
    let frag = Frag::abi_decode_validate(&message).map_err(|e| decode_error("frag", e))?;
    let start = if rest.first() == Some(&alloy_rlp::EMPTY_LIST_CODE) {
        rest = rest.get(1..).unwrap_or_default();
        None
    } else {
        let record = StartRecord::decode(&mut rest).map_err(|e| decode_error("frag", e))?;
        Some(record.restore(frag.blockNumber, frag.timestamp)?)
    };
    let mut transactions = Vec::new();
    while !rest.is_empty() {
        transactions.push(TxRecord::decode(&mut rest).map_err(|e| decode_error("frag", e))?);
    }
    if transactions.len() != frag.transactionCount as usize {
        let reason = format!(
            "{} transactions expected, {} found",
            frag.transactionCount,
            transactions.len()
        );
        return Err(decode_error("frag", reason));
    }
    Ok(FragRecord {
        frag,
        start,
        transactions,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::sample;
    use forebond_protocol::OrderingRule;
    use std::time::Instant;

    fn record(first: bool) -> (u8, Vec<u8>, Cut) {
        let published = sample::frag(3);
        let cut = Cut {
            start: published.start.clone(),
            transactions: published.transactions.clone(),
            changes: vec![],
            gas_used: published.frag.gasUsed,
            window_coverage_wei: 100,
            env_hash: published.frag.blockEnv,
            ordering_rule: OrderingRule::Arrival,
            cut_at: Instant::now(),
        };
        let (kind, payload) = encode_frag(&published.frag, &cut, first);
        (kind, payload, cut)
    }

    #[test]
    fn a_frag_comes_back_with_its_start_senders_and_coverage() {
        for first in [true, false] {
            let (kind, payload, cut) = record(first);
            let JournalRecord::Frag(frag) = JournalRecord::decode(kind, &payload).unwrap() else {
                panic!("not a frag");
            };
            assert_eq!(frag.start.as_ref(), first.then_some(cut.start.as_ref()));
            assert_eq!(frag.frag, sample::frag(3).frag);
            for (logged, promised) in frag.transactions.iter().zip(&cut.transactions) {
                assert_eq!(logged.raw, *promised.tx.raw());
                assert_eq!(logged.sender, promised.leaf.sender);
                assert_eq!(logged.coverage_wei, promised.leaf.coverage);
            }
        }
    }

    #[test]
    fn cut_records_trailing_bytes_and_unknown_kinds_are_refused() {
        let (kind, payload, _) = record(true);
        for cut in 0..payload.len() {
            assert!(
                JournalRecord::decode(kind, &payload[..cut]).is_err(),
                "{cut} bytes"
            );
        }
        let mut longer = payload.clone();
        longer.push(0x80);
        assert!(JournalRecord::decode(kind, &longer).is_err());
        assert!(matches!(
            JournalRecord::decode(99, &payload),
            Err(JournalError::Kind(99))
        ));
    }

    #[test]
    #[ignore = "writes fuzz/seeds/journal_record_decode; the seeds are committed"]
    fn fuzz_seeds_are_written() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fuzz/seeds/journal_record_decode");
        std::fs::create_dir_all(&dir).unwrap();
        let base = encode_base(&sample::frag(1).base.base);
        let (first, later) = (record(true), record(false));
        let records = [
            ("base", base),
            ("first_frag", (first.0, first.1)),
            ("frag", (later.0, later.1)),
        ];
        for (name, (kind, payload)) in records {
            std::fs::write(dir.join(name), [vec![kind], payload].concat()).unwrap();
        }
    }
}
