use std::{collections::BTreeSet, sync::Arc};

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolEvent, SolStruct};
use forebond_contracts::bindings::{AttesterResolver, Inbox};
use forebond_evidence::{
    case::{Dispute, DisputeSight, dispute},
    docket::Standing,
};
use forebond_l1::{L1Error, execution::BlockRef};
use forebond_protocol::SlotClock;
use forebond_settlement::PostedBatch;
use tokio::sync::Mutex;

use super::{
    Attesters, Opinions, VoteLog, VoteLogError,
    attestation::{Attestation, digest},
};
use crate::{
    court::{Court, CourtError, standing},
    figures::Figures,
    payer::{Bill, PayError, Payer},
    settled::Batches,
};

/// L1 blocks after which a posting, or an opinion about it, is believed to stay.
const SETTLED_DEPTH: u64 = 2;
/// Slots that a dispute needs to land.
const MARGIN_SLOTS: u64 = 3;
/// Longest range of L1 blocks that is searched for open disputes.
const MOST_BLOCKS: u64 = 10_000;
/// `IAttesterResolver.Verdict`.
const NO_VERDICT: u8 = 0;
const VETOED: u8 = 3;

/// Why disputes could not be dealt with.
#[derive(Debug, thiserror::Error)]
pub enum DisputeError {
    /// L1 does not tell.
    #[error(transparent)]
    Court(#[from] CourtError),
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// It was not paid for.
    #[error(transparent)]
    Pay(#[from] PayError),
    /// The vote is not given.
    #[error(transparent)]
    Vote(#[from] VoteLogError),
    /// A key that cannot sign.
    #[error(transparent)]
    Sign(#[from] alloy_signer::Error),
}

/// Disputes false claims, votes on disputed ones, and finishes what is due.
#[derive(Debug)]
pub struct Disputer {
    court: Court,
    payer: Arc<Mutex<Payer>>,
    me: Address,
    attesters: Attesters,
    votes: VoteLog,
    clock: SlotClock,
    claim_window_s: u64,
    l1_chain_id: u64,
    figures: Figures,
    /// Nothing more to be done about these.
    over: BTreeSet<(u32, B256)>,
}

/// What a disputer is made of.
#[derive(Debug)]
pub struct DisputerParts {
    /// What L1 shows.
    pub court: Court,
    /// Pays for bonds and calls.
    pub payer: Arc<Mutex<Payer>>,
    /// The account that pays.
    pub me: Address,
    /// Who votes.
    pub attesters: Attesters,
    /// Votes given.
    pub votes: VoteLog,
    /// L1's slots.
    pub clock: SlotClock,
    /// Seconds in which a batch can be disputed.
    pub claim_window_s: u64,
    /// Of L1.
    pub l1_chain_id: u64,
    /// Figures.
    pub figures: Figures,
}

impl Disputer {
    /// With these parts.
    pub fn new(parts: DisputerParts) -> Self {
        Self {
            court: parts.court,
            payer: parts.payer,
            me: parts.me,
            attesters: parts.attesters,
            votes: parts.votes,
            clock: parts.clock,
            claim_window_s: parts.claim_window_s,
            l1_chain_id: parts.l1_chain_id,
            figures: parts.figures,
            over: BTreeSet::new(),
        }
    }

    /// Takes every step that is due at L1's head.
    ///
    /// # Errors
    /// [`DisputeError`]; what was not done is due again at the next look.
    pub async fn look(
        &mut self,
        batches: &Batches,
        opinions: &Opinions,
        head: BlockRef,
    ) -> Result<(), DisputeError> {
        let void = opinions.void();
        self.over.retain(|key| void.contains(key));
        for key in void {
            let posted = batches.get(key.0).filter(|posted| posted.at.hash == key.1);
            if let Some(posted) = posted.filter(|_| !self.over.contains(&key)) {
                self.consider(posted, head).await?;
            }
        }
        for id in self.open(head).await? {
            if let Some(posted) = batches.get(id)
                && self.standing_of(id).await? == Some(Standing::Disputed)
            {
                self.follow_up(posted, opinions, head).await?;
            }
        }
        self.withdraw().await
    }

    /// Disputes a claim that is false, when the time is right.
    async fn consider(&mut self, posted: &PostedBatch, head: BlockRef) -> Result<(), DisputeError> {
        let standing = self.standing_of(posted.id).await?;
        let parent_stands = match posted.parent_id {
            0 => true,
            id => matches!(
                self.standing_of(id).await?,
                Some(Standing::Posted | Standing::Confirmed)
            ),
        };
        let slot_s = self.clock.seconds_per_slot;
        let posted_s = self.clock.start_s(posted.slot);
        let sight = DisputeSight {
            is_void: Some(true),
            is_open: standing == Some(Standing::Posted),
            parent_stands,
            depth: head.number.saturating_sub(posted.at.number),
            now_s: head.timestamp_s,
            until_s: posted_s.saturating_add(self.claim_window_s),
            margin_s: slot_s.saturating_mul(MARGIN_SLOTS),
            settled_depth: SETTLED_DEPTH,
        };
        match dispute(&sight) {
            Dispute::Wait => {}
            Dispute::No(objection) => {
                tracing::debug!(batch = posted.id, ?objection, "a void batch is left alone");
                // A dispute that a reorg takes back makes it open again.
                if sight.now_s >= sight.until_s {
                    self.over.insert((posted.id, posted.at.hash));
                }
            }
            Dispute::Now if self.is_another(posted).await? => {}
            Dispute::Now => {
                let config = Inbox::configCall {};
                let inbox = self.court.addresses().inbox;
                let config = self.court.read(inbox, &config, BlockId::latest()).await?;
                let call = Inbox::disputeCall { batchId: posted.id };
                let bill = Bill {
                    what: "dispute",
                    to: inbox,
                    call: &call,
                    value_wei: config.disputeBondWei,
                    least_gas: 0,
                };
                if self.payer.lock().await.pay(bill).await? {
                    self.figures.disputes.inc();
                    tracing::warn!(batch = posted.id, "a false claim is disputed");
                }
            }
        }
        Ok(())
    }

    /// Votes, and finishes what has its verdict.
    async fn follow_up(
        &self,
        posted: &PostedBatch,
        opinions: &Opinions,
        head: BlockRef,
    ) -> Result<(), DisputeError> {
        let addresses = self.court.addresses();
        let (inbox, resolver) = (addresses.inbox, addresses.attester_resolver);
        let call = Inbox::disputeOfCall { batchId: posted.id };
        let disputed = self.court.read(inbox, &call, BlockId::latest()).await?;
        if disputed.disputer != self.me && self.attesters.is_empty() {
            return Ok(());
        }
        let call = AttesterResolver::caseOfCall {
            inbox,
            batchId: posted.id,
        };
        let case = self.court.read(resolver, &call, BlockId::latest()).await?;
        let verdict: u8 = case.verdict;
        if verdict == NO_VERDICT {
            let deep = head.number.saturating_sub(posted.at.number) >= SETTLED_DEPTH;
            if let Some(is_void) = opinions.of(posted).filter(|_| deep) {
                return self.vote(posted, is_void).await;
            }
        }
        if verdict == NO_VERDICT || verdict == VETOED {
            let lapse = AttesterResolver::lapseCall {
                inbox,
                batchId: posted.id,
            };
            return self.if_due("lapse", resolver, &lapse).await;
        }
        if head.timestamp_s < case.readyAt {
            return Ok(());
        }
        let execute = AttesterResolver::executeCall {
            inbox,
            batchId: posted.id,
        };
        self.if_due("execute", resolver, &execute).await
    }

    async fn vote(&self, posted: &PostedBatch, is_void: bool) -> Result<(), DisputeError> {
        let addresses = self.court.addresses();
        let (inbox, resolver) = (addresses.inbox, addresses.attester_resolver);
        if self.attesters.is_empty() {
            return Ok(());
        }
        let record = Inbox::recordCall { batchId: posted.id };
        let record = self.court.read(inbox, &record, BlockId::latest()).await?;
        let batch_hash = posted.batch.eip712_hash_struct();
        if record.batchHash != batch_hash {
            return Ok(());
        }
        let threshold = AttesterResolver::thresholdCall {};
        let threshold = self
            .court
            .read(resolver, &threshold, BlockId::latest())
            .await?;
        let mut active = Vec::new();
        for account in self.attesters.addresses() {
            let call = AttesterResolver::isActiveCall { account };
            if self.court.read(resolver, &call, BlockId::latest()).await? {
                active.push(account);
            } else {
                tracing::warn!(%account, "an attester has no bond in the resolver: its vote does not count; call bond()");
            }
        }
        let needed = usize::try_from(threshold).unwrap_or(usize::MAX);
        if active.len() < needed {
            tracing::warn!(
                batch = posted.id,
                needed,
                have = active.len(),
                "too few attesters' keys are here for a verdict"
            );
            return Ok(());
        }
        active.truncate(needed);
        // On disk before it is signed.
        self.votes.note(posted.id, batch_hash, is_void)?;
        let vote = Attestation {
            inbox,
            batchId: posted.id,
            batchHash: batch_hash,
            isVoid: is_void,
        };
        let digest = digest(self.l1_chain_id, resolver, &vote);
        let call = AttesterResolver::attestCall {
            inbox,
            batchId: posted.id,
            isVoid: is_void,
            signatures: self.attesters.sign(&active, digest)?,
        };
        self.figures.votes.inc();
        tracing::warn!(batch = posted.id, is_void, "a vote on a disputed batch");
        self.if_due("attest", resolver, &call).await
    }

    /// Pays for a call unless the contract says that it is not its time.
    async fn if_due<C: SolCall + Sync>(
        &self,
        what: &'static str,
        to: Address,
        call: &C,
    ) -> Result<(), DisputeError> {
        let bill = Bill {
            what,
            to,
            call,
            value_wei: U256::ZERO,
            least_gas: 0,
        };
        match self.payer.lock().await.pay(bill).await {
            Err(PayError::WouldFail { what, reason }) => {
                tracing::debug!(what, reason, "not yet");
                Ok(())
            }
            other => Ok(other.map(drop)?),
        }
    }

    /// Fetches bonds that came back.
    async fn withdraw(&self) -> Result<(), DisputeError> {
        let inbox = self.court.addresses().inbox;
        let credit = Inbox::creditOfCall { account: self.me };
        let credit = self.court.read(inbox, &credit, BlockId::latest()).await?;
        if credit == U256::ZERO {
            return Ok(());
        }
        let call = Inbox::withdrawCall { to: self.me };
        self.if_due("withdraw", inbox, &call).await
    }

    /// Batches that were disputed lately.
    async fn open(&self, head: BlockRef) -> Result<BTreeSet<u32>, DisputeError> {
        let inbox = self.court.addresses().inbox;
        let config = Inbox::configCall {};
        let config = self.court.read(inbox, &config, BlockId::latest()).await?;
        let seconds = config
            .claimWindowSeconds
            .saturating_add(config.resolverSeconds);
        let slots = seconds
            .checked_div(self.clock.seconds_per_slot)
            .unwrap_or(0);
        // A dispute that nobody answered can lapse later than that.
        let blocks = slots.saturating_mul(2).saturating_add(64).min(MOST_BLOCKS);
        let topics = [Inbox::Disputed::SIGNATURE_HASH];
        let range = (head.number.saturating_sub(blocks), head.number);
        let logs = self
            .court
            .client()
            .logs_between(range, inbox, &topics)
            .await?;
        Ok(logs
            .iter()
            .filter_map(|log| Inbox::Disputed::decode_log(&log.inner).ok())
            .map(|event| event.batchId)
            .collect())
    }

    async fn standing_of(&self, id: u32) -> Result<Option<Standing>, DisputeError> {
        let status = Inbox::statusOfCall { batchId: id };
        let inbox = self.court.addresses().inbox;
        let status = self.court.read(inbox, &status, BlockId::latest()).await?;
        Ok(standing(status))
    }

    /// L1 has another batch under this number than the view here.
    async fn is_another(&self, posted: &PostedBatch) -> Result<bool, DisputeError> {
        let record = Inbox::recordCall { batchId: posted.id };
        let inbox = self.court.addresses().inbox;
        let record = self.court.read(inbox, &record, BlockId::latest()).await?;
        Ok(record.batchHash != posted.batch.eip712_hash_struct())
    }
}
