//! Watches blocks for transactions that were sent without waiting for a receipt.

use crate::{
    load::Load,
    rpc::Rpc,
    tally::{Place, Tally},
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

    /// Looks at every new block until `stop` changes. When the server fails, what was seen before
    /// remains, and the failure is one of the errors.
    pub(crate) async fn watch(mut self, mut stop: watch::Receiver<bool>) -> Tally {
        let watched = tokio::select! {
            biased;
            _ = stop.changed() => Ok(()),
            watched = self.look_at_blocks() => watched,
        };
        if let Err(error) = watched {
            self.tally
                .errors
                .count(&format!("watching blocks: {error:#}"));
        }
        self.tally
    }

    /// Ends only with an error.
    async fn look_at_blocks(&mut self) -> eyre::Result<()> {
        loop {
            let head: Head = serde_json::from_value(self.rpc.next_notification().await?)?;
            while self.next_block <= head.number.to() {
                self.look_at(self.next_block).await?;
                self.next_block += 1;
            }
        }
    }

    async fn look_at(&mut self, block: u64) -> eyre::Result<()> {
        let params = json!([format!("{block:#x}"), false]);
        let body: Block = self.rpc.call("eth_getBlockByNumber", params).await?;
        let at = Instant::now();
        for (hash, index) in body.transactions.into_iter().zip(0u64..) {
            if let Some(id) = self.ids.get(&hash).copied()
                && self.load.resolve(id)
            {
                self.tally
                    .verified(&self.load, Place { block, index, id }, at);
            }
        }
        Ok(())
    }
}
