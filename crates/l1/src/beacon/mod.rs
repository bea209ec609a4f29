//! The Beacon API as a client sees it.

mod client;
mod duties;
mod events;
mod states;
mod types;

pub use client::{BeaconClient, BeaconConfig, BlockId};
pub use duties::{DutiesBook, DutiesChange, EpochDuties};
pub use events::{BeaconEvent, EventStream, EventsConfig};
pub use states::{BlockState, StateError};
pub use types::{
    ChainReorg, DependentRoots, FinalizedCheckpoint, Genesis, HeadEvent, Header, NodeStatus,
    ProposerDuties, ProposerDuty, Spec, ValidatorInfo,
};
