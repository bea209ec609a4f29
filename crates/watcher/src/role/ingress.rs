use std::{sync::Arc, time::Duration};

use alloy_primitives::{Address, B256, Bytes};
use forebond_exec::PreparedTx;
use forebond_ledger::rpc::{Ingress, Waited};
use forebond_rpc::SubmitError;

/// A watcher takes no transactions: whoever is watched must not depend on it.
#[derive(Clone, Copy, Debug)]
pub(super) struct NoTransactions;

fn refused() -> SubmitError {
    SubmitError::NotAccepting {
        reason: "a watcher takes no transactions; send them to a node or a gateway".into(),
    }
}

impl Ingress for NoTransactions {
    fn next_nonce(&self, _address: Address) -> Option<u64> {
        None
    }

    fn pooled(&self, _hash: B256) -> Option<Arc<PreparedTx>> {
        None
    }

    fn quoted_tip_wei(&self) -> u128 {
        0
    }

    async fn submit(&self, _raw: Bytes) -> Result<B256, SubmitError> {
        Err(refused())
    }

    async fn submit_and_wait(
        &self,
        _raw: Bytes,
        _timeout: Duration,
    ) -> Result<Waited, SubmitError> {
        Err(refused())
    }
}
