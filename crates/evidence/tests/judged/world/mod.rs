//! Histories of a rollup: gateways that take turns, promise, seal and post, with real keys, trees, tries and headers.

mod blocks;
mod keys;
mod plan;
mod scene;
mod watcher;

pub(crate) use blocks::{FragStory, made_block};
pub(crate) use keys::Signers;
pub(crate) use plan::{Fate, Plan, Twist, WindowPlan, plans};
pub(crate) use scene::{Scene, TurnStory};
pub(crate) use watcher::{Accusations, Watching, book};
