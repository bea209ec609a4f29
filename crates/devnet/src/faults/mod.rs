//! What shall go wrong, and when.

mod act;
mod parse;
mod random;

pub(crate) use act::Stage;
pub use parse::FaultError;
pub(crate) use random::RandomFaults;

use std::fmt;

/// One thing that goes wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// SIGKILL, and nobody starts it again; a gateway's batcher goes with it.
    Kill {
        /// Name of the process.
        name: String,
    },
    /// SIGKILL, and it is started again at once on its data.
    Restart {
        /// Name of the process.
        name: String,
    },
    /// SIGSTOP, and SIGCONT after a while.
    Pause {
        /// Name of the process.
        name: String,
        /// For how long.
        seconds: u64,
    },
    /// The newest slots of the L1 are replaced.
    L1Reorg {
        /// How many.
        depth: u64,
    },
    /// The L1's next slot has no block.
    L1Miss,
    /// The L1 makes no blocks for a while.
    StallL1 {
        /// For how long.
        seconds: u64,
    },
    /// Blobs of the next slots are not served until those slots are over.
    HideBlobs {
        /// How many.
        slots: u64,
    },
}

/// A fault and its slot, counted from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What.
    pub fault: Fault,
    /// When: slots after `READY`.
    pub slot: u64,
}

impl Fault {
    /// The process it meets, if it meets one.
    pub fn process(&self) -> Option<&str> {
        match self {
            Self::Kill { name } | Self::Restart { name } | Self::Pause { name, .. } => Some(name),
            Self::L1Reorg { .. } | Self::L1Miss | Self::StallL1 { .. } | Self::HideBlobs { .. } => {
                None
            }
        }
    }
}

/// As it is written on the command line.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kill { name } => write!(f, "kill:{name}"),
            Self::Restart { name } => write!(f, "restart:{name}"),
            Self::Pause { name, seconds } => write!(f, "pause:{name}:{seconds}"),
            Self::L1Reorg { depth } => write!(f, "l1-reorg:{depth}"),
            Self::L1Miss => f.write_str("l1-miss"),
            Self::StallL1 { seconds } => write!(f, "stall-l1:{seconds}"),
            Self::HideBlobs { slots } => write!(f, "hide-blobs:{slots}"),
        }
    }
}

impl fmt::Display for Planned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.fault, self.slot)
    }
}
