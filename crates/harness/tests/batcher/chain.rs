//! A rollup whose blocks are made up, but signed for, numbered, timed and rooted in L1 as they have to be.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use alloy_primitives::{B256, Bytes, keccak256};
use alloy_sol_types::SolStruct;
use forebond_batcher::{
    role::{Clock, SystemClock},
    source::{BlockSource, SignedBase, SourceBlock, SourceError, SourceStatus},
};
use forebond_harness::scenario::{bonds::Gateway, posting::GENESIS_HASH};
use forebond_settlement::Settlement;
use forebond_types::{Base, Domain};

/// L1's time as the scene says.
#[derive(Debug, Default)]
pub struct SceneClock {
    now_ms: AtomicU64,
    is_live: AtomicBool,
}

impl SceneClock {
    pub fn set(&self, now_ms: u64) {
        self.now_ms.store(now_ms, Ordering::SeqCst);
    }

    /// From now on the machine's.
    pub fn go_live(&self) {
        self.is_live.store(true, Ordering::SeqCst);
    }
}

impl Clock for SceneClock {
    fn now_ms(&self) -> u64 {
        if self.is_live.load(Ordering::SeqCst) {
            SystemClock.now_ms()
        } else {
            self.now_ms.load(Ordering::SeqCst)
        }
    }
}

/// The chain that all gateways agree on.
pub struct Chain {
    pub settlement: Settlement,
    pub clock: Arc<SceneClock>,
    pub gateways: Vec<Gateway>,
    /// Origin of each block, from when it was sealed.
    pub origins: Mutex<BTreeMap<u64, (u64, B256)>>,
    /// Batches that derivation holds void.
    pub void: Mutex<Vec<u32>>,
}

pub fn hash(number: u64) -> B256 {
    match number {
        0 => GENESIS_HASH,
        _ => keccak256(number.to_be_bytes()),
    }
}

impl Chain {
    /// Newest sealed block.
    pub fn newest(&self) -> u64 {
        let blocks = self.settlement.facts().turns.blocks;
        blocks.open_at(self.clock.now_ms()).saturating_sub(1)
    }

    /// Seals what is due over an L1 block.
    pub fn seal(&self, origin: (u64, B256)) {
        let mut origins = self.origins.lock().unwrap();
        for number in 1..=self.newest() {
            origins.entry(number).or_insert(origin);
        }
    }

    pub fn block(&self, number: u64) -> Option<SourceBlock> {
        let (origin_number, origin_hash) = *self.origins.lock().unwrap().get(&number)?;
        let windows = self.settlement.windows();
        let turns = self.settlement.facts().turns;
        let window = windows.schedule.of_block(&turns, number);
        Some(SourceBlock {
            number,
            hash: hash(number),
            parent_hash: hash(number - 1),
            timestamp_s: turns.blocks.timestamp_s(number),
            origin_number,
            origin_hash,
            base: window
                .and_then(|window| Some(self.base_of(window.last_slot)?.eip712_hash_struct())),
            last_frag: Some(hash(number + 1_000_000)),
            transactions: vec![Bytes::from([&[2][..], hash(number).as_slice()].concat())],
            gas_used: 42_000,
            transaction_count: 2,
        })
    }

    fn base_of(&self, window: u64) -> Option<Base> {
        let turns = self.settlement.facts().turns;
        let window = self.settlement.windows().schedule.window(window)?;
        let parent = turns.blocks_of(&window).first.saturating_sub(1);
        Some(Base {
            window: window.last_slot,
            attempt: 0,
            parentBlock: parent,
            parentBlockHash: hash(parent),
            parentFrag: B256::ZERO,
            parentSeal: B256::ZERO,
        })
    }
}

/// The chain as one gateway gives it.
pub struct Source {
    pub chain: Arc<Chain>,
    pub gateway: u32,
}

impl BlockSource for Source {
    async fn blocks(&self, from: u64, count: u64) -> Result<Vec<SourceBlock>, SourceError> {
        Ok((from..from + count)
            .map_while(|number| self.chain.block(number))
            .collect())
    }

    async fn base(&self, window: u64) -> Result<Option<SignedBase>, SourceError> {
        let Some(base) = self.chain.base_of(window) else {
            return Ok(None);
        };
        let owner = self.chain.settlement.windows().schedule.window(window);
        let signer = self
            .chain
            .gateways
            .iter()
            .find(|gateway| owner.is_some_and(|window| window.gateway == gateway.id));
        let separator = self.chain.settlement.facts().separator;
        Ok(signer.map(|gateway| SignedBase {
            signature: gateway
                .committer
                .sign(Domain::digest_of(separator, base.eip712_hash_struct())),
            base,
        }))
    }

    async fn status(&self) -> Result<SourceStatus, SourceError> {
        Ok(SourceStatus {
            gateway: Some(self.gateway),
            safe: None,
            void_batches: self.chain.void.lock().unwrap().clone(),
        })
    }
}
