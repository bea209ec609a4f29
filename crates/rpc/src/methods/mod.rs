//! The methods, registered by hand: no generated code between the socket and the chain.

mod blocks;
mod calls;
mod context;
mod estimate;
mod fees;
mod filter_table;
mod filters;
mod identity;
mod logs;
mod state;
mod submit;
mod subscriptions;
mod transactions;

use std::sync::Arc;

use jsonrpsee::{RpcModule, server::RegisterMethodError};

use self::context::Context;
use crate::{chain::Chain, config::RpcConfig, heavy::HeavyWork};

/// The `eth_`, `net_` and `web3_` methods of `chain`. `client_version` is the answer of `web3_clientVersion`, like
/// `forebond/v0.1.0/linux`. Merge methods of your own into the module and give it to [`serve`](crate::serve).
///
/// # Errors
/// When a method is registered twice, which is a mistake in this crate.
pub fn eth_module<C: Chain>(
    chain: Arc<C>,
    config: &RpcConfig,
    heavy: HeavyWork,
    client_version: String,
) -> Result<RpcModule<()>, RegisterMethodError> {
    let mut module = RpcModule::new(Context::new(chain, config, heavy, client_version));
    identity::register(&mut module)?;
    state::register(&mut module)?;
    calls::register(&mut module)?;
    fees::register(&mut module)?;
    submit::register(&mut module)?;
    transactions::register(&mut module)?;
    blocks::register(&mut module)?;
    logs::register(&mut module)?;
    filters::register(&mut module)?;
    subscriptions::register(&mut module)?;
    Ok(module.remove_context())
}
