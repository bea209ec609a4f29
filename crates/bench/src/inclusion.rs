//! Watches blocks for transactions that were sent without waiting for a receipt.

use crate::{
    load::Load,
    reply::{Place, Tally},
    rpc::Rpc,
};
use alloy_primitives::{B256, U64};
use serde::Deserialize;
use serde_json::json;
use std::{collections::HashMap, sync::Arc, time::Instant};
use tokio::sync::watch;

#[derive(Deserialize)]
struct Head {
    number: U64,
}

#[derive(Deserialize)]
struct Block {
    transactions: Vec<B256>,
}

/// A subscription to new blocks.
pub(crate) struct Watcher {
    rpc: Rpc,
    load: Arc<Load>,
    ids: HashMap<B256, u32>,
    next_block: u64,
    tally: Tally,
}

impl Watcher {
    /// Subscribes; blocks from now on are looked at.
    pub(crate) async fn subscribe(mut rpc: Rpc, load: Arc<Load>) -> eyre::Result<Self> {
        let _: String = rpc.call("eth_subscribe", json!(["newHeads"])).await?;
        let head: U64 = rpc.call("eth_blockNumber", json!([])).await?;
        let ids = load
            .planned()
            .iter()
            .zip(0u32..)
            .map(|(tx, id)| (tx.hash, id))
            .collect();
        Ok(Self {
            rpc,
            load,
            ids,
            next_block: head.to::<u64>() + 1,
            tally: Tally::new()?,
        })
    }

    /// Looks at every new block until `stop` changes.
    pub(crate) async fn watch(mut self, mut stop: watch::Receiver<bool>) -> eyre::Result<Tally> {
        loop {
            let head = tokio::select! {
                biased;
                _ = stop.changed() => return Ok(self.tally),
                head = self.rpc.next_notification() => head?,
            };
            let head: Head = serde_json::from_value(head)?;
            while self.next_block <= head.number.to() {
                let block = self.next_block;
                let tag = format!("{block:#x}");
                let body: Block = self
                    .rpc
                    .call("eth_getBlockByNumber", json!([tag, false]))
                    .await?;
                let at = Instant::now();
                for (hash, index) in body.transactions.into_iter().zip(0u64..) {
                    if let Some(id) = self.ids.get(&hash).copied()
                        && self.load.resolve(id)
                    {
                        self.tally
                            .verified(&self.load, Place { block, index, id }, at);
                    }
                }
                self.next_block += 1;
            }
        }
    }
}
