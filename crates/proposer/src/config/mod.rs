//! What the operator says: Commit-Boost's environment and TOML (our own keys in our `[[modules]]` table), and the command line.

mod agree;
mod own;
mod settings;

pub use agree::{Disagreement, L1Says, disagreements};
pub use own::{GatewayEntry, GuardSection, LoanSection, OwnConfig, OwnConfigError, SignerSection};
pub use settings::{Places, ProposerConfig, ProposerConfigError};
