use super::{Followed, Ledger, LedgerError, Work, archive::Archive};
use crate::{Sealer, board::Publisher, chain::SealedBlock};
use forebond_exec::{Store, WorkingState};
use forebond_rollup::op::ChainConfig;
use forebond_types::Domain;
use std::{collections::VecDeque, sync::Arc};

/// A ledger in parts, with nothing open: what the threads of a sequencing gateway take over, and give back. It can move between
/// threads.
#[derive(Debug)]
pub struct AtRest {
    /// Constants of the chain.
    pub config: ChainConfig,
    /// The signature domain.
    pub domain: Domain,
    /// Block 0.
    pub genesis: Arc<SealedBlock>,
    /// The store; its head is `latest`.
    pub store: Arc<Store>,
    /// The sealer on top of `latest`.
    pub sealer: Sealer,
    /// The board's writer.
    pub publisher: Publisher,
    /// The newest block.
    pub latest: Arc<SealedBlock>,
    /// The state after it.
    pub state: WorkingState,
    /// Cached accounts and slots.
    pub cache_entries: usize,
    /// Blocks from one durable write to the next.
    pub checkpoint_blocks: u64,
    /// Where a replay of the promise log starts.
    pub log_position: u64,
}

impl Ledger {
    /// Takes the ledger apart. What is open is closed and called sealed first.
    pub fn rest(mut self) -> Result<AtRest, LedgerError> {
        self.settle_all()?;
        self.store_all()?;
        drop(self.archive);
        let Work::Idle(state) = self.work else {
            return Err(LedgerError::OutOfOrder("the state is not at rest"));
        };
        Ok(AtRest {
            config: self.config,
            domain: self.domain,
            genesis: self.genesis,
            store: self.store,
            sealer: self.sealer,
            publisher: self.publisher,
            latest: self.latest,
            state,
            cache_entries: self.cache_entries,
            checkpoint_blocks: self.checkpoint_blocks,
            log_position: self.log_position,
        })
    }
}

impl AtRest {
    /// Puts the ledger together again.
    pub fn resume(self) -> Result<Ledger, LedgerError> {
        let clock =
            forebond_protocol::BlockClock::new(self.config.genesis_s, self.config.block_time_s)?;
        let turn: Option<Followed> = None;
        let archive = Archive::start(self.store.clone())?;
        let mut ledger = Ledger {
            config: self.config,
            clock,
            domain: self.domain,
            genesis: self.genesis,
            store: self.store,
            archive,
            sealer: self.sealer,
            publisher: self.publisher,
            latest: self.latest,
            work: Work::Idle(self.state),
            closed: VecDeque::new(),
            turn,
            cache_entries: self.cache_entries,
            checkpoint_blocks: self.checkpoint_blocks,
            log_position: self.log_position,
        };
        ledger.follow_on();
        Ok(ledger)
    }
}
