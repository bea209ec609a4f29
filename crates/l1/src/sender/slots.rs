//! Transactions that are valid in the block of one slot only: their calldata names the slot, and in any other block they revert.
//!
//! So a version is sent only once the block of the slot before is known (or given up), and it is replaced before the next slot's
//! block when its own did not take it.

use std::{future::Future, time::Duration};

use alloy_primitives::{B256, Bytes};
use alloy_rpc_types_eth::TransactionRequest;
use forebond_protocol::SlotClock;

use super::{Landed, Lane, Offer, Outgoing, SendError, Sidecar};
use crate::{Advice, L1Error};

/// Makes the transaction of each slot.
pub trait SlotWork: Send {
    /// The transaction as it has to be in `slot`, or `None` when nothing is to be sent any more. Asked at most once a slot. Give a
    /// gas limit: estimation answers for the present slot.
    fn for_slot(&mut self, slot: u64) -> impl Future<Output = Option<Outgoing>> + Send;

    /// The version for `slot` was handed to a pool.
    fn sent(&mut self, slot: u64, hash: B256) {
        let _ = (slot, hash);
    }
}

/// In which slots, and how close to them, a transaction is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlotRules {
    /// When slots begin.
    pub clock: SlotClock,
    /// The transaction is not sent for earlier slots.
    pub first_slot: u64,
    /// Nor for later ones.
    pub last_slot: u64,
    /// A pool needs a transaction so long before its slot begins, milliseconds.
    pub lead_ms: u64,
    /// So long after a slot's beginning its block is still waited for, milliseconds; then the slot counts as missed. Too short, and
    /// a late block takes a version that is meant for the next slot.
    pub grace_ms: u64,
}

/// What to do at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// The next block will be that of this slot: send for it.
    Slot(u64),
    /// The block of the running slot may still come, or the next one begins too soon.
    Wait,
    /// The last slot is over.
    Over,
}

impl SlotRules {
    /// The slot whose block a transaction sent at `now_ms` (Unix milliseconds) meets, the newest block being of `head_slot`.
    pub const fn aim(&self, head_slot: u64, now_ms: u64) -> Aim {
        let running = self.clock.slot_at_ms(now_ms);
        let passed = if head_slot >= running {
            head_slot
        } else if now_ms >= self.start_ms(running).saturating_add(self.grace_ms) {
            running
        } else {
            running.saturating_sub(1)
        };
        let next = passed.saturating_add(1);
        if passed >= self.last_slot {
            Aim::Over
        } else if passed < running && head_slot < running
            || next < self.first_slot
            || now_ms.saturating_add(self.lead_ms) > self.start_ms(next)
        {
            Aim::Wait
        } else {
            Aim::Slot(next)
        }
    }

    const fn start_ms(&self, slot: u64) -> u64 {
        self.clock.start_s(slot).saturating_mul(1000)
    }
}

/// How it ended.
#[derive(Clone, Debug)]
pub enum SlotOutcome {
    /// It is in a block. Whether it did what it was for is in the receipt's status.
    Landed {
        /// The receipt.
        landed: Box<Landed>,
        /// Slot of its block.
        slot: u64,
        /// Slot that the version in the block names.
        meant_for: u64,
        /// Why it failed, when it did: what the contract reverted with, as far as the node can still tell.
        reverted: Option<Bytes>,
    },
    /// The work had nothing to send.
    Withdrawn,
    /// No slot took it. When `cancelled` an empty transaction was sent in its place; what is left in pools ends with the lane's
    /// next transaction at the latest.
    NotTaken {
        /// Nonce it had.
        nonce: u64,
        /// Versions that were sent.
        hashes: Vec<B256>,
        /// Whether it was replaced by nothing.
        cancelled: bool,
    },
}

/// One version.
#[derive(Clone, Copy, Debug)]
struct Version {
    slot: u64,
    hash: B256,
}

impl Lane {
    /// Sends `work` in the slots of `rules` until a block has it, made anew for each slot, fees raised each time. `now_ms` is Unix
    /// time in milliseconds. When its last slot passes, blobs are replaced by `empty` (one blob with its proofs) if that is given,
    /// anything else by a transfer of nothing, so that no version for a past slot costs fees later.
    ///
    /// # Errors
    /// As [`Lane::send`].
    pub async fn send_in_slots<W: SlotWork>(
        &mut self,
        work: &mut W,
        rules: &SlotRules,
        empty: Option<&Sidecar>,
        now_ms: &(dyn Fn() -> u64 + Send + Sync),
    ) -> Result<SlotOutcome, SendError> {
        let nonce = self.client.nonce(self.address()).await?;
        let mut sent: Vec<Version> = Vec::new();
        let mut blobs = false;
        let mut aimed_at = None;
        loop {
            if let Some(outcome) = self.outcome(nonce, &sent, rules).await? {
                return Ok(outcome);
            }
            match self.aim(rules, now_ms).await? {
                Aim::Wait => {}
                Aim::Slot(slot) if aimed_at == Some(slot) => {}
                Aim::Slot(slot) => {
                    let Some(outgoing) = work.for_slot(slot).await else {
                        break;
                    };
                    aimed_at = Some(slot);
                    blobs = outgoing.sidecar.is_some();
                    self.send_version(nonce, slot, &outgoing, &mut sent).await?;
                    if let Some(newest) = sent.last() {
                        work.sent(slot, newest.hash);
                    }
                }
                Aim::Over => break,
            }
            tokio::time::sleep(Duration::from_millis(self.config.poll_ms)).await;
        }
        if sent.is_empty() {
            return Ok(SlotOutcome::Withdrawn);
        }
        // Between the last look and the end a block may have come.
        if let Some(outcome) = self.outcome(nonce, &sent, rules).await? {
            return Ok(outcome);
        }
        let cancelled = self.cancel(nonce, blobs, empty, &mut sent).await;
        Ok(SlotOutcome::NotTaken {
            nonce,
            hashes: sent.iter().map(|version| version.hash).collect(),
            cancelled,
        })
    }

    async fn aim(
        &self,
        rules: &SlotRules,
        now_ms: &(dyn Fn() -> u64 + Send + Sync),
    ) -> Result<Aim, SendError> {
        match self.client.head().await {
            Ok(head) => Ok(rules.aim(rules.clock.slot_at_s(head.timestamp_s), now_ms())),
            Err(error) if error.advice() == Advice::Retry => Ok(Aim::Wait),
            Err(error) => Err(error.into()),
        }
    }

    /// Signs and sends one version, its fees raised until the pool takes it in the place of what is there.
    async fn send_version(
        &mut self,
        nonce: u64,
        slot: u64,
        outgoing: &Outgoing,
        sent: &mut Vec<Version>,
    ) -> Result<(), SendError> {
        let blobs = outgoing.sidecar.is_some();
        let gas_limit = match outgoing.gas_limit {
            Some(gas) => gas,
            None => self.estimate(outgoing).await?,
        };
        let mut offer = match self.last_offer {
            Some((waiting, last)) if waiting == nonce => self.raised(&last, blobs).await,
            _ => self.config.fees.first(&self.client.fees().await?, blobs)?,
        };
        for _ in 0..=self.config.most_bumps {
            let envelope = self.sign(outgoing, nonce, gas_limit, &offer)?;
            let mut hashes = Vec::with_capacity(1);
            let underpriced = self
                .submit(nonce, &envelope, &mut offer, &mut hashes)
                .await?;
            sent.extend(hashes.into_iter().map(|hash| Version { slot, hash }));
            self.last_offer = Some((nonce, offer));
            if !underpriced {
                return Ok(());
            }
            let raised = self.raised(&offer, blobs).await;
            if raised == offer {
                // A cap is reached: what waits there stays.
                return Ok(());
            }
            offer = raised;
        }
        Ok(())
    }

    /// The version that is in a block, with what became of it.
    async fn outcome(
        &self,
        nonce: u64,
        sent: &[Version],
        rules: &SlotRules,
    ) -> Result<Option<SlotOutcome>, SendError> {
        let hashes: Vec<B256> = sent.iter().map(|version| version.hash).collect();
        let Some(landed) = self.landed(nonce, &hashes).await? else {
            return Ok(None);
        };
        let meant_for = sent
            .iter()
            .find(|version| version.hash == landed.receipt.transaction_hash)
            .map_or(0, |version| version.slot);
        let number = landed.receipt.block_number.unwrap_or_default();
        // Gone again by a reorg: look once more.
        let Some(block) = self.client.block(number.into()).await? else {
            return Ok(None);
        };
        let reverted = if landed.receipt.status() {
            None
        } else {
            Some(self.reason(&landed).await)
        };
        Ok(Some(SlotOutcome::Landed {
            slot: rules.clock.slot_at_s(block.timestamp_s),
            landed: Box::new(landed),
            meant_for,
            reverted,
        }))
    }

    /// What the failed transaction reverts with when it is called once more in the state after its block: the same slot, and
    /// nothing of its own changed. Empty when the node does not tell.
    async fn reason(&self, landed: &Landed) -> Bytes {
        use alloy_consensus::Transaction as _;
        use alloy_provider::Provider as _;
        let receipt = &landed.receipt;
        let again = async {
            let transaction = self
                .client
                .provider()
                .get_transaction_by_hash(receipt.transaction_hash)
                .await
                .ok()??;
            let mut request = TransactionRequest::default()
                .from(receipt.from)
                .input(transaction.input().clone().into());
            request.to = transaction.to().map(Into::into);
            request.value = Some(transaction.value());
            request.gas = Some(transaction.gas_limit());
            request.max_fee_per_blob_gas = transaction.max_fee_per_blob_gas();
            request.blob_versioned_hashes =
                transaction.blob_versioned_hashes().map(<[B256]>::to_vec);
            let block = receipt.block_hash?;
            let call = self.client.provider().call(request).block(block.into());
            call.await.err()
        };
        let deadline = Duration::from_secs(5);
        let Ok(Some(error)) = tokio::time::timeout(deadline, again).await else {
            tracing::debug!(transaction = %receipt.transaction_hash, "it does not fail again");
            return Bytes::new();
        };
        let data = error
            .as_error_resp()
            .and_then(|payload| payload.as_revert_data());
        if data.is_none() {
            tracing::debug!(transaction = %receipt.transaction_hash, %error, "it fails otherwise now");
        }
        data.unwrap_or_default()
    }

    /// Puts a transaction that does nothing in the place of what waits. True when a pool has it.
    async fn cancel(
        &mut self,
        nonce: u64,
        blobs: bool,
        empty: Option<&Sidecar>,
        sent: &mut Vec<Version>,
    ) -> bool {
        if blobs && empty.is_none() {
            return false;
        }
        let nothing = Outgoing {
            to: Some(self.address()),
            gas_limit: Some(21_000),
            sidecar: if blobs { empty.cloned() } else { None },
            ..Outgoing::default()
        };
        let before: Option<(u64, Offer)> = self.last_offer;
        match self.send_version(nonce, 0, &nothing, sent).await {
            Ok(()) => before != self.last_offer,
            Err(SendError::L1(L1Error::Refused { message, .. })) => {
                tracing::warn!(nonce, message, "what waits in pools stays there");
                false
            }
            Err(error) => {
                tracing::warn!(nonce, %error, "what waits in pools may stay there");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RULES: SlotRules = SlotRules {
        clock: SlotClock {
            genesis_s: 1_000,
            seconds_per_slot: 12,
            slots_per_epoch: 32,
        },
        first_slot: 5,
        last_slot: 7,
        lead_ms: 1_000,
        grace_ms: 4_000,
    };

    const fn at_ms(slot: u64, into_ms: u64) -> u64 {
        RULES.start_ms(slot) + into_ms
    }

    #[test]
    fn a_version_goes_out_once_the_block_before_its_own_is_there_and_not_too_late() {
        assert_eq!(RULES.aim(4, at_ms(4, 300)), Aim::Slot(5));
        assert_eq!(RULES.aim(4, at_ms(4, 11_000)), Aim::Slot(5));
        assert_eq!(RULES.aim(4, at_ms(4, 11_001)), Aim::Wait);
        // The block of slot 5 may still come: what is sent now could land in it.
        assert_eq!(RULES.aim(4, at_ms(5, 3_999)), Aim::Wait);
        assert_eq!(RULES.aim(4, at_ms(5, 4_000)), Aim::Slot(6));
        assert_eq!(RULES.aim(3, at_ms(3, 300)), Aim::Wait);
        assert_eq!(RULES.aim(7, at_ms(7, 0)), Aim::Over);
        assert_eq!(RULES.aim(6, at_ms(7, 3_999)), Aim::Wait);
        assert_eq!(RULES.aim(6, at_ms(7, 4_000)), Aim::Over);
        // A node whose clock is ahead of ours.
        assert_eq!(RULES.aim(5, at_ms(4, 11_900)), Aim::Slot(6));
    }

    proptest! {
        #[test]
        fn no_version_is_sent_for_a_slot_outside_or_for_one_whose_predecessor_may_still_get_a_block(
            head_slot in 0u64..12, slot in 0u64..12, into_ms in 0u64..12_000,
        ) {
            let now_ms = at_ms(slot, into_ms);
            if let Aim::Slot(next) = RULES.aim(head_slot, now_ms) {
                prop_assert!((RULES.first_slot..=RULES.last_slot).contains(&next));
                prop_assert!(next > head_slot);
                prop_assert!(now_ms + RULES.lead_ms <= RULES.start_ms(next));
                prop_assert!(head_slot + 1 == next || into_ms >= RULES.grace_ms);
            }
        }
    }
}
