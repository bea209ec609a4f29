//! What the operator sees: `batcher.json` in the data directory, and figures for Prometheus.

mod figures;
mod file;

pub use figures::Figures;
pub use file::{BatchLine, BatchState, Report, ReportError, Totals};
