//! Blocks to blobs.

use super::{
    BatchBlock, EncodeError, MAX_BLOBS, MAX_BLOCKS, MAX_RLP_BYTES, MAX_TRANSACTIONS,
    blob::{BLOB_DATA_BYTES, pack},
    frame::{FRAME_OVERHEAD_BYTES, Frame},
    singular, zlib,
};
use alloy_eips::eip4844::Blob;
use alloy_primitives::keccak256;

const DERIVATION_VERSION: u8 = 0;

/// Most data of the one frame that fills a blob.
pub(super) const FRAME_DATA_BYTES: usize = BLOB_DATA_BYTES - 1 - FRAME_OVERHEAD_BYTES;

/// One channel with all blocks, in as few blobs as it needs. Same blocks, same blobs.
pub fn encode(blocks: &[BatchBlock]) -> Result<Vec<Box<Blob>>, EncodeError> {
    encode_in_frames_of(FRAME_DATA_BYTES, blocks)
}

/// As [`encode`], with at most `frame_bytes` of the channel in each blob: for whoever wants to try channels over several
/// blobs without filling them.
pub fn encode_in_frames_of(
    frame_bytes: usize,
    blocks: &[BatchBlock],
) -> Result<Vec<Box<Blob>>, EncodeError> {
    let too_long = EncodeError::FrameBytes {
        limit: FRAME_DATA_BYTES,
        got: frame_bytes,
    };
    if frame_bytes == 0 || frame_bytes > FRAME_DATA_BYTES {
        return Err(too_long);
    }
    check_limits(blocks)?;
    let mut rlp = Vec::with_capacity(blocks.iter().map(singular::length).sum());
    for block in blocks {
        singular::write(block, &mut rlp);
    }
    let channel = zlib::deflate(&rlp);
    let count = channel.len().div_ceil(frame_bytes);
    if count > MAX_BLOBS {
        return Err(EncodeError::Blobs(count));
    }
    // Any id does that no two channels of a batch share; this one needs no randomness.
    let digest = keccak256(&channel);
    let (id, _) = digest
        .0
        .split_first_chunk::<16>()
        .unwrap_or((&[0; 16], &[]));
    let mut blobs = Vec::with_capacity(count);
    for (number, data) in (0u16..).zip(channel.chunks(frame_bytes)) {
        let is_last = usize::from(number) + 1 == count;
        let mut content = Vec::with_capacity(1 + FRAME_OVERHEAD_BYTES + data.len());
        content.push(DERIVATION_VERSION);
        Frame {
            id: *id,
            number,
            data,
            is_last,
        }
        .write(&mut content);
        blobs.push(pack(&content).ok_or_else(|| too_long.clone())?);
    }
    Ok(blobs)
}

/// What decoders refuse whatever it compresses to.
fn check_limits(blocks: &[BatchBlock]) -> Result<(), EncodeError> {
    if blocks.is_empty() {
        return Err(EncodeError::NoBlocks);
    }
    if blocks.len() > MAX_BLOCKS {
        return Err(EncodeError::Blocks(blocks.len()));
    }
    let transactions = blocks.iter().map(|b| b.transactions.len()).sum();
    if transactions > MAX_TRANSACTIONS {
        return Err(EncodeError::Transactions(transactions));
    }
    let rlp_bytes = blocks.iter().map(singular::length).sum();
    if rlp_bytes > MAX_RLP_BYTES {
        return Err(EncodeError::RlpBytes(rlp_bytes));
    }
    Ok(())
}
