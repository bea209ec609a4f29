//! Going back: the newest blocks leave, as a reorg wants it. One transaction, whole or not at all.

use alloy_primitives::B256;
use redb::ReadableTable;

use super::{
    codec,
    commit::{Durability, write_accounts, write_slots},
    error::StoreError,
    file::{Store, read_head},
    history,
    tables::{
        ACCOUNT_HISTORY, BLOCK_HASHES, BLOCK_NUMBERS, BLOCKS, HEAD, META, SLOT_HISTORY,
        TRANSACTIONS,
    },
    types::{Head, StateDiff},
};

impl Store {
    /// Makes block `to` the head again and gives the change that leads back to its state. `tx_hashes` are the transactions of the
    /// blocks that leave: they are no longer found. `log_position` is the new head's. Durable when it returns.
    ///
    /// # Errors
    /// [`HistoryPruned`](StoreError::HistoryPruned) below the oldest state kept: derive again from genesis then;
    /// [`FutureBlock`](StoreError::FutureBlock); the database failed.
    pub fn rewind(
        &self,
        to: u64,
        tx_hashes: impl IntoIterator<Item = B256>,
        log_position: u64,
    ) -> Result<StateDiff, StoreError> {
        let snapshot = self.snapshot()?;
        let head = snapshot.head();
        if to > head.number {
            return Err(StoreError::FutureBlock {
                asked: to,
                head: head.number,
            });
        }
        let mut back = StateDiff::default();
        for number in (to.saturating_add(1)..=head.number).rev() {
            let Some(diff) = snapshot.block_diff(number)? else {
                return Err(StoreError::HistoryPruned {
                    asked: to,
                    oldest: head.oldest_state,
                    head: head.number,
                });
            };
            back.merge(&diff.reversed());
        }
        drop(snapshot);

        let transaction = self.begin(Durability::Durable)?;
        write_slots(&transaction, to, &back)?;
        write_accounts(&transaction, to, &back)?;
        for table in [ACCOUNT_HISTORY, SLOT_HISTORY] {
            let mut table = transaction.open_table(table)?;
            history::prune(
                &mut table,
                to.saturating_add(1),
                head.number.saturating_add(1),
            )?;
        }
        {
            let mut hashes = transaction.open_table(BLOCK_HASHES)?;
            let mut numbers = transaction.open_table(BLOCK_NUMBERS)?;
            let mut blocks = transaction.open_table(BLOCKS)?;
            for number in to.saturating_add(1)..=head.number {
                if let Some(row) = hashes.remove(number)? {
                    numbers.remove(&codec::unpair(row.value()).0.0)?;
                }
                blocks.remove(number)?;
            }
            let mut transactions = transaction.open_table(TRANSACTIONS)?;
            for hash in tx_hashes {
                transactions.remove(&hash.0)?;
            }
            let row = hashes
                .get(to)?
                .ok_or_else(|| StoreError::corrupt("block_hashes", format!("no block {to}")))?;
            let (hash, state_root) = codec::unpair(row.value());
            let mut meta = transaction.open_table(META)?;
            let oldest_state = read_head(&meta)?.oldest_state;
            let head = Head {
                number: to,
                hash,
                state_root,
                log_position,
                oldest_state,
            };
            meta.insert(HEAD, codec::head_row(&head).as_slice())?;
        }
        transaction.commit()?;
        Ok(back)
    }
}
