//! The ledger at work on one thread: follows frags, derives blocks, goes back. It checks everything by executing it; whose
//! messages count, and when, is for its owner to decide.
//!
//! - `open`: from the database to a ledger
//! - `follow`: bases, frags and seals; `checks`: what a frag must say that execution does not show
//! - `derive`: blocks from L1
//! - `prepare`: bytes to transactions with senders
//! - `rewind`: taking blocks back
//! - `archive`: the thread that writes what is sealed
//! - `rest`: handing the ledger over to threads that sequence, and taking it back

mod archive;
mod checks;
mod derive;
mod error;
mod follow;
mod open;
mod prepare;
mod rest;
mod rewind;

pub use error::{DeriveError, FollowError, LedgerError};
pub use open::LedgerSettings;
pub use rest::AtRest;

use crate::{
    OpenBlock, SealedHeader, Sealer,
    board::{Board, Publisher},
    chain::SealedBlock,
    promise::{BlockStart, SignedBase},
};
use alloy_primitives::B256;
use archive::Archive;
use forebond_exec::{StateDiff, Store, StoreSnapshot, WorkingState};
use forebond_protocol::{BlockClock, Turn};
use forebond_rollup::op::{self, ChainConfig};
use forebond_types::{Domain, Seal, Signature};
use std::{collections::VecDeque, sync::Arc};

/// One process's copy of the rollup.
pub struct Ledger {
    config: ChainConfig,
    clock: BlockClock,
    domain: Domain,
    genesis: Arc<SealedBlock>,
    store: Arc<Store>,
    archive: Archive,
    sealer: Sealer,
    publisher: Publisher,
    /// The newest sealed block. The store's head, or on its way there.
    latest: Arc<SealedBlock>,
    work: Work,
    /// Closed blocks that are executed and whose seal nobody has heard yet, ascending.
    closed: VecDeque<Closed>,
    turn: Option<Followed>,
    cache_entries: usize,
    checkpoint_blocks: u64,
    /// Where in this process's promise log a replay of what follows the stored blocks starts.
    log_position: u64,
}

/// The state between blocks, or the block that is being written.
#[allow(clippy::large_enum_variant, reason = "there is one of it")]
enum Work {
    Idle(WorkingState),
    Open(OpenBlock),
    /// Only while one becomes the other.
    Moving,
}

/// The turn whose messages are followed.
struct Followed {
    turn: Turn,
    base: Arc<SignedBase>,
}

/// A block that gets no more transactions, before everybody may call it sealed.
struct Closed {
    sealed: SealedHeader,
    start: Arc<BlockStart>,
}

/// The newest block, sealed or not.
#[derive(Clone, Debug)]
pub struct Tip {
    /// How it starts.
    pub start: Arc<BlockStart>,
    /// Gas used so far.
    pub gas_used: u64,
    /// Its hash, once it is closed.
    pub hash: Option<B256>,
}

impl Ledger {
    /// Constants of the chain.
    pub const fn config(&self) -> &ChainConfig {
        &self.config
    }

    /// When blocks open and close.
    pub const fn clock(&self) -> BlockClock {
        self.clock
    }

    /// The signature domain.
    pub const fn domain(&self) -> Domain {
        self.domain
    }

    /// Block 0.
    pub const fn genesis(&self) -> &Arc<SealedBlock> {
        &self.genesis
    }

    /// What everybody may see.
    pub const fn board(&self) -> &Arc<Board> {
        self.publisher.board()
    }

    /// The newest sealed block.
    pub const fn latest(&self) -> &Arc<SealedBlock> {
        &self.latest
    }

    /// The newest block, sealed or not.
    pub fn tip(&self) -> Tip {
        if let Work::Open(open) = &self.work {
            return Tip {
                start: open.start.clone(),
                gas_used: open.run.gas_used(),
                hash: None,
            };
        }
        match self.closed.back() {
            Some(closed) => Tip {
                start: closed.start.clone(),
                gas_used: closed.sealed.header.gas_used,
                hash: Some(closed.sealed.hash),
            },
            None => Tip {
                start: self.latest.start.clone(),
                gas_used: self.latest.header.gas_used,
                hash: Some(self.latest.hash),
            },
        }
    }

    /// Hash of a closed block by number, wherever it is.
    pub fn hash_of(&self, number: u64) -> Result<Option<B256>, LedgerError> {
        if number == 0 {
            return Ok(Some(self.genesis.hash));
        }
        if let Some(closed) = self
            .closed
            .iter()
            .find(|closed| closed.sealed.header.number == number)
        {
            return Ok(Some(closed.sealed.hash));
        }
        if number == self.latest.number() {
            return Ok(Some(self.latest.hash));
        }
        if let Some(block) = self.archive.waiting(number) {
            return Ok(Some(block.hash));
        }
        Ok(self.store.snapshot()?.block_hash(number)?)
    }

    /// A sealed block by number.
    pub fn block(&self, number: u64) -> Result<Option<Arc<SealedBlock>>, LedgerError> {
        if number == 0 {
            return Ok(Some(self.genesis.clone()));
        }
        if number == self.latest.number() {
            return Ok(Some(self.latest.clone()));
        }
        if let Some(block) = self.archive.waiting(number) {
            return Ok(Some(block.clone()));
        }
        let body = self.store.snapshot()?.block_body(number)?;
        body.map(|body| Ok(Arc::new(crate::chain::decode_body(&body, self.domain)?)))
            .transpose()
    }

    /// The base whose messages are followed.
    pub fn base(&self) -> Option<&Arc<SignedBase>> {
        self.turn.as_ref().map(|followed| &followed.base)
    }

    /// The turn that is followed.
    pub fn turn(&self) -> Option<&Turn> {
        self.turn.as_ref().map(|followed| &followed.turn)
    }

    /// Where a replay of this process's promise log starts, from now on.
    pub const fn set_log_position(&mut self, log_position: u64) {
        self.log_position = log_position;
    }

    /// Makes everything sealed survive a power cut.
    pub fn sync(&mut self) -> Result<(), LedgerError> {
        let written = self.archive.sync()?;
        self.stored(written);
        Ok(())
    }

    /// Does `then` on another thread, once everything sealed would survive a power cut. If either fails, the next block that is
    /// stored tells.
    pub fn sync_then(
        &self,
        then: impl FnOnce() -> std::io::Result<()> + Send + 'static,
    ) -> Result<(), LedgerError> {
        self.archive.sync_then(Box::new(then))
    }

    /// Closes the open block, if there is one: it gets no more transactions.
    pub fn close(&mut self) -> Result<(), LedgerError> {
        let open = match std::mem::replace(&mut self.work, Work::Moving) {
            Work::Open(open) => open,
            other => {
                self.work = other;
                return Ok(());
            }
        };
        let (state, block) = open.finish();
        self.work = Work::Idle(state);
        let (header, hash) = self.sealer.seal(&block);
        self.closed.push_back(Closed {
            start: block.start,
            sealed: SealedHeader {
                header,
                hash,
                diff: block.diff,
                ends_turn: block.ends_turn,
            },
        });
        Ok(())
    }

    /// Calls the oldest closed block sealed, with the gateway's seal if it is known, and stores it.
    fn settle(&mut self, seal: Option<(Seal, Signature)>) -> Result<(), LedgerError> {
        let Some(Closed { sealed, .. }) = self.closed.pop_front() else {
            return Err(LedgerError::OutOfOrder("no closed block to settle"));
        };
        let SealedHeader {
            header, hash, diff, ..
        } = sealed;
        let block = self
            .publisher
            .sealed(header, hash, seal)
            .ok_or(LedgerError::OutOfOrder("a block sealed that was not shown"))?;
        self.store_block(block, diff)
    }

    /// Calls closed blocks up to `number` sealed, whoever has or has not sealed them.
    pub fn settle_through(&mut self, number: u64) -> Result<(), LedgerError> {
        while self
            .closed
            .front()
            .is_some_and(|closed| closed.sealed.header.number <= number)
        {
            self.settle(None)?;
        }
        Ok(())
    }

    /// Closes what is open and calls all of it sealed, whoever has or has not sealed it. The turn is followed no longer:
    /// [`Self::follow_on`] goes on with it behind its newest frag.
    pub fn settle_all(&mut self) -> Result<(), LedgerError> {
        self.close()?;
        self.turn = None;
        while !self.closed.is_empty() {
            self.settle(None)?;
        }
        Ok(())
    }

    fn store_block(&mut self, block: Arc<SealedBlock>, diff: StateDiff) -> Result<(), LedgerError> {
        let durable = block.number().is_multiple_of(self.checkpoint_blocks.max(1));
        self.latest = block.clone();
        let written = self.archive.put(block, diff, self.log_position, durable)?;
        self.stored(written);
        Ok(())
    }

    /// Waits until the store holds every sealed block.
    fn store_all(&mut self) -> Result<(), LedgerError> {
        let written = self.archive.finish()?;
        self.stored(written);
        Ok(())
    }

    /// The store has come so far: what it holds leaves memory.
    fn stored(&mut self, snapshot: Option<Arc<StoreSnapshot>>) {
        let Some(snapshot) = snapshot else {
            return;
        };
        let number = snapshot.head().number;
        self.publisher.stored(snapshot.clone());
        match &mut self.work {
            Work::Idle(state) => state.rebase(snapshot, number),
            Work::Open(open) => open.run.state().rebase(snapshot, number),
            Work::Moving => {}
        }
    }

    /// Base fee of the block after the tip, wei per gas.
    pub fn next_base_fee_wei(&self) -> u64 {
        let tip = self.tip();
        let base_fee = tip.start.opening.env.baseFee;
        op::next_base_fee(&self.config, base_fee, tip.gas_used)
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("latest", &self.latest.number())
            .field("closed", &self.closed.len())
            .finish_non_exhaustive()
    }
}
