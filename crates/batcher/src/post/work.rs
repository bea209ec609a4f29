use alloy_primitives::{B256, Bytes, U256};
use forebond_l1::sender::{Outgoing, Sidecar, SlotWork};
use forebond_settlement::Settlement;
use prometheus::IntCounter;

use super::waiting::Entered;
use crate::{
    inbox::{InboxReader, Letters, posting_call},
    plan::still_fits,
    source::SignedBase,
};

/// Enough for any posting: the dearest measured one takes some 450,000 (windows not cached, six blobs, cover). Estimation would
/// answer for another slot, and does not know blobs everywhere.
const POSTING_GAS: u64 = 1_000_000;

/// Makes the posting of each slot, and stops when it could not succeed any more.
pub(super) struct PostWork<'a> {
    pub waiting: Entered,
    pub reader: &'a InboxReader,
    pub settlement: &'a Settlement,
    pub letters: Letters,
    pub base: SignedBase,
    pub sidecar: Sidecar,
    pub value_wei: U256,
    /// The window whose slots it is sent in.
    pub posting_window: u64,
    /// Counts what is handed to pools.
    pub versions: &'a IntCounter,
}

impl PostWork<'_> {
    /// The posting still fits what L1 shows now; when L1 does not tell, the contract will.
    async fn still_fits(&mut self, slot: u64) -> bool {
        let windows = self.settlement.windows();
        let window = windows.schedule.at(slot);
        if window.is_none_or(|window| window.last_slot != self.posting_window) {
            tracing::info!(slot, ?window, "the slot is not ours to post in");
            return false;
        }
        let Ok(head) = self.reader.client().head().await else {
            return true;
        };
        let at = head.hash.into();
        let base = &self.letters.batch;
        if let Ok(known) = self.reader.has_base(base.window, base.base, at).await {
            self.letters.base = (!known).then(|| self.base.clone());
        }
        let disputing = self.letters.disputing;
        let down_to = disputing.map(|(_, disputed)| disputed);
        match self.reader.standing(head, down_to).await {
            Ok(standing) => {
                let newest = standing.line.first().map(|batch| batch.hash);
                let fits = still_fits(&standing.line, self.letters.batch.parentBatch, disputing);
                if !fits {
                    tracing::info!(
                        slot,
                        ?newest,
                        expected = %self.letters.batch.parentBatch,
                        "another batch was posted in the meantime"
                    );
                }
                fits
            }
            Err(error) => {
                tracing::debug!(%error, "the Inbox can't be read, the batch is sent as it is");
                true
            }
        }
    }
}

impl SlotWork for PostWork<'_> {
    async fn for_slot(&mut self, slot: u64) -> Option<Outgoing> {
        if !self.still_fits(slot).await {
            return None;
        }
        let input: Bytes = match posting_call(&self.letters, slot) {
            Ok(input) => input,
            Err(error) => {
                tracing::error!(%error, "the posting can't be encoded");
                return None;
            }
        };
        Some(Outgoing {
            to: Some(self.reader.inbox()),
            value_wei: self.value_wei,
            input,
            gas_limit: Some(POSTING_GAS),
            sidecar: Some(self.sidecar.clone()),
        })
    }

    fn sent(&mut self, slot: u64, hash: B256) {
        self.waiting.waits_for(slot);
        self.versions.inc();
        tracing::info!(slot, transaction = %hash, "sent");
    }
}
