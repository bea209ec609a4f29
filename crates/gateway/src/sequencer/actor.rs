use super::{AdmissionLimits, PoolQuestion, Refused, SequencerInput, Submission, next_start};
use crate::{
    l1::L1Source,
    metrics::StageMetrics,
    pool::{Departed, Departure, Pool, PoolEntry, Pooled, Refusal, SenderState, Wait},
    scribe::ScribeInput,
};
use alloy_primitives::{B256, Bytes, U256, map::HashSet};
use crossbeam_channel::{Receiver, Sender};
use forebond_exec::{ExecuteError, Executed, PreparedTx, StateError, WorkingState};
use forebond_ledger::{
    ClosedBlock, FragLimits, OpenBlock,
    board::{Board, Outcome},
};
use forebond_protocol::{BlockClock, BlockRange, CoverageBook, FeeSchedule};
use forebond_rollup::op::{self, ChainConfig};
use forebond_runtime::Clock;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Inputs taken in before execution goes on.
const MAX_DRAIN: usize = 256;
/// Transactions executed before inputs are looked at again.
const MAX_STRIDE: usize = 64;

/// Everything the sequencer starts from.
#[derive(Debug)]
pub struct SequencerParts {
    /// Constants of the chain.
    pub config: ChainConfig,
    /// When blocks open and close.
    pub block_clock: BlockClock,
    /// What a block's transactions may take on L1 at most, bytes.
    pub max_block_data_bytes: usize,
    /// The blocks of the turn. Earlier ones are made up for, without users (R1); behind the last one the turn ends.
    pub blocks: BlockRange,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Size of frags.
    pub frag_limits: FragLimits,
    /// Size of transactions.
    pub admission: AdmissionLimits,
    /// The quote.
    pub fees: FeeSchedule,
    /// Most transactions the pool holds, for its fullness.
    pub pool_capacity: usize,
    /// The pool.
    pub pool: Pool<Pooled>,
    /// Coverage so far.
    pub book: CoverageBook,
    /// Waiters to tell about transactions that left.
    pub board: Arc<Board>,
    /// Towards the scribe.
    pub scribe: Sender<ScribeInput>,
    /// Towards the sealer.
    pub sealer: Sender<ClosedBlock>,
    /// From the other threads.
    pub control: Receiver<SequencerInput>,
    /// From the RPC.
    pub submissions: Receiver<Submission>,
    /// Figures.
    pub metrics: Arc<StageMetrics>,
}

/// Why the sequencer stops. Every case ends the gateway.
#[derive(Debug, thiserror::Error)]
pub enum SequencerError {
    /// State cannot be read.
    #[error(transparent)]
    State(#[from] StateError),
    /// A deposit does not execute, which the rules exclude.
    #[error("a deposit of block {block} did not execute: {reason}")]
    Deposit {
        /// The block.
        block: u64,
        /// Why.
        reason: String,
    },
    /// Another thread ended.
    #[error("the {0} has stopped")]
    Peer(&'static str),
}

/// The sequencer's state between two steps.
pub struct Sequencer {
    parts: SequencerParts,
    l1: Box<dyn L1Source>,
    block: OpenBlock,
    log_ready: bool,
    /// Hashes executed in this and in the previous block: "already known" is a success.
    executed: [HashSet<B256>; 2],
    departed: Vec<Departed<Pooled>>,
    stopping: bool,
    /// The open block is closed at once, and is the last one.
    ending: bool,
}

/// How sequencing ends.
#[allow(clippy::large_enum_variant, reason = "there is one of it a turn")]
#[derive(Debug)]
pub enum SequencerEnd {
    /// The turn is over.
    Turn {
        /// The state after its last block.
        state: WorkingState,
        /// Raw transactions that waited and were not promised; the next gateway should have them.
        left: Vec<Bytes>,
    },
    /// The process ends in the middle of a block.
    Stopped,
}

/// Transactions that are passed on when a turn ends, at most.
const MAX_LEFT: usize = 10_000;

/// How the main loop goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stride {
    /// More could be executed at once.
    Busy,
    /// Nothing to execute until something comes in.
    Idle,
}

impl Sequencer {
    /// Starts with `block` open.
    pub fn new(mut parts: SequencerParts, l1: Box<dyn L1Source>, block: OpenBlock) -> Self {
        parts
            .pool
            .set_base_fee(u128::from(block.start.opening.env.baseFee));
        Self {
            parts,
            l1,
            block,
            log_ready: true,
            executed: Default::default(),
            departed: Vec::new(),
            stopping: false,
            ending: false,
        }
    }

    /// Runs until the turn is over or it is told to stop.
    pub fn run(mut self) -> Result<SequencerEnd, SequencerError> {
        if self.block.run.transactions() == 0 {
            self.execute_deposits()?;
        }
        while !self.stopping {
            self.drain()?;
            let stride = self.execute_ready()?;
            self.cut_if_ready()?;
            if self.block_is_over() {
                if self.block.number() >= self.parts.blocks.last {
                    return self.end_turn();
                }
                self.turn_block()?;
                continue;
            }
            if stride == Stride::Idle {
                self.wait()?;
            }
        }
        // What is executed is published before the end; the block goes on after the restart.
        self.cut()?;
        Ok(SequencerEnd::Stopped)
    }

    fn block_is_over(&self) -> bool {
        let number = self.block.number();
        self.ending
            || number < self.parts.blocks.first
            || self.parts.clock.now_ms() >= self.parts.block_clock.closes_at_ms(number)
    }

    /// Closes the turn's last block and collects what it leaves to the next gateway.
    fn end_turn(mut self) -> Result<SequencerEnd, SequencerError> {
        self.cut()?;
        self.wait_for_parent()?;
        let mut left = Vec::new();
        while left.len() < MAX_LEFT
            && let Some(entry) = self.parts.pool.next()
        {
            left.push(entry.tx.raw().clone());
            let next = entry.nonce().saturating_add(1);
            self.parts.pool.executed(&entry, next, &mut self.departed);
        }
        self.departed.clear();
        let (state, mut closed) = self.block.finish();
        closed.ends_turn = true;
        self.parts
            .sealer
            .send(closed)
            .map_err(|_| SequencerError::Peer("sealer"))?;
        // Last of all: behind this nobody finds anybody at the door, and comes again.
        for submission in self.parts.submissions.try_iter() {
            if left.len() < MAX_LEFT {
                left.push(submission.entry.tx.raw().clone());
            }
            if let Some(verdict) = submission.verdict {
                let _ = verdict.send(Ok(()));
            }
        }
        Ok(SequencerEnd::Turn { state, left })
    }

    /// Sleeps until an input comes, the block's time is over or a timed cut is due.
    fn wait(&mut self) -> Result<(), SequencerError> {
        let closes_at = self.parts.block_clock.closes_at_ms(self.block.number());
        let left_ms = closes_at.saturating_sub(self.parts.clock.now_ms());
        let mut timeout = Duration::from_millis(left_ms.clamp(1, 1000));
        if self.block.uncut() > 0 && self.log_ready {
            let due = self.block.next_cut_at(&self.parts.frag_limits);
            timeout = timeout.min(due.saturating_duration_since(Instant::now()));
        }
        crossbeam_channel::select! {
            recv(self.parts.control) -> input => {
                let input = input.map_err(|_| SequencerError::Peer("scribe"))?;
                self.control(input)
            }
            recv(self.parts.submissions) -> submission => {
                if let Ok(submission) = submission {
                    self.submit(submission);
                }
                Ok(())
            }
            default(timeout) => Ok(()),
        }
    }

    /// Takes in what is waiting, without blocking.
    fn drain(&mut self) -> Result<(), SequencerError> {
        while let Ok(input) = self.parts.control.try_recv() {
            self.control(input)?;
        }
        for _ in 0..MAX_DRAIN {
            let Ok(submission) = self.parts.submissions.try_recv() else {
                break;
            };
            self.submit(submission);
        }
        Ok(())
    }

    fn control(&mut self, input: SequencerInput) -> Result<(), SequencerError> {
        match input {
            SequencerInput::LogReady => self.log_ready = true,
            SequencerInput::ParentSealed { number, hash } => {
                if number.saturating_add(1) == self.block.number() {
                    self.block.run.parent_sealed(hash)?;
                    self.parts.pool.unpark(Wait::Seal);
                }
            }
            SequencerInput::Stored(snapshot) => {
                let number = snapshot.head().number;
                self.block.run.state().rebase(snapshot, number);
            }
            SequencerInput::Ask(question) => self.answer(question)?,
            SequencerInput::Stop => self.stopping = true,
            SequencerInput::EndTurn => {
                self.ending = true;
                self.parts.blocks.last = self.block.number();
            }
        }
        Ok(())
    }

    fn answer(&mut self, question: PoolQuestion) -> Result<(), SequencerError> {
        // Whoever asked may have gone away: then nobody hears the answer.
        match question {
            PoolQuestion::NextNonce(address, reply) => {
                let nonce = self
                    .block
                    .run
                    .state()
                    .account(address)?
                    .map_or(0, |a| a.nonce);
                let _ = reply.send(self.parts.pool.pending_nonce(&address, nonce));
            }
            PoolQuestion::Transaction(hash, reply) => {
                let _ = reply.send(self.parts.pool.get(&hash).map(|entry| entry.tx.clone()));
            }
            PoolQuestion::Status(reply) => {
                let _ = reply.send((self.parts.pool.status(), self.quote_wei()));
            }
        }
        Ok(())
    }

    fn quote_wei(&self) -> u128 {
        let fullness = self.parts.pool.len().saturating_mul(1000) / self.parts.pool_capacity.max(1);
        self.parts
            .fees
            .quote_wei_per_gas(u32::try_from(fullness).unwrap_or(1000))
    }

    fn submit(&mut self, submission: Submission) {
        let Submission { entry, verdict } = submission;
        let (received, hash) = (entry.received, entry.hash());
        let result = self.admit(entry);
        match &result {
            Ok(()) => {
                self.parts.metrics.admitted.inc();
                self.parts
                    .metrics
                    .socket_to_admitted
                    .observe(received.elapsed().as_secs_f64());
            }
            Err(refused) => {
                let reason: &str = match refused {
                    Refused::Pool(Refusal::NonceTooLow { .. }) => "nonce_too_low",
                    Refused::Pool(Refusal::PoolFull { .. } | Refusal::SenderFull { .. }) => {
                        "pool_full"
                    }
                    Refused::Pool(Refusal::InsufficientFunds { .. }) | Refused::Funds { .. } => {
                        "funds"
                    }
                    Refused::TipTooLow { .. } => "tip_too_low",
                    _ => "other",
                };
                self.parts
                    .metrics
                    .refused
                    .with_label_values(&[reason])
                    .inc();
            }
        }
        match (verdict, result) {
            // Whoever asked may have gone away: then nobody hears the verdict.
            (Some(verdict), result) => drop(verdict.send(result)),
            (None, Ok(())) => {}
            (None, Err(refused)) => {
                let base_fee_wei = self.block.start.opening.env.baseFee;
                let refused = refused.into_submit_error(base_fee_wei, self.parts.config.gas_limit);
                self.parts
                    .board
                    .waiters()
                    .resolve(hash, || Outcome::Refused(refused.clone()));
            }
        }
        self.tell_departed();
    }

    fn admit(&mut self, entry: Pooled) -> Result<(), Refused> {
        let hash = entry.hash();
        if self.executed.iter().any(|set| set.contains(&hash)) {
            return Ok(());
        }
        let limit = self
            .parts
            .admission
            .max_transaction_gas
            .min(self.parts.config.gas_limit);
        if entry.gas_limit() > limit {
            return Err(Refused::GasLimit {
                max: limit,
                got: entry.gas_limit(),
            });
        }
        let base_fee = self.parts.pool.base_fee_wei();
        let quote_wei = self.quote_wei();
        let tip_wei = entry.effective_tip_wei(base_fee).unwrap_or(0).max(
            // A fee cap under the base fee is held until the base fee falls; what counts then is
            // the tip it offers.
            if entry.max_fee_per_gas() < base_fee {
                entry.max_priority_fee_per_gas()
            } else {
                0
            },
        );
        if tip_wei < quote_wei {
            return Err(Refused::TipTooLow { quote_wei, tip_wei });
        }
        let account = self
            .block
            .run
            .state()
            .account(entry.sender())
            .map_err(|_| Refused::State)?;
        let have_wei = account.map_or(U256::ZERO, |a| a.balance);
        let want_wei = entry
            .max_cost_wei()
            .saturating_add(self.block.run.l1_fee(&entry.tx));
        if have_wei < want_wei {
            return Err(Refused::Funds { have_wei, want_wei });
        }
        let state = SenderState {
            nonce: account.map_or(0, |a| a.nonce),
            balance_wei: have_wei,
        };
        match self.parts.pool.admit(entry, state, &mut self.departed) {
            Ok(_) | Err(Refusal::AlreadyKnown) => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Tells whoever waits for a transaction that it left the pool.
    fn tell_departed(&mut self) {
        for Departed { tx, why } in self.departed.drain(..) {
            let text = match why {
                Departure::Replaced { by } => format!("the transaction was replaced by {by}"),
                Departure::Evicted => "the transaction was evicted from the full pool; send it again with a higher tip".into(),
                Departure::Overtaken => "the account's nonce has passed the transaction: it can never execute".into(),
            };
            self.parts
                .board
                .waiters()
                .resolve(tx.hash(), || Outcome::Gone(text.clone()));
        }
    }

    /// Executes what the pool hands out, until it is empty, the frag is full or inputs should be
    /// looked at again.
    fn execute_ready(&mut self) -> Result<Stride, SequencerError> {
        for _ in 0..MAX_STRIDE {
            if self.block.frag_is_full(&self.parts.frag_limits)
                || self.block.number() < self.parts.blocks.first
            {
                return Ok(Stride::Idle);
            }
            let Some(entry) = self.parts.pool.next() else {
                return Ok(Stride::Idle);
            };
            let tip_wei = entry
                .effective_tip_wei(u128::from(self.block.start.opening.env.baseFee))
                .unwrap_or(0);
            let max_bytes = self.parts.max_block_data_bytes;
            if !self.block.can_be_posted_with(&entry.tx, max_bytes) {
                self.parts.pool.returned(&entry);
                return Ok(Stride::Idle);
            }
            if !self.block.sender_is_free(&entry.sender()) {
                self.parts.pool.park(&entry, Wait::Frag);
                continue;
            }
            if !self.block.order_allows(tip_wei) {
                // It pays more than what stands before it: it comes first in the next frag.
                self.parts.pool.returned(&entry);
                return Ok(Stride::Idle);
            }
            let started = Instant::now();
            match self.block.run.execute(&entry.tx) {
                Ok(executed) => {
                    self.take(&entry, executed, tip_wei)?;
                    self.parts
                        .metrics
                        .execute
                        .observe(started.elapsed().as_secs_f64());
                }
                Err(ExecuteError::ParentHashPending) => {
                    self.parts.pool.park(&entry, Wait::Seal);
                }
                Err(ExecuteError::BlockFull { left, limit }) if self.block.is_without_users() => {
                    // Not even an empty block has room for it: it would stop everybody for ever.
                    let reason =
                        format!("the gas limit {limit} exceeds the {left} gas of an empty block");
                    self.drop_entry(&entry, reason)?;
                }
                Err(ExecuteError::BlockFull { .. }) => {
                    self.parts.pool.returned(&entry);
                    return Ok(Stride::Idle);
                }
                Err(ExecuteError::Refused(reason)) => self.drop_entry(&entry, reason.0)?,
                Err(ExecuteError::State(error)) => return Err(error.into()),
            }
        }
        Ok(Stride::Busy)
    }

    fn take(
        &mut self,
        entry: &Pooled,
        executed: Executed,
        tip_wei: u128,
    ) -> Result<(), SequencerError> {
        let coverage_wei = self.parts.book.cover(executed.fee_wei());
        let mut sender_nonce = entry.nonce().saturating_add(1);
        let mut moved = Vec::new();
        for (address, (before, after)) in &executed.changes.accounts {
            let nonce = after.map_or(0, |a| a.nonce);
            if *address == entry.sender() {
                sender_nonce = nonce;
            } else if before.map_or(0, |b| b.nonce) != nonce {
                moved.push((*address, nonce));
            }
        }
        self.executed[0].insert(entry.hash());
        self.block.push(
            entry.tx.clone(),
            executed,
            coverage_wei,
            Some(tip_wei),
            Some(entry.received),
        );
        self.parts
            .pool
            .executed(entry, sender_nonce, &mut self.departed);
        for (address, nonce) in moved {
            self.parts
                .pool
                .account_moved(address, nonce, &mut self.departed);
        }
        self.tell_departed();
        Ok(())
    }

    /// The rules refuse a pooled transaction in the state it met.
    fn drop_entry(&mut self, entry: &Pooled, reason: String) -> Result<(), SequencerError> {
        self.parts.pool.dropped(entry);
        let account = self.block.run.state().account(entry.sender())?;
        self.parts.pool.account_moved(
            entry.sender(),
            account.map_or(0, |a| a.nonce),
            &mut self.departed,
        );
        self.parts
            .metrics
            .refused
            .with_label_values(&["at_execution"])
            .inc();
        self.parts
            .board
            .waiters()
            .resolve(entry.hash(), || Outcome::Gone(reason.clone()));
        self.tell_departed();
        Ok(())
    }

    /// Cuts a frag when the log is ready for one and there is something to cut.
    fn cut_if_ready(&mut self) -> Result<(), SequencerError> {
        let limits = &self.parts.frag_limits;
        let due = self.block.interval_is_over(limits) || self.block.frag_is_full(limits);
        if self.log_ready && due {
            self.cut()
        } else {
            Ok(())
        }
    }

    fn cut(&mut self) -> Result<(), SequencerError> {
        if let Some(cut) = self.block.cut(&self.parts.book) {
            self.log_ready = false;
            self.parts.pool.unpark(Wait::Frag);
            self.parts
                .scribe
                .send(ScribeInput::Cut(cut))
                .map_err(|_| SequencerError::Peer("scribe"))?;
        }
        Ok(())
    }

    /// Closes the open block and opens the next one.
    fn turn_block(&mut self) -> Result<(), SequencerError> {
        self.cut()?;
        // The parent's hash is written into the history contract by this block, so it must be
        // there before the block's changes are complete.
        self.wait_for_parent()?;
        let parts = &self.parts;
        let gas_used = self.block.run.gas_used();
        let start = next_start(
            &parts.config,
            &parts.block_clock,
            self.l1.as_mut(),
            &self.block.start,
            gas_used,
        );
        let closed = self.block.turn(start)?;
        self.parts
            .sealer
            .send(closed)
            .map_err(|_| SequencerError::Peer("sealer"))?;
        self.executed.swap(0, 1);
        self.executed[0].clear();
        let env = &self.block.start.opening.env;
        self.parts.pool.set_base_fee(u128::from(env.baseFee));
        let metrics = &self.parts.metrics;
        metrics
            .open_block
            .set(i64::try_from(self.block.number()).unwrap_or(i64::MAX));
        metrics
            .pool_transactions
            .set(i64::try_from(self.parts.pool.len()).unwrap_or(i64::MAX));
        metrics
            .pool_bytes
            .set(i64::try_from(self.parts.pool.bytes()).unwrap_or(i64::MAX));
        let left = self.parts.book.left_wei() / 1_000_000_000;
        metrics
            .coverage_left_gwei
            .set(i64::try_from(left).unwrap_or(i64::MAX));
        self.execute_deposits()
    }

    fn wait_for_parent(&mut self) -> Result<(), SequencerError> {
        while self.block.run.waits_for_parent() {
            let input = self
                .parts
                .control
                .recv()
                .map_err(|_| SequencerError::Peer("sealer"))?;
            self.control(input)?;
        }
        Ok(())
    }

    /// Executes what the rules put first in the block and cuts it as the block's first frag: the
    /// L1 attributes and the deposits of a new origin (R23).
    fn execute_deposits(&mut self) -> Result<(), SequencerError> {
        let start = self.block.start.clone();
        let attributes =
            op::attributes_deposit(&self.parts.config, &start.origin, start.origin_sequence);
        let mut deposits = vec![PreparedTx::deposit(attributes)];
        if start.origin_sequence == 0 {
            deposits.extend(
                self.l1
                    .deposits(&start.origin)
                    .into_iter()
                    .map(PreparedTx::deposit),
            );
        }
        for deposit in deposits {
            let deposit = Arc::new(deposit);
            let executed = match self.block.run.execute(&deposit) {
                Err(ExecuteError::ParentHashPending) => {
                    // Nothing may overtake a deposit: the block begins when the parent is sealed.
                    self.wait_for_parent()?;
                    self.block.run.execute(&deposit)
                }
                other => other,
            };
            let executed = executed.map_err(|error| SequencerError::Deposit {
                block: start.opening.number,
                reason: error.to_string(),
            })?;
            let mut moved = Vec::new();
            for (address, (_, after)) in &executed.changes.accounts {
                moved.push((*address, after.map_or(0, |a| a.nonce)));
            }
            self.block.push(deposit, executed, 0, None, None);
            for (address, nonce) in moved {
                self.parts
                    .pool
                    .account_moved(address, nonce, &mut self.departed);
            }
        }
        self.tell_departed();
        self.cut()
    }
}

impl std::fmt::Debug for Sequencer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sequencer")
            .field("block", &self.block.number())
            .finish_non_exhaustive()
    }
}
