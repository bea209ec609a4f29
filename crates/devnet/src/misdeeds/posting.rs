//! A batch in a gateway's name, sent by hand: its batcher would refuse to.

use alloy_eips::eip4844::Blob;
use alloy_primitives::U256;
use alloy_sol_types::SolStruct;
use eyre::{Result, WrapErr, bail, ensure, eyre};
use forebond_batcher::{
    inbox::{InboxReader, Letters, posting_call},
    pack::Packed,
    plan::Ancestor,
    source::SignedBase,
};
use forebond_contracts::explain;
use forebond_l1::sender::{
    Lane, LaneConfig, Outgoing, Sidecar, SlotOutcome, SlotRules, SlotWork, sidecar,
};

use super::culprit::{Around, Culprit};
use forebond_runtime::now_ms;

/// Enough for any posting.
const POSTING_GAS: u64 = 1_000_000;

/// The newest batch of the Inbox.
pub(super) async fn newest(around: &Around) -> Result<Ancestor> {
    let reader = InboxReader::new(around.l1.clone(), around.inbox);
    let head = around.l1.head().await?;
    let standing = reader.standing(head, None).await?;
    standing
        .line
        .first()
        .copied()
        .ok_or_else(|| eyre!("the Inbox has no newest batch"))
}

/// What is posted, and when.
pub(super) struct Posting {
    /// The claim's content.
    pub(super) packed: Packed,
    /// What the blobs hold.
    pub(super) blobs: Vec<Box<Blob>>,
    /// The base it names.
    pub(super) base: SignedBase,
    /// The batch it stands on.
    pub(super) parent: Ancestor,
    /// First and last slot it may land in.
    pub(super) slots: (u64, u64),
}

/// Signs and posts. An error when no slot takes it.
pub(super) async fn post(around: &Around, culprit: &Culprit, posting: Posting) -> Result<()> {
    let form = around.form;
    let blobs: Vec<Blob> = posting.blobs.iter().map(|blob| **blob).collect();
    let proven = tokio::task::spawn_blocking(move || sidecar(blobs, form)).await??;
    let base_hash = posting.base.base.eip712_hash_struct();
    let batch = posting.packed.claim(
        base_hash,
        culprit.window.last_slot,
        posting.parent.hash,
        proven.versioned_hashes().collect(),
    );
    let pen = &culprit.pen;
    let reader = InboxReader::new(around.l1.clone(), around.inbox);
    let at = around.l1.head().await?.hash.into();
    let known = reader.has_base(batch.window, base_hash, at).await?;
    let letters = Letters {
        signature: pen.committer.sign(pen.domain.digest(&batch)),
        set: culprit.set.clone(),
        base: (!known).then(|| posting.base.clone()),
        permit: None,
        disputing: None,
        batch,
    };
    let config = LaneConfig {
        poll_ms: 50,
        ..LaneConfig::default()
    };
    let mut lane = Lane::new(around.l1.clone(), around.purse.signer()?, config).await?;
    let slots = around.clock.slots;
    let rules = SlotRules {
        clock: slots,
        first_slot: posting.slots.0,
        last_slot: posting.slots.1,
        lead_ms: 50,
        grace_ms: slots.seconds_per_slot.saturating_mul(300),
    };
    let mut work = Work {
        letters,
        sidecar: proven,
        to: around.inbox,
    };
    let outcome = lane
        .send_in_slots(&mut work, &rules, None, &now_ms)
        .await
        .wrap_err("posting in a culprit's name")?;
    match outcome {
        SlotOutcome::Landed {
            landed, reverted, ..
        } => {
            let why = reverted.map(|data| explain(&data)).unwrap_or_default();
            ensure!(
                landed.receipt.status(),
                "the Inbox refuses the batch: {why}"
            );
            Ok(())
        }
        SlotOutcome::Withdrawn | SlotOutcome::NotTaken { .. } => {
            bail!("no slot took the batch")
        }
    }
}

struct Work {
    letters: Letters,
    sidecar: Sidecar,
    to: alloy_primitives::Address,
}

impl SlotWork for Work {
    async fn for_slot(&mut self, slot: u64) -> Option<Outgoing> {
        let input = posting_call(&self.letters, slot).ok()?;
        Some(Outgoing {
            to: Some(self.to),
            value_wei: U256::ZERO,
            input,
            gas_limit: Some(POSTING_GAS),
            sidecar: Some(self.sidecar.clone()),
        })
    }
}
