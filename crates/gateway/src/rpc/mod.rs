//! The gateway's RPC: what wallets ask ([`GatewayChain`] behind the shared `eth_` methods), the
//! gateway's own methods, Fabric's, and the administrative ones on a port of their own.

mod admin;
mod chain;
mod fabric;
mod ingress;
mod json;
mod own;
mod state;
mod views;

pub use admin::admin_module;
pub use chain::{GatewayChain, GatewayParts};
pub use fabric::fabric_methods;
pub(crate) use json::render_shared;
pub use own::own_methods;
