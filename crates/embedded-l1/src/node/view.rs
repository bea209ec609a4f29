//! What readers see: the canonical chain at one moment, replaced as a whole with each new head.

use std::{collections::VecDeque, sync::Arc};

use alloy_consensus::Transaction as _;
use alloy_primitives::{B256, map::DefaultHashBuilder};
use forebond_rpc::{BlobFees, BlockView, Ethereum, Replaced, TransactionView};
use rpds::HashTrieMapSync;

use crate::execution::{BLOB_PARAMS, ExecutedBlock, HeadChange, PayloadAttributes};

type Map<K, V> = HashTrieMapSync<K, V, DefaultHashBuilder>;

/// Reorgs remembered for readers that poll.
const KEPT_REORGS: usize = 256;

/// A canonical block, ready for readers.
#[derive(Debug)]
pub struct PublishedBlock {
    /// The block with the state after it.
    pub executed: Arc<ExecutedBlock>,
    /// The same as the RPC shows it.
    pub shown: Arc<BlockView<Ethereum>>,
}

/// The canonical chain. Cloning it costs a few pointers.
#[derive(Clone)]
pub struct View {
    blocks: Map<u64, Arc<PublishedBlock>>,
    numbers: Map<B256, u64>,
    transactions: Map<B256, (u64, usize)>,
    /// Number of the newest block.
    pub latest: u64,
    /// Number of the newest justified block.
    pub safe: u64,
    /// Number of the newest finalized block.
    pub finalized: u64,
    /// Number of the oldest block kept.
    pub oldest: u64,
    /// How often blocks were replaced.
    reorgs: u64,
    /// The lowest number replaced by each of the newest reorgs.
    replaced: Arc<VecDeque<u64>>,
    /// What the next block is expected to be built from; pending state and prices come from it.
    pub next: Arc<PayloadAttributes>,
}

impl std::fmt::Debug for View {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("View")
            .field("latest", &self.latest)
            .field("safe", &self.safe)
            .field("finalized", &self.finalized)
            .field("oldest", &self.oldest)
            .finish_non_exhaustive()
    }
}

impl View {
    /// A chain of block 0 only.
    pub fn new(genesis: Arc<ExecutedBlock>, next: PayloadAttributes) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut view = Self {
            blocks: Map::new_with_hasher_and_ptr_kind(hasher.clone()),
            numbers: Map::new_with_hasher_and_ptr_kind(hasher.clone()),
            transactions: Map::new_with_hasher_and_ptr_kind(hasher),
            latest: 0,
            safe: 0,
            finalized: 0,
            oldest: 0,
            reorgs: 0,
            replaced: Arc::default(),
            next: Arc::new(next),
        };
        view.add(genesis);
        view
    }

    /// The block with this number, if it is canonical and kept.
    pub fn block(&self, number: u64) -> Option<&Arc<PublishedBlock>> {
        self.blocks.get(&number)
    }

    /// The newest block.
    pub fn head(&self) -> Option<&Arc<PublishedBlock>> {
        self.block(self.latest)
    }

    /// The number of the canonical block with this hash.
    pub fn number(&self, hash: &B256) -> Option<u64> {
        self.numbers.get(hash).copied()
    }

    /// Where a transaction stands: its block and its place there.
    pub fn transaction(&self, hash: &B256) -> Option<(&Arc<PublishedBlock>, usize)> {
        let (number, index) = self.transactions.get(hash)?;
        Some((self.block(*number)?, *index))
    }

    /// The lowest number replaced since `mark`, which an earlier call gave.
    pub fn replaced_since(&self, mark: u64) -> Replaced {
        let since = self.reorgs.saturating_sub(mark);
        let count = usize::try_from(since).unwrap_or(usize::MAX);
        Replaced {
            mark: self.reorgs,
            lowest: self.replaced.iter().rev().take(count).min().copied(),
        }
    }

    /// Follows a change of the head.
    pub(super) fn apply(&mut self, change: &HeadChange) {
        if let Some(first) = change.removed.first() {
            let mut replaced = VecDeque::clone(&self.replaced);
            if replaced.len() >= KEPT_REORGS {
                // Whoever asks with an older mark than are kept goes back no further than what is kept.
                replaced.pop_front();
            }
            replaced.push_back(first.number());
            self.replaced = Arc::new(replaced);
            self.reorgs = self.reorgs.saturating_add(1);
        }
        for block in change.removed.iter().rev() {
            self.drop_block(block.number());
            self.latest = block.number().saturating_sub(1);
        }
        for block in &change.added {
            self.add(Arc::clone(block));
        }
    }

    /// Forgets the oldest blocks until at most `kept` are left.
    pub(super) fn prune(&mut self, kept: u64) {
        let first = self.latest.saturating_add(1).saturating_sub(kept);
        while self.oldest < first {
            let oldest = self.oldest;
            self.drop_block(oldest);
            self.oldest = oldest.saturating_add(1);
        }
    }

    fn add(&mut self, block: Arc<ExecutedBlock>) {
        let number = block.number();
        for (index, transaction) in block.transactions.iter().enumerate() {
            self.transactions
                .insert_mut(transaction.hash, (number, index));
        }
        self.numbers.insert_mut(block.hash, number);
        let shown = Arc::new(shown(&block));
        let executed = block;
        self.blocks
            .insert_mut(number, Arc::new(PublishedBlock { executed, shown }));
        self.latest = number;
    }

    fn drop_block(&mut self, number: u64) {
        let Some(block) = self.blocks.get(&number).cloned() else {
            return;
        };
        for transaction in &block.executed.transactions {
            self.transactions.remove_mut(&transaction.hash);
        }
        self.numbers.remove_mut(&block.executed.hash);
        self.blocks.remove_mut(&number);
    }
}

/// A block as the RPC shows it.
fn shown(block: &ExecutedBlock) -> BlockView<Ethereum> {
    let header = &block.header;
    let base_fee_wei = header.base_fee_per_gas.unwrap_or_default();
    let blob_price_wei = BLOB_PARAMS.calc_blob_fee(header.excess_blob_gas.unwrap_or_default());
    let transactions = block
        .transactions
        .iter()
        .zip(0_u64..)
        .map(|(transaction, index)| {
            let envelope = &transaction.envelope;
            Arc::new(TransactionView {
                raw: transaction.raw.clone(),
                hash: transaction.hash,
                sender: transaction.sender,
                envelope: envelope.clone(),
                block_number: header.number,
                block_timestamp_s: header.timestamp,
                base_fee_wei,
                index,
                receipt: transaction.receipt.clone(),
                gas_used: transaction.gas_used,
                effective_gas_price_wei: envelope.effective_gas_price(Some(base_fee_wei)),
                contract_address: envelope
                    .is_create()
                    .then(|| transaction.sender.create(envelope.nonce())),
                extra_fees: envelope.blob_gas_used().map(|gas_used| BlobFees {
                    gas_used,
                    gas_price_wei: blob_price_wei,
                }),
                first_log_index: transaction.first_log_index,
            })
        })
        .collect();
    BlockView {
        header: header.clone(),
        hash: Some(block.hash),
        transactions,
        withdrawals: block.withdrawals.clone(),
        size_bytes: block.size_bytes,
    }
}
