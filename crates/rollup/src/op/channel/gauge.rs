//! How full the blobs would be.

use super::{
    BatchBlock, MAX_BLOBS, MAX_BLOCKS, MAX_RLP_BYTES, MAX_TRANSACTIONS, encode::FRAME_DATA_BYTES,
    singular, zlib::LEVEL,
};
use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, compress_to_output, create_comp_flags_from_zip_params,
};

/// zlib's header and checksum, with room for the last block's end.
const STREAM_BYTES: usize = 16;

/// Measures blocks as they are sealed, so that whoever posts knows when a batch is full without encoding all of it again.
///
/// Each block is compressed once, behind those before it, and flushed, which takes some bytes more than
/// [`encode`](super::encode) in one piece: under 1 % with busy blocks. It is an estimate; the encoder has the last word, and whoever
/// is told that a batch does not fit leaves out its last block.
pub struct BlobGauge {
    compressor: CompressorOxide,
    compressed_bytes: usize,
    rlp_bytes: usize,
    blocks: usize,
    transactions: usize,
}

impl std::fmt::Debug for BlobGauge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlobGauge")
            .field("blocks", &self.blocks)
            .field("compressed_bytes", &self.compressed_bytes)
            .finish_non_exhaustive()
    }
}

impl Default for BlobGauge {
    fn default() -> Self {
        Self {
            compressor: compressor(),
            compressed_bytes: 0,
            rlp_bytes: 0,
            blocks: 0,
            transactions: 0,
        }
    }
}

impl BlobGauge {
    /// Counts one more block.
    pub fn push(&mut self, block: &BatchBlock) {
        let mut rlp = Vec::with_capacity(singular::length(block));
        singular::write(block, &mut rlp);
        let mut out = 0;
        let _ = compress_to_output(&mut self.compressor, &rlp, TDEFLFlush::Sync, |bytes| {
            out += bytes.len();
            true
        });
        self.compressed_bytes = self.compressed_bytes.saturating_add(out);
        self.rlp_bytes = self.rlp_bytes.saturating_add(rlp.len());
        self.blocks += 1;
        self.transactions += block.transactions.len();
    }

    /// Bytes the channel takes in blobs.
    pub fn channel_bytes(&self) -> usize {
        match self.blocks {
            0 => 0,
            _ => self.compressed_bytes.saturating_add(STREAM_BYTES),
        }
    }

    /// Blobs the blocks need; 0 without blocks.
    pub fn blobs(&self) -> usize {
        self.channel_bytes().div_ceil(FRAME_DATA_BYTES)
    }

    /// How much of its blobs the channel fills, 0 to 1: a batch of 1.02 blobs pays for two.
    pub fn fill(&self) -> f64 {
        match self.blobs() {
            0 => 0.0,
            blobs => self.channel_bytes() as f64 / (blobs * FRAME_DATA_BYTES) as f64,
        }
    }

    /// Blocks counted.
    pub fn blocks(&self) -> usize {
        self.blocks
    }

    /// Transactions counted.
    pub fn transactions(&self) -> usize {
        self.transactions
    }

    /// Whether all blocks fit into `blobs` blobs (at most [`MAX_BLOBS`] count) and the other limits. False means: post the
    /// blocks before the last one.
    pub fn fits(&self, blobs: usize) -> bool {
        self.blobs() <= blobs.min(MAX_BLOBS)
            && self.blocks <= MAX_BLOCKS
            && self.transactions <= MAX_TRANSACTIONS
            && self.rlp_bytes <= MAX_RLP_BYTES
    }
}

fn compressor() -> CompressorOxide {
    CompressorOxide::new(create_comp_flags_from_zip_params(i32::from(LEVEL), 1, 0))
}
