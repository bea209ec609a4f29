//! Read-only execution for `eth_call` and `eth_estimateGas`.

use alloy_consensus::Header;
use alloy_evm::{EthEvmFactory, Evm, EvmEnv, EvmFactory, InvalidTxError};
use alloy_primitives::{Address, B256, TxKind, U256, keccak256};
use alloy_rpc_types_eth::{
    BlockOverrides, TransactionRequest,
    state::{AccountOverride, StateOverride},
};
use forebond_rpc::{CallEnd, CallError, CallOutcome, CallRequest};
use revm::{
    context::{TxEnv, either::Either},
    context_interface::result::{EVMError, ExecutionResult, InvalidTransaction},
    primitives::hardfork::SpecId,
    state::Bytecode,
};

use super::{
    block::PayloadAttributes,
    build,
    spec::{BLOB_PARAMS, ChainSpec},
    state::{ForkState, StateWriter},
};

/// The block a call pretends to be in.
#[derive(Debug, Clone)]
pub struct CallBlock {
    env: EvmEnv<SpecId>,
}

impl CallBlock {
    /// The block of `header` itself.
    pub fn of(spec: ChainSpec, header: &Header) -> Self {
        Self {
            env: EvmEnv::for_eth_block(header, spec, spec.chain_id, Some(BLOB_PARAMS)),
        }
    }

    /// The block after `parent`.
    pub fn after(spec: ChainSpec, parent: &Header, attributes: &PayloadAttributes) -> Self {
        Self {
            env: build::next_env(spec, parent, attributes),
        }
    }

    /// Number, gas limit, base fee and blob base fee.
    pub fn figures(&self) -> forebond_rpc::EnvView {
        let block = &self.env.block_env;
        forebond_rpc::EnvView {
            number: block.number.saturating_to(),
            gas_limit: block.gas_limit,
            base_fee_wei: block.basefee,
            blob_base_fee_wei: block
                .blob_excess_gas_and_price
                .map_or(1, |blobs| blobs.blob_gasprice),
        }
    }

    /// Timestamp, Unix seconds.
    pub fn timestamp_s(&self) -> u64 {
        self.env.block_env.timestamp.saturating_to()
    }

    fn overridden(&self, overrides: Option<&BlockOverrides>) -> EvmEnv<SpecId> {
        let mut env = self.env.clone();
        let Some(over) = overrides else {
            return env;
        };
        let block = &mut env.block_env;
        block.number = over.number.unwrap_or(block.number);
        block.timestamp = over.time.map_or(block.timestamp, U256::from);
        block.gas_limit = over.gas_limit.unwrap_or(block.gas_limit);
        block.beneficiary = over.coinbase.unwrap_or(block.beneficiary);
        block.prevrandao = over.random.or(block.prevrandao);
        block.basefee = over
            .base_fee
            .map_or(block.basefee, |fee| fee.saturating_to());
        env
    }
}

/// Executes `request` on `state` in `block` and throws the effects away.
///
/// # Errors
/// [`CallError`] when it can't start; a revert or a halt is an outcome.
pub fn run_call(
    state: &ForkState,
    block: &CallBlock,
    request: &CallRequest,
) -> Result<CallOutcome, CallError> {
    let tx = &request.transaction;
    let mut state = state.clone();
    if let Some(accounts) = &request.overrides.state {
        override_state(&mut state, accounts);
    }
    let mut env = block.overridden(request.overrides.block.as_deref());
    let from = tx.from.unwrap_or_default();
    let value = tx.value.unwrap_or_default();
    if from.is_zero() && !value.is_zero() {
        // Nobody in particular calls: the value is taken for given.
        let mut account = state.account(from).unwrap_or_default();
        account.balance = account.balance.max(value);
        state.set_account(from, Some(account));
    }
    let price_wei = tx.gas_price.or(tx.max_fee_per_gas).unwrap_or(0);
    let have_wei = state
        .account(from)
        .map_or(U256::ZERO, |account| account.balance);
    let want_wei = U256::from(request.gas_limit)
        .saturating_mul(U256::from(price_wei))
        .saturating_add(value);
    if want_wei > have_wei {
        return Err(CallError::InsufficientFunds { have_wei, want_wei });
    }
    env.cfg_env.disable_eip3607 = true;
    env.cfg_env.disable_block_gas_limit = true;
    env.cfg_env.disable_nonce_check = true;
    env.cfg_env.tx_gas_limit_cap = Some(u64::MAX);
    env.cfg_env.disable_base_fee = price_wei == 0;
    let chain_id = env.cfg_env.chain_id;
    let nonce = tx
        .nonce
        .unwrap_or_else(|| state.account(from).map_or(0, |account| account.nonce));
    let run = transaction(tx, request.gas_limit, nonce, chain_id);
    let mut evm = EthEvmFactory::default().create_evm(StateWriter::new(state), env);
    match evm.transact_raw(run) {
        Ok(outcome) => Ok(ended(outcome.result)),
        Err(EVMError::Transaction(reason)) => Err(match reason.as_invalid_tx_err() {
            Some(
                InvalidTransaction::CallGasCostMoreThanGasLimit {
                    initial_gas: required,
                    ..
                }
                | InvalidTransaction::GasFloorMoreThanGasLimit {
                    gas_floor: required,
                    ..
                },
            ) => CallError::IntrinsicGasTooLow {
                required: *required,
                got: request.gas_limit,
            },
            _ => CallError::Invalid {
                reason: reason.to_string(),
            },
        }),
        Err(other) => Err(CallError::Invalid {
            reason: other.to_string(),
        }),
    }
}

fn transaction(tx: &TransactionRequest, gas_limit: u64, nonce: u64, chain_id: u64) -> TxEnv {
    let blob_hashes = tx.blob_versioned_hashes.clone().unwrap_or_default();
    let tx_type = if !blob_hashes.is_empty() {
        3
    } else if tx
        .authorization_list
        .as_ref()
        .is_some_and(|list| !list.is_empty())
    {
        4
    } else if tx.max_fee_per_gas.is_some() {
        2
    } else {
        1
    };
    let dynamic = tx_type != 1;
    TxEnv {
        tx_type,
        caller: tx.from.unwrap_or_default(),
        gas_limit,
        gas_price: tx.gas_price.or(tx.max_fee_per_gas).unwrap_or(0),
        gas_priority_fee: dynamic.then(|| tx.max_priority_fee_per_gas.unwrap_or(0)),
        kind: tx.to.unwrap_or(TxKind::Create),
        value: tx.value.unwrap_or_default(),
        data: tx.input.input().cloned().unwrap_or_default(),
        nonce,
        chain_id: Some(chain_id),
        access_list: tx.access_list.clone().unwrap_or_default(),
        max_fee_per_blob_gas: tx
            .max_fee_per_blob_gas
            .unwrap_or(if blob_hashes.is_empty() { 0 } else { u128::MAX }),
        blob_hashes,
        authorization_list: tx
            .authorization_list
            .iter()
            .flatten()
            .cloned()
            .map(Either::Left)
            .collect(),
    }
}

fn ended(result: ExecutionResult) -> CallOutcome {
    let gas = *result.gas();
    let end = match result {
        ExecutionResult::Success { output, .. } => CallEnd::Success {
            output: output.into_data(),
        },
        ExecutionResult::Revert { output, .. } => CallEnd::Revert { output },
        ExecutionResult::Halt { reason, .. } => {
            let reason = format!("{reason:?}");
            let out_of_gas = reason.contains("OutOfGas");
            CallEnd::Halt { reason, out_of_gas }
        }
    };
    CallOutcome {
        end,
        gas_used: gas.tx_gas_used(),
        gas_refunded: gas.final_refunded(),
    }
}

fn override_state(state: &mut ForkState, accounts: &StateOverride) {
    for (address, over) in accounts {
        override_account(state, *address, over);
    }
}

fn override_account(state: &mut ForkState, address: Address, over: &AccountOverride) {
    let mut account = state.account(address).unwrap_or_default();
    account.balance = over.balance.unwrap_or(account.balance);
    account.nonce = over.nonce.unwrap_or(account.nonce);
    if let Some(code) = &over.code {
        account.code_hash = keccak256(code);
        state.insert_code(account.code_hash, Bytecode::new_raw(code.clone()));
    }
    state.set_account(address, Some(account));
    if over.state.is_some() {
        state.clear_storage(address);
    }
    for (slot, value) in over.state.iter().chain(&over.state_diff).flatten() {
        state.set_storage(address, word(slot), word(value));
    }
}

fn word(bytes: &B256) -> U256 {
    U256::from_be_bytes(bytes.0)
}
