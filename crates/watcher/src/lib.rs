//! A watcher's cases on disk: what was taken in survives `kill -9`.
//!
//! Which step a case is due is [`forebond_evidence::case`]'s to say.

pub mod quality;
pub mod store;
