//! Who answers: `web3_`, `net_`, and the `eth_` methods that take nothing.

use alloy_primitives::{Address, B256, Bytes, U64, keccak256};
use jsonrpsee::{RpcModule, server::RegisterMethodError};
use serde::Serialize;

use super::context::{Answer, Context};
use crate::{args::Args, chain::Chain};

/// `eth_syncing`: `false`, or how far it is.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum Syncing {
    No(bool),
    #[serde(rename_all = "camelCase")]
    Yes {
        starting_block: U64,
        current_block: U64,
        highest_block: U64,
    },
}

pub(super) fn register<C: Chain>(
    module: &mut RpcModule<Context<C>>,
) -> Result<(), RegisterMethodError> {
    module.register_method("eth_chainId", |params, context, _| -> Answer<U64> {
        Args::of(&params)?.finish()?;
        Ok(U64::from(context.chain.chain_id()))
    })?;
    module.register_method("net_version", |params, context, _| -> Answer<String> {
        Args::of(&params)?.finish()?;
        Ok(context.chain.chain_id().to_string())
    })?;
    module.register_method("eth_blockNumber", |params, context, _| -> Answer<U64> {
        Args::of(&params)?.finish()?;
        Ok(U64::from(context.chain.heads().latest))
    })?;
    module.register_method("eth_syncing", |params, context, _| -> Answer<Syncing> {
        Args::of(&params)?.finish()?;
        Ok(context
            .chain
            .sync_progress()
            .map_or(Syncing::No(false), |progress| Syncing::Yes {
                starting_block: U64::from(progress.starting_block),
                current_block: U64::from(progress.current_block),
                highest_block: U64::from(progress.highest_block),
            }))
    })?;
    module.register_method("eth_accounts", |params, _, _| -> Answer<Vec<Address>> {
        Args::of(&params)?.finish()?;
        Ok(Vec::new())
    })?;
    module.register_method("net_listening", |params, _, _| -> Answer<bool> {
        Args::of(&params)?.finish()?;
        Ok(true)
    })?;
    module.register_method("net_peerCount", |params, context, _| -> Answer<U64> {
        Args::of(&params)?.finish()?;
        Ok(U64::from(context.chain.peer_count()))
    })?;
    module.register_method(
        "web3_clientVersion",
        |params, context, _| -> Answer<String> {
            Args::of(&params)?.finish()?;
            Ok(context.client_version.clone())
        },
    )?;
    module.register_method("web3_sha3", |params, _, _| -> Answer<B256> {
        let mut args = Args::of(&params)?;
        let data: Bytes = args.required("data")?;
        args.finish()?;
        Ok(keccak256(data))
    })?;
    Ok(())
}
