use std::{collections::BTreeSet, sync::Arc};

use alloy_eips::BlockId;
use alloy_primitives::Address;
use forebond_contracts::bindings::{GatewayRegistry, Lookahead, ValidatorRegistry};
use forebond_evidence::faults::missed_slot;

use super::{Presence, PresenceError, presence::is_too_new};
use crate::{
    court::{Court, CourtError},
    hearing::{Desk, DeskError},
};

/// Slots on top of a missed one before somebody is accused of it: a reorg may give it a block.
const SETTLED_SLOTS: u64 = 4;
/// Missed slots that may wait.
const MOST_WAITING: usize = 1_024;
/// Slots proven in one look.
const AT_ONCE: usize = 8;

/// Why missed slots could not be looked at.
#[derive(Debug, thiserror::Error)]
pub enum MissedError {
    /// L1 does not tell.
    #[error(transparent)]
    Court(#[from] CourtError),
    /// The beacon node does not prove it.
    #[error(transparent)]
    Presence(#[from] PresenceError),
    /// The disk does not keep what is found.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// Finds slots that their lent proposers let pass (R25).
#[derive(Debug)]
pub struct MissedSlots {
    desk: Arc<Desk>,
    court: Court,
    presence: Presence,
    /// Slot of the newest L1 block that was told.
    told: Option<u64>,
    waiting: BTreeSet<u64>,
}

impl MissedSlots {
    /// Nothing is known yet.
    pub const fn new(desk: Arc<Desk>, court: Court, presence: Presence) -> Self {
        Self {
            desk,
            court,
            presence,
            told: None,
            waiting: BTreeSet::new(),
        }
    }

    /// L1's next block lies in this slot: those between it and the one before were missed.
    pub fn next_block(&mut self, slot: u64) {
        if let Some(told) = self.told {
            // After a reorg a slot comes again, and what lay behind it was not missed for good.
            self.waiting
                .retain(|missed| *missed < slot.min(told) || *missed > slot);
            self.waiting.extend(told.saturating_add(1)..slot);
        }
        self.waiting.remove(&slot);
        self.told = Some(slot);
        while self.waiting.len() > MOST_WAITING {
            self.waiting.pop_first();
        }
    }

    /// A slot's evidence is wanted anew.
    pub fn again(&mut self, slot: u64) {
        self.waiting.insert(slot);
    }

    /// Accuses of what was missed long enough before L1's `slot`.
    ///
    /// # Errors
    /// [`MissedError`]; what was not looked at is looked at the next time.
    pub async fn look(&mut self, slot: u64) -> Result<(), MissedError> {
        let ripe: Vec<u64> = self
            .waiting
            .range(..slot.saturating_sub(SETTLED_SLOTS))
            .take(AT_ONCE)
            .copied()
            .collect();
        let mut lent = Vec::new();
        for missed in ripe {
            match self.operator_of(missed).await? {
                Some(operator) => lent.push((missed, operator)),
                None => _ = self.waiting.remove(&missed),
            }
        }
        if lent.is_empty() {
            return Ok(());
        }
        let slots = lent.iter().map(|(missed, _)| *missed).collect();
        let proofs = self.presence.prove(slots).await?;
        let rollup = self.court.addresses().inbox;
        for ((missed, operator), proof) in lent.into_iter().zip(proofs) {
            match proof {
                Ok(proof) => {
                    let found = missed_slot::accuse(rollup, operator, proof);
                    self.desk.open_all(found.into_iter().collect())?;
                }
                Err(error) if is_too_new(&error) => continue,
                Err(error) => {
                    tracing::warn!(slot = missed, %error, "a missed slot cannot be proven: it is too old for any state to remember");
                }
            }
            self.waiting.remove(&missed);
        }
        Ok(())
    }

    /// Whose proposer had the slot, if it was lent.
    async fn operator_of(&self, slot: u64) -> Result<Option<Address>, CourtError> {
        let addresses = self.court.addresses();
        let latest = BlockId::latest();
        let call = Lookahead::proposerAtCall { slot };
        let proposer = match self.court.read(addresses.lookahead, &call, latest).await {
            Ok(proposer) => proposer,
            // Nobody proved the epoch: nobody lent it.
            Err(error) if error.is_revert() => return Ok(None),
            Err(error) => return Err(error),
        };
        let epoch = self.desk.clock().epoch_of(slot);
        let call = ValidatorRegistry::operatorAtCall {
            validatorIndex: proposer,
            epoch,
        };
        let operator = self
            .court
            .read(addresses.validator_registry, &call, latest)
            .await?;
        if operator == Address::ZERO {
            return Ok(None);
        }
        let call = GatewayRegistry::delegateAtCall {
            operator,
            rollup: addresses.inbox,
            epoch,
        };
        let lent_to = self
            .court
            .read(addresses.gateway_registry, &call, latest)
            .await?;
        Ok((lent_to != 0).then_some(operator))
    }
}
