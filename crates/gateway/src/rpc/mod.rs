//! The gateway's RPC: what wallets ask ([`GatewayChain`] behind the shared `eth_` methods), the
//! gateway's own methods, Fabric's, and the administrative ones on a port of their own.

mod admin;
mod fabric;
mod gateway_chain;
mod ingress;
mod json;
mod own;
mod state;
mod stream;
mod views;

pub use admin::admin_module;
pub use fabric::fabric_methods;
pub use gateway_chain::{GatewayChain, GatewayParts};
pub(crate) use json::SharedJson;
pub use own::own_methods;
