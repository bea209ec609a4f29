use super::{RecoveryError, chain_file::load_or_create, replay::Replay};
use crate::{
    l1::{DevL1, L1Source},
    log::{Log, LogConfig, LogWriter, Position as LogPosition},
    signer::{GuardFile, ReplaySigner, Signer},
};
use alloy_primitives::{Address, B256};
use alloy_sol_types::SolStruct;
use forebond_exec::{BlockRecord, StateTrie, Store, StoreOptions, WorkingState};
use forebond_ledger::{
    PausedOpenBlock, SealedHeader, Sealer, accounts,
    board::Publisher,
    chain::{SealedBlock, decode_body},
    dev_domain, genesis_block,
    journal::encode_base,
    promise::SignedBase,
};
use forebond_protocol::{BlockClock, Guard, GuardRecord, OrderingRule, Position, Turn};
use forebond_rollup::op::{ChainConfig, Genesis};
use forebond_types::{Base, Grade};
use std::{collections::VecDeque, path::PathBuf, sync::Arc};

/// `--dev` is one endless window.
const ENDLESS_WINDOW: u64 = u64::MAX;

/// Where and how to recover.
#[derive(Debug)]
pub struct RecoverySettings {
    /// Data directory.
    pub data_dir: PathBuf,
    /// Where the guard's record lives, outside the data directory.
    pub guard_dir: PathBuf,
    /// Constants of a new chain; an existing one must agree with them.
    pub chain: ChainConfig,
    /// Size of the log's segments, bytes.
    pub segment_bytes: u32,
    /// Settings of the store.
    pub store: StoreOptions,
    /// Cached accounts and slots.
    pub cache_entries: usize,
    /// The declared order of new blocks.
    pub ordering_rule: OrderingRule,
    /// Committer key.
    pub key: secp256k1::SecretKey,
    /// Its address.
    pub committer: Address,
}

/// Everything the gateway's threads start from.
#[derive(Debug)]
pub struct Recovered {
    /// Constants of the chain.
    pub config: ChainConfig,
    /// When blocks open and close.
    pub block_clock: BlockClock,
    /// The development L1.
    pub l1: DevL1,
    /// Block 0.
    pub genesis: Arc<SealedBlock>,
    /// The store.
    pub store: Arc<Store>,
    /// The sealer on top of the newest sealed block.
    pub sealer: Sealer,
    /// The turn.
    pub turn: Turn,
    /// The signed base.
    pub base: Arc<SignedBase>,
    /// The log's writer.
    pub log: LogWriter,
    /// The key behind its guard.
    pub signer: Signer,
    /// The board's writer.
    pub publisher: Publisher,
    /// Block of the newest frag.
    pub newest_block: u64,
    /// Where the log's first record of each block above the store's head lies.
    pub first_records: VecDeque<(u64, LogPosition)>,
    /// The open block.
    pub open: PausedOpenBlock,
    /// Blocks that are closed and whose seal the log does not hold yet.
    pub unsealed: Vec<SealedHeader>,
    /// Records of the log that were executed again.
    pub replayed_records: u64,
    /// Bytes of a torn tail that were cut from the log.
    pub cut_bytes: u32,
}

/// Brings the gateway back from its data directory, or creates a new chain in it. `progress` is
/// told what is done of how much, by name.
pub fn recover(
    settings: RecoverySettings,
    progress: &mut dyn FnMut(&'static str, u64, u64),
) -> Result<Recovered, RecoveryError> {
    let file = load_or_create(&settings.data_dir, &settings.chain)?;
    let config = file.chain;
    let block_clock = BlockClock::new(config.genesis_s, config.block_time_s)?;
    let mut l1 = DevL1::new(file.seed, config.genesis_s, config.gas_limit);
    let genesis_state = Genesis {
        config: config.clone(),
        ..Genesis::dev(config.genesis_s, config.block_time_s)
    };
    let genesis = Arc::new(genesis_block(&genesis_state, l1.first_origin()));
    let domain = dev_domain(genesis.hash);

    let store = Arc::new(open_store(&settings, &genesis_state, &genesis)?);
    let head = store.head()?;
    let snapshot = Arc::new(store.snapshot()?);
    progress("rebuilding the state trie", 0, 1);
    let mut trie = StateTrie::build(snapshot.as_ref(), 2)?;
    if trie.root() != head.state_root {
        return Err(RecoveryError::Mixed(format!(
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
            .ok_or_else(|| RecoveryError::Mixed(format!("block {} is missing", head.number)))?;
        Arc::new(decode_body(&body, domain)?)
    };

    let resume_at = (head.number > 0).then(|| LogPosition::from_u64(head.log_position));
    let log_config = LogConfig {
        identity: domain.separator(),
        segment_bytes: settings.segment_bytes,
    };
    let opened = Log::open(
        &settings.data_dir.join("log"),
        log_config,
        resume_at,
        &mut |scan| {
            progress(
                "checking the promise log",
                scan.done_bytes,
                scan.total_bytes,
            );
        },
    )?;
    let cut_bytes = opened.report.cut.as_ref().map_or(0, |cut| cut.bytes);

    let (guard_file, kept) =
        GuardFile::open(&settings.guard_dir, settings.committer, domain.separator())?;
    let guard = Guard::resume(signed_so_far(&latest));
    let signer = Signer::new(settings.key, settings.committer, domain, guard, guard_file);
    let state = WorkingState::new(snapshot.clone(), head.number, settings.cache_entries);
    let sealer = Sealer::new(trie, latest.hash);
    let mut replay = Replay {
        config: config.clone(),
        block_clock,
        l1: &mut l1,
        ordering_rule: settings.ordering_rule,
        store: store.clone(),
        turn: resumed_turn(&latest, block_clock),
        base: latest.base().cloned(),
        signer: ReplaySigner::new(signer, kept),
        publisher: Publisher::new(latest.clone(), snapshot, sealer.proofs().clone()),
        sealer,
        stored_block: head.number,
        latest,
        state: Some(state),
        open: None,
        seal: None,
        unsealed: VecDeque::new(),
        first_records: VecDeque::new(),
        records: 0,
    };
    let from = resume_at.unwrap_or(opened.report.first);
    let end = opened.report.end.to_u64();
    for record in opened.reader.iter(from)? {
        let record = record?;
        progress(
            "replaying promises",
            record.position.to_u64().saturating_sub(from.to_u64()),
            end.saturating_sub(from.to_u64()),
        );
        replay.record(&record)?;
    }
    let mut log = opened.writer;
    if replay.turn.is_none() {
        let base = first_base(genesis.hash);
        let (kind, payload) = encode_base(&base);
        log.append(kind, &[&payload])?;
        // Nothing of this key's may be known to the guard for a chain that is just born.
        replay.open_turn(base)?;
        log.commit()?;
    }
    replay
        .finish(RestOfRecovered {
            genesis,
            log,
            cut_bytes,
        })
        .map(|parts| Recovered {
            config,
            block_clock,
            l1,
            ..parts
        })
}

/// What [`Replay::finish`] only passes on.
#[derive(Debug)]
pub(super) struct RestOfRecovered {
    pub(super) genesis: Arc<SealedBlock>,
    pub(super) log: LogWriter,
    pub(super) cut_bytes: u32,
}

fn open_store(
    settings: &RecoverySettings,
    genesis_state: &Genesis,
    genesis: &SealedBlock,
) -> Result<Store, RecoveryError> {
    let dir = settings.data_dir.join("state");
    if let Some(store) = Store::open(&dir, &settings.store)? {
        if store.identity() != genesis.hash {
            return Err(RecoveryError::Mixed(format!(
                "the state database is of the chain with genesis {}, chain.json gives {}",
                store.identity(),
                genesis.hash
            )));
        }
        return Ok(store);
    }
    let record = BlockRecord {
        number: 0,
        hash: genesis.hash,
        state_root: genesis.header.state_root,
        body: Default::default(),
        tx_hashes: Vec::new(),
        log_position: 0,
    };
    Ok(Store::create(
        &dir,
        accounts(genesis_state),
        &record,
        genesis.hash,
        &settings.store,
    )?)
}

fn first_base(genesis_hash: B256) -> Base {
    Base {
        window: ENDLESS_WINDOW,
        attempt: 0,
        parentBlock: 0,
        parentBlockHash: genesis_hash,
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    }
}

/// The positions a stored block proves to be signed.
fn signed_so_far(latest: &SealedBlock) -> GuardRecord {
    let frag = latest
        .frags()
        .last()
        .map(|frag| (frag.frag.sequence, frag.hash));
    GuardRecord {
        base: latest
            .base()
            .map(|b| (b.base.window, b.base.attempt, b.hash)),
        frag,
        seal: latest
            .seal
            .as_ref()
            .map(|(seal, _)| (seal.blockNumber, seal.eip712_hash_struct())),
    }
}

fn resumed_turn(latest: &SealedBlock, clock: BlockClock) -> Option<Turn> {
    let last = latest.frags().last()?;
    Some(Turn::resume(last.base.base.clone(), clock, &last.frag))
}

/// The grade of a base under `--dev`: its parent is the genesis block.
pub(super) const fn dev_grade(_base: &Base) -> Grade {
    Grade::Posted
}

pub(super) const fn base_position(base: &Base) -> Position {
    Position::Base {
        window: base.window,
        attempt: base.attempt,
    }
}
