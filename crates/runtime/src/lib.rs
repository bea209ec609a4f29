//! What every long-running command needs around its work: keys, logs, a clean end, progress,
//! metrics and health.
//!
//! - `keys`: the committer key, from the environment or a keystore file, never printed
//! - `telemetry`: structured logs on standard error
//! - `shutdown`: one token that ends everything, and the threads that have to have ended
//! - `progress`: a bar on a terminal, plain lines elsewhere
//! - `metrics`: `/metrics`, `/healthz` and `/readyz` on an address of their own
//! - `background`: low priority for threads nobody waits for
//! - `clock`: the time of day, for whoever may be told another one
//! - `http_server`: a router on a port, until the end
//! - `listen`: an optional address in a configuration
//! - `open_files`: as many sockets as the system lets a process have

mod background;
mod clock;
mod http_server;
mod keys;
mod listen;
mod metrics;
mod open_files;
mod progress;
mod shutdown;
mod telemetry;

pub use background::run_in_background;
pub use clock::{Clock, SystemClock, now_ms};
pub use http_server::HttpServer;
pub use keys::{CommitterKey, KeyError, KeySource, PasswordSource, SourceError};
pub use listen::{Listen, ListenError};
pub use metrics::{Health, HealthReport, Metrics, MetricsServer, MetricsServerError};
pub use open_files::raise_open_files;
pub use progress::Progress;
pub use shutdown::{Shutdown, Threads, ThreadsError};
pub use telemetry::{LogFormat, LoggingConfig, LoggingError, init_logging};
