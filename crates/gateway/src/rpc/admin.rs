//! Administrative methods, on a port of their own.

use crate::l1::{Deposit, DepositDesk, DepositRefused};
use alloy_primitives::{Address, Bytes, U64, U128, U256};
use forebond_rpc::{
    invalid_params,
    jsonrpsee::{RpcModule, server::RegisterMethodError, types::ErrorObjectOwned},
    server_error,
};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct DepositRequest {
    from: Address,
    #[serde(default)]
    to: Option<Address>,
    #[serde(default)]
    mint: U128,
    #[serde(default)]
    value: U256,
    gas_limit: U64,
    #[serde(default)]
    input: Bytes,
}

/// Registers `admin_deposit`: under `--dev`, puts a deposit into the next L1 block.
pub fn admin_module(desk: DepositDesk) -> Result<RpcModule<()>, RegisterMethodError> {
    let mut module = RpcModule::new(desk);
    module.register_method("admin_deposit", |params, desk, _| {
        let request: DepositRequest = params.one().map_err(|e| {
            invalid_params(format!(
                "expected [{{from, to, mint, value, gasLimit, input}}]: {e}"
            ))
        })?;
        let deposit = Deposit {
            from: request.from,
            to: request.to,
            mint: request.mint.to(),
            value: request.value,
            gas_limit: request.gas_limit.to(),
            input: request.input,
        };
        match desk.put(deposit) {
            Ok(()) => Ok::<bool, ErrorObjectOwned>(true),
            Err(full @ DepositRefused::Full) => Err(server_error(full.to_string())),
            Err(refused) => Err(invalid_params(refused.to_string())),
        }
    })?;
    Ok(module.remove_context())
}
