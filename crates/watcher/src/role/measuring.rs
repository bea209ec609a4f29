//! Feeds the figures about gateways from what passes by: the one place that decides what counts as heard, kept and settled.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use alloy_primitives::B256;
use forebond_follower::StandingBoard;
use forebond_ledger::{chain::SealedBlock, promise::PublishedFrag, rpc::ChainReader};
use forebond_protocol::Window;
use forebond_settlement::{PostedBatch, Settlement};
use parking_lot::Mutex;

use super::{Observer, Passing};
use crate::{
    now_ms,
    quality::{HeardFrag, HeardSeal, Judged, Quality, Settled, TurnOver},
};

/// Between two looks at what has become final, and at turns that are over.
const LOOK: Duration = Duration::from_secs(1);
/// What takes longer was asked for, and says nothing about how fast it comes by itself.
const LIVE_MS: u64 = 30_000;
/// So long after its last block a turn is looked at: what is on its way counts.
const GRACE_MS: u64 = 3_000;
/// Blocks whose promises wait for their block, and batches that wait to be final.
const MOST_WAITING: usize = 8_192;
/// Blocks compared in one look.
const AT_ONCE: usize = 256;

/// A promise as it is compared later.
#[derive(Clone, Copy, Debug)]
struct Promised {
    gateway: u32,
    index: u64,
    tx_hash: B256,
    receipt_hash: B256,
}

#[derive(Debug, Default)]
struct Waiting {
    promised: BTreeMap<u64, Vec<Promised>>,
    batches: BTreeMap<u32, PostedBatch>,
    /// Last slot of the newest window whose turn was measured.
    measured_until: u64,
}

/// Measures gateways. Cheap to clone.
#[derive(Clone)]
pub(super) struct Measuring {
    quality: Arc<Mutex<Quality>>,
    settlement: Settlement,
    waiting: Arc<Mutex<Waiting>>,
}

impl Measuring {
    /// Of nobody yet. Turns that began before now are not measured.
    pub(super) fn new(quality: Arc<Mutex<Quality>>, settlement: Settlement) -> Self {
        let slots = settlement.facts().turns.slots;
        let waiting = Waiting {
            measured_until: slots.slot_at_ms(now_ms()),
            ..Waiting::default()
        };
        Self {
            quality,
            settlement,
            waiting: Arc::new(Mutex::new(waiting)),
        }
    }

    /// Looks at what has become final, until it is aborted.
    pub(super) async fn run(self, standing: Arc<StandingBoard>, reader: Arc<ChainReader>) {
        loop {
            tokio::time::sleep(LOOK).await;
            let finalized = standing.standing().heads.finalized.0;
            let (measuring, reader) = (self.clone(), reader.clone());
            let looking = tokio::task::spawn_blocking(move || {
                measuring.judge(&reader, finalized);
                measuring.settle(finalized);
                measuring.turns(now_ms());
            });
            if let Err(error) = looking.await {
                tracing::error!(%error, "gateways are not measured any more");
                return;
            }
        }
    }

    fn owner(&self, last_slot: u64) -> Option<u32> {
        let windows = self.settlement.windows();
        windows.schedule.at(last_slot).map(|window| window.gateway)
    }

    fn promised(&self, frag: &PublishedFrag, heard_at_ms: u64) {
        let window = frag.base.base.window;
        let Some(gateway) = self.owner(window) else {
            return;
        };
        let block = frag.frag.blockNumber;
        let promises: Vec<Promised> = frag
            .transactions
            .iter()
            .filter(|promised| !promised.tx.is_deposit())
            .map(|promised| Promised {
                gateway,
                index: promised.leaf.index,
                tx_hash: promised.leaf.tx_hash,
                receipt_hash: promised.leaf.receipt_hash,
            })
            .collect();
        let issued_at_ms = frag.frag.issuedAtMs;
        self.quality.lock().heard_frag(HeardFrag {
            gateway,
            window,
            block,
            promises: u32::try_from(promises.len()).unwrap_or(u32::MAX),
            issued_at_ms,
            heard_at_ms,
            live: heard_at_ms.saturating_sub(issued_at_ms) < LIVE_MS,
        });
        let mut waiting = self.waiting.lock();
        waiting.promised.entry(block).or_default().extend(promises);
        while waiting.promised.len() > MOST_WAITING {
            waiting.promised.pop_first();
        }
    }

    fn sealed(&self, block: &SealedBlock) {
        let Some((frag, _)) = block.frags().first().zip(block.seal.as_ref()) else {
            return;
        };
        let window = frag.base.base.window;
        let heard_at_ms = now_ms();
        let closed_ms = block.header.timestamp.saturating_mul(1_000);
        if let Some(gateway) = self.owner(window) {
            self.quality.lock().heard_seal(HeardSeal {
                gateway,
                window,
                block: block.number(),
                heard_at_ms,
                live: heard_at_ms.saturating_sub(closed_ms) < LIVE_MS,
            });
        }
    }

    /// Holds promises against their blocks, once those cannot be undone.
    fn judge(&self, reader: &ChainReader, finalized: u64) {
        for _ in 0..AT_ONCE {
            let due = {
                let waiting = self.waiting.lock();
                waiting
                    .promised
                    .first_key_value()
                    .map(|(block, _)| *block)
                    .filter(|block| *block <= finalized)
            };
            let Some(number) = due else { return };
            let Ok(Some(block)) = reader.sealed(number) else {
                return;
            };
            let promises = self.waiting.lock().promised.remove(&number);
            let found: Vec<(B256, B256)> = block
                .transactions()
                .map(|promised| (promised.leaf.tx_hash, promised.leaf.receipt_hash))
                .collect();
            let mut tallies: BTreeMap<u32, (u64, u64)> = BTreeMap::new();
            for promise in promises.unwrap_or_default() {
                let place = usize::try_from(promise.index).unwrap_or(usize::MAX);
                let is_kept = found.get(place) == Some(&(promise.tx_hash, promise.receipt_hash));
                let (kept, broken) = tallies.entry(promise.gateway).or_default();
                let count = if is_kept { kept } else { broken };
                *count = count.saturating_add(1);
            }
            let at_ms = now_ms();
            for (gateway, (kept, broken)) in tallies {
                self.quality.lock().judged(Judged {
                    gateway,
                    kept,
                    broken,
                    at_ms,
                });
            }
        }
    }

    /// Batches whose blocks are final stay.
    fn settle(&self, finalized: u64) {
        let mut waiting = self.waiting.lock();
        let due: Vec<u32> = waiting
            .batches
            .iter()
            .filter(|(_, posted)| posted.batch.lastBlock <= finalized)
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let Some(posted) = waiting.batches.remove(&id) else {
                continue;
            };
            self.quality.lock().settled(Settled {
                gateway: posted.gateway,
                first_block: posted.batch.firstBlock,
                last_block: posted.batch.lastBlock,
                l1_timestamp_s: posted.at.timestamp_s,
                at_ms: now_ms(),
            });
        }
    }

    /// Turns that are over.
    fn turns(&self, at_ms: u64) {
        let turns = self.settlement.facts().turns;
        let windows = self.settlement.windows();
        let mut waiting = self.waiting.lock();
        let from = waiting.measured_until;
        for window in windows.schedule.iter() {
            let Window {
                gateway, last_slot, ..
            } = *window;
            let blocks = turns.blocks_of(window);
            let closes_s = turns.blocks.timestamp_s(blocks.last.saturating_add(1));
            let is_over = closes_s.saturating_mul(1_000).saturating_add(GRACE_MS) <= at_ms;
            if last_slot <= from || !is_over {
                continue;
            }
            waiting.measured_until = waiting.measured_until.max(last_slot);
            self.quality.lock().turn_over(TurnOver {
                gateway,
                window: last_slot,
                first_block: blocks.first,
                last_block: blocks.last,
                at_ms,
            });
        }
    }
}

impl Observer for Measuring {
    fn passes(&self, passing: &Passing) {
        match passing {
            Passing::Promised(frag, heard_at_ms) => self.promised(frag, *heard_at_ms),
            Passing::Block(block) => self.sealed(block),
            Passing::Removed(_) => {}
            Passing::Missed(_) => self.quality.lock().watching_from(now_ms()),
            Passing::Settled(posted, _) => {
                let mut waiting = self.waiting.lock();
                waiting.batches.insert(posted.id, posted.as_ref().clone());
                while waiting.batches.len() > MOST_WAITING {
                    waiting.batches.pop_first();
                }
            }
        }
    }
}
