use alloy_primitives::{Address, B256, Bytes};
use forebond_exec::PreparedTx;
use forebond_follower::Forwarder;
use forebond_ledger::rpc::{ChainReader, Ingress, Waited, prepare, promised};
use forebond_rpc::SubmitError;
use std::{sync::Arc, time::Duration};

/// Longest transaction that is passed on, bytes.
const MAX_TRANSACTION_BYTES: usize = 128 << 10;

/// A node's transactions go to the gateway whose turn it is; the promise comes back by its stream.
#[derive(Debug)]
pub(super) struct NodeIngress {
    pub(super) reader: Arc<ChainReader>,
    pub(super) forwarder: Forwarder,
}

impl NodeIngress {
    fn decode(&self, raw: Bytes) -> Result<PreparedTx, SubmitError> {
        prepare(raw, self.reader.config.chain_id, MAX_TRANSACTION_BYTES)
    }
}

impl Ingress for NodeIngress {
    fn next_nonce(&self, _address: Address) -> Option<u64> {
        // Pooled transactions are the gateway's; what is promised counts here.
        None
    }

    fn pooled(&self, _hash: B256) -> Option<Arc<PreparedTx>> {
        None
    }

    fn quoted_tip_wei(&self) -> u128 {
        self.forwarder.quoted_tip_wei()
    }

    async fn submit(&self, raw: Bytes) -> Result<B256, SubmitError> {
        let tx = self.decode(raw)?;
        let hash = tx.hash();
        match self.forwarder.send(tx.raw().clone()).await {
            Err(_) if matches!(self.reader.find_promise(hash), Ok(Some(_))) => Ok(hash),
            other => other.map(|()| hash),
        }
    }

    async fn submit_and_wait(&self, raw: Bytes, timeout: Duration) -> Result<Waited, SubmitError> {
        let tx = self.decode(raw)?;
        let hash = tx.hash();
        let hand_in = self.forwarder.send(tx.raw().clone());
        let promise = promised(&self.reader, hash, timeout, hand_in).await?;
        Ok(promise.map_or(Waited::Still(hash), Waited::Promised))
    }
}
