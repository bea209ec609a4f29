use std::{collections::BTreeSet, sync::Arc};

use alloy_eips::BlockId;
use forebond_contracts::bindings::{Inbox, Lookahead};
use forebond_evidence::{
    Accused,
    docket::{Docket, Standing},
    faults::{
        fallen::{Earlier, Predecessor, has_fallen},
        late::{self, Cover, Ended, Missing},
    },
};
use forebond_protocol::{Schedule, Window};
use forebond_settlement::WindowBook;

use super::{
    Batches, Presence, PresenceError,
    looks::{Key, Looks, Span},
    presence::{Shown, first_in},
};
use crate::{
    court::{Court, CourtError, standing},
    hearing::{Desk, DeskError},
};

/// Epochs behind a window in which it is looked at with every L1 block; then once an epoch, as long as it can be proven.
const YOUNG_EPOCHS: u64 = 4;
/// Owners of windows that are asked for in one look: a gateway can sign bases of any slot.
const MOST_OWNERS: usize = 16;
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

/// Finds windows that ended without the blocks promised in them (R6).
#[derive(Debug)]
pub struct LateWindows {
    desk: Arc<Desk>,
    court: Court,
    presence: Presence,
    handover_slots: u64,
    looks: Looks,
    /// Windows that the view of L1 does not know any more, as the lookahead told them.
    old: Schedule,
    /// Slots in the past of which the lookahead knows no window.
    unowned: BTreeSet<u64>,
}

impl LateWindows {
    /// `handover_slots` is H of R1.
    pub fn new(desk: Arc<Desk>, court: Court, presence: Presence, handover_slots: u64) -> Self {
        Self {
            desk,
            court,
            presence,
            handover_slots,
            looks: Looks::default(),
            old: Schedule::default(),
            unowned: BTreeSet::new(),
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
        let span = self.span(slot);
        let oldest = span.provable.min(span.young);
        self.looks.forget_before(oldest);
        self.unowned.retain(|slot| *slot >= oldest);
        let looks = &self.looks;
        let ended = self.desk.dockets(|docket| {
            let key = key(docket);
            looks.is_due(&key, &span).then(|| (key, reached(docket)))
        });
        let (mut proven, mut owners) = (0, MOST_OWNERS);
        for (key, reached) in ended {
            if proven >= AT_ONCE {
                break;
            }
            if reached <= batches.posted_until(key.0) {
                self.looks.note(key, &span);
                continue;
            }
            let window = match windows.schedule.window(key.0) {
                Some(window) => Some(window),
                None if key.0 >= span.young => None,
                None => match self.old_window(key.0, &mut owners).await? {
                    Owned::By(window) => Some(window),
                    Owned::Unknown => None,
                    // Not noted: its turn comes with the next block.
                    Owned::NotAsked => continue,
                },
            };
            self.looks.note(key, &span);
            let Some(window) = window.filter(|window| window.gateway == key.1) else {
                continue;
            };
            if let Some((accused, missing)) = self.missing(key, window, batches, slot).await? {
                if self.has_fallen(&accused, window, batches).await? {
                    // Looked at again: a batch that falls can give the ground back.
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
        self.looks.again(window);
    }

    /// The windows that can be looked at in a slot.
    fn span(&self, slot: u64) -> Span {
        let slots_per_epoch = self.desk.clock().slots_per_epoch;
        // A window's last H slots and the one before them have to be in the ring, and an epoch may pass until it is read.
        let spent = self.handover_slots.saturating_add(slots_per_epoch);
        let reach = self.presence.reach_slots().saturating_sub(spent);
        Span {
            slot,
            young: slot.saturating_sub(YOUNG_EPOCHS.saturating_mul(slots_per_epoch)),
            provable: slot.saturating_sub(reach),
            between: slots_per_epoch,
        }
    }

    /// The window with this last slot, of those that the view of L1 does not know any more. Each window is asked for once: bases of
    /// slots within it, which are nobody's windows, cost nothing more.
    async fn old_window(&mut self, last: u64, left: &mut usize) -> Result<Owned, CourtError> {
        if self.unowned.contains(&last) {
            return Ok(Owned::Unknown);
        }
        let is = |window: Window| {
            if window.last_slot == last {
                Owned::By(window)
            } else {
                Owned::Unknown
            }
        };
        if let Some(around) = self.old.at(last) {
            return Ok(is(around));
        }
        if *left == 0 {
            return Ok(Owned::NotAsked);
        }
        *left = left.saturating_sub(1);
        let addresses = self.court.addresses();
        let call = Lookahead::windowAtCall {
            rollup: addresses.inbox,
            slot: last,
        };
        let told = self
            .court
            .read(addresses.lookahead, &call, BlockId::latest());
        match told.await {
            Ok(window) => {
                let window = Window {
                    gateway: window.gateway,
                    first_slot: window.firstSlot,
                    last_slot: window.lastSlot,
                };
                self.old.insert(window);
                Ok(is(window))
            }
            // Nobody proved the epoch: nobody owned the window.
            Err(error) if error.is_revert() => {
                self.unowned.insert(last);
                Ok(Owned::Unknown)
            }
            Err(error) => Err(error),
        }
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
        let found = match first_in(proofs, |proof| late::accuse(accused, missing, proof)) {
            Shown::This(found) => vec![found],
            // All its last slots were missed, which excuses, or no state remembers them any more.
            Shown::Nothing => Vec::new(),
            Shown::Later => return Ok(()),
        };
        self.desk.open_all(found)?;
        self.looks.end(key);
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
        let newest = self
            .desk
            .dockets(|docket| (self::key(docket) == key).then(|| reached(docket)));
        newest.into_iter().next().unwrap_or(0)
    }
}

/// Whose an old window is.
#[derive(Clone, Copy, Debug)]
enum Owned {
    /// The lookahead told.
    By(Window),
    /// It is no window.
    Unknown,
    /// Enough was asked in this look.
    NotAsked,
}

fn reached(docket: &Docket) -> u64 {
    let newest = docket.chain().frags().last();
    newest.map_or(0, |frag| frag.message.blockNumber)
}

fn key(docket: &Docket) -> Key {
    let accused = docket.accused();
    (
        accused.base().window,
        accused.gateway(),
        accused.base_hash(),
    )
}
