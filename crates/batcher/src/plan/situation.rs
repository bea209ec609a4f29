use std::collections::BTreeMap;

use alloy_primitives::B256;
use forebond_protocol::{Schedule, TurnClock, Window};
use forebond_types::Base;

/// What does not change while the batcher runs.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Windows to blocks and back.
    pub turns: TurnClock,
    /// Our gateway's number.
    pub me: u32,
    /// L1 slots after which nodes fill unposted blocks by themselves (R8).
    pub sequencing_window_slots: u64,
    /// The operator's choices.
    pub policy: Policy,
}

/// What an operator chooses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The oldest unposted block is not older than this before a batch is sent, milliseconds.
    pub max_age_ms: u64,
    /// So many blobs make a batch worth sending at once.
    pub full_blobs: usize,
    /// Time from a decision until a transaction is in pools, proofs aside, milliseconds.
    pub lead_ms: u64,
    /// What the proofs of a blob take, milliseconds.
    pub proof_ms: u64,
    /// Slots after our window that are left to the successor, who covers anyway, before we post late by its permit.
    pub patience_slots: u64,
}

impl Policy {
    /// Suits slots of this length: on mainnet a block waits a minute at most, and transactions go out a second before their slot.
    pub const fn for_slots_of(seconds: u64) -> Self {
        let slot_ms = seconds.saturating_mul(1_000);
        let lead_ms = slot_ms / 8;
        Self {
            max_age_ms: slot_ms.saturating_mul(5),
            full_blobs: 4,
            lead_ms: if lead_ms < 1_000 { lead_ms } else { 1_000 },
            proof_ms: 350,
            patience_slots: 4,
        }
    }
}

/// A sealed block, as far as a decision needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedBlock {
    /// Height.
    pub number: u64,
    /// Hash.
    pub hash: B256,
    /// Hash of the block before.
    pub parent_hash: B256,
    /// Base it was signed under; `None` for a block that nobody signed.
    pub base: Option<B256>,
}

/// The present owner's signed Base: whoever posts blocks up to its parent does it no harm (R5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permit {
    /// The owner's window.
    pub window: u64,
    /// The block it builds on.
    pub parent_block: u64,
    /// Its hash.
    pub parent_block_hash: B256,
}

/// What is known at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Situation<'a> {
    /// Unix milliseconds.
    pub now_ms: u64,
    /// Slot whose block can still hold what is sent now.
    pub next_slot: u64,
    /// Windows, as L1 says now.
    pub schedule: &'a Schedule,
    /// Sealed blocks from the first one to be posted on, without a gap, at most as many as are looked at.
    pub blocks: &'a [SealedBlock],
    /// Our signed Bases by window, the newest few.
    pub bases: &'a BTreeMap<u64, Base>,
    /// Struct hashes of `bases`.
    pub base_hashes: &'a BTreeMap<u64, B256>,
    /// The present owner's Base, when that is somebody else.
    pub permit: Option<Permit>,
    /// Last block that fits in one batch's blobs together with all before it.
    pub fits_until: u64,
    /// Blobs that `blocks` up to `fits_until` fill.
    pub blobs: usize,
}

/// Post these blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// First block.
    pub first: u64,
    /// Last block.
    pub last: u64,
    /// Our window, under whose Base the batch stands.
    pub window: u64,
    /// First slot to send for.
    pub first_slot: u64,
    /// Last slot in which the batch may land.
    pub last_slot: u64,
    /// The present owner's window, when that is not ours: its Base has to come along.
    pub permit: Option<u64>,
    /// Why now.
    pub why: Why,
}

/// Why a batch is sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// All blocks of the turn are sealed.
    TurnComplete,
    /// The blobs are full enough.
    Full,
    /// The oldest block is old enough.
    Age,
    /// One slot is left after this one, and its batch should be small enough to be proven in time.
    Relief,
    /// The window ends: what is sealed goes, what is not is for a successor.
    LastChance,
    /// Our window is over, the present owner permits it.
    Permit,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send a batch.
    Post(Order),
    /// Nothing before this time (Unix milliseconds), unless the situation changes.
    Wait {
        /// When to look again at the latest.
        until_ms: u64,
        /// What is waited for.
        hold: Hold,
    },
}

/// What a decision waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// There is nothing to post.
    NothingSealed,
    /// A better moment in our window.
    Window,
    /// The next slot belongs to somebody else, and nothing of ours is left behind, or it is not our turn to post it late.
    NotOurs,
    /// L1 does not say yet whose slot it is.
    OwnerUnknown,
    /// The gateway has signed no Base for the window.
    NoBase,
    /// The sealed chain and the signed Base contradict each other: posting would be a fault. An operator has to look.
    BaseContradicted,
    /// The block after the posted ones is not ours to post under any Base we have.
    NotUnderOurBase,
}

impl Situation<'_> {
    /// The longest run of blocks from the first one that may stand under a Base of ours: those before its turn begins, which it
    /// covers, and those signed under it; up to `limit`. `None` when not even the first one may.
    pub(super) fn last_under(&self, base: &Base, hash: B256, limit: u64) -> Option<u64> {
        let limit = limit.min(self.fits_until);
        self.blocks
            .iter()
            .take_while(|block| {
                block.number <= limit
                    && (block.number <= base.parentBlock || block.base == Some(hash))
            })
            .last()
            .map(|block| block.number)
    }

    /// Whether a known block differs from what is said of it.
    pub(super) fn contradicts(&self, number: u64, hash: B256) -> bool {
        self.blocks.iter().any(|block| {
            (block.number == number && block.hash != hash)
                || (block.number == number.saturating_add(1) && block.parent_hash != hash)
        })
    }
}

/// Whether the slot lies in a window of ours.
pub(super) fn own_window(rules: &Rules, situation: &Situation<'_>) -> Option<Window> {
    situation
        .schedule
        .at(situation.next_slot)
        .filter(|window| window.gateway == rules.me)
}
