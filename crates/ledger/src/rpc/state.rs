//! State at one block, for reads and calls.

use crate::proofs::Proofs;
use alloy_eips::eip7702::SignedAuthorization;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256, map::HashMap};
use alloy_rpc_types_eth::state::AccountOverride;
use alloy_rpc_types_eth::{EIP1186AccountProofResponse, EIP1186StorageProof};
use alloy_serde::JsonStorageKey;
use forebond_exec::{
    Account, BaseState, CallEnv, CallOutcome as Outcome, CallRequest as Run, StateError,
    StoreSnapshot, call,
};
use forebond_rollup::op::BlockOpening;
use forebond_rpc::{
    AccountView, CallEnd, CallError, CallOutcome, CallRequest, EnvView, ReadError, Snapshot,
};
use std::sync::Arc;

/// The state after one block, with the block it belongs to.
#[derive(Debug, Clone)]
pub struct StateSnapshot {
    pub(super) state: Arc<dyn BaseState>,
    pub(super) opening: BlockOpening,
    pub(super) chain_id: u64,
    /// This block and the oldest one with state, when the state itself is not kept any more, only the fee accounts' proofs.
    pub(super) pruned: Option<(u64, u64)>,
    /// Root of the state, if the block is sealed, and who proves it.
    pub(super) proven: Option<(B256, Arc<Proofs>)>,
}

pub(super) fn read_error(error: impl std::fmt::Display) -> ReadError {
    ReadError::Internal {
        reason: error.to_string(),
    }
}

impl Snapshot for StateSnapshot {
    fn env(&self) -> EnvView {
        EnvView {
            number: self.opening.number,
            gas_limit: self.opening.env.gasLimit,
            base_fee_wei: self.opening.env.baseFee,
            blob_base_fee_wei: 1,
        }
    }

    fn account(&self, address: Address) -> Result<AccountView, ReadError> {
        self.readable()?;
        let account = self.state.account(address).map_err(read_error)?;
        Ok(account.map_or_else(AccountView::default, |a| AccountView {
            nonce: a.nonce,
            balance_wei: a.balance,
        }))
    }

    fn code(&self, address: Address) -> Result<Bytes, ReadError> {
        self.readable()?;
        match self.state.account(address).map_err(read_error)? {
            Some(account) if account.has_code() => {
                let code = self.state.code(account.code_hash).map_err(read_error)?;
                code.ok_or_else(|| read_error(StateError::MissingCode(account.code_hash)))
            }
            _ => Ok(Bytes::new()),
        }
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, ReadError> {
        self.readable()?;
        self.state.storage(address, slot).map_err(read_error)
    }

    fn proof(
        &self,
        address: Address,
        slots: &[B256],
    ) -> Result<EIP1186AccountProofResponse, ReadError> {
        let (root, proofs) = self.proven.as_ref().ok_or(ReadError::NoProofs)?;
        let words: Vec<U256> = slots
            .iter()
            .map(|slot| U256::from_be_bytes(slot.0))
            .collect();
        let proof = proofs
            .prove(*root, address, &words)
            .ok_or(ReadError::NoProofs)?;
        let account = proof.account.unwrap_or_default();
        Ok(EIP1186AccountProofResponse {
            address,
            balance: account.balance,
            code_hash: account.code_hash,
            nonce: account.nonce,
            storage_hash: proof.storage_root,
            account_proof: proof.nodes,
            storage_proof: proof
                .slots
                .into_iter()
                .map(|slot| EIP1186StorageProof {
                    key: JsonStorageKey::Hash(B256::from(slot.slot)),
                    value: slot.value,
                    proof: slot.nodes,
                })
                .collect(),
        })
    }

    fn call(&self, request: &CallRequest) -> Result<CallOutcome, CallError> {
        self.readable()?;
        let tx = &request.transaction;
        let mut state = self.overridden(request);
        if tx.from.unwrap_or_default().is_zero()
            && let Some(value) = tx.value.filter(|value| !value.is_zero())
        {
            // Nobody in particular calls: the value is taken for given.
            let balance = Some(value);
            let over = AccountOverride {
                balance,
                ..Default::default()
            };
            let accounts = std::iter::once((Address::ZERO, over)).collect();
            state = Arc::new(Overridden {
                inner: state,
                accounts,
                codes: HashMap::default(),
            });
        }
        let mut opening = self.opening.clone();
        if let Some(block) = &request.overrides.block {
            opening.number = block.number.map_or(opening.number, |n| n.saturating_to());
            opening.timestamp_s = block.time.unwrap_or(opening.timestamp_s);
            opening.env.gasLimit = block.gas_limit.unwrap_or(opening.env.gasLimit);
        }
        let from = tx.from.unwrap_or_default();
        let gas_price_wei = tx.gas_price.or(tx.max_fee_per_gas).unwrap_or(0);
        let value = tx.value.unwrap_or_default();
        let have_wei = state
            .account(from)
            .map_err(read_error)?
            .map_or(U256::ZERO, |a| a.balance);
        let want_wei = U256::from(request.gas_limit)
            .saturating_mul(U256::from(gas_price_wei))
            .saturating_add(value);
        if want_wei > have_wei {
            return Err(CallError::InsufficientFunds { have_wei, want_wei });
        }
        let effective = match (
            tx.gas_price,
            tx.max_fee_per_gas,
            tx.max_priority_fee_per_gas,
        ) {
            (None, Some(cap), tip) => {
                cap.min(u128::from(opening.env.baseFee).saturating_add(tip.unwrap_or(0)))
            }
            (price, ..) => price.unwrap_or(0),
        };
        if gas_price_wei > 0 && gas_price_wei < u128::from(opening.env.baseFee) {
            return Err(CallError::Invalid {
                reason: format!(
                    "max fee per gas less than block base fee: {gas_price_wei} offered, {} needed",
                    opening.env.baseFee
                ),
            });
        }
        let run = Run {
            from,
            to: tx.to.and_then(|to| to.to().copied()),
            value,
            input: tx.input.input().cloned().unwrap_or_default(),
            gas_limit: request.gas_limit,
            gas_price_wei: effective,
            nonce: tx.nonce,
            access_list: tx.access_list.clone().unwrap_or_default(),
            authorizations: authorizations(tx.authorization_list.as_deref()),
        };
        let env = CallEnv {
            state,
            opening,
            chain_id: self.chain_id,
        };
        match call(&env, run).map_err(read_error)? {
            Outcome::Success {
                output,
                gas_used,
                gas_refunded,
            } => Ok(CallOutcome {
                end: CallEnd::Success { output },
                gas_used,
                gas_refunded,
            }),
            Outcome::Revert { output, gas_used } => Ok(CallOutcome {
                end: CallEnd::Revert { output },
                gas_used,
                gas_refunded: 0,
            }),
            Outcome::Halt { reason, gas_used } => {
                let out_of_gas = reason.contains("OutOfGas");
                Ok(CallOutcome {
                    end: CallEnd::Halt { reason, out_of_gas },
                    gas_used,
                    gas_refunded: 0,
                })
            }
            Outcome::IntrinsicGas { required } => Err(CallError::IntrinsicGasTooLow {
                required,
                got: request.gas_limit,
            }),
            Outcome::Refused { reason } => Err(CallError::Invalid { reason }),
        }
    }
}

fn authorizations(list: Option<&[SignedAuthorization]>) -> Vec<SignedAuthorization> {
    list.map(<[_]>::to_vec).unwrap_or_default()
}

impl StateSnapshot {
    const fn readable(&self) -> Result<(), ReadError> {
        match self.pruned {
            Some((block, oldest)) => Err(ReadError::StateNotKept { block, oldest }),
            None => Ok(()),
        }
    }

    fn overridden(&self, request: &CallRequest) -> Arc<dyn BaseState> {
        match &request.overrides.state {
            Some(accounts) if !accounts.is_empty() => Arc::new(Overridden {
                inner: self.state.clone(),
                codes: accounts
                    .values()
                    .filter_map(|a| a.code.as_ref())
                    .map(|code| (keccak256(code), code.clone()))
                    .collect(),
                accounts: accounts
                    .iter()
                    .map(|(address, over)| (*address, over.clone()))
                    .collect(),
            }),
            _ => self.state.clone(),
        }
    }
}

/// A state with some accounts replaced for one call.
#[derive(Debug)]
struct Overridden {
    inner: Arc<dyn BaseState>,
    accounts: HashMap<Address, AccountOverride>,
    codes: HashMap<B256, Bytes>,
}

impl BaseState for Overridden {
    fn account(&self, address: Address) -> Result<Option<Account>, StateError> {
        let found = self.inner.account(address)?;
        let Some(over) = self.accounts.get(&address) else {
            return Ok(found);
        };
        let mut account = found.unwrap_or_default();
        account.balance = over.balance.unwrap_or(account.balance);
        account.nonce = over.nonce.unwrap_or(account.nonce);
        if let Some(code) = &over.code {
            account.code_hash = if code.is_empty() {
                KECCAK256_EMPTY
            } else {
                keccak256(code)
            };
        }
        Ok(Some(account))
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        let key = B256::from(slot);
        match self.accounts.get(&address) {
            Some(AccountOverride {
                state: Some(all), ..
            }) => Ok(all
                .get(&key)
                .map_or(U256::ZERO, |v| U256::from_be_bytes(v.0))),
            Some(AccountOverride {
                state_diff: Some(some),
                ..
            }) if some.contains_key(&key) => Ok(some
                .get(&key)
                .map_or(U256::ZERO, |v| U256::from_be_bytes(v.0))),
            _ => self.inner.storage(address, slot),
        }
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError> {
        match self.codes.get(&hash) {
            Some(code) => Ok(Some(code.clone())),
            None => self.inner.code(hash),
        }
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StateError> {
        self.inner.block_hash(number)
    }
}

/// The state after a stored block below the store's head, from the kept differences.
#[derive(Debug)]
pub(super) struct Historic {
    pub(super) snapshot: Arc<StoreSnapshot>,
    pub(super) number: u64,
}

impl BaseState for Historic {
    fn account(&self, address: Address) -> Result<Option<Account>, StateError> {
        self.snapshot
            .account_at(address, self.number)
            .map_err(Into::into)
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, StateError> {
        Ok(self.snapshot.storage_at(address, slot, self.number)?)
    }

    fn code(&self, hash: B256) -> Result<Option<Bytes>, StateError> {
        self.snapshot.code(hash)
    }

    fn block_hash(&self, number: u64) -> Result<Option<B256>, StateError> {
        self.snapshot.block_hash(number)
    }
}
