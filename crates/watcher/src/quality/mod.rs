//! How well each gateway serves, measured from public data alone: what it promised and kept, how fast its promises are heard, how
//! many blocks of its turns it filled, how long L1 took to hold them.
//!
//! Pure and synchronous; memory is bounded by [`MOST_GATEWAYS`] gateways of about 100 KiB. Whoever watches feeds it as things pass by,
//! each thing once:
//!
//! | when | call |
//! |---|---|
//! | a frag was accepted | [`Quality::heard_frag`] |
//! | a block's seal was accepted | [`Quality::heard_seal`] |
//! | a promised block was derived from L1, deep enough not to be undone, and compared | [`Quality::judged`] |
//! | a batch is that deep in L1 | [`Quality::settled`] |
//! | a window's turn is over by the clock, and its owner is known | [`Quality::turn_over`] |
//! | the watcher was away and hears again | [`Quality::watching_from`] |
//!
//! Counts are since the start and only rise. What a reorg could still undo is not fed: there is no way back.
//! [`Quality::figures`] gives rolling figures for JSON, [`Exported`] everything for Prometheus.

mod export;
mod feed;
mod figures;
mod histogram;
mod measure;
mod rolling;
mod tally;

pub use export::{Exported, NAMES};
pub use feed::{HeardFrag, HeardSeal, Judged, Settled, TurnOver};
pub use figures::{GatewayFigures, PeriodFigures};
pub use measure::{MOST_GATEWAYS, Quality};
