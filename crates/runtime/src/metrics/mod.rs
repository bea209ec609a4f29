//! What an operator watches: figures at `/metrics`, whether the process lives at `/healthz`, and
//! whether it can do its work, with reasons, at `/readyz`.

mod health;
mod registry;
mod server;

pub use health::{Health, HealthReport};
pub use registry::Metrics;
pub use server::{MetricsServer, MetricsServerError};
