//! What a follower decides, as plain synchronous code around a [`Ledger`]: which messages count (`heard`), what L1 says of them
//! (`derivation`), which promises were broken (`promises`). Its owner moves bytes, fetches blobs and tells the time.
//!
//! Two heads: the *safe* one follows from L1 alone, the ledger's tip is what gateways promise on top of it. Promises never take
//! back what is safe; L1 takes back what it contradicts.

mod authority;
mod derivation;
mod heard;
mod markers;
mod promises;
mod standing;
mod untrue;
mod waiting;

pub use authority::{Authority, authority};
pub use derivation::{Checkpoint, Heads, Judged};
pub use heard::Heard;
pub use standing::{Standing, StandingBoard};

use alloy_primitives::{Address, B256};
use derivation::Derivation;
use forebond_ledger::{
    Ledger, LedgerError,
    promise::{PublishedFrag, SignedBase},
    rpc::ChainReader,
};
use forebond_net::Source;
use forebond_rollup::op::derive::DeriveRules;
use forebond_settlement::{Facts, OriginBook, PostedBatch};
use forebond_types::Envelope;
use markers::Markers;
use promises::Promises;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};
use untrue::Untrue;
use waiting::Waiting;

/// Bases that are remembered.
const MAX_BASES: usize = 4_096;
/// Bases whose signer is remembered.
const MAX_SIGNERS: usize = 2 * MAX_BASES;
/// Blocks from disk whose bases are remembered at a start.
const KEPT_BASES_BLOCKS: u64 = 64;
/// Messages kept whose base or window is not known yet.
const MAX_UNKNOWN: usize = 8_192;

/// Something the owner should fetch. Asked again when it is still missing later.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// The blobs of a batch.
    Blobs(Box<PostedBatch>),
    /// Signed messages from a block on.
    Range {
        /// The first block.
        from_block: u64,
    },
    /// The base of a window whose turn has begun.
    Base {
        /// The window, by its last slot.
        window: u64,
    },
    /// The seal that ended a window's turn.
    EndSeal {
        /// The window, by its last slot.
        window: u64,
    },
}

/// Why the follower stops.
#[derive(Debug, thiserror::Error)]
pub enum FollowerError {
    /// The ledger cannot go on.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// L1 events out of order, or a reorg deeper than what is kept.
    #[error("{0}; start again: what is safe is derived from L1 once more")]
    L1(String),
}

/// A follower between two steps.
pub struct Follower {
    facts: Arc<Facts>,
    rules: DeriveRules,
    reader: Arc<ChainReader>,
    /// None while a turn of this process's own has it.
    ledger: Option<Ledger>,
    origins: OriginBook,
    derivation: Derivation,
    waiting: Waiting,
    unknown: VecDeque<Heard>,
    untrue: Untrue,
    markers: Markers,
    promises: Promises,
    /// Bases that were followed, by window.
    bases: BTreeMap<u64, Arc<SignedBase>>,
    /// Who signed a base that is waiting or followed.
    signers: BTreeMap<B256, Address>,
    /// Who signs turns of this process's own.
    own_signer: Option<Address>,
    wants: Vec<Want>,
    frags: u64,
    promised: u64,
    standing: Arc<StandingBoard>,
}

impl Follower {
    /// A follower over a ledger. `checkpoint` is how far L1 was derived when it was kept; without one everything is derived again.
    pub fn new(
        facts: Arc<Facts>,
        rules: DeriveRules,
        mut ledger: Ledger,
        origins: OriginBook,
        checkpoint: Option<Checkpoint>,
    ) -> Self {
        let reader = Arc::new(ChainReader::new(
            ledger.config().clone(),
            ledger.domain(),
            ledger.genesis().clone(),
            ledger.board().clone(),
        ));
        let derivation = Derivation::new(ledger.genesis(), checkpoint);
        ledger.follow_on();
        let mut follower = Self {
            facts,
            rules,
            reader,
            ledger: Some(ledger),
            origins,
            derivation,
            waiting: Waiting::default(),
            unknown: VecDeque::new(),
            untrue: Untrue::default(),
            markers: Markers::default(),
            promises: Promises::default(),
            bases: BTreeMap::new(),
            signers: BTreeMap::new(),
            own_signer: None,
            wants: Vec::new(),
            frags: 0,
            promised: 0,
            standing: Arc::default(),
        };
        follower.remember_kept();
        follower.tell();
        follower
    }

    /// Bases of the newest blocks that were on disk: a batcher asks for the one of its window after a restart, too.
    fn remember_kept(&mut self) {
        let newest = self.reader.board.view().latest.number();
        let first = newest.saturating_sub(KEPT_BASES_BLOCKS).saturating_add(1);
        for number in first.max(1)..=newest {
            let Ok(Some(block)) = self.reader.sealed(number) else {
                continue;
            };
            if let Some(base) = block.base()
                && !self.signers.contains_key(&base.hash)
                && let Ok(signer) = base.signature.recover(base.domain.digest(&base.base))
            {
                self.remember(base.clone(), signer);
            }
        }
    }

    /// What blocks and transactions are read from.
    pub const fn reader(&self) -> &Arc<ChainReader> {
        &self.reader
    }

    /// The rollup's fixed facts.
    pub const fn facts(&self) -> &Arc<Facts> {
        &self.facts
    }

    /// Where it stands, for who asks from other threads.
    pub const fn standing(&self) -> &Arc<StandingBoard> {
        &self.standing
    }

    /// L1 as this follower has dealt with it.
    pub const fn origins(&self) -> &OriginBook {
        &self.origins
    }

    /// Makes everything sealed survive a power cut, unless a turn has the ledger.
    ///
    /// # Errors
    /// The database failed.
    pub fn sync(&mut self) -> Result<(), FollowerError> {
        Ok(self.ledger.as_mut().map_or(Ok(()), Ledger::sync)?)
    }

    /// The ledger, unless a turn has it.
    pub const fn ledger(&self) -> Option<&Ledger> {
        self.ledger.as_ref()
    }

    /// Takes the ledger away for a turn.
    pub const fn lend(&mut self) -> Option<Ledger> {
        self.ledger.take()
    }

    /// The turn is over: the ledger comes back.
    pub fn give_back(&mut self, ledger: Ledger) -> Result<(), FollowerError> {
        self.ledger = Some(ledger);
        self.take_back_gone()?;
        self.derive()?;
        self.advance()?;
        self.tell();
        Ok(())
    }

    /// Whether L1 contradicts what a turn has built on: it must end.
    pub const fn recalls_ledger(&self) -> bool {
        self.derivation.recalls || self.derivation.gone_from.is_some()
    }

    /// Who signs turns of this process's own: what it promised before a restart is its own, too.
    pub const fn signs_as(&mut self, signer: Address) {
        self.own_signer = Some(signer);
    }

    /// A base of this process's own counts like one that was heard.
    pub fn own_base(&mut self, base: &Arc<SignedBase>, signer: Address) {
        self.signs_as(signer);
        self.remember(base.clone(), signer);
    }

    /// Whether going back to block `to` would take back blocks of this process's own that it can still post.
    ///
    /// A gateway answers for its promises whatever its successor builds on (R5). The attack: a successor signs a Base that passes over
    /// its predecessor's last blocks; a predecessor that gave way would have nothing left to post, and be late (1 ETH).
    fn would_lose_own(&self, to: u64) -> bool {
        let (Some(own), Some(head)) = (self.own_signer, self.origins.newest()) else {
            return false;
        };
        // A window is over with its last slot; the slot itself is left to what was sent in it.
        self.bases.range(head.slot..).any(|(_, base)| {
            let first = to.max(base.base.parentBlock).saturating_add(1);
            let is_under = |hash| base.hash == hash;
            self.signers.get(&base.hash) == Some(&own)
                && matches!(self.reader.sealed(first), Ok(Some(block)) if block.base().is_some_and(|base| is_under(base.hash)))
        })
    }

    /// The newest base of a window that was followed here.
    pub fn base_of(&self, window: u64) -> Option<&Arc<SignedBase>> {
        self.bases.get(&window)
    }

    /// Whether messages wait for others that are missing.
    pub fn has_gaps(&self) -> bool {
        self.waiting.len() > 0
    }

    /// Tells once more what is still missing.
    pub fn ask_again(&mut self) {
        if self.waiting.len() > 0
            && let Some(ledger) = &self.ledger
        {
            let from_block = ledger.tip().start.opening.number.max(1);
            self.want(Want::Range { from_block });
        }
        if let Err(error) = self.derive() {
            tracing::error!(%error, "derivation fails");
        }
    }

    /// A turn of this process's own is due and the predecessor's last messages are not here: they may be lost, so they are asked for
    /// and not only waited for.
    pub fn ask_for_end(&mut self) {
        if let Some(ledger) = &self.ledger {
            let from_block = ledger.tip().start.opening.number.max(1);
            self.want(Want::Range { from_block });
        }
    }

    /// What should be fetched.
    pub fn take_wants(&mut self) -> Vec<Want> {
        std::mem::take(&mut self.wants)
    }

    fn want(&mut self, want: Want) {
        if !self.wants.contains(&want) {
            self.wants.push(want);
        }
    }

    /// Frags whose contents were found untrue since the last time, with who brought them.
    pub fn take_untrue(&mut self) -> Vec<(Source, Envelope)> {
        self.untrue.take()
    }

    fn knows(&mut self, base: B256, signer: Address) {
        if self.signers.len() >= MAX_SIGNERS {
            // A gateway may sign any number of bases for its window.
            let kept: BTreeSet<B256> = self.bases.values().map(|base| base.hash).collect();
            self.signers.retain(|hash, _| kept.contains(hash));
            self.standing.keep_signers(|hash| kept.contains(hash));
        }
        self.signers.insert(base, signer);
        self.standing.signs(base, signer);
    }

    fn remember(&mut self, base: Arc<SignedBase>, signer: Address) {
        self.knows(base.hash, signer);
        self.bases.insert(base.base.window, base);
        while self.bases.len() > MAX_BASES {
            if let Some((_, old)) = self.bases.pop_first() {
                self.signers.remove(&old.hash);
                self.standing.keep_signers(|hash| *hash != old.hash);
            }
        }
    }

    /// Takes back blocks above `to`, and keeps their promises for L1's word.
    fn take_back(&mut self, to: u64) -> Result<(), FollowerError> {
        let Some(ledger) = &mut self.ledger else {
            return Ok(());
        };
        let newest = ledger.latest().number();
        if newest == to && ledger.tip().start.opening.number == to {
            return Ok(());
        }
        let view = ledger.board().view();
        let open: Vec<Arc<PublishedFrag>> = view
            .unsealed
            .iter()
            .filter(|block| block.start.opening.number > to)
            .flat_map(|block| block.frags.iter().cloned())
            .collect();
        let removed = ledger.rewind(to)?;
        tracing::info!(
            to,
            sealed = removed.len(),
            unsealed_frags = open.len(),
            "blocks are taken back"
        );
        let sealed = removed.iter().flat_map(|block| block.frags().to_vec());
        self.promises.displaced(sealed.chain(open));
        Ok(())
    }
}

impl std::fmt::Debug for Follower {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Follower")
            .field("safe", &self.derivation.head.number)
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}
