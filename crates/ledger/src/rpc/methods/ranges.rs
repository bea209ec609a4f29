//! Blocks for batchers, envelopes for followers that missed some.

use super::{
    super::{
        json::{Hex, quantity},
        reader::ChainReader,
    },
    budget::{Budget, MAX_ANSWER_BYTES, Verdict},
};
use crate::{chain::SealedBlock, envelopes::EnvelopeWriter};
use alloy_primitives::{B256, Bytes};
use forebond_rpc::{invalid_params, jsonrpsee::types::ErrorObjectOwned, server_error};
use serde::{Serialize, Serializer, ser::SerializeSeq};
use std::sync::Arc;

/// Blocks in one answer at most.
const MAX_BLOCKS: u64 = 64;
/// Blocks whose envelopes are in one answer at most.
const MAX_ENVELOPE_BLOCKS: u64 = 16;
/// JSON of a block beside its transactions, bytes at most.
const BLOCK_JSON_BYTES: usize = 1_024;
/// JSON around bytes in hex: quotes, prefix, comma.
const HEX_JSON_BYTES: usize = 5;

/// A sealed block as a batcher needs it.
#[derive(Debug)]
pub(super) struct BlockJson(Arc<SealedBlock>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlockFields<'b> {
    #[serde(serialize_with = "quantity")]
    number: u64,
    hash: B256,
    parent_hash: B256,
    #[serde(serialize_with = "quantity")]
    timestamp: u64,
    origin: OriginFields,
    #[serde(serialize_with = "quantity")]
    origin_sequence: u64,
    base: Option<B256>,
    last_frag: Option<B256>,
    transactions: UserTransactions<'b>,
    #[serde(serialize_with = "quantity")]
    gas_used: u64,
    #[serde(serialize_with = "quantity")]
    transaction_count: u64,
}

#[derive(Serialize)]
struct OriginFields {
    #[serde(serialize_with = "quantity")]
    number: u64,
    hash: B256,
}

/// Raw bytes of what users sent: deposits follow from L1.
struct UserTransactions<'b>(&'b SealedBlock);

impl UserTransactions<'_> {
    fn raw(&self) -> impl Iterator<Item = &Bytes> {
        let users = self.0.transactions().filter(|tx| !tx.tx.is_deposit());
        users.map(|promised| promised.tx.raw())
    }
}

impl Serialize for UserTransactions<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        for raw in self.raw() {
            list.serialize_element(&Hex(raw))?;
        }
        list.end()
    }
}

impl Serialize for BlockJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let block = self.0.as_ref();
        BlockFields {
            number: block.number(),
            hash: block.hash,
            parent_hash: block.header.parent_hash,
            timestamp: block.header.timestamp,
            origin: OriginFields {
                number: block.start.origin.number,
                hash: block.start.origin.hash,
            },
            origin_sequence: block.start.origin_sequence,
            base: block.base().map(|base| base.hash),
            last_frag: block.frags().last().map(|frag| frag.hash),
            transactions: UserTransactions(block),
            gas_used: block.header.gas_used,
            transaction_count: block.transactions().count() as u64,
        }
        .serialize(serializer)
    }
}

/// Sealed blocks from `from` on, ascending, each the parent of the next; ends before the first unsealed one.
pub(super) fn blocks(
    reader: &ChainReader,
    from: u64,
    count: u64,
) -> Result<Vec<BlockJson>, ErrorObjectOwned> {
    check_count(count, MAX_BLOCKS)?;
    let mut budget = Budget::new();
    let mut found: Vec<BlockJson> = Vec::new();
    for number in from..from.saturating_add(count) {
        if !budget.has_time() {
            break;
        }
        let Some(block) = sealed(reader, number)? else {
            break;
        };
        // A reorg between two reads: what was read before it is no chain with what comes after.
        if found
            .last()
            .is_some_and(|parent| parent.0.hash != block.header.parent_hash)
        {
            break;
        }
        let raw = UserTransactions(&block).raw().map(hex_bytes).sum::<usize>();
        match budget.ask(raw.saturating_add(BLOCK_JSON_BYTES)) {
            Verdict::Take => found.push(BlockJson(block)),
            Verdict::Stop => break,
            Verdict::Never => {
                return Err(too_long(
                    number,
                    "read its transactions one by one with eth_getRawTransactionByBlockNumberAndIndex",
                ));
            }
        }
    }
    Ok(found)
}

/// Envelopes of the blocks from `from` on, sealed or not: bases, frags and seals in the order a follower takes them. Whole blocks only,
/// except that the open one goes as far as it is.
pub(super) fn envelopes(
    reader: &ChainReader,
    from: u64,
    count: u64,
) -> Result<Vec<HexBytes>, ErrorObjectOwned> {
    check_count(count, MAX_ENVELOPE_BLOCKS)?;
    // The unsealed blocks as they are now; one that is sealed meanwhile is read as such only in the next answer.
    let view = reader.board.view();
    let latest = view.latest.number();
    let (mut budget, mut writer) = (Budget::new(), EnvelopeWriter::default());
    let (mut found, mut parent) = (Vec::new(), None);
    for number in from.max(1)..from.max(1).saturating_add(count) {
        if !budget.has_time() {
            break;
        }
        let mut of_block = Vec::new();
        if number <= latest {
            let Some(block) = sealed(reader, number)? else {
                break;
            };
            if parent.is_some_and(|parent| parent != block.header.parent_hash) {
                break;
            }
            parent = Some(block.hash);
            writer.block(&block, &mut of_block);
        } else {
            let open = view.unsealed.iter();
            let Some(open) = open.into_iter().find(|b| b.start.opening.number == number) else {
                break;
            };
            for frag in &open.frags {
                writer.frag(frag, &mut of_block);
            }
        }
        match budget.ask(of_block.iter().map(hex_bytes).sum()) {
            Verdict::Take => found.extend(of_block.into_iter().map(HexBytes)),
            Verdict::Stop => break,
            Verdict::Never => {
                return Err(too_long(
                    number,
                    "subscribe to \"envelopes\" from this block on instead",
                ));
            }
        }
    }
    Ok(found)
}

/// Bytes that serialise as prefixed hex.
#[derive(Debug)]
pub(super) struct HexBytes(Bytes);

impl Serialize for HexBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Hex(&self.0).serialize(serializer)
    }
}

const fn hex_bytes(raw: &Bytes) -> usize {
    raw.0.len().saturating_mul(2).saturating_add(HEX_JSON_BYTES)
}

fn sealed(reader: &ChainReader, number: u64) -> Result<Option<Arc<SealedBlock>>, ErrorObjectOwned> {
    reader
        .sealed(number)
        .map_err(|e| server_error(e.to_string()))
}

fn check_count(got: u64, max: u64) -> Result<(), ErrorObjectOwned> {
    if (1..=max).contains(&got) {
        return Ok(());
    }
    Err(invalid_params(format!(
        "the number of blocks is 1 to {max}, got {got}; ask for long ranges in pieces"
    )))
}

fn too_long(number: u64, instead: &str) -> ErrorObjectOwned {
    server_error(format!(
        "block {number} alone is longer than an answer's {MAX_ANSWER_BYTES} bytes; {instead}"
    ))
}
