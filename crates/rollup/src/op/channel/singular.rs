//! Singular batches in a row: <https://specs.optimism.io/protocol/derivation.html#batch-format>.
//! Each is the RLP string of `0 ‖ rlp([parent_hash, epoch_number, epoch_hash, timestamp, [transaction …]])`.

use super::{BatchBlock, DecodeError, MAX_BLOCKS, MAX_TRANSACTIONS};
use alloy_primitives::{B256, Bytes};
use alloy_rlp::{Decodable, Encodable, Header, length_of_length};

const SINGULAR: u8 = 0;

/// Appends a block.
pub fn write(block: &BatchBlock, out: &mut Vec<u8>) {
    let lengths = Lengths::of(block);
    Header {
        list: false,
        payload_length: lengths.string,
    }
    .encode(out);
    out.push(SINGULAR);
    Header {
        list: true,
        payload_length: lengths.fields,
    }
    .encode(out);
    block.parent_hash.encode(out);
    block.origin_number.encode(out);
    block.origin_hash.encode(out);
    block.timestamp_s.encode(out);
    Header {
        list: true,
        payload_length: lengths.transactions,
    }
    .encode(out);
    for transaction in &block.transactions {
        transaction.encode(out);
    }
}

/// Bytes that [`write`] appends.
pub fn length(block: &BatchBlock) -> usize {
    let string = Lengths::of(block).string;
    string.saturating_add(length_of_length(string))
}

/// Reads the blocks of one channel and appends them to `blocks`. `transactions` counts those of the whole batch.
pub fn read(
    mut channel: &[u8],
    blocks: &mut Vec<BatchBlock>,
    transactions: &mut usize,
) -> Result<(), DecodeError> {
    if channel.is_empty() {
        return Err(DecodeError::EmptyChannel);
    }
    while !channel.is_empty() {
        let block = blocks.len();
        if block >= MAX_BLOCKS {
            return Err(DecodeError::Blocks);
        }
        let rlp = |reason| DecodeError::Rlp { block, reason };
        let string = Header::decode_bytes(&mut channel, false).map_err(rlp)?;
        let mut fields = match string.split_first() {
            Some((&SINGULAR, fields)) => fields,
            other => {
                return Err(DecodeError::BatchType {
                    block,
                    got: other.map(|(got, _)| *got),
                });
            }
        };
        let list = Header::decode_bytes(&mut fields, true).map_err(rlp)?;
        if !fields.is_empty() {
            return Err(DecodeError::Tail {
                block,
                got: fields.len(),
            });
        }
        blocks.push(read_fields(list, block, transactions)?);
    }
    Ok(())
}

fn read_fields(
    mut list: &[u8],
    block: usize,
    transactions: &mut usize,
) -> Result<BatchBlock, DecodeError> {
    let rlp = |reason| DecodeError::Rlp { block, reason };
    let parent_hash = B256::decode(&mut list).map_err(rlp)?;
    let origin_number = u64::decode(&mut list).map_err(rlp)?;
    let origin_hash = B256::decode(&mut list).map_err(rlp)?;
    let timestamp_s = u64::decode(&mut list).map_err(rlp)?;
    let mut raw = Header::decode_bytes(&mut list, true).map_err(rlp)?;
    if !list.is_empty() {
        return Err(DecodeError::Tail {
            block,
            got: list.len(),
        });
    }
    let mut found = Vec::new();
    while !raw.is_empty() {
        if *transactions >= MAX_TRANSACTIONS {
            return Err(DecodeError::Transactions);
        }
        *transactions += 1;
        // A copy of its own: a slice would keep the whole channel in memory as long as one transaction is kept.
        let transaction = Header::decode_bytes(&mut raw, false).map_err(rlp)?;
        found.push(Bytes::copy_from_slice(transaction));
    }
    Ok(BatchBlock {
        parent_hash,
        origin_number,
        origin_hash,
        timestamp_s,
        transactions: found,
    })
}

/// Payload lengths of the three nested parts of a block.
struct Lengths {
    transactions: usize,
    fields: usize,
    string: usize,
}

impl Lengths {
    fn of(block: &BatchBlock) -> Self {
        let transactions = block
            .transactions
            .iter()
            .map(Encodable::length)
            .sum::<usize>();
        let fields = block.parent_hash.length()
            + block.origin_number.length()
            + block.origin_hash.length()
            + block.timestamp_s.length()
            + transactions
            + length_of_length(transactions);
        Self {
            transactions,
            fields,
            string: 1 + fields + length_of_length(fields),
        }
    }
}
