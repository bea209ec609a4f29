//! The `preconfirmations` subscription: every frag as it is signed, resumable from a sequence.

use super::{GatewayChain, json::Hex};
use crate::{
    board::{Board, Event},
    promise::{PromisedTx, PublishedFrag},
};
use alloy_eips::eip2718::Typed2718;
use alloy_primitives::U64;
use forebond_rpc::OwnFeed;
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{json, value::RawValue};
use std::{sync::Arc, time::Duration};
use tokio::sync::{broadcast, mpsc};

/// Longest silence: a heartbeat follows.
const HEARTBEAT: Duration = Duration::from_millis(1000);
/// Blocks a resumed subscription can go back at most.
const MAX_RESUME_BLOCKS: u64 = 3_600;
/// Messages ready for a reader that does not take them; beyond, the board's own buffer fills up
/// and then the reader is disconnected.
const READY: usize = 64;

/// Starts a feed. `options` is the first sequence wanted, or nothing: what was published before the
/// call comes first, then everything new, without a gap. A reader that cannot keep up is
/// disconnected, never skipped.
pub(super) fn preconfirmations(
    chain: &GatewayChain,
    options: Option<serde_json::Value>,
) -> Result<OwnFeed, String> {
    let from: Option<U64> = options
        .map(serde_json::from_value)
        .transpose()
        .map_err(|e| format!("expected the first sequence as a hex quantity, or nothing: {e}"))?;
    // The feed exists before the past is read: nothing falls between the two.
    let events = chain.parts.board.subscribe();
    let from = from.map(|from| u32::try_from(from.to::<u64>()).unwrap_or(u32::MAX));
    let past = match from {
        Some(from) => past_frags(chain, from)?,
        None => Vec::new(),
    };
    let (sender, feed) = mpsc::channel(READY);
    let board = chain.parts.board.clone();
    tokio::spawn(async move {
        if let Err(reason) = pump(&board, events, (from, past), &sender).await {
            let _ = sender.send(Err(reason)).await;
        }
    });
    Ok(feed)
}

type Sender = mpsc::Sender<Result<Box<RawValue>, String>>;

/// Sends `past`, then what comes from the sequence wanted on: it may lie in the future.
async fn pump(
    board: &Board,
    mut events: broadcast::Receiver<Event>,
    (mut next, past): (Option<u32>, Vec<Arc<PublishedFrag>>),
    sender: &Sender,
) -> Result<(), String> {
    for frag in past {
        if !send(sender, frag_json(&frag)).await {
            return Ok(());
        }
        next = frag.frag.sequence.checked_add(1);
    }
    loop {
        let event = tokio::select! {
            () = sender.closed() => return Ok(()),
            event = tokio::time::timeout(HEARTBEAT, events.recv()) => event,
        };
        let message = match event {
            Err(_) => heartbeat(board, next),
            Ok(Ok(Event::Frag(frag))) if next.is_some_and(|next| frag.frag.sequence < next) => {
                continue;
            }
            Ok(Ok(Event::Frag(frag))) => {
                next = frag.frag.sequence.checked_add(1);
                frag_json(&frag)
            }
            Ok(Ok(Event::Sealed(block))) => block.seal.as_ref().and_then(|(seal, signature)| {
                let seal = forebond_types::SealWire::from(seal);
                let message = json!({ "type": "seal", "seal": seal, "signature": signature });
                serde_json::value::to_raw_value(&message).ok()
            }),
            Ok(Err(broadcast::error::RecvError::Lagged(missed))) => {
                let resume = next.map_or_else(|| "0x0".into(), |n| format!("{n:#x}"));
                return Err(format!(
                    "{missed} events behind; subscribe again from sequence {resume}"
                ));
            }
            Ok(Err(broadcast::error::RecvError::Closed)) => return Ok(()),
        };
        if !send(sender, message).await {
            return Ok(());
        }
    }
}

async fn send(sender: &Sender, message: Option<Box<RawValue>>) -> bool {
    match message {
        Some(message) => sender.send(Ok(message)).await.is_ok(),
        None => true,
    }
}

fn heartbeat(board: &Board, next: Option<u32>) -> Option<Box<RawValue>> {
    let view = board.view();
    serde_json::value::to_raw_value(&json!({
        "type": "heartbeat",
        "latestBlock": format!("{:#x}", view.latest.number()),
        "pendingBlock": format!("{:#x}", view.pending_number()),
        "nextSequence": next.map(|n| format!("{n:#x}")),
    }))
    .ok()
}

/// What was published from sequence `from` on, oldest first.
fn past_frags(chain: &GatewayChain, from: u32) -> Result<Vec<Arc<PublishedFrag>>, String> {
    let view = chain.parts.board.view();
    let mut newest_first: Vec<Arc<PublishedFrag>> = Vec::new();
    for block in view.unsealed.iter().rev() {
        let frags: Vec<_> = block.frags.iter().cloned().collect();
        newest_first.extend(frags.into_iter().rev());
    }
    let reaches =
        |frags: &[Arc<PublishedFrag>]| frags.last().is_some_and(|f| f.frag.sequence <= from);
    let latest = view.latest.number();
    let lowest = latest.saturating_sub(MAX_RESUME_BLOCKS);
    let mut number = latest;
    while !reaches(&newest_first) && number > lowest {
        let Some(block) = chain.sealed(number).map_err(|e| e.to_string())? else {
            break;
        };
        newest_first.extend(block.frags.iter().rev().cloned());
        number = number.saturating_sub(1);
    }
    if lowest > 0 && !reaches(&newest_first) {
        return Err(format!(
            "sequence {from:#x} is more than {MAX_RESUME_BLOCKS} blocks ago; read old blocks instead"
        ));
    }
    newest_first.retain(|frag| frag.frag.sequence >= from);
    newest_first.reverse();
    Ok(newest_first)
}

/// One frag with everything needed to verify every promise in it.
fn frag_json(frag: &PublishedFrag) -> Option<Box<RawValue>> {
    serde_json::value::to_raw_value(&FragJson(frag)).ok()
}

struct FragJson<'a>(&'a PublishedFrag);

impl Serialize for FragJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", "frag")?;
        self.0.shared_json().write(&mut map)?;
        let transactions: Vec<_> = self
            .0
            .transactions
            .iter()
            .map(|tx| PromisedJson(tx))
            .collect();
        map.serialize_entry("transactions", &transactions)?;
        map.end()
    }
}

struct PromisedJson<'a>(&'a PromisedTx);

impl Serialize for PromisedJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("leaf", &forebond_types::LeafWire::from(&self.0.leaf))?;
        map.serialize_entry("type", &format!("{:#x}", self.0.tx.envelope().ty()))?;
        map.serialize_entry("transaction", &Hex(self.0.tx.raw()))?;
        map.serialize_entry("receipt", &Hex(&self.0.receipt_bytes))?;
        map.serialize_entry("writes", &Hex(&self.0.writes))?;
        map.end()
    }
}
