use crate::{
    promise::{BlockStart, Cut, PromisedTx},
    sealing::ClosedBlock,
};
use alloy_primitives::{Address, B256, map::HashSet};
use alloy_sol_types::SolStruct;
use forebond_exec::{
    BlockRun, Changes, Executed, PausedBlock, PreparedTx, StateError, WorkingState,
};
use forebond_protocol::{CoverageBook, OrderingRule};
use forebond_rollup::op;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// When a frag is cut although the log is busy: never; these are the most it may hold.
#[derive(Clone, Copy, Debug)]
pub struct FragLimits {
    /// Raw transaction bytes.
    pub max_bytes: usize,
    /// Gas.
    pub max_gas: u64,
    /// Transactions.
    pub max_transactions: usize,
    /// Time between cuts at least; zero cuts whenever the log is ready.
    pub interval: Duration,
}

/// What a transaction takes in a batch before compression, bytes.
fn posted_bytes(tx: &PreparedTx) -> usize {
    tx.raw()
        .len()
        .saturating_add(op::channel::TRANSACTION_OVERHEAD_BYTES)
}

/// A block that is being written: what is executed and not cut yet, and what is promised already.
#[derive(Debug)]
pub struct OpenBlock {
    /// The execution.
    pub run: BlockRun,
    /// How the block starts.
    pub start: Arc<BlockStart>,
    env_hash: B256,
    ordering_rule: OrderingRule,
    /// All transactions so far, for the sealer.
    transactions: Vec<Arc<PromisedTx>>,
    /// How many of them are in cuts.
    cut: usize,
    changes: Vec<Changes>,
    bytes: usize,
    /// What the block's user transactions take in a batch, bytes.
    data_bytes: usize,
    gas_at_cut: u64,
    last_cut: Instant,
    /// Rule 1: senders that are in the uncut frag, and the tip of its last transaction.
    senders: HashSet<Address>,
    last_tip_wei: u128,
}

impl OpenBlock {
    /// A block at its start, or in its middle after a replay (`promised` are in frags already).
    pub fn new(
        run: BlockRun,
        start: Arc<BlockStart>,
        ordering_rule: OrderingRule,
        promised: Vec<Arc<PromisedTx>>,
    ) -> Self {
        let users = promised.iter().filter(|promised| !promised.tx.is_deposit());
        let data_bytes = users.map(|promised| posted_bytes(&promised.tx)).sum();
        Self {
            env_hash: start.opening.env.eip712_hash_struct(),
            gas_at_cut: run.gas_used(),
            run,
            start,
            ordering_rule,
            cut: promised.len(),
            transactions: promised,
            changes: Vec::new(),
            bytes: 0,
            data_bytes,
            last_cut: Instant::now(),
            senders: HashSet::default(),
            last_tip_wei: u128::MAX,
        }
    }

    /// Its height.
    pub fn number(&self) -> u64 {
        self.start.opening.number
    }

    /// Whether it holds nothing but the L1 attributes and deposits.
    pub fn is_without_users(&self) -> bool {
        self.transactions
            .iter()
            .all(|promised| promised.tx.is_deposit())
    }

    /// Executed transactions that no cut holds yet.
    pub fn uncut(&self) -> usize {
        self.transactions.len().saturating_sub(self.cut)
    }

    /// Whether the uncut frag may not grow any more.
    pub fn frag_is_full(&self, limits: &FragLimits) -> bool {
        self.uncut() >= limits.max_transactions
            || self.bytes >= limits.max_bytes
            || self.run.gas_used().saturating_sub(self.gas_at_cut) >= limits.max_gas
    }

    /// Whether a transaction still fits what one block may bring to L1: at most `max_bytes`, and as many transactions as a batch
    /// may hold. What does not fit could be promised and never posted.
    pub fn can_be_posted_with(&self, tx: &PreparedTx, max_bytes: usize) -> bool {
        self.transactions.len() < op::channel::MAX_TRANSACTIONS
            && self.data_bytes.saturating_add(posted_bytes(tx)) <= max_bytes
    }

    /// Whether the timer, if there is one, allows a cut.
    pub fn interval_is_over(&self, limits: &FragLimits) -> bool {
        self.last_cut.elapsed() >= limits.interval
    }

    /// When the timer allows the next cut.
    pub fn next_cut_at(&self, limits: &FragLimits) -> Instant {
        self.last_cut + limits.interval
    }

    /// Under rule 1: whether a transaction with this tip (wei per gas) may follow in this frag.
    pub fn order_allows(&self, tip_wei: u128) -> bool {
        self.ordering_rule == OrderingRule::Arrival || tip_wei <= self.last_tip_wei
    }

    /// Under rule 1: whether this sender has no transaction in this frag yet.
    pub fn sender_is_free(&self, sender: &Address) -> bool {
        self.ordering_rule == OrderingRule::Arrival || !self.senders.contains(sender)
    }

    /// Takes in an executed transaction.
    pub fn push(
        &mut self,
        tx: Arc<PreparedTx>,
        executed: Executed,
        coverage_wei: u128,
        tip_wei: Option<u128>,
        received: Option<Instant>,
    ) {
        self.changes.extend(self.run.take_system_changes());
        let promised = PromisedTx::new(tx, &executed, coverage_wei, received);
        self.bytes = self.bytes.saturating_add(promised.tx.raw().len());
        if !promised.tx.is_deposit() {
            self.data_bytes = self.data_bytes.saturating_add(posted_bytes(&promised.tx));
        }
        if self.ordering_rule == OrderingRule::PriorityFee
            && let Some(tip_wei) = tip_wei
        {
            self.senders.insert(promised.leaf.sender);
            self.last_tip_wei = tip_wei;
        }
        self.changes.push(executed.changes);
        self.transactions.push(Arc::new(promised));
    }

    /// Cuts what is executed; `None` when nothing is.
    pub fn cut(&mut self, book: &CoverageBook) -> Option<Cut> {
        if self.uncut() == 0 {
            return None;
        }
        self.changes.extend(self.run.take_system_changes());
        let transactions = self.transactions.get(self.cut..)?.to_vec();
        self.cut = self.transactions.len();
        self.bytes = 0;
        self.gas_at_cut = self.run.gas_used();
        self.last_cut = Instant::now();
        self.senders.clear();
        self.last_tip_wei = u128::MAX;
        Some(Cut {
            start: self.start.clone(),
            transactions,
            changes: std::mem::take(&mut self.changes),
            gas_used: self.run.gas_used(),
            window_coverage_wei: book.running_wei(),
            env_hash: self.env_hash,
            ordering_rule: self.ordering_rule,
            cut_at: self.last_cut,
        })
    }

    /// Closes the block for good: the state after it, and what the sealer needs.
    pub fn finish(self) -> (WorkingState, ClosedBlock) {
        let gas_used = self.run.gas_used();
        let (state, diff) = self.run.finish();
        let block = ClosedBlock {
            start: self.start,
            transactions: self.transactions,
            diff,
            gas_used,
            ends_turn: false,
        };
        (state, block)
    }

    /// Closes the block and opens the next one in its place. Everything executed must be cut and
    /// the parent's hash known.
    pub fn turn(&mut self, start: BlockStart) -> Result<ClosedBlock, StateError> {
        let gas_used = self.run.gas_used();
        let diff = self.run.turn(start.opening.clone())?;
        self.env_hash = start.opening.env.eip712_hash_struct();
        self.gas_at_cut = 0;
        self.cut = 0;
        self.data_bytes = 0;
        Ok(ClosedBlock {
            start: std::mem::replace(&mut self.start, Arc::new(start)),
            transactions: std::mem::take(&mut self.transactions),
            diff,
            gas_used,
            ends_turn: false,
        })
    }
}

/// An open block on its way to the thread that will go on with it.
#[derive(Debug)]
pub struct PausedOpenBlock {
    run: PausedBlock,
    start: Arc<BlockStart>,
    ordering_rule: OrderingRule,
    promised: Vec<Arc<PromisedTx>>,
}

impl PausedOpenBlock {
    /// Its height.
    pub fn number(&self) -> u64 {
        self.start.opening.number
    }

    /// Goes on with it, on this thread.
    pub fn resume(self) -> OpenBlock {
        OpenBlock::new(
            self.run.resume(),
            self.start,
            self.ordering_rule,
            self.promised,
        )
    }
}

impl OpenBlock {
    /// Takes the block off this thread. Everything executed must be cut.
    pub fn pause(self) -> PausedOpenBlock {
        PausedOpenBlock {
            run: self.run.pause(),
            start: self.start,
            ordering_rule: self.ordering_rule,
            promised: self.transactions,
        }
    }
}
