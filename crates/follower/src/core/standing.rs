use super::{Follower, Heads, Judged};
use alloy_primitives::{Address, B256};
use arc_swap::ArcSwap;
use forebond_l1::execution::BlockRef;
use forebond_ledger::{promise::SignedBase, rpc::BrokenPromise};
use parking_lot::{Mutex, RwLock};
use std::{collections::BTreeMap, sync::Arc};

/// Where a follower stands.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// Safe and finalized heads.
    pub heads: Heads,
    /// The newest L1 block dealt with.
    pub l1: Option<BlockRef>,
    /// L1 blocks that wait.
    pub l1_backlog: usize,
    /// Why derivation waits, if it does.
    pub waits_for: Option<String>,
    /// Frags followed.
    pub frags: u64,
    /// Users' promises seen.
    pub promises: u64,
    /// Promises broken.
    pub broken: u64,
    /// Batches that count.
    pub batches: u64,
    /// Batches found void.
    pub void: Vec<u32>,
    /// The same, each with the L1 block that posted it.
    pub void_in: Judged,
    /// Batches that count.
    pub counted_in: Judged,
    /// Frags that wait for what comes before them.
    pub waiting: usize,
}

/// What other threads read of a follower.
#[derive(Debug, Default)]
pub struct StandingBoard {
    standing: ArcSwap<Standing>,
    bases: Mutex<BTreeMap<u64, Arc<SignedBase>>>,
    broken: Mutex<Vec<BrokenPromise>>,
    signers: RwLock<BTreeMap<B256, Address>>,
}

impl StandingBoard {
    /// Where the follower stands.
    pub fn standing(&self) -> Arc<Standing> {
        self.standing.load_full()
    }

    /// The newest base of a window that was followed or signed here.
    pub fn base(&self, window: u64) -> Option<Arc<SignedBase>> {
        self.bases.lock().get(&window).cloned()
    }

    /// Who signs under a base, given by its struct hash, if it is known here.
    pub fn signer(&self, base: &B256) -> Option<Address> {
        self.signers.read().get(base).copied()
    }

    pub(super) fn signs(&self, base: B256, signer: Address) {
        self.signers.write().insert(base, signer);
    }

    pub(super) fn keep_signers(&self, keep: impl Fn(&B256) -> bool) {
        self.signers.write().retain(|hash, _| keep(hash));
    }

    /// Broken promises, oldest first, from the one with this index on.
    pub fn broken(&self, from: usize) -> Vec<BrokenPromise> {
        self.broken.lock().iter().skip(from).cloned().collect()
    }
}

impl Follower {
    /// Tells others where it stands.
    pub(super) fn tell(&mut self) {
        let board = self.standing.clone();
        let before = board.standing();
        let now = Standing {
            heads: self.derivation.heads(),
            l1: self.origins.newest().map(|block| block.at),
            l1_backlog: self.l1_backlog(),
            waits_for: self.derivation.waits_for.clone(),
            frags: self.frags,
            promises: self.promised,
            broken: self.promises.broken_in_all(),
            batches: self.derivation.batches,
            void: self.void_batches(),
            void_in: self.derivation.void.clone(),
            counted_in: self.derivation.counted.clone(),
            waiting: self.waiting.len(),
        };
        if now.broken != before.broken {
            *board.broken.lock() = self.promises.broken().1;
        }
        let mut bases = board.bases.lock();
        if bases.len() != self.bases.len()
            || bases.last_key_value().map(|(w, _)| *w)
                != self.bases.last_key_value().map(|(w, _)| *w)
        {
            *bases = self.bases.clone();
        }
        drop(bases);
        let settled = self.settled();
        if self.reader.board.settled() != settled {
            self.reader.board.settle(settled);
        }
        board.standing.store(Arc::new(now));
    }
}
