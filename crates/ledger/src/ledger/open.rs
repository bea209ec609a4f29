use super::{Ledger, LedgerError, Work, archive::Archive};
use crate::{
    Sealer, accounts,
    board::Publisher,
    chain::{SealedBlock, decode_body},
    genesis_block,
};
use forebond_exec::{BlockRecord, StateTrie, Store, StoreOptions, WorkingState};
use forebond_protocol::BlockClock;
use forebond_rollup::op::{Genesis, L1Origin};
use forebond_types::Domain;
use std::{collections::VecDeque, path::PathBuf, sync::Arc};

/// Where a ledger lies and what chain it is of.
#[derive(Clone, Debug)]
pub struct LedgerSettings {
    /// Directory of the state database.
    pub state_dir: PathBuf,
    /// Block 0.
    pub genesis: Genesis,
    /// The L1 block that block 0 builds on.
    pub genesis_origin: L1Origin,
    /// The signature domain.
    pub domain: Domain,
    /// Settings of the database.
    pub store: StoreOptions,
    /// Cached accounts and slots.
    pub cache_entries: usize,
    /// Blocks from one durable write to the next.
    pub checkpoint_blocks: u64,
}

impl Ledger {
    /// Opens the ledger, or creates it with block 0. Reads the whole state once: `progress` is told before and after.
    pub fn open(
        settings: LedgerSettings,
        progress: &mut dyn FnMut(&'static str, u64, u64),
    ) -> Result<Self, LedgerError> {
        let config = settings.genesis.config.clone();
        let clock = BlockClock::new(config.genesis_s, config.block_time_s)?;
        let genesis = Arc::new(genesis_block(&settings.genesis, settings.genesis_origin));
        let store = Arc::new(open_store(&settings, &genesis)?);
        let head = store.head()?;
        let snapshot = Arc::new(store.snapshot()?);
        progress("rebuilding the state trie", 0, 1);
        let mut trie = StateTrie::build(snapshot.as_ref(), 2)?;
        if trie.root() != head.state_root {
            return Err(LedgerError::Mixed(format!(
                "the state in the database has root {}, block {} says {}",
                trie.root(),
                head.number,
                head.state_root
            )));
        }
        progress("rebuilding the state trie", 1, 1);
        let latest = if head.number == 0 {
            genesis.clone()
        } else {
            let body = snapshot
                .block_body(head.number)?
                .ok_or_else(|| LedgerError::Mixed(format!("block {} is missing", head.number)))?;
            Arc::new(decode_body(&body, settings.domain)?)
        };
        let state = WorkingState::new(snapshot.clone(), head.number, settings.cache_entries);
        let archive = Archive::start(store.clone())?;
        let sealer = Sealer::new(trie, latest.hash);
        sealer.proofs().look_back(&snapshot)?;
        let root = sealer.proofs().write(StateTrie::root);
        if root != head.state_root {
            return Err(LedgerError::Mixed(format!(
                "the state differences in the database lead from block {} back to a state of another root: {root}",
                head.number
            )));
        }
        let publisher = Publisher::new(latest.clone(), snapshot, sealer.proofs().clone());
        Ok(Self {
            config,
            clock,
            domain: settings.domain,
            genesis,
            store,
            archive,
            sealer,
            publisher,
            latest,
            work: Work::Idle(state),
            closed: VecDeque::new(),
            turn: None,
            cache_entries: settings.cache_entries,
            checkpoint_blocks: settings.checkpoint_blocks,
            log_position: head.log_position,
        })
    }

    /// Where in the promise log a replay of what follows the store's head starts; 0 in a new ledger.
    pub const fn log_position(&self) -> u64 {
        self.log_position
    }
}

fn open_store(settings: &LedgerSettings, genesis: &SealedBlock) -> Result<Store, LedgerError> {
    if let Some(store) = Store::open(&settings.state_dir, &settings.store)? {
        if store.identity() != genesis.hash {
            return Err(LedgerError::Mixed(format!(
                "the state database is of the chain with genesis {}, {} is asked for",
                store.identity(),
                genesis.hash
            )));
        }
        return Ok(store);
    }
    let record = BlockRecord {
        hash: genesis.hash,
        state_root: genesis.header.state_root,
        ..BlockRecord::default()
    };
    Ok(Store::create(
        &settings.state_dir,
        accounts(&settings.genesis),
        &record,
        genesis.hash,
        &settings.store,
    )?)
}
