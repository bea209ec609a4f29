//! The ledger's own subscriptions: `preconfirmations`, every frag as JSON, resumable from a sequence of the current base; and
//! `envelopes`, every signed message as it travels, resumable from a block. Both send heartbeats and never skip: a reader that
//! cannot keep up is disconnected.

use super::{json::Hex, reader::ChainReader};
use crate::{
    board::{Board, Event},
    envelopes::EnvelopeWriter,
    promise::{PromisedTx, PublishedFrag},
};
use alloy_eips::eip2718::Typed2718;
use alloy_primitives::{B256, Bytes, U64};
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

type Sender = mpsc::Sender<Result<Box<RawValue>, String>>;
type Messages = Vec<Box<RawValue>>;

/// What a feed makes of the board's events.
trait Voice: Send + 'static {
    /// Messages for an event; may be none.
    fn event(&mut self, event: Event) -> Messages;
    /// Where a disconnected reader resumes.
    fn resume(&self) -> String;
    /// The sequence expected next, if the feed counts.
    fn next_sequence(&self) -> Option<u32> {
        None
    }
}

/// Starts a feed of frags. `options` is the first sequence wanted under the current base, or nothing: what was published before
/// the call comes first, then everything new, without a gap.
pub(super) fn preconfirmations(
    chain: &ChainReader,
    options: Option<serde_json::Value>,
) -> Result<OwnFeed, String> {
    let from: Option<U64> = options
        .map(serde_json::from_value)
        .transpose()
        .map_err(|e| format!("expected the first sequence as a hex quantity, or nothing: {e}"))?;
    // The feed exists before the past is read: nothing falls between the two.
    let events = chain.board.subscribe();
    let from = from.map(|from| u32::try_from(from.to::<u64>()).unwrap_or(u32::MAX));
    let mut voice = Frags {
        base: chain.newest_frag().map(|frag| frag.base.hash),
        next: from,
    };
    let past = match from {
        Some(from) => past_frags(chain, from)?,
        None => Vec::new(),
    };
    let past = past
        .into_iter()
        .flat_map(|frag| voice.event(Event::Frag(frag)))
        .collect();
    Ok(start(chain.board.clone(), events, past, voice))
}

/// Starts a feed of envelopes. `options` is the first block wanted, or nothing.
pub(super) fn envelopes(
    chain: &ChainReader,
    options: Option<serde_json::Value>,
) -> Result<OwnFeed, String> {
    let from: Option<U64> = options
        .map(serde_json::from_value)
        .transpose()
        .map_err(|e| format!("expected the first block as a hex quantity, or nothing: {e}"))?;
    let events = chain.board.subscribe();
    let mut voice = Envelopes::default();
    let mut past = Vec::new();
    if let Some(from) = from {
        let from = from.to::<u64>().max(1);
        let view = chain.board.view();
        let latest = view.latest.number();
        if latest.saturating_sub(from) > MAX_RESUME_BLOCKS {
            return Err(format!(
                "block {from} is more than {MAX_RESUME_BLOCKS} blocks ago; derive old blocks from L1 instead"
            ));
        }
        for number in from..=latest {
            let Some(block) = chain.sealed(number).map_err(|e| e.to_string())? else {
                break;
            };
            for frag in block.frags() {
                past.extend(voice.event(Event::Frag(frag.clone())));
            }
            past.extend(voice.event(Event::Sealed(block)));
        }
        for block in &view.unsealed {
            for frag in &block.frags {
                past.extend(voice.event(Event::Frag(frag.clone())));
            }
        }
    }
    Ok(start(chain.board.clone(), events, past, voice))
}

fn start(
    board: Arc<Board>,
    events: broadcast::Receiver<Event>,
    past: Messages,
    voice: impl Voice,
) -> OwnFeed {
    let (sender, feed) = mpsc::channel(READY);
    tokio::spawn(async move {
        if let Err(reason) = pump(&board, events, past, voice, &sender).await {
            let _ = sender.send(Err(reason)).await;
        }
    });
    feed
}

/// Sends `past`, then what comes.
async fn pump(
    board: &Board,
    mut events: broadcast::Receiver<Event>,
    past: Messages,
    mut voice: impl Voice,
    sender: &Sender,
) -> Result<(), String> {
    for message in past {
        if sender.send(Ok(message)).await.is_err() {
            return Ok(());
        }
    }
    loop {
        let event = tokio::select! {
            () = sender.closed() => return Ok(()),
            event = tokio::time::timeout(HEARTBEAT, events.recv()) => event,
        };
        let messages = match event {
            Err(_) => heartbeat(board, voice.next_sequence())
                .into_iter()
                .collect(),
            Ok(Ok(event)) => voice.event(event),
            Ok(Err(broadcast::error::RecvError::Lagged(missed))) => {
                return Err(format!(
                    "{missed} events behind; subscribe again from {}",
                    voice.resume()
                ));
            }
            Ok(Err(broadcast::error::RecvError::Closed)) => return Ok(()),
        };
        for message in messages {
            if sender.send(Ok(message)).await.is_err() {
                return Ok(());
            }
        }
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

/// Frags as JSON. The sequence counts under one base; another base starts again at 0.
struct Frags {
    base: Option<B256>,
    next: Option<u32>,
}

impl Voice for Frags {
    fn event(&mut self, event: Event) -> Messages {
        let message = match event {
            Event::Frag(frag) => {
                // Before the first frag a wish is for the base that frag brings.
                let same = self.base.is_none_or(|base| base == frag.base.hash);
                if same && self.next.is_some_and(|next| frag.frag.sequence < next) {
                    return Vec::new();
                }
                self.base = Some(frag.base.hash);
                self.next = frag.frag.sequence.checked_add(1);
                serde_json::value::to_raw_value(&FragJson(&frag)).ok()
            }
            Event::Sealed(block) => block.seal.as_ref().and_then(|(seal, signature)| {
                let seal = forebond_types::SealWire::from(seal);
                let message = json!({ "type": "seal", "seal": seal, "signature": signature });
                serde_json::value::to_raw_value(&message).ok()
            }),
            Event::Removed(blocks) => {
                let numbers: Vec<_> = blocks
                    .iter()
                    .map(|block| format!("{:#x}", block.number()))
                    .collect();
                self.next = None;
                serde_json::value::to_raw_value(&json!({ "type": "removed", "blocks": numbers }))
                    .ok()
            }
        };
        message.into_iter().collect()
    }

    fn resume(&self) -> String {
        let next = self
            .next
            .map_or_else(|| "0x0".into(), |next| format!("{next:#x}"));
        format!("sequence {next}")
    }

    fn next_sequence(&self) -> Option<u32> {
        self.next
    }
}

/// Envelopes in hex.
#[derive(Default)]
struct Envelopes {
    writer: EnvelopeWriter,
    /// Base and sequence of the newest frag.
    newest: Option<(B256, u32)>,
    /// The newest sealed block.
    sealed: u64,
    block: u64,
}

impl Voice for Envelopes {
    fn event(&mut self, event: Event) -> Messages {
        let mut out = Vec::new();
        match event {
            // What was published while the past was read comes twice.
            Event::Frag(frag)
                if self.newest.is_some_and(|(base, sequence)| {
                    base == frag.base.hash && frag.frag.sequence <= sequence
                }) => {}
            Event::Sealed(block) if block.number() <= self.sealed => {}
            Event::Frag(frag) => {
                self.newest = Some((frag.base.hash, frag.frag.sequence));
                self.block = frag.frag.blockNumber;
                self.writer.frag(&frag, &mut out);
            }
            Event::Sealed(block) => {
                self.sealed = block.number();
                self.writer.seal(&block, &mut out);
            }
            // What replaces them follows with its own base.
            Event::Removed(_) => {
                *self = Self {
                    block: self.block,
                    ..Self::default()
                };
            }
        }
        out.iter()
            .filter_map(|bytes: &Bytes| serde_json::value::to_raw_value(&Hex(bytes)).ok())
            .collect()
    }

    fn resume(&self) -> String {
        format!("block {:#x}", self.block)
    }
}

/// What was published under the current base from sequence `from` on, oldest first.
fn past_frags(chain: &ChainReader, from: u32) -> Result<Vec<Arc<PublishedFrag>>, String> {
    let Some(newest) = chain.newest_frag() else {
        return Ok(Vec::new());
    };
    let base = newest.base.hash;
    let view = chain.board.view();
    let mut newest_first: Vec<Arc<PublishedFrag>> = Vec::new();
    for block in view.unsealed.iter().rev() {
        let frags: Vec<_> = block.frags.iter().cloned().collect();
        newest_first.extend(frags.into_iter().rev());
    }
    let reaches = |frags: &[Arc<PublishedFrag>]| {
        frags
            .last()
            .is_some_and(|f| f.frag.sequence <= from || f.base.hash != base)
    };
    let latest = view.latest.number();
    let lowest = latest.saturating_sub(MAX_RESUME_BLOCKS);
    let mut number = latest;
    while !reaches(&newest_first) && number > lowest {
        let Some(block) = chain.sealed(number).map_err(|e| e.to_string())? else {
            break;
        };
        if block.frags().is_empty() {
            break;
        }
        newest_first.extend(block.frags().iter().rev().cloned());
        number = number.saturating_sub(1);
    }
    if lowest > 0 && number == lowest && !reaches(&newest_first) {
        return Err(format!(
            "sequence {from:#x} is more than {MAX_RESUME_BLOCKS} blocks ago; read old blocks instead"
        ));
    }
    newest_first.retain(|frag| frag.base.hash == base && frag.frag.sequence >= from);
    newest_first.reverse();
    Ok(newest_first)
}

/// One frag with everything needed to verify every promise in it.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::promise::sample;
    use forebond_types::Envelope;

    fn frag(sequence: u32) -> Arc<PublishedFrag> {
        let made = sample::frag(1);
        let mut message = made.frag.clone();
        message.sequence = sequence;
        Arc::new(PublishedFrag::new(
            made.base.clone(),
            made.start.clone(),
            (
                message,
                B256::with_last_byte(u8::try_from(sequence).unwrap()),
            ),
            made.signature,
            made.transactions.clone(),
            made.tree.clone(),
        ))
    }

    fn sent(voice: &mut Envelopes, event: Event) -> Vec<&'static str> {
        let kind = |message: Box<RawValue>| {
            let bytes: Bytes = serde_json::from_str(message.get()).unwrap();
            match Envelope::decode(&bytes).unwrap() {
                Envelope::Base(_) => "base",
                Envelope::Frag(_) => "frag",
                Envelope::Seal(_) => "seal",
            }
        };
        voice.event(event).into_iter().map(kind).collect()
    }

    #[test]
    fn a_sequence_of_the_future_is_waited_for_even_before_the_first_frag() {
        let known = Some(frag(0).base.hash);
        for base in [None, known] {
            let mut voice = Frags {
                base,
                next: Some(3),
            };
            for early in 0..3 {
                assert!(voice.event(Event::Frag(frag(early))).is_empty());
            }
            assert_eq!(voice.event(Event::Frag(frag(3))).len(), 1);
        }
        let mut voice = Frags {
            base: Some(B256::repeat_byte(9)),
            next: Some(3),
        };
        assert_eq!(
            voice.event(Event::Frag(frag(0))).len(),
            1,
            "another base starts again"
        );
    }

    #[test]
    fn what_was_published_while_the_past_was_read_is_sent_once_and_in_order() {
        let mut voice = Envelopes::default();
        assert_eq!(sent(&mut voice, Event::Frag(frag(0))), ["base", "frag"]);
        assert_eq!(sent(&mut voice, Event::Frag(frag(1))), ["frag"]);
        for again in [0, 1] {
            assert!(sent(&mut voice, Event::Frag(frag(again))).is_empty());
        }
        assert_eq!(sent(&mut voice, Event::Frag(frag(2))), ["frag"]);
        assert!(sent(&mut voice, Event::Removed([].into())).is_empty());
        assert_eq!(sent(&mut voice, Event::Frag(frag(1))), ["base", "frag"]);
    }
}
