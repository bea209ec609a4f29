//! State after one block, for reads, calls and proofs.

use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_rpc_types_eth::{EIP1186AccountProofResponse, EIP1186StorageProof};
use forebond_rpc::{
    AccountView, CallError, CallOutcome, CallRequest, EnvView, ReadError, Snapshot,
};

use crate::{
    execution::{CallBlock, ForkState, run_call},
    node::Ledger,
};

/// The state after a block, and the block a call runs in.
#[derive(Debug, Clone)]
pub struct L1Snapshot {
    ledger: Arc<Ledger>,
    state: ForkState,
    block: CallBlock,
    hash: B256,
}

impl L1Snapshot {
    pub(super) const fn new(
        ledger: Arc<Ledger>,
        state: ForkState,
        block: CallBlock,
        hash: B256,
    ) -> Self {
        Self {
            ledger,
            state,
            block,
            hash,
        }
    }
}

impl Snapshot for L1Snapshot {
    fn env(&self) -> EnvView {
        self.block.figures()
    }

    fn account(&self, address: Address) -> Result<AccountView, ReadError> {
        let account = self.state.account(address).unwrap_or_default();
        Ok(AccountView {
            nonce: account.nonce,
            balance_wei: account.balance,
        })
    }

    fn code(&self, address: Address) -> Result<Bytes, ReadError> {
        Ok(self
            .state
            .account(address)
            .map(|account| self.state.code(account.code_hash))
            .unwrap_or_default())
    }

    fn storage(&self, address: Address, slot: U256) -> Result<U256, ReadError> {
        Ok(self.state.storage(address, slot))
    }

    fn proof(
        &self,
        address: Address,
        slots: &[B256],
    ) -> Result<EIP1186AccountProofResponse, ReadError> {
        let keys: Vec<U256> = slots.iter().map(|slot| (*slot).into()).collect();
        let proof = self
            .ledger
            .proof(self.hash, address, &keys)
            .map_err(|error| ReadError::Internal {
                reason: error.to_string(),
            })?;
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
                    key: B256::from(slot.slot).into(),
                    value: slot.value,
                    proof: slot.nodes,
                })
                .collect(),
        })
    }

    fn call(&self, request: &CallRequest) -> Result<CallOutcome, CallError> {
        run_call(&self.state, &self.block, request)
    }
}
