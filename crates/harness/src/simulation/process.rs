//! One process: a follower, and for a gateway its turns and its batcher. It lives between a start and a crash.

use super::{
    batcher::Batcher,
    chance::Chance,
    l1::SimL1,
    pen::Pen,
    recovery,
    rules::{Rules, address_of, committer_key},
    sequencer::RunningTurn,
};
use alloy_primitives::Bytes;
use eyre::WrapErr;
use forebond_exec::{PreparedTx, StoreOptions};
use forebond_follower::{Follower, Heard};
use forebond_ledger::{Ledger, LedgerSettings};
use forebond_net::Source;
use forebond_protocol::Guard;
use forebond_settlement::{L1Block, L1Event, OriginBook, WindowBook};
use forebond_types::{BaseEnvelope, Envelope, SealEnvelope};
use std::sync::Arc;

/// L1 blocks that are remembered as origins.
const MOST_ORIGINS: usize = 4_096;
/// Transactions that wait in a gateway.
const MOST_WAITING: usize = 256;

/// What kind of process it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The gateway at this place.
    Gateway(usize),
    /// Follows messages and L1.
    Follower,
    /// Follows L1 alone.
    Deriver,
}

/// A place where a process runs, or does not.
pub(crate) struct Node {
    pub(crate) role: Role,
    pub(crate) pen: Pen,
    /// What its clock is ahead, milliseconds.
    pub(crate) skew_ms: i64,
    pub(crate) life: Option<Life>,
    /// Sees nothing of L1 before (virtual milliseconds).
    pub(crate) blind_until_ms: u64,
    /// The batcher beside a gateway.
    pub(crate) batcher: Batcher,
}

/// What is lost in a crash.
pub(crate) struct Life {
    pub(crate) follower: Follower,
    /// The L1 block behind which it began, and all since.
    from: u64,
    applied: Vec<Arc<L1Block>>,
    pub(crate) book: WindowBook,
    pub(crate) following_since_ms: Option<u64>,
    pub(crate) newest_signed_window: Option<u64>,
    pub(crate) turn: Option<RunningTurn>,
    pub(crate) waiting: Vec<Arc<PreparedTx>>,
    pub(crate) asked_ms: u64,
}

impl Node {
    pub(crate) fn new(role: Role, rules: &Rules, chance: &mut Chance) -> eyre::Result<Self> {
        let place = match role {
            Role::Gateway(place) => place,
            // It has a key that nobody accepts, and never uses it.
            Role::Follower | Role::Deriver => 100,
        };
        let key = committer_key(place)?;
        Ok(Self {
            role,
            pen: Pen {
                address: address_of(&key)?,
                key,
                domain: rules.facts.domain,
                guard: Guard::new(),
                disk: super::disk::Disk::new()?,
                out: Default::default(),
                dies_at: None,
                chance: Chance::new(chance.next()),
            },
            skew_ms: 0,
            life: None,
            blind_until_ms: 0,
            batcher: Batcher::default(),
        })
    }

    /// Its own clock.
    pub(crate) const fn clock_ms(&self, now_ms: u64) -> u64 {
        now_ms.saturating_add_signed(self.skew_ms)
    }

    /// Starts from what is on the disk.
    pub(crate) fn start(&mut self, rules: &Rules) -> eyre::Result<()> {
        let settings = LedgerSettings {
            state_dir: self.pen.disk.state_dir(),
            genesis: rules.genesis.clone(),
            genesis_origin: rules.genesis_origin,
            domain: rules.facts.domain,
            store: StoreOptions {
                cache_bytes: 4 << 20,
                ..StoreOptions::default()
            },
            cache_entries: 2_000,
            checkpoint_blocks: 8,
        };
        std::fs::create_dir_all(&settings.state_dir)?;
        let mut ledger = Ledger::open(settings, &mut |_, _, _| {}).wrap_err("opening a ledger")?;
        self.pen.disk.forget_before();
        let checkpoint = self.pen.disk.checkpoint.clone().filter(
            |kept| matches!(ledger.hash_of(kept.head.number), Ok(Some(hash)) if hash == kept.head.hash),
        );
        let newest_signed_window = match self.role {
            Role::Gateway(_) => recovery::replay(&mut ledger, &mut self.pen)?,
            Role::Follower | Role::Deriver => None,
        };
        let from = checkpoint.as_ref().map_or(0, |kept| kept.from.number);
        let mut follower = Follower::new(
            rules.facts.clone(),
            rules.derive.clone(),
            ledger,
            OriginBook::new(MOST_ORIGINS),
            checkpoint,
        );
        if matches!(self.role, Role::Gateway(_)) {
            follower.signs_as(self.pen.address);
        }
        self.life = Some(Life {
            follower,
            from,
            applied: Vec::new(),
            book: WindowBook::default(),
            following_since_ms: None,
            newest_signed_window,
            turn: None,
            waiting: Vec::new(),
            asked_ms: 0,
        });
        Ok(())
    }

    /// The machine dies: memory is lost, its batcher's too.
    pub(crate) fn crash(&mut self) -> eyre::Result<()> {
        if self.life.is_some() {
            self.pen.disk.crash(&mut self.pen.chance)?;
        }
        self.life = None;
        self.batcher = Batcher::default();
        self.pen.dies_at = None;
        Ok(())
    }

    /// Sees L1 as it is now.
    pub(crate) fn look_at_l1(&mut self, rules: &Rules, l1: &SimL1) -> eyre::Result<bool> {
        let Some(life) = &mut self.life else {
            return Ok(false);
        };
        let mut moved_back = false;
        while let Some(newest) = life.applied.last() {
            let same = l1
                .entry(newest.at.number)
                .is_some_and(|entry| entry.block.at.hash == newest.at.hash);
            if same {
                break;
            }
            let at = newest.at;
            life.applied.pop();
            life.follower.l1(L1Event::Undone(at))?;
            moved_back = true;
        }
        let have = life.from.saturating_add(life.applied.len() as u64);
        for number in have.saturating_add(1)..=l1.height() {
            if !life.follower.takes_l1() {
                break;
            }
            let Some(entry) = l1.entry(number) else {
                break;
            };
            life.applied.push(entry.block.clone());
            life.follower.l1(L1Event::Applied(entry.block.clone()))?;
        }
        let finalized = l1.finalized();
        life.follower.l1(L1Event::Finality {
            safe: finalized,
            finalized,
        })?;
        if let Some(head) = life.applied.last() {
            life.book = rules.book_at(head.at, head.slot);
            life.follower.windows_moved(&life.book)?;
        }
        Ok(moved_back)
    }

    /// Takes in a message.
    pub(crate) fn hear(&mut self, rules: &Rules, envelope: Envelope) -> eyre::Result<()> {
        let Some(life) = &mut self.life else {
            return Ok(());
        };
        let signer = envelope.signer(rules.facts.separator)?;
        let heard = Heard {
            envelope,
            signer,
            from: Source::Stream("the simulated network".into()),
        };
        life.follower.heard(heard, &life.book)?;
        Ok(())
    }

    /// Keeps a transaction until a turn of its own.
    pub(crate) fn take_transaction(&mut self, raw: Bytes, chain_id: u64) -> eyre::Result<()> {
        let Some(life) = &mut self.life else {
            return Ok(());
        };
        if life.waiting.len() < MOST_WAITING {
            life.waiting
                .push(Arc::new(PreparedTx::decode(raw, chain_id)?));
        }
        Ok(())
    }

    /// The messages of up to 16 blocks from `from` on, as `forebond_getEnvelopes` gives them.
    pub(crate) fn messages(&self, from: u64) -> eyre::Result<Vec<Envelope>> {
        let Some(life) = &self.life else {
            return Ok(Vec::new());
        };
        let reader = life.follower.reader();
        let view = reader.board.view();
        let mut found = Vec::new();
        let mut base = None;
        for number in from.max(1)..from.max(1).saturating_add(16) {
            let (frags, seal) = if number <= view.latest.number() {
                let Some(block) = reader.sealed(number).map_err(|e| eyre::eyre!("{e}"))? else {
                    break;
                };
                (block.frags().to_vec(), block.seal.clone())
            } else {
                let open = view
                    .unsealed
                    .iter()
                    .find(|open| open.start.opening.number == number);
                let Some(open) = open else { break };
                (open.frags.iter().cloned().collect(), None)
            };
            for frag in frags {
                if base != Some(frag.base.hash) {
                    base = Some(frag.base.hash);
                    let envelope: BaseEnvelope =
                        forebond_ledger::envelopes::base_envelope(&frag.base);
                    found.push(Envelope::Base(envelope));
                }
                found.push(Envelope::Frag(forebond_ledger::envelopes::frag_envelope(
                    &frag,
                )));
            }
            if let Some((seal, signature)) = seal {
                found.push(Envelope::Seal(SealEnvelope { seal, signature }));
            }
        }
        Ok(found)
    }

    /// Keeps how far L1 was derived, as a follower's process does.
    pub(crate) fn keep_checkpoint(&mut self) -> eyre::Result<()> {
        let Some(life) = &mut self.life else {
            return Ok(());
        };
        let newest = life.follower.checkpoint().cloned();
        if newest != self.pen.disk.checkpoint && life.follower.ledger().is_some() {
            life.follower.sync()?;
            self.pen.disk.checkpoint = newest;
        }
        Ok(())
    }
}
