use std::sync::Arc;

use alloy_primitives::{Address, B256, U256};
use alloy_rpc_types_eth::TransactionReceipt;
use alloy_sol_types::{SolEvent, SolStruct};
use forebond_contracts::{ConvertError, bindings::Inbox, explain};
use forebond_l1::sender::{
    Landed, Lane, PoolRefusal, SendError, Sidecar, SidecarForm, SlotOutcome, SlotRules,
};
use forebond_protocol::SlotClock;
use forebond_settlement::{CommitterSet, Settlement};
use forebond_types::Batch;
use prometheus::IntCounter;

use super::{Commitment, WaitingBatch, work::PostWork};
use crate::{
    inbox::{InboxReader, Letters, ReadError},
    pack::{PackError, Packed, Prover, ProverError, Urgency, pack},
    plan::{Order, Parent},
    report::{BatchLine, BatchState},
    role::Clock,
    sign::{SignError, Signatory, SignedLog},
    source::{SignedBase, SourceBlock},
};

/// What a poster keeps for its life.
#[derive(Debug)]
pub struct PosterConfig {
    /// When slots begin.
    pub slots: SlotClock,
    /// Pools need a transaction so long before its slot, milliseconds.
    pub lead_ms: u64,
    /// So long after a slot's beginning its block is waited for, milliseconds.
    pub grace_ms: u64,
    /// Proofs to try first.
    pub form: SidecarForm,
    /// Counts what is handed to pools, replacements included.
    pub versions: IntCounter,
    /// Shows what waits in pools.
    pub waiting: WaitingBatch,
}

/// A batch to post.
#[derive(Debug)]
pub struct Job {
    /// What was decided.
    pub order: Order,
    /// Exactly the blocks of the order.
    pub blocks: Vec<SourceBlock>,
    /// The Base of our window.
    pub base: SignedBase,
    /// Who signs for us in it.
    pub set: CommitterSet,
    /// The present owner's Base and set, for a late batch.
    pub permit: Option<(SignedBase, CommitterSet)>,
    /// The batch to post on.
    pub parent: Parent,
    /// What disputing costs, wei; zero without a dispute.
    pub dispute_wei: U256,
}

/// How it went.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// In a block. `line.status` tells whether the Inbox took it.
    Landed(Box<BatchLine>),
    /// Its window is over, no slot took it.
    NotTaken,
    /// It could not succeed any more, or the time was too short.
    Withdrawn,
}

/// Why a batch was not sent.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The blocks do not survive their own check.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// No proofs.
    #[error(transparent)]
    Prover(#[from] ProverError),
    /// No signature.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// L1 does not tell what is needed.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// L1 does not take it.
    #[error(transparent)]
    Send(#[from] SendError),
    /// A message that does not encode.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// The key is not the gateway's.
    #[error(
        "the gateway's committer set for window {window} is {} of {:?}, our key is {ours}: start with the key that is registered", set.threshold, set.members
    )]
    Key {
        /// The window.
        window: u64,
        /// Who signs in it.
        set: CommitterSet,
        /// Our key's address.
        ours: Address,
    },
    /// A worker thread was lost.
    #[error("a worker thread ended: {0}")]
    Worker(String),
}

/// Posts batches, one at a time.
#[derive(Debug)]
pub struct Poster {
    config: PosterConfig,
    lane: Lane,
    prover: Prover,
    log: SignedLog,
    signatory: Signatory,
    reader: InboxReader,
    settlement: Settlement,
    clock: Arc<dyn Clock>,
    /// A pool took this form of proofs.
    form_is_known: bool,
    empty: Option<Sidecar>,
    /// What the proofs of a blob took, newest measurement, milliseconds.
    pub proof_ms: Option<u64>,
}

impl Poster {
    /// Nothing is sent yet.
    pub fn new(
        config: PosterConfig,
        lane: Lane,
        prover: Prover,
        (log, signatory): (SignedLog, Signatory),
        reader: InboxReader,
        settlement: Settlement,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            config,
            lane,
            prover,
            log,
            signatory,
            reader,
            settlement,
            clock,
            form_is_known: false,
            empty: None,
            proof_ms: None,
        }
    }

    /// The account's lane, for what else it sends: one transaction at a time, of one kind at a time.
    pub const fn lane(&mut self) -> &mut Lane {
        &mut self.lane
    }

    /// Makes the proofs of what takes an untaken batch's place; the first call loads the trusted setup.
    ///
    /// # Errors
    /// [`ProverError`].
    pub async fn warm_up(&mut self) -> Result<(), ProverError> {
        self.empty = Some(self.prover.empty(self.config.form).await?);
        Ok(())
    }

    /// Posts, and waits for what becomes of it.
    ///
    /// # Errors
    /// [`PostError`]; what was sent may still land, the Inbox tells.
    pub async fn post(&mut self, job: &Job) -> Result<Outcome, PostError> {
        let ours = self.signatory.address();
        if job.set.threshold != 1 || !job.set.members.contains(&ours) {
            return Err(PostError::Key {
                window: job.order.window,
                set: job.set.clone(),
                ours,
            });
        }
        let blocks = job.blocks.clone();
        let packed = tokio::task::spawn_blocking(move || pack(&blocks))
            .await
            .map_err(|error| PostError::Worker(error.to_string()))??;
        match self.attempt(job, &packed).await {
            // A pool from before Fulu, or one that knows nothing else.
            Err(PostError::Send(SendError::Refused {
                refusal: PoolRefusal::Invalid,
                error,
                ..
            })) if !self.form_is_known => {
                let other = match self.config.form {
                    SidecarForm::Eip7594 => SidecarForm::Eip4844,
                    SidecarForm::Eip4844 => SidecarForm::Eip7594,
                };
                tracing::warn!(%error, ?other, "the pool refuses, other proofs are tried");
                self.config.form = other;
                self.empty = None;
                self.attempt(job, &packed).await
            }
            outcome => outcome,
        }
    }

    async fn attempt(&mut self, job: &Job, packed: &Packed) -> Result<Outcome, PostError> {
        let urgency = if job.order.first_slot >= job.order.last_slot {
            Urgency::Now
        } else {
            Urgency::Whenever
        };
        let proven = self
            .prover
            .prove(&packed.blobs, self.config.form, urgency)
            .await?;
        let took_ms = u64::try_from(proven.took.as_millis()).unwrap_or(u64::MAX);
        self.proof_ms = took_ms.checked_div(packed.blobs.len() as u64);
        let batch = packed.claim(
            job.base.base.eip712_hash_struct(),
            job.order.window,
            job.parent.batch.hash,
            proven.hashes(),
        );
        let separator = self.settlement.facts().separator;
        let signature = self
            .log
            .sign(&batch, &packed.hashes, &self.signatory, separator)?;
        let letters = Letters {
            batch: batch.clone(),
            signature,
            set: job.set.clone(),
            base: Some(job.base.clone()),
            permit: job.permit.clone(),
            disputing: job
                .parent
                .disputes
                .map(|disputed| (job.parent.batch.id, disputed)),
        };
        let rules = SlotRules {
            clock: self.config.slots,
            first_slot: job.order.first_slot,
            last_slot: job.order.last_slot,
            lead_ms: self.config.lead_ms,
            grace_ms: self.config.grace_ms,
        };
        let commitments = commitments(&proven.sidecar);
        let mut work = PostWork {
            waiting: self.config.waiting.enter(commitments),
            reader: &self.reader,
            settlement: &self.settlement,
            letters,
            base: job.base.clone(),
            sidecar: proven.sidecar,
            value_wei: job.dispute_wei,
            posting_window: job.order.permit.unwrap_or(job.order.window),
            versions: &self.config.versions,
        };
        let clock = Arc::clone(&self.clock);
        let outcome = self
            .lane
            .send_in_slots(&mut work, &rules, self.empty.as_ref(), &move || {
                clock.now_ms()
            })
            .await?;
        self.form_is_known = true;
        Ok(match outcome {
            SlotOutcome::Landed {
                landed,
                slot,
                meant_for,
                reverted,
            } => {
                let refused = reverted.map(|data| {
                    if slot == meant_for {
                        explain(&data)
                    } else {
                        format!("landed in slot {slot}, was meant for slot {meant_for}")
                    }
                });
                Outcome::Landed(Box::new(line(job, packed, &batch, &landed, slot, refused)))
            }
            SlotOutcome::NotTaken { .. } => Outcome::NotTaken,
            SlotOutcome::Withdrawn => Outcome::Withdrawn,
        })
    }
}

fn commitments(sidecar: &Sidecar) -> Vec<Commitment> {
    let all = match sidecar {
        Sidecar::Eip4844(sidecar) => &sidecar.commitments,
        Sidecar::Eip7594(sidecar) => &sidecar.commitments,
    };
    all.iter().map(|one| Commitment::from(**one)).collect()
}

/// L1 fees of a transaction, execution and blobs, wei.
pub(crate) fn fees_of(receipt: &TransactionReceipt) -> u128 {
    let execution = u128::from(receipt.gas_used).saturating_mul(receipt.effective_gas_price);
    let blobs = u128::from(receipt.blob_gas_used.unwrap_or_default())
        .saturating_mul(receipt.blob_gas_price.unwrap_or_default());
    execution.saturating_add(blobs)
}

fn line(
    job: &Job,
    packed: &Packed,
    batch: &Batch,
    landed: &Landed,
    slot: u64,
    refused: Option<String>,
) -> BatchLine {
    let receipt = &landed.receipt;
    let id = receipt
        .logs()
        .iter()
        .find_map(|log| Inbox::BatchPosted::decode_log(&log.inner).ok())
        .map_or(0, |posted| posted.batchId);
    let cost_wei = fees_of(receipt);
    let hash: B256 = batch.eip712_hash_struct();
    BatchLine {
        id,
        hash,
        first_block: packed.first,
        last_block: packed.last,
        window: batch.window,
        slot,
        l1_block: receipt.block_number.unwrap_or_default(),
        transaction_hash: receipt.transaction_hash,
        blobs: packed.blobs.len(),
        bytes: packed.bytes,
        transactions: packed.transactions,
        gas_used: packed.gas_used,
        cost_wei,
        cost_wei_per_transaction: cost_wei.checked_div(packed.transactions.into()),
        status: match refused {
            None => BatchState::Posted,
            Some(_) => BatchState::Reverted,
        },
        note: refused.unwrap_or_else(|| format!("{:?}", job.order.why)),
    }
}
