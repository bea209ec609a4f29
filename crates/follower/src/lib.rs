//! The follower: derives the rollup from L1, follows what gateways promise on top, and says which promises were broken. Nodes are
//! followers and nothing else; gateways are followers between their turns.

mod core;
mod service;

pub use core::{
    Authority, Checkpoint, Follower, FollowerError, Heads, Heard, Judged, Standing, StandingBoard,
    Want, authority,
};
pub use service::{
    ACCEPT_METHOD, FollowerService, Forwarder, Links, MakePilot, NetOptions, NetOptionsError,
    Pilot, ServiceConfig, ServiceStanding, Tap, start,
};
