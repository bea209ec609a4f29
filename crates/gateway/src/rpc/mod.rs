//! The gateway's RPC beside what every ledger serves: where its transactions go, its own methods, Fabric's, and the
//! administrative ones on a port of their own.

mod admin;
mod fabric;
mod ingress;
mod own;
mod terms;

use forebond_ledger::rpc::LedgerChain;

/// The rollup as a gateway shows it.
pub type GatewayChain = LedgerChain<GatewayIngress>;

pub use admin::admin_module;
pub use fabric::fabric_methods;
pub use ingress::GatewayIngress;
pub use own::{DevStanding, Identity, own_methods};
pub use terms::Terms;
