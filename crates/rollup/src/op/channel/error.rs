//! What can be wrong with blocks to encode and with blobs to decode.

use super::{MAX_BLOBS, MAX_BLOCKS, MAX_CHANNELS, MAX_RLP_BYTES, MAX_TRANSACTIONS};

/// Why blocks do not fit into one batch. All of them are answered by posting fewer blocks; a single block within
/// [`MAX_BLOCK_DATA_BYTES`](super::MAX_BLOCK_DATA_BYTES) always fits.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Nothing to encode.
    #[error("a batch has at least one block")]
    NoBlocks,
    /// More blocks than decoders accept.
    #[error("a batch has at most {MAX_BLOCKS} blocks, got {0}: post fewer at once")]
    Blocks(usize),
    /// More transactions than decoders accept.
    #[error(
        "a batch has at most {MAX_TRANSACTIONS} transactions, got {0}: post fewer blocks at once"
    )]
    Transactions(usize),
    /// More uncompressed bytes than decoders accept.
    #[error("a batch unfolds to at most {MAX_RLP_BYTES} bytes, got {0}: post fewer blocks at once")]
    RlpBytes(usize),
    /// More blobs than a transaction carries.
    #[error("a batch has at most {MAX_BLOBS} blobs, this one needs {0}: post fewer blocks at once")]
    Blobs(usize),
    /// Frames that hold nothing, or more than a blob.
    #[error("a frame holds 1 to {limit} bytes of data, got {got}")]
    FrameBytes {
        /// Most bytes of data in one frame of one blob.
        limit: usize,
        /// What was asked for.
        got: usize,
    },
}

/// Why blobs are no batch. Every one of them makes the batch void.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// A batch without data.
    #[error("a batch has at least one blob")]
    NoBlobs,
    /// More blobs than a transaction carries.
    #[error("a batch has at most {MAX_BLOBS} blobs, got {0}")]
    Blobs(usize),
    /// A field element with one of its two highest bits set.
    #[error("blob {blob}: field element {element} uses its two highest bits")]
    FieldElement {
        /// Which blob.
        blob: usize,
        /// Which of its 4096 elements.
        element: usize,
    },
    /// An encoding of blobs other than version 0.
    #[error("blob {blob}: encoding version 0 expected, got {got}")]
    BlobVersion {
        /// Which blob.
        blob: usize,
        /// What stands there.
        got: u8,
    },
    /// A length that a blob cannot hold.
    #[error("blob {blob}: says it holds {got} bytes, more than fit")]
    BlobLength {
        /// Which blob.
        blob: usize,
        /// What it says.
        got: usize,
    },
    /// Bytes behind the content.
    #[error("blob {blob}: bytes behind its content are not zero")]
    BlobPadding {
        /// Which blob.
        blob: usize,
    },
    /// A format of frames other than version 0, or none.
    #[error("blob {blob}: derivation version 0 expected, got {got:?}")]
    Version {
        /// Which blob.
        blob: usize,
        /// What stands there; nothing in an empty blob.
        got: Option<u8>,
    },
    /// A blob without frames.
    #[error("blob {blob}: has no frame")]
    NoFrames {
        /// Which blob.
        blob: usize,
    },
    /// A frame that ends in the middle.
    #[error("blob {blob}: frame is cut off after {got} bytes")]
    FrameCutOff {
        /// Which blob.
        blob: usize,
        /// Bytes left where a frame should be.
        got: usize,
    },
    /// `is_last` is neither 0 nor 1.
    #[error("blob {blob}: is_last is 0 or 1, got {got}")]
    FrameEnd {
        /// Which blob.
        blob: usize,
        /// What stands there.
        got: u8,
    },
    /// A frame of another channel before the one before was complete.
    #[error("blob {blob}: a frame of another channel before the last one ended")]
    Interleaved {
        /// Which blob.
        blob: usize,
    },
    /// A gap in a channel, or a frame twice.
    #[error("blob {blob}: frame {expected} expected, got {got}")]
    FrameNumber {
        /// Which blob.
        blob: usize,
        /// The next one of the channel.
        expected: u32,
        /// What stands there.
        got: u16,
    },
    /// A second channel with the same id.
    #[error("blob {blob}: a second channel of the same id")]
    ChannelTwice {
        /// Which blob.
        blob: usize,
    },
    /// More channels than a batch needs.
    #[error("a batch has at most {MAX_CHANNELS} channels")]
    Channels,
    /// The last channel has no last frame.
    #[error("the last channel is not complete: whole channels only")]
    Unfinished,
    /// Not a zlib stream.
    #[error("channel is no zlib stream: {0}")]
    Zlib(&'static str),
    /// Bytes behind the zlib stream.
    #[error("{0} bytes behind the channel's zlib stream")]
    ZlibTail(usize),
    /// More bytes than a batch unfolds to: a zip bomb.
    #[error("a batch unfolds to at most {MAX_RLP_BYTES} bytes")]
    RlpBytes,
    /// A channel without blocks.
    #[error("channel holds no block")]
    EmptyChannel,
    /// Not RLP, or not in the canonical form, or of another shape than a singular batch.
    #[error("block {block} of the batch: {reason}")]
    Rlp {
        /// Which block, from 0.
        block: usize,
        /// What the RLP decoder says.
        reason: alloy_rlp::Error,
    },
    /// A batch type other than singular.
    #[error("block {block} of the batch: batch type 0 (singular) expected, got {got:?}")]
    BatchType {
        /// Which block, from 0.
        block: usize,
        /// What stands there.
        got: Option<u8>,
    },
    /// Bytes behind a block.
    #[error("block {block} of the batch: {got} bytes behind it")]
    Tail {
        /// Which block, from 0.
        block: usize,
        /// How many.
        got: usize,
    },
    /// More blocks than a batch may hold.
    #[error("a batch has at most {MAX_BLOCKS} blocks")]
    Blocks,
    /// More transactions than a batch may hold.
    #[error("a batch has at most {MAX_TRANSACTIONS} transactions")]
    Transactions,
}
