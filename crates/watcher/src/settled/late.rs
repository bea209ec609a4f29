use std::{collections::BTreeSet, sync::Arc};

use alloy_eips::BlockId;
use alloy_primitives::B256;
use forebond_contracts::bindings::Inbox;
use forebond_evidence::{
    Accused,
    docket::{Docket, Standing},
    faults::{
        fallen::{Earlier, Predecessor, has_fallen},
        late::{self, Cover, Ended, Missing},
    },
};
use forebond_protocol::Window;
use forebond_settlement::WindowBook;

use super::{Batches, Presence, PresenceError};
use crate::{
    court::{Court, CourtError, standing},
    hearing::{Desk, DeskError},
};

/// Epochs behind a window after which it is not looked at again unless its evidence is wanted anew.
const LOOKED_AT_EPOCHS: u64 = 4;
/// Windows that are proven in one look: each takes a beacon state.
const AT_ONCE: usize = 2;
/// Batches before a window's end that may have taken the ground from under its base.
const MOST_EARLIER: usize = 16;

/// Why windows could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum LateError {
    /// L1 does not tell.
    #[error(transparent)]
    Court(#[from] CourtError),
    /// The beacon node does not prove it.
    #[error("window {window}: {error}")]
    Presence {
        /// Its last slot.
        window: u64,
        /// Why not.
        error: PresenceError,
    },
    /// The disk does not keep what is found.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// A window with a docket of its gateway.
type Key = (u64, u32, B256);

/// Finds windows that ended without the blocks promised in them (R6).
#[derive(Debug)]
pub struct LateWindows {
    desk: Arc<Desk>,
    court: Court,
    presence: Presence,
    handover_slots: u64,
    over: BTreeSet<Key>,
}

impl LateWindows {
    /// `handover_slots` is H of R1.
    pub const fn new(
        desk: Arc<Desk>,
        court: Court,
        presence: Presence,
        handover_slots: u64,
    ) -> Self {
        Self {
            desk,
            court,
            presence,
            handover_slots,
            over: BTreeSet::new(),
        }
    }

    /// Looks at windows that ended before L1's `slot`.
    ///
    /// # Errors
    /// [`LateError`]; what was not looked at is looked at the next time.
    pub async fn look(
        &mut self,
        batches: &Batches,
        windows: &WindowBook,
        slot: u64,
    ) -> Result<(), LateError> {
        let slots_per_epoch = self.desk.clock().slots_per_epoch;
        let young = slot.saturating_sub(LOOKED_AT_EPOCHS.saturating_mul(slots_per_epoch));
        self.over.retain(|(window, ..)| *window >= young);
        let ended = self.desk.dockets(|docket| {
            let window = docket.accused().base().window;
            (young..slot).contains(&window).then(|| key(docket))
        });
        let mut proven = 0;
        for key in ended {
            let Some(window) = windows.schedule.window(key.0) else {
                continue;
            };
            if self.over.contains(&key) || window.gateway != key.1 || proven >= AT_ONCE {
                continue;
            }
            let reached = self.reached(key);
            if reached <= batches.posted_until(window.last_slot) {
                continue;
            }
            if let Some((accused, missing)) = self.missing(key, window, batches, slot).await? {
                if self.has_fallen(&accused, window, batches).await? {
                    // Looked at again at the next block: a batch that falls can give the ground back.
                    tracing::debug!(
                        window = key.0,
                        gateway = key.1,
                        "a late gateway is not accused: its base fell"
                    );
                    continue;
                }
                proven += 1;
                self.accuse(key, &accused, &missing).await?;
            }
        }
        Ok(())
    }

    /// A window's evidence is wanted anew.
    pub fn again(&mut self, window: u64) {
        self.over.retain(|(known, ..)| *known != window);
    }

    async fn accuse(
        &mut self,
        key: Key,
        accused: &Accused,
        missing: &Missing,
    ) -> Result<(), LateError> {
        let slots: Vec<u64> = missing.slots.clone().collect();
        let proofs = self.presence.prove(slots).await;
        let proofs = proofs.map_err(|error| LateError::Presence {
            window: key.0,
            error,
        })?;
        let found = proofs
            .into_iter()
            .find_map(|proof| late::accuse(accused, missing, proof));
        // None: all its last slots were missed, which excuses.
        self.desk.open_all(found.into_iter().collect())?;
        self.over.insert(key);
        Ok(())
    }

    async fn missing(
        &self,
        key: Key,
        window: Window,
        batches: &Batches,
        slot: u64,
    ) -> Result<Option<(Accused, Missing)>, LateError> {
        let inbox = self.court.addresses().inbox;
        let last = Inbox::lastPostedByCall {
            slot: window.last_slot,
        };
        let last = self.court.read(inbox, &last, BlockId::latest()).await?;
        let newest = Inbox::newestCall {};
        let newest = self.court.read(inbox, &newest, BlockId::latest()).await?;
        let posted_until = self.last_block(last).await?;
        let reached = self.reached(key);
        let mut covers = Vec::new();
        for posted in batches.iter().filter(|posted| {
            posted.slot > window.last_slot
                && posted.batch.firstBlock <= reached
                && posted.batch.lastBlock > posted_until
        }) {
            let status = Inbox::statusOfCall { batchId: posted.id };
            let status = self.court.read(inbox, &status, BlockId::latest()).await?;
            if matches!(
                standing(status),
                Some(Standing::Posted | Standing::Confirmed)
            ) {
                covers.push(Cover {
                    batch_id: posted.id,
                    first_block: posted.batch.firstBlock,
                    last_block: posted.batch.lastBlock,
                });
            }
        }
        let ended = Ended {
            window,
            slot,
            slots_per_epoch: self.desk.clock().slots_per_epoch,
            handover_slots: self.handover_slots,
            posted_until,
            newest_block: self.last_block(newest).await?,
            covers,
        };
        let found = self.desk.dockets(|docket| {
            if self::key(docket) != key {
                return None;
            }
            let missing = late::missing(docket.accused(), docket.chain().frags(), &ended)?;
            Some((docket.accused().clone(), missing))
        });
        Ok(found.into_iter().next())
    }

    /// The Inbox contradicts what a base was signed on: an honest gateway could not post either.
    async fn has_fallen(
        &self,
        accused: &Accused,
        window: Window,
        batches: &Batches,
    ) -> Result<bool, LateError> {
        let base = accused.base();
        let inbox = self.court.addresses().inbox;
        let mut earlier = Vec::new();
        for posted in batches.before(window.last_slot, accused.gateway(), MOST_EARLIER) {
            let status = Inbox::statusOfCall { batchId: posted.id };
            let status = self.court.read(inbox, &status, BlockId::latest()).await?;
            let batch = &posted.batch;
            earlier.extend(standing(status).map(|standing| Earlier {
                gateway: posted.gateway,
                standing,
                first_block: batch.firstBlock,
                last_block: batch.lastBlock,
                parent_hash: batch.parentBlockHash,
                last_hash: batch.lastBlockHash,
            }));
        }
        let before = self.desk.dockets(|docket| {
            let seals = || docket.chain().seals();
            let is_before = seals()
                .any(|seal| seal.message.endOfWindow && seal.struct_hash() == base.parentSeal);
            is_before.then(|| Predecessor {
                gateway: docket.accused().gateway(),
                sealed: seals()
                    .map(|seal| (seal.message.blockNumber, seal.message.blockHash))
                    .collect(),
            })
        });
        Ok(has_fallen(base, before.first(), &earlier))
    }

    /// Last block of a batch; 0 for none.
    async fn last_block(&self, id: u32) -> Result<u64, CourtError> {
        if id == 0 {
            return Ok(0);
        }
        let record = Inbox::recordCall { batchId: id };
        let inbox = self.court.addresses().inbox;
        let record = self.court.read(inbox, &record, BlockId::latest()).await?;
        Ok(record.lastBlock)
    }

    /// The last block promised under a docket's base; 0 for none.
    fn reached(&self, key: Key) -> u64 {
        let newest = self.desk.dockets(|docket| {
            let frag = || docket.chain().frags().last();
            (self::key(docket) == key).then(|| frag().map_or(0, |frag| frag.message.blockNumber))
        });
        newest.into_iter().next().unwrap_or(0)
    }
}

fn key(docket: &Docket) -> Key {
    let accused = docket.accused();
    (
        accused.base().window,
        accused.gateway(),
        accused.base_hash(),
    )
}
