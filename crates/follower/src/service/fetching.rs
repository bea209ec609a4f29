//! Fetches what the follower wants: blobs from beacon nodes, ranges of messages from peers.

use super::{Input, Wants, peers::Peers, put};
use crate::core::Want;
use alloy_primitives::B256;
use crossbeam_channel::Sender;
use forebond_net::Received;
use forebond_settlement::{PostedBatch, Settlement};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// Between two attempts for the same blobs.
const BLOBS_AGAIN: Duration = Duration::from_millis(700);
/// Between two range requests.
const RANGE_AGAIN: Duration = Duration::from_millis(100);
/// Blocks of one range request.
const RANGE_BLOCKS: u16 = 16;

type InFlight = Arc<Mutex<HashSet<(B256, u32)>>>;

/// Runs until the thread is gone.
pub(super) async fn fetch(
    mut wants: Wants,
    settlement: Settlement,
    peers: Arc<Peers>,
    inputs: Sender<Input>,
) {
    let in_flight = InFlight::default();
    let range = Arc::new(Mutex::new(()));
    while let Some(want) = wants.recv().await {
        match want {
            Want::Blobs(batch) => {
                let key = (batch.at.hash, batch.id);
                if !in_flight.lock().await.insert(key) {
                    continue;
                }
                let (settlement, inputs, in_flight) =
                    (settlement.clone(), inputs.clone(), in_flight.clone());
                tokio::spawn(async move {
                    blobs(*batch, &settlement, &inputs).await;
                    in_flight.lock().await.remove(&key);
                });
            }
            Want::Range { from_block } => {
                // One at a time: what is still missing is wanted again.
                let Ok(guard) = range.clone().try_lock_owned() else {
                    continue;
                };
                let (peers, inputs) = (peers.clone(), inputs.clone());
                tokio::spawn(async move {
                    let _one_at_a_time = guard;
                    messages(from_block, &peers, &inputs).await;
                    tokio::time::sleep(RANGE_AGAIN).await;
                });
            }
        }
    }
}

async fn blobs(batch: PostedBatch, settlement: &Settlement, inputs: &Sender<Input>) {
    loop {
        match settlement.blobs().of_batch(&batch).await {
            Ok(blobs) => {
                put(inputs, Input::Blobs(Box::new(batch), blobs)).await;
                return;
            }
            Err(error) => tracing::warn!(batch = batch.id, %error, "blobs are missing"),
        }
        // A batch of an L1 block that was taken back is not waited for.
        let gone = settlement
            .origins()
            .block(batch.at.number)
            .is_some_and(|block| block.at.hash != batch.at.hash);
        if gone {
            return;
        }
        tokio::time::sleep(BLOBS_AGAIN).await;
    }
}

async fn messages(from_block: u64, peers: &Peers, inputs: &Sender<Input>) {
    for fetcher in peers.fetchers() {
        match fetcher.envelopes(from_block, RANGE_BLOCKS).await {
            Ok(found) if found.is_empty() => {}
            Ok(found) => {
                for Received { envelope, signer } in found {
                    if !put(inputs, Input::Heard(Box::new(envelope), signer)).await {
                        return;
                    }
                }
                return;
            }
            Err(error) => tracing::debug!(from_block, %error, "a range is not to be had"),
        }
    }
}
