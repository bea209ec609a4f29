use super::{DeriveError, Ledger, LedgerError, Work, prepare::prepare_all};
use crate::{
    chain::{Content, SealedBlock},
    promise::{BlockStart, PromisedTx},
};
use alloy_primitives::{B256, Bytes};
use forebond_exec::{PreparedTx, WorkingState};
use forebond_protocol::OrderingRule;
use forebond_rollup::op::{self, L1Origin};
use std::sync::Arc;

impl Ledger {
    /// Executes a block that follows from L1 and shows it as sealed. Nothing may be open. On an error nothing has changed.
    pub fn derive_block(
        &mut self,
        origin: L1Origin,
        origin_sequence: u64,
        transactions: Vec<Bytes>,
    ) -> Result<B256, DeriveError> {
        if matches!(self.work, Work::Open(_)) || !self.closed.is_empty() {
            return Err(LedgerError::OutOfOrder("a block derived over unsettled ones").into());
        }
        let number = self.latest.number().saturating_add(1);
        let timestamp_s = self.clock.timestamp_s(number);
        let base_fee_wei = self.next_base_fee_wei();
        let opening = op::open_block(&self.config, number, timestamp_s, base_fee_wei, &origin);
        let start = Arc::new(BlockStart {
            opening,
            origin,
            origin_sequence,
        });
        let transactions = prepare_all(&transactions, self.config.chain_id)
            .map_err(|none| refused(number, none.index, none.reason))?;
        self.begin(start.clone(), OrderingRule::Arrival)?;
        let executed = self.execute_derived(number, transactions);
        let (promised, changes) = match executed {
            Ok(done) => done,
            Err(error) => {
                self.work = Work::Idle(self.clean_state()?);
                return Err(error);
            }
        };
        let Work::Open(open) = std::mem::replace(&mut self.work, Work::Moving) else {
            return Err(LedgerError::OutOfOrder("the derived block is gone").into());
        };
        let (state, block) = open.finish();
        self.work = Work::Idle(state);
        self.turn = None;
        let (header, hash) = self.sealer.seal(&block);
        let block_ = Arc::new(SealedBlock {
            header,
            hash,
            start,
            content: Content::Derived(promised),
            seal: None,
        });
        self.publisher.derived(block_.clone(), &changes);
        self.store_block(block_, block.diff)?;
        Ok(hash)
    }

    #[allow(clippy::type_complexity, reason = "two lists that belong together")]
    fn execute_derived(
        &mut self,
        number: u64,
        transactions: Vec<PreparedTx>,
    ) -> Result<(Vec<Arc<PromisedTx>>, Vec<forebond_exec::Changes>), DeriveError> {
        let Work::Open(open) = &mut self.work else {
            return Err(LedgerError::OutOfOrder("the derived block is gone").into());
        };
        for (index, tx) in transactions.into_iter().enumerate() {
            let executed = match open.run.execute(&tx) {
                Ok(executed) => executed,
                Err(forebond_exec::ExecuteError::State(error)) => {
                    return Err(LedgerError::from(error).into());
                }
                Err(error) => return Err(refused(number, index, error.to_string())),
            };
            open.push(Arc::new(tx), executed, 0, None, None);
        }
        let book = forebond_protocol::CoverageBook::new(0, 0, 0);
        let cut = open
            .cut(&book)
            .ok_or(LedgerError::OutOfOrder("a block without attributes"))?;
        Ok((cut.transactions, cut.changes))
    }

    /// The state after the newest sealed block, read from the store.
    pub(super) fn clean_state(&mut self) -> Result<WorkingState, LedgerError> {
        self.store_all()?;
        let snapshot = Arc::new(self.store.snapshot()?);
        let number = snapshot.head().number;
        Ok(WorkingState::new(snapshot, number, self.cache_entries))
    }
}

const fn refused(block: u64, index: usize, reason: String) -> DeriveError {
    DeriveError::Transaction {
        block,
        index,
        reason,
    }
}
