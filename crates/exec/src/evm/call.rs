//! Read-only execution for `eth_call` and `eth_estimateGas`.

use super::{BaseState, StateError, WorkingState, evm_env};
use alloy_eips::{eip2930::AccessList, eip7702::SignedAuthorization};
use alloy_evm::{Evm, EvmFactory, InvalidTxError};
use alloy_op_evm::{OpEvmFactory, OpTx};
use alloy_primitives::{Address, Bytes, TxKind, U256};
use forebond_rollup::op::BlockOpening;
use op_revm::OpTransaction;
use revm::{
    context::{TxEnv, either::Either},
    context_interface::result::{EVMError, ExecutionResult, InvalidTransaction},
};
use std::sync::Arc;

/// The block a call pretends to be in, and the state it reads.
#[derive(Clone, Debug)]
pub struct CallEnv {
    /// State it reads.
    pub state: Arc<dyn BaseState>,
    /// The block.
    pub opening: BlockOpening,
    /// The chain's id.
    pub chain_id: u64,
}

/// A call in the EVM's terms.
#[derive(Clone, Debug, Default)]
pub struct CallRequest {
    /// Caller.
    pub from: Address,
    /// Callee; `None` creates.
    pub to: Option<Address>,
    /// Value, wei.
    pub value: U256,
    /// Call data or init code.
    pub input: Bytes,
    /// Gas it may use.
    pub gas_limit: u64,
    /// Price per gas, wei; 0 charges nothing and needs no balance for gas.
    pub gas_price_wei: u128,
    /// Nonce, where `create` addresses matter.
    pub nonce: Option<u64>,
    /// Access list.
    pub access_list: AccessList,
    /// EIP-7702 authorizations.
    pub authorizations: Vec<SignedAuthorization>,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// It returned.
    Success {
        /// Return data.
        output: Bytes,
        /// Gas it used.
        gas_used: u64,
        /// Gas refunded, at most a fifth of what was spent.
        gas_refunded: u64,
    },
    /// It reverted.
    Revert {
        /// Revert data.
        output: Bytes,
        /// Gas it used.
        gas_used: u64,
    },
    /// It ran out of gas or hit an invalid instruction.
    Halt {
        /// Why.
        reason: String,
        /// Gas it used.
        gas_used: u64,
    },
    /// The gas limit does not cover what the transaction costs before it runs.
    IntrinsicGas {
        /// Gas needed at least.
        required: u64,
    },
    /// The rules refuse the transaction itself.
    Refused {
        /// Why.
        reason: String,
    },
}

/// Runs `request` and throws its effects away.
///
/// # Errors
/// [`StateError::ParentHashPending`] when it reads the hash of a parent that is still being sealed:
/// zero would be a wrong answer (R13).
pub fn call(env: &CallEnv, request: CallRequest) -> Result<CallOutcome, StateError> {
    let mut state = WorkingState::new(env.state.clone(), 0, usize::MAX);
    if let Some(parent) = env.opening.number.checked_sub(1)
        && env.state.block_hash(parent)?.is_none()
    {
        state.parent_pending(parent);
    }
    let mut evm_env = evm_env(env.chain_id, &env.opening);
    evm_env.cfg_env.disable_eip3607 = true;
    evm_env.cfg_env.disable_block_gas_limit = true;
    evm_env.cfg_env.disable_nonce_check = true;
    // The caller has checked the balance; L1 and operator fees are not charged in a call.
    evm_env.cfg_env.disable_fee_charge = true;
    evm_env.cfg_env.disable_base_fee = request.gas_price_wei == 0;
    let tx_type = if request.authorizations.is_empty() {
        1
    } else {
        4
    };
    let nonce = match request.nonce {
        Some(nonce) => nonce,
        None => env.state.account(request.from)?.map_or(0, |a| a.nonce),
    };
    let base = TxEnv {
        tx_type,
        caller: request.from,
        gas_limit: request.gas_limit,
        gas_price: request.gas_price_wei,
        kind: request.to.map_or(TxKind::Create, TxKind::Call),
        value: request.value,
        data: request.input,
        nonce,
        chain_id: Some(env.chain_id),
        access_list: request.access_list,
        gas_priority_fee: (tx_type == 4).then_some(0),
        authorization_list: request
            .authorizations
            .into_iter()
            .map(Either::Left)
            .collect(),
        ..Default::default()
    };
    let tx = OpTx(OpTransaction {
        base,
        enveloped_tx: Some(Bytes::new()),
        deposit: Default::default(),
    });
    let mut evm = OpEvmFactory::<OpTx>::default().create_evm(state, evm_env);
    match evm.transact_raw(tx) {
        Ok(outcome) => Ok(match outcome.result {
            ExecutionResult::Success { gas, output, .. } => CallOutcome::Success {
                output: output.into_data(),
                gas_used: gas.tx_gas_used(),
                gas_refunded: gas.final_refunded(),
            },
            ExecutionResult::Revert { gas, output, .. } => CallOutcome::Revert {
                output,
                gas_used: gas.tx_gas_used(),
            },
            ExecutionResult::Halt { reason, gas, .. } => CallOutcome::Halt {
                reason: format!("{reason:?}"),
                gas_used: gas.tx_gas_used(),
            },
        }),
        Err(EVMError::Database(error)) => Err(error),
        Err(EVMError::Transaction(reason)) => Ok(match reason.as_invalid_tx_err() {
            Some(
                InvalidTransaction::CallGasCostMoreThanGasLimit {
                    initial_gas: required,
                    ..
                }
                | InvalidTransaction::GasFloorMoreThanGasLimit {
                    gas_floor: required,
                    ..
                },
            ) => CallOutcome::IntrinsicGas {
                required: *required,
            },
            _ => CallOutcome::Refused {
                reason: reason.to_string(),
            },
        }),
        Err(other) => Err(StateError::Database(other.to_string().into())),
    }
}
