use std::sync::Arc;

use forebond_ledger::{chain::SealedBlock, promise::PublishedFrag};
use forebond_settlement::PostedBatch;

/// What passes by in a watcher, in the order it does: the place where figures about gateways are fed.
#[derive(Clone, Debug)]
pub enum Passing {
    /// A frag was followed: its promises were heard at this time, Unix milliseconds.
    Promised(Arc<PublishedFrag>, u64),
    /// A block was sealed or derived.
    Block(Arc<SealedBlock>),
    /// Sealed blocks were taken back, newest first; what replaces them follows.
    Removed(Arc<[Arc<SealedBlock>]>),
    /// Events were missed: so many. What they were about can be read from the store.
    Missed(u64),
    /// A batch was derived and compared with what was promised, at this time, Unix milliseconds.
    Settled(Box<PostedBatch>, u64),
}

/// Looks at what passes by; must not wait.
pub trait Observer: Send + Sync {
    /// Something passes.
    fn passes(&self, passing: &Passing);
}

/// All observers.
#[derive(Clone, Default)]
pub(super) struct Observers(pub(super) Arc<Vec<Box<dyn Observer>>>);

impl Observers {
    pub(super) fn tell(&self, passing: &Passing) {
        for observer in self.0.iter() {
            observer.passes(passing);
        }
    }
}
