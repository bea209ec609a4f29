use alloy_consensus::Header;
use alloy_primitives::{B256, Bytes, keccak256};
use alloy_rlp::Decodable;
use forebond_protocol::{PromisesTree, blocks_tree};
use forebond_types::Batch;

use crate::{Attested, blocks::trie};

/// Most blocks of a batch, as derivation takes them.
const MOST_BLOCKS: u64 = 4_096;

/// What a block holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockContents {
    /// RLP of the header.
    pub header: Bytes,
    /// EIP-2718 bytes, deposits first.
    pub transactions: Vec<Bytes>,
    /// Consensus receipts, EIP-2718 bytes.
    pub receipts: Vec<Bytes>,
}

/// A block whose contents fit its header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedBlock {
    hash: B256,
    header: Header,
    contents: BlockContents,
}

/// A signed batch with the blocks it claims: hashes lead to its root, contents to the headers.
#[derive(Clone, Debug)]
pub struct OpenedBatch {
    batch: Attested<Batch>,
    blocks: Vec<OpenedBlock>,
    tree: PromisesTree,
}

/// Why blocks are not those of a batch.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Another number of blocks.
    #[error("the batch claims {claimed} blocks (1 to {MOST_BLOCKS} are read), got {got}")]
    Count {
        /// In the batch.
        claimed: u64,
        /// Brought.
        got: usize,
    },
    /// A header that does not decode.
    #[error("the header at place {place} does not decode: {reason}")]
    Header {
        /// From 0.
        place: usize,
        /// Why.
        reason: String,
    },
    /// Transactions or receipts of another block.
    #[error(
        "the block at place {place} has the {what} root {expected}, its contents lead to {got}"
    )]
    Contents {
        /// From 0.
        place: usize,
        /// Transactions or receipts.
        what: &'static str,
        /// In the header.
        expected: B256,
        /// Of the contents.
        got: B256,
    },
    /// Not the blocks that the batch claims.
    #[error("the batch claims the blocks root {expected}, these blocks lead to {got}")]
    OtherBlocks {
        /// In the batch.
        expected: B256,
        /// Of these blocks.
        got: B256,
    },
}

impl OpenedBlock {
    fn open(place: usize, contents: BlockContents) -> Result<Self, OpenError> {
        let mut rest = contents.header.as_ref();
        let header = Header::decode(&mut rest).map_err(|error| OpenError::Header {
            place,
            reason: error.to_string(),
        })?;
        let sides = [
            (
                "transactions",
                header.transactions_root,
                &contents.transactions,
            ),
            ("receipts", header.receipts_root, &contents.receipts),
        ];
        for (what, expected, values) in sides {
            let got = trie::root(values);
            if got != expected {
                return Err(OpenError::Contents {
                    place,
                    what,
                    expected,
                    got,
                });
            }
        }
        Ok(Self {
            hash: keccak256(&contents.header),
            header,
            contents,
        })
    }

    /// Its hash.
    pub const fn hash(&self) -> B256 {
        self.hash
    }

    /// Its header.
    pub const fn header(&self) -> &Header {
        &self.header
    }

    /// What it holds.
    pub const fn contents(&self) -> &BlockContents {
        &self.contents
    }
}

impl OpenedBatch {
    /// Takes a batch apart.
    ///
    /// # Errors
    /// [`OpenError`]: the blocks are not those of the batch, or contents are missing.
    pub fn open(batch: Attested<Batch>, blocks: Vec<BlockContents>) -> Result<Self, OpenError> {
        let (first, last) = (batch.message.firstBlock, batch.message.lastBlock);
        let claimed = last.saturating_sub(first).saturating_add(1);
        if last < first || claimed > MOST_BLOCKS || blocks.len() as u64 != claimed {
            return Err(OpenError::Count {
                claimed,
                got: blocks.len(),
            });
        }
        let blocks = blocks
            .into_iter()
            .enumerate()
            .map(|(place, contents)| OpenedBlock::open(place, contents))
            .collect::<Result<Vec<_>, _>>()?;
        let hashes: Vec<_> = blocks.iter().map(OpenedBlock::hash).collect();
        let expected = batch.message.blocksRoot;
        match blocks_tree(first, &hashes) {
            Some(tree) if tree.root() == expected => Ok(Self {
                batch,
                blocks,
                tree,
            }),
            tree => Err(OpenError::OtherBlocks {
                expected,
                got: tree.map_or(B256::ZERO, |tree| tree.root()),
            }),
        }
    }

    /// The batch.
    pub const fn batch(&self) -> &Attested<Batch> {
        &self.batch
    }

    /// A block with its branch in the batch's root; `None` when the batch does not hold it.
    pub fn block(&self, number: u64) -> Option<(&OpenedBlock, Vec<B256>)> {
        let place = number.checked_sub(self.batch.message.firstBlock)?;
        let place = usize::try_from(place).ok()?;
        Some((self.blocks.get(place)?, self.tree.branch(place)?))
    }
}
