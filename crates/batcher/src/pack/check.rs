use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;
use forebond_protocol::blocks_tree;
use forebond_rollup::op::channel::{self, BatchBlock, DecodeError, EncodeError};
use forebond_types::Batch;

use crate::source::SourceBlock;

/// Blocks in blobs, decoded again and found equal.
#[derive(Clone, Debug)]
pub struct Packed {
    /// First block.
    pub first: u64,
    /// Last block.
    pub last: u64,
    /// Hash of each block, in order.
    pub hashes: Vec<B256>,
    /// The blobs.
    pub blobs: Vec<Box<Blob>>,
    /// The users' transactions in them.
    pub transactions: u64,
    /// Their raw bytes.
    pub bytes: u64,
    /// Gas of all blocks.
    pub gas_used: u64,
    parent_hash: B256,
    last_frag: B256,
    last_origin: (u64, B256),
    root: B256,
}

/// Why blocks are not posted.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The source's blocks are no chain.
    #[error(
        "block {number} does not follow the one before it: expected parent {expected}, got {got}"
    )]
    NoChain {
        /// The block.
        number: u64,
        /// Hash of the block before.
        expected: B256,
        /// Parent it names.
        got: B256,
    },
    /// No blocks at all.
    #[error("there are no blocks to pack")]
    Empty,
    /// They do not fit.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// What was encoded does not decode: posting it would void every promise in it.
    #[error("our own blobs do not decode, nothing is sent: {0}")]
    Decode(#[from] DecodeError),
    /// What was encoded decodes to something else.
    #[error("our own blobs decode to other blocks, nothing is sent: block {number} differs")]
    Differs {
        /// First block that differs.
        number: u64,
    },
}

/// Encodes blocks and decodes them again. Some milliseconds of CPU a blob: call it on a blocking thread.
///
/// # Errors
/// [`PackError`]: then nothing may be sent. A malformed blob would void all promises in it.
pub fn pack(blocks: &[SourceBlock]) -> Result<Packed, PackError> {
    pack_by(blocks, channel::encode)
}

fn pack_by(
    blocks: &[SourceBlock],
    encode: impl Fn(&[BatchBlock]) -> Result<Vec<Box<Blob>>, EncodeError>,
) -> Result<Packed, PackError> {
    let (first, last) = chain_of(blocks)?;
    let content: Vec<BatchBlock> = blocks.iter().map(content).collect();
    let blobs = encode(&content)?;
    same(first.number, &content, &blobs)?;
    // What derivation computes from the content it compares with these hashes; each but the last one stands in the content itself.
    let hashes: Vec<B256> = blocks.iter().map(|block| block.hash).collect();
    let root = blocks_tree(first.number, &hashes).ok_or(PackError::Empty)?;
    Ok(Packed {
        first: first.number,
        last: last.number,
        root: root.root(),
        blobs,
        transactions: sum(blocks, |block| block.transactions.len()),
        bytes: sum(blocks, |block| {
            block.transactions.iter().map(|raw| raw.len()).sum()
        }),
        gas_used: blocks.iter().map(|block| block.gas_used).sum(),
        parent_hash: first.parent_hash,
        last_frag: last.last_frag.unwrap_or_default(),
        last_origin: (last.origin_number, last.origin_hash),
        hashes,
    })
}

impl Packed {
    /// The message for these blocks, under a Base and behind a batch.
    pub fn claim(&self, base: B256, window: u64, parent: B256, blob_hashes: Vec<B256>) -> Batch {
        Batch {
            base,
            window,
            parentBatch: parent,
            firstBlock: self.first,
            lastBlock: self.last,
            parentBlockHash: self.parent_hash,
            lastBlockHash: self.hashes.last().copied().unwrap_or_default(),
            blocksRoot: self.root,
            lastFrag: self.last_frag,
            lastOriginNumber: self.last_origin.0,
            lastOriginHash: self.last_origin.1,
            blobHashes: blob_hashes,
        }
    }
}

/// What the codec keeps of a block.
pub(crate) fn content(block: &SourceBlock) -> BatchBlock {
    BatchBlock {
        parent_hash: block.parent_hash,
        origin_number: block.origin_number,
        origin_hash: block.origin_hash,
        timestamp_s: block.timestamp_s,
        transactions: block.transactions.clone(),
    }
}

fn sum(blocks: &[SourceBlock], of: impl Fn(&SourceBlock) -> usize) -> u64 {
    let total: usize = blocks.iter().map(of).sum();
    u64::try_from(total).unwrap_or(u64::MAX)
}

fn chain_of(blocks: &[SourceBlock]) -> Result<(&SourceBlock, &SourceBlock), PackError> {
    for pair in blocks.windows(2) {
        if let [parent, child] = pair
            && (child.parent_hash != parent.hash || child.number != parent.number.saturating_add(1))
        {
            return Err(PackError::NoChain {
                number: child.number,
                expected: parent.hash,
                got: child.parent_hash,
            });
        }
    }
    blocks.first().zip(blocks.last()).ok_or(PackError::Empty)
}

/// The blobs decode to exactly these blocks.
fn same(first: u64, content: &[BatchBlock], blobs: &[Box<Blob>]) -> Result<(), PackError> {
    let decoded = channel::decode(blobs)?;
    let equal = content
        .iter()
        .zip(&decoded)
        .take_while(|(ours, theirs)| ours == theirs)
        .count();
    if equal == content.len() && equal == decoded.len() {
        return Ok(());
    }
    Err(PackError::Differs {
        number: first.saturating_add(u64::try_from(equal).unwrap_or(u64::MAX)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::{Bytes, keccak256};

    fn blocks(first: u64, count: u64) -> Vec<SourceBlock> {
        let hash = |number: u64| keccak256(number.to_be_bytes());
        (first..first + count)
            .map(|number| SourceBlock {
                number,
                hash: hash(number),
                parent_hash: hash(number - 1),
                timestamp_s: 1_000 + number,
                origin_number: 3,
                origin_hash: B256::repeat_byte(3),
                base: Some(B256::repeat_byte(4)),
                last_frag: Some(hash(number + 1_000)),
                transactions: vec![Bytes::from(vec![2, number.to_be_bytes()[7], 7, 7])],
                gas_used: 21_000,
                transaction_count: 2,
            })
            .collect()
    }

    #[test]
    fn blocks_are_packed_and_the_claim_names_what_is_in_the_blobs() {
        let blocks = blocks(5, 4);
        let packed = pack(&blocks).unwrap();
        let claim = packed.claim(
            B256::repeat_byte(4),
            9,
            B256::ZERO,
            vec![B256::repeat_byte(1)],
        );
        assert_eq!(
            (claim.firstBlock, claim.lastBlock, packed.transactions),
            (5, 8, 4)
        );
        assert_eq!(claim.parentBlockHash, blocks[0].parent_hash);
        assert_eq!(claim.lastBlockHash, blocks[3].hash);
        assert_eq!(Some(claim.lastFrag), blocks[3].last_frag);
        let root = blocks_tree(5, &packed.hashes).unwrap().root();
        assert_eq!(claim.blocksRoot, root);
    }

    #[test]
    fn blocks_that_are_no_chain_are_refused() {
        let mut broken = blocks(5, 4);
        broken[2].parent_hash = B256::ZERO;
        assert!(matches!(
            pack(&broken),
            Err(PackError::NoChain { number: 7, .. })
        ));
        let mut gap = blocks(5, 4);
        gap.remove(1);
        assert!(matches!(
            pack(&gap),
            Err(PackError::NoChain { number: 7, .. })
        ));
        assert!(matches!(pack(&[]), Err(PackError::Empty)));
    }

    /// Pitfall: a malformed blob voids promises, so the poster decodes its own blobs before it sends them.
    #[test]
    fn a_malformed_blob_or_one_with_other_blocks_is_never_sent() {
        let blocks = blocks(5, 4);
        let flipped = pack_by(&blocks, |content| {
            let mut blobs = channel::encode(content)?;
            blobs[0][40] ^= 1;
            Ok(blobs)
        });
        assert!(matches!(
            flipped,
            Err(PackError::Decode(_) | PackError::Differs { .. })
        ));
        let other = pack_by(&blocks, |content| {
            let mut content = content.to_vec();
            content[2].transactions.push(Bytes::from_static(&[2, 2, 2]));
            channel::encode(&content)
        });
        assert!(matches!(other, Err(PackError::Differs { number: 7 })));
        let fewer = pack_by(&blocks, |content| channel::encode(&content[..3]));
        assert!(matches!(fewer, Err(PackError::Differs { number: 8 })));
    }
}
