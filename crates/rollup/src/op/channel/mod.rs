//! Sealed blocks as OP channels in blobs, and back. `specs/derivation.md` says why each limit is there.
//!
//! From the inside out (<https://specs.optimism.io/protocol/derivation.html>): a block is a *singular batch*
//! ([`singular`]); a channel is all of them in a row, compressed with zlib ([`zlib`]); frames cut it into pieces
//! ([`frame`]); a blob holds `version 0 ‖ frames` in field elements ([`blob`]).
//!
//! What is decoded here comes from strangers: memory and time are bounded by the constants below, whatever the bytes.

pub mod blob;
mod decode;
mod encode;
mod error;
pub mod frame;
mod gauge;
pub mod singular;
pub mod zlib;

pub use decode::decode;
pub use encode::{encode, encode_in_frames_of};
pub use error::{DecodeError, EncodeError};
pub use gauge::BlobGauge;

use alloy_primitives::{B256, Bytes};

/// Most blobs of one batch: what one L1 transaction may carry since Fusaka (EIP-7594), and a batch is posted by one.
pub const MAX_BLOBS: usize = 6;
/// Most channels of one batch. One is enough for any batch; each costs a blob's frame at least.
pub const MAX_CHANNELS: usize = MAX_BLOBS;
/// Most bytes all channels of a batch may decompress to. Six blobs of signed transactions unfold to about 1.5 MB; OP's own limit
/// is 100 MB a channel, so what passes here passes there. It bounds what a zip bomb can take: this, twice, for a moment.
pub const MAX_RLP_BYTES: usize = 16 << 20;
/// Most blocks of a batch: more than an hour of one-second blocks.
pub const MAX_BLOCKS: usize = 4096;
/// Most transactions of a batch. Six blobs hold 12,000 signatures; this leaves room for signatures that compress, and any block
/// below 1.37 Ggas fits.
pub const MAX_TRANSACTIONS: usize = 65_536;
/// A block whose transactions, each counted with [`TRANSACTION_OVERHEAD_BYTES`] more than its raw length, stay within this
/// many bytes fits into one batch even if nothing in it compresses. Whoever builds blocks has to stop here: a block
/// that no batch can hold could be promised and never posted.
pub const MAX_BLOCK_DATA_BYTES: usize = 750_000;
/// What a transaction takes beyond its raw bytes: its RLP header.
pub const TRANSACTION_OVERHEAD_BYTES: usize = 4;

/// A block as a batch says it: all that is not derived from L1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchBlock {
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Height of its L1 origin.
    pub origin_number: u64,
    /// Hash of its L1 origin.
    pub origin_hash: B256,
    /// Unix seconds.
    pub timestamp_s: u64,
    /// The users' transactions as raw EIP-2718 bytes, in order; no deposits.
    pub transactions: Vec<Bytes>,
}
