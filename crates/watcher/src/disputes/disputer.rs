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
    failures::Failures,
    search::Search,
    steps::{Disputed, Step, step},
};
use crate::{
    court::{Court, CourtError, search, standing},
    figures::Figures,
    payer::{Bill, PayError, Payer},
    settled::Batches,
};

/// L1 blocks after which a posting, or an opinion about it, is believed to stay.
const SETTLED_DEPTH: u64 = 2;
/// Slots that a dispute needs to land.
const MARGIN_SLOTS: u64 = 3;

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
    /// Which batches were disputed.
    search: Search,
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
            search: Search::default(),
        }
    }

    /// Takes every step that is due at L1's head. A batch that fails does not keep the others waiting: else whoever posts one false
    /// claim more than there are bonds for would end all votes, and keep all bonds where they are.
    ///
    /// # Errors
    /// The first [`DisputeError`]; what was not done is due again at the next look.
    pub async fn look(
        &mut self,
        batches: &Batches,
        opinions: &Opinions,
        head: BlockRef,
    ) -> Result<(), DisputeError> {
        let mut failures = Failures::default();
        // Before anything else: bonds that came back pay for those that are due.
        failures.note(None, self.withdraw().await)?;
        let void = opinions.void();
        self.over.retain(|key| void.contains(key));
        for key in void {
            let posted = batches.get(key.0).filter(|posted| posted.at.hash == key.1);
            if let Some(posted) = posted.filter(|_| !self.over.contains(&key)) {
                failures.note(Some(posted.id), self.consider(posted, head).await)?;
            }
        }
        let times = self.times().await?;
        failures.note(None, self.search(head, times.horizon_blocks).await)?;
        for id in self.search.batches() {
            let posted = batches.get(id);
            let seen = opinion_when_deep(posted, opinions, head);
            match self.follow_up(id, posted, seen, times, head).await {
                Ok(true) => {}
                Ok(false) => self.search.is_over(id, head.number, times.horizon_blocks),
                Err(error) => failures.note(Some(id), Err(error))?,
            }
        }
        failures.first()
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

    /// Votes, and finishes what is due: needs the batch itself for a vote only, so that a bond comes back of a batch that is not
    /// remembered. Whether something is still open.
    async fn follow_up(
        &self,
        id: u32,
        posted: Option<&PostedBatch>,
        is_void: Option<bool>,
        times: Times,
        head: BlockRef,
    ) -> Result<bool, DisputeError> {
        let standing = self.standing_of(id).await?;
        if !matches!(standing, Some(Standing::Disputed | Standing::Orphaned)) {
            return Ok(false);
        }
        let addresses = self.court.addresses();
        let (inbox, resolver) = (addresses.inbox, addresses.attester_resolver);
        let call = Inbox::disputeOfCall { batchId: id };
        let disputed = self.court.read(inbox, &call, BlockId::latest()).await?;
        let is_mine = disputed.disputer == self.me;
        if standing == Some(Standing::Orphaned) {
            // What it stood on is void: its own claim is judged no more, and only this brings the bond back.
            if is_mine {
                let close = Inbox::closeOrphanedCall { batchId: id };
                self.if_due("close an orphaned dispute", inbox, &close)
                    .await?;
            }
            return Ok(is_mine);
        }
        if !is_mine && self.attesters.is_empty() {
            return Ok(true);
        }
        let call = AttesterResolver::caseOfCall { inbox, batchId: id };
        let case = self.court.read(resolver, &call, BlockId::latest()).await?;
        let verdict: u8 = case.verdict;
        let sight = Disputed {
            is_mine,
            verdict: verdict.into(),
            ready_at_s: case.readyAt,
            last_moment_s: disputed.openedAt.saturating_add(times.resolver_s),
            now_s: head.timestamp_s,
            is_void,
        };
        match (step(&sight), posted) {
            (Step::Vote { is_void }, Some(posted)) => self.vote(posted, is_void).await?,
            (Step::Wait | Step::Vote { .. }, _) => {}
            (Step::Lapse, _) => {
                let lapse = AttesterResolver::lapseCall { inbox, batchId: id };
                self.if_due("lapse", resolver, &lapse).await?;
            }
            (Step::Execute, _) => {
                let execute = AttesterResolver::executeCall { inbox, batchId: id };
                self.if_due("execute", resolver, &execute).await?;
            }
        }
        Ok(true)
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

    async fn times(&self) -> Result<Times, DisputeError> {
        let inbox = self.court.addresses().inbox;
        let config = Inbox::configCall {};
        let config = self.court.read(inbox, &config, BlockId::latest()).await?;
        let seconds = config
            .claimWindowSeconds
            .saturating_add(config.resolverSeconds);
        let slots = seconds
            .checked_div(self.clock.seconds_per_slot)
            .unwrap_or(0);
        Ok(Times {
            resolver_s: config.resolverSeconds,
            // A dispute that nobody answered can lapse later than that.
            horizon_blocks: slots.saturating_mul(2).saturating_add(64),
        })
    }

    /// Finds disputes that are new.
    async fn search(&mut self, head: BlockRef, horizon: u64) -> Result<(), DisputeError> {
        let inbox = self.court.addresses().inbox;
        let topics = [Inbox::Disputed::SIGNATURE_HASH];
        for range in self.search.ranges(head.number, horizon) {
            let client = self.court.client();
            let logs = match search(client, inbox, &topics, range).await {
                Err(error @ L1Error::Refused { .. }) if self.search.leave_out(range) => {
                    tracing::warn!(before = range.1, %error, "the L1 node has no logs of older blocks: a bond in a dispute of before is not fetched until another endpoint is used");
                    return Ok(());
                }
                found => found?.found,
            };
            let disputes = logs.iter().filter_map(|log| {
                let event = Inbox::Disputed::decode_log(&log.inner).ok()?;
                Some((event.batchId, log.block_number.unwrap_or(range.1)))
            });
            self.search.note(range, disputes);
        }
        Ok(())
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

/// How long disputes take, as the Inbox says.
#[derive(Clone, Copy, Debug)]
struct Times {
    /// Seconds in which a dispute can be answered.
    resolver_s: u64,
    /// L1 blocks behind which no dispute is open that was not followed before.
    horizon_blocks: u64,
}

/// What derivation says of a batch whose posting stays.
fn opinion_when_deep(
    posted: Option<&PostedBatch>,
    opinions: &Opinions,
    head: BlockRef,
) -> Option<bool> {
    let posted = posted?;
    let is_deep = head.number.saturating_sub(posted.at.number) >= SETTLED_DEPTH;
    opinions.of(posted).filter(|_| is_deep)
}
