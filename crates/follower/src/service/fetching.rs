//! Fetches what the follower wants: blobs from beacon nodes, ranges of messages from peers.

use super::{Input, Wants, peers::Peers, put};
use crate::core::{Heard, Want};
use alloy_primitives::B256;
use crossbeam_channel::Sender;
use forebond_net::{Net, RangeRequest, Received, Source};
use forebond_settlement::{PostedBatch, Settlement};
use std::{collections::HashSet, sync::Arc, time::Duration};
use tokio::sync::{Mutex, Semaphore};

/// Between two attempts for the same blobs.
const BLOBS_AGAIN: Duration = Duration::from_millis(700);
/// Between two range requests.
const RANGE_AGAIN: Duration = Duration::from_millis(100);
/// Blocks of one range request.
const RANGE_BLOCKS: u16 = 16;

/// Questions for markers at one time.
const MARKERS: usize = 2;

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
    let markers = Arc::new(Semaphore::new(MARKERS));
    let mut asked = 0usize;
    let ask = |request: RangeRequest| {
        if let (Some(net), Ok(place)) =
            (peers.gossip().cloned(), markers.clone().try_acquire_owned())
        {
            let (inputs, peers) = (inputs.clone(), peers.clone());
            tokio::spawn(async move {
                let _place = place;
                marker(request, &net, &peers, &inputs).await;
            });
        }
    };
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
                asked = asked.wrapping_add(1);
                let (peers, inputs) = (peers.clone(), inputs.clone());
                tokio::spawn(async move {
                    let _one_at_a_time = guard;
                    messages(from_block, asked, &peers, &inputs).await;
                    tokio::time::sleep(RANGE_AGAIN).await;
                });
            }
            Want::Base { window } => ask(RangeRequest::Base { window }),
            Want::EndSeal { window } => ask(RangeRequest::EndSeal { window }),
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

/// One after the other is asked until somebody has something; another one first each time, since what somebody has may be no
/// more than what is here.
async fn messages(from_block: u64, first: usize, peers: &Peers, inputs: &Sender<Input>) {
    let fetchers = peers.fetchers();
    let gossip = peers.gossip().filter(|net| net.peers() > 0);
    let everyone = fetchers.len() + usize::from(gossip.is_some());
    for place in 0..everyone {
        let asked = first.wrapping_add(place).checked_rem(everyone);
        let asked = asked.and_then(|place| fetchers.get(place));
        let found = match (asked, gossip) {
            (Some((source, fetcher)), _) => fetcher
                .envelopes(from_block, RANGE_BLOCKS)
                .await
                .map(|found| (found, source.clone()))
                .map_err(|error| error.to_string()),
            (None, Some(net)) => net
                .request_range(RangeRequest::Envelopes {
                    from_block,
                    max_blocks: RANGE_BLOCKS,
                })
                .await
                .map(|answer| (answer.messages, answer.from))
                .map_err(|error| error.to_string()),
            (None, None) => return,
        };
        match found {
            Ok((found, _)) if found.is_empty() => {}
            Ok((found, from)) => {
                hand_over(found, &from, peers, inputs).await;
                return;
            }
            Err(error) => tracing::debug!(from_block, %error, "a range is not to be had"),
        }
    }
}

/// A base or the end of a turn, from gossip: a stream would have brought it.
async fn marker(request: RangeRequest, net: &Net, peers: &Peers, inputs: &Sender<Input>) {
    match net.request_range(request).await {
        Ok(answer) => {
            tracing::debug!(?request, from = %answer.from, "a marker was asked for and came");
            hand_over(answer.messages, &answer.from, peers, inputs).await;
        }
        Err(error) => tracing::debug!(?request, %error, "a marker is not to be had"),
    }
}

async fn hand_over(found: Vec<Received>, from: &Source, peers: &Peers, inputs: &Sender<Input>) {
    for Received { envelope, signer } in found {
        if let Some(tap) = peers.tap() {
            tap.message(&envelope);
        }
        let heard = Heard {
            envelope,
            signer,
            from: from.clone(),
        };
        if !put(inputs, Input::Heard(Box::new(heard))).await {
            return;
        }
    }
}
