//! Puts the gateway together: recovery, threads, channels, servers; and takes it apart again.
//!
//! Threads and the channels between them, with capacities:
//!
//! ```text
//! RPC tasks ── submissions (16,384) ──► sequencer ── cuts (256) ──► scribe ── blocks (16) ──► archive
//!      └────── control (1,024) ───────►    │  ▲ ▲                     ▲  ▲                      │ │
//!                                          │  │ └── log is ready ─────┘  └── snapshots (8) ─────┘ │
//!                       closed blocks (4)  ▼  └──────────── snapshots ────────────────────────────┘
//!                                        sealer ── headers (the cuts' channel) ──► scribe
//! ```
//!
//! The sequencer empties its control channel before every send that may wait, so no ring of full
//! channels can stop it. It ends first and the others follow when their senders are gone.

mod pipeline;
mod run;
mod serving;
mod settings;
mod windows;

pub use pipeline::{Begin, Pipeline, PipelineParts};
pub use run::run;
