//! A world in a box: one thread, virtual time, everything by lot from one seed.
//!
//! What runs is the real code: `follower::Follower` in every process, `TurnOutlook::decide`, `Turn` and `Guard` before every signature,
//! `OpenBlock` and `Ledger` over a real database in every process, `plan::decide` and `pack` in every batcher, the rollup's derivation. What
//! stands in for something: [`l1`](self) is a chain of slots with the Inbox's rules as plain code (the contract is tried elsewhere; here
//! a thousand runs should take minutes), the promise log is a list in memory, threads and queues of the processes are one loop each.
//!
//! Invariants are asked after every step, by name: see `watch`. Whoever finds one broken gets the seed, the last events and the command
//! that does it again.

mod agenda;
mod batcher;
mod chance;
mod disk;
mod faults;
mod inbox;
mod l1;
mod network;
mod pen;
mod pilot;
mod process;
mod recovery;
mod rules;
mod scenarios;
mod sequencer;
mod trace;
mod wallet;
mod watch;
mod world;

pub use faults::Plan;
pub use scenarios::Scenario;

use alloy_primitives::B256;
use forebond_types::Grade;

/// How a run ended in which every invariant held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Blocks that follow from L1.
    pub blocks: u64,
    /// The newest block that the observer shows.
    pub tip: u64,
    /// Batches in the Inbox.
    pub batches: usize,
    /// Promises about blocks that follow from L1.
    pub promises: usize,
    /// Those that are not kept: each is a fault of its signer, none a lie.
    pub unkept: usize,
    /// Turns, in the order in which they were opened.
    pub turns: Vec<OpenedTurn>,
    /// Batches of the chain, oldest first.
    pub posted: Vec<PostedRange>,
    /// Steps.
    pub steps: u64,
    /// Of everything that happened: equal for equal seeds.
    pub fingerprint: B256,
}

/// A turn that a gateway opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedTurn {
    /// Milliseconds after the start.
    pub after_ms: u64,
    /// The gateway, by place.
    pub gateway: usize,
    /// The window's last slot.
    pub window: u64,
    /// The block it stands on.
    pub parent: u64,
    /// What that rests on.
    pub grade: Grade,
}

/// What a batch brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PostedRange {
    /// The window in whose name it is posted, by its last slot.
    pub window: u64,
    /// The slot it landed in.
    pub slot: u64,
    /// Its last block.
    pub last_block: u64,
}

/// A broken invariant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Its name.
    pub invariant: &'static str,
    /// What contradicts it.
    pub why: String,
    /// The seed.
    pub seed: u64,
    /// The step after which it was seen.
    pub step: u64,
    /// The last events, oldest first.
    pub events: Vec<String>,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(
            f,
            "{} (seed {}, step {})",
            self.invariant, self.seed, self.step
        )?;
        writeln!(f, "{}", self.why)?;
        for event in &self.events {
            writeln!(f, "  {event}")?;
        }
        write!(
            f,
            "again: FOREBOND_SEED={} cargo test -p forebond-harness --test simulation -- --ignored replay --nocapture",
            self.seed
        )
    }
}

impl std::error::Error for Violation {}

/// Runs a plan. `aloud` prints every event.
///
/// # Errors
/// The first broken invariant.
pub fn run(seed: u64, plan: Plan, aloud: bool) -> Result<Summary, Box<Violation>> {
    let world = world::World::new(seed, plan, aloud).map_err(|error| {
        Box::new(Violation {
            invariant: "the_world_begins",
            why: format!("{error:#}"),
            seed,
            step: 0,
            events: Vec::new(),
        })
    })?;
    world.run()
}
