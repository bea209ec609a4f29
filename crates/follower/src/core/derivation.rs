use super::{Follower, FollowerError, Want};
use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_l1::execution::BlockRef;
use forebond_ledger::{DeriveError, board::Settled, chain::SealedBlock, transactions_root};
use forebond_protocol::blocks_tree;
use forebond_rollup::op::derive::{
    BlockPlan, DerivedHead, PostedBatch as Posted, Verdict, check_claim, empty_plans_due,
    plan_batch,
};
use forebond_settlement::{L1Block, L1Event, L1Start, PostedBatch};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

/// L1 blocks that may wait for blobs; beyond, L1 is not followed further for a while.
pub const MAX_QUEUE: usize = 4_096;
/// Derived heads that are remembered, one an L1 block: the deepest reorg that is followed.
const MAX_HISTORY: usize = 1_024;
/// Batches whose blobs are kept ready.
const MAX_FETCHED: usize = 64;
/// Batches whose blobs are wanted at one time: what comes next is fetched and checked while what came is executed.
const WANTED_AHEAD: usize = 4;
/// Batches that were judged and are remembered for who asks, of each kind.
const MAX_JUDGED: usize = 1_024;

/// Batches that were judged, oldest first, each with the L1 block that posted it: after a reorg an id can be another batch's.
pub type Judged = Arc<VecDeque<(u32, B256)>>;

/// How far L1 was derived, kept over restarts. It only ever names final L1 blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// The block behind which L1 events have to begin.
    pub from: L1Start,
    /// The newest L1 block that was dealt with.
    pub l1_number: u64,
    /// The safe head then.
    pub head: KeptHead,
}

/// A derived head in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[allow(missing_docs, reason = "the fields are those of DerivedHead")]
pub struct KeptHead {
    pub number: u64,
    pub hash: B256,
    pub timestamp_s: u64,
    pub origin_number: u64,
    pub origin_hash: B256,
    pub origin_sequence: u64,
    pub batch: B256,
}

impl From<DerivedHead> for KeptHead {
    fn from(head: DerivedHead) -> Self {
        Self {
            number: head.number,
            hash: head.hash,
            timestamp_s: head.timestamp_s,
            origin_number: head.origin.0,
            origin_hash: head.origin.1,
            origin_sequence: head.origin_sequence,
            batch: head.batch,
        }
    }
}

impl From<KeptHead> for DerivedHead {
    fn from(kept: KeptHead) -> Self {
        Self {
            number: kept.number,
            hash: kept.hash,
            timestamp_s: kept.timestamp_s,
            origin: (kept.origin_number, kept.origin_hash),
            origin_sequence: kept.origin_sequence,
            batch: kept.batch,
        }
    }
}

/// Safe and finalized heads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Heads {
    /// Newest block derived from L1, with its hash.
    pub safe: (u64, B256),
    /// Newest block derived from finalized L1 blocks.
    pub finalized: (u64, B256),
}

/// Derivation between two L1 blocks.
#[derive(Debug)]
pub(super) struct Derivation {
    /// The safe head.
    pub(super) head: DerivedHead,
    /// L1 blocks applied and not dealt with, oldest first.
    queue: VecDeque<Arc<L1Block>>,
    /// Of the front block: batches dealt with.
    done: usize,
    /// Of the front block: whether the blocks due without batches are made.
    empties_done: bool,
    /// The safe head after each L1 block, oldest first.
    history: VecDeque<(BlockRef, DerivedHead)>,
    base_head: DerivedHead,
    fetched: BTreeMap<(B256, u32), Vec<Box<Blob>>>,
    /// L1 blocks up to here were dealt with before the restart.
    known_until: Option<u64>,
    finalized_l1: u64,
    finalized: DerivedHead,
    /// Lowest L1 block that was replaced and whose successors were not compared yet.
    replaced_from: Option<u64>,
    /// Batches whose data does not derive to their claim.
    pub(super) void: Judged,
    /// Batches that the chain was derived from.
    pub(super) counted: Judged,
    /// The ledger is needed and a turn has it.
    pub(super) recalls: bool,
    /// First block that stands on an L1 block that is gone, found while a turn had the ledger.
    pub(super) gone_from: Option<u64>,
    /// Blocks came from the disk, and their origins were not compared with L1 yet.
    unchecked: bool,
    /// Why derivation waits, if it does.
    pub(super) waits_for: Option<String>,
    pub(super) batches: u64,
    checkpoint: Option<Checkpoint>,
}

impl Derivation {
    pub(super) fn new(genesis: &SealedBlock, checkpoint: Option<Checkpoint>) -> Self {
        let origin = &genesis.start.origin;
        let start = DerivedHead {
            number: 0,
            hash: genesis.hash,
            timestamp_s: genesis.header.timestamp,
            origin: (origin.number, origin.hash),
            origin_sequence: 0,
            batch: B256::ZERO,
        };
        let (head, known_until) = match &checkpoint {
            Some(kept) => (kept.head.into(), Some(kept.l1_number)),
            None => (start, None),
        };
        Self {
            head,
            queue: VecDeque::new(),
            done: 0,
            empties_done: false,
            history: VecDeque::new(),
            base_head: head,
            fetched: BTreeMap::new(),
            known_until,
            finalized_l1: 0,
            finalized: head,
            replaced_from: None,
            void: Judged::default(),
            counted: Judged::default(),
            recalls: false,
            gone_from: None,
            unchecked: true,
            waits_for: None,
            batches: 0,
            checkpoint,
        }
    }

    pub(super) const fn heads(&self) -> Heads {
        Heads {
            safe: (self.head.number, self.head.hash),
            finalized: (self.finalized.number, self.finalized.hash),
        }
    }
}

/// How one batch or row of empty blocks ends.
enum Outcome {
    Done,
    /// Something is missing: later.
    Later(String),
}

impl Follower {
    /// Whether another L1 event may be taken in.
    pub fn takes_l1(&self) -> bool {
        self.derivation.queue.len() < MAX_QUEUE
    }

    /// Takes in what happened on L1.
    pub fn l1(&mut self, event: L1Event) -> Result<(), FollowerError> {
        match event {
            L1Event::Applied(block) => {
                self.origins
                    .apply(block.clone())
                    .map_err(|error| FollowerError::L1(error.to_string()))?;
                self.compare_origins(&block)?;
                if self
                    .derivation
                    .known_until
                    .is_none_or(|known| block.at.number > known)
                {
                    self.derivation.queue.push_back(block);
                }
            }
            L1Event::Undone(block) => self.undone(&block)?,
            L1Event::Finality { finalized, .. } => {
                self.derivation.finalized_l1 = self.derivation.finalized_l1.max(finalized);
            }
        }
        self.derive()?;
        self.finalize();
        self.advance()?;
        self.tell();
        Ok(())
    }

    /// The blobs of a batch have come.
    pub fn blobs(
        &mut self,
        batch: &PostedBatch,
        blobs: Vec<Box<Blob>>,
    ) -> Result<(), FollowerError> {
        if self.derivation.fetched.len() >= MAX_FETCHED {
            self.derivation.fetched.pop_first();
        }
        self.derivation
            .fetched
            .insert((batch.at.hash, batch.id), blobs);
        self.derive()?;
        self.finalize();
        self.advance()?;
        self.tell();
        Ok(())
    }

    fn undone(&mut self, block: &BlockRef) -> Result<(), FollowerError> {
        self.origins
            .undo(block)
            .map_err(|error| FollowerError::L1(error.to_string()))?;
        let derivation = &mut self.derivation;
        let lowest = derivation.replaced_from.unwrap_or(u64::MAX);
        derivation.replaced_from = Some(lowest.min(block.number));
        if derivation
            .queue
            .back()
            .is_some_and(|waiting| waiting.at.hash == block.hash)
        {
            derivation.queue.pop_back();
            if derivation.queue.is_empty() && (derivation.done > 0 || derivation.empties_done) {
                // It was half dealt with.
                derivation.head = derivation
                    .history
                    .back()
                    .map_or(derivation.base_head, |(_, head)| *head);
                derivation.done = 0;
                derivation.empties_done = false;
            }
            return Ok(());
        }
        match derivation.history.back() {
            Some((at, _)) if at.hash == block.hash => {
                derivation.history.pop_back();
                derivation.head = derivation
                    .history
                    .back()
                    .map_or(derivation.base_head, |(_, head)| *head);
                derivation.done = 0;
                derivation.empties_done = false;
                Ok(())
            }
            _ if derivation
                .known_until
                .is_some_and(|known| block.number <= known) =>
            {
                Err(FollowerError::L1(format!(
                    "L1 took back block {}, which was final",
                    block.number
                )))
            }
            _ => Ok(()),
        }
    }

    /// After a reorg: blocks here that stand on an L1 block that is gone have to go (R3).
    fn compare_origins(&mut self, block: &L1Block) -> Result<(), FollowerError> {
        let view = self.reader.board.view();
        let newest = view.pending_number();
        // After a start every block from the disk is compared, once L1 is known as far as the newest one says.
        let tip_origin = match view.unsealed.last() {
            Some(open) => open.start.origin.number,
            None => view.latest.start.origin.number,
        };
        let all = self.derivation.unchecked && block.at.number >= tip_origin;
        let replaced = self.derivation.replaced_from;
        if !all && replaced.is_none_or(|from| block.at.number < from) {
            return Ok(());
        }
        self.derivation.unchecked &= !all;
        let mut first_gone = None;
        for number in (self.derivation.head.number.saturating_add(1)..=newest).rev() {
            let origin = match view
                .unsealed
                .iter()
                .find(|unsealed| unsealed.start.opening.number == number)
            {
                Some(unsealed) => unsealed.start.origin,
                None => match self.reader.sealed(number) {
                    Ok(Some(block)) => block.start.origin,
                    _ => break,
                },
            };
            if !all && origin.number < block.at.number {
                break;
            }
            let on_l1 = self.origins.block(origin.number).map(|known| known.at.hash);
            if on_l1.is_some_and(|hash| hash != origin.hash) {
                first_gone = Some(number);
            }
        }
        if let Some(first) = first_gone {
            if self.ledger.is_none() {
                let known = self.derivation.gone_from.unwrap_or(u64::MAX);
                self.derivation.gone_from = Some(known.min(first));
            } else {
                self.take_back(first.saturating_sub(1))?;
            }
        }
        Ok(())
    }

    /// The ledger is back: what stands on an L1 block that went meanwhile goes now.
    pub(super) fn take_back_gone(&mut self) -> Result<(), FollowerError> {
        if let Some(first) = self.derivation.gone_from.take() {
            let to = first.saturating_sub(1).max(self.derivation.head.number);
            self.take_back(to)?;
        }
        Ok(())
    }

    /// Deals with as many L1 blocks as can be dealt with.
    pub(super) fn derive(&mut self) -> Result<(), FollowerError> {
        self.derivation.recalls = false;
        while let Some(block) = self.derivation.queue.front().cloned() {
            match self.derive_from(&block)? {
                Outcome::Later(why) => {
                    if self.derivation.waits_for.as_ref() != Some(&why) {
                        tracing::debug!(l1_block = block.at.number, why, "derivation waits");
                    }
                    self.derivation.waits_for = Some(why);
                    return Ok(());
                }
                Outcome::Done => {
                    let derivation = &mut self.derivation;
                    derivation.waits_for = None;
                    derivation.queue.pop_front();
                    derivation.done = 0;
                    derivation.empties_done = false;
                    derivation.history.push_back((block.at, derivation.head));
                    if derivation.history.len() > MAX_HISTORY
                        && let Some((_, head)) = derivation.history.pop_front()
                    {
                        derivation.base_head = head;
                    }
                }
            }
        }
        Ok(())
    }

    fn derive_from(&mut self, block: &L1Block) -> Result<Outcome, FollowerError> {
        if !self.derivation.empties_done {
            if let Outcome::Later(why) = self.empty_blocks(block)? {
                return Ok(Outcome::Later(why));
            }
            self.derivation.empties_done = true;
        }
        while let Some(batch) = block.batches.get(self.derivation.done) {
            if let Outcome::Later(why) = self.batch(batch)? {
                return Ok(Outcome::Later(why));
            }
            self.derivation.done = self.derivation.done.saturating_add(1);
        }
        Ok(Outcome::Done)
    }

    /// R8: what nobody posted in time, every node makes by itself.
    fn empty_blocks(&mut self, block: &L1Block) -> Result<Outcome, FollowerError> {
        let last_due = self
            .facts
            .turns
            .last_due_in(block.slot, self.facts.sequencing_window_slots);
        while self.derivation.head.number < last_due {
            let head = self.derivation.head;
            let plans = match empty_plans_due(&self.rules, &head, last_due, &self.origins) {
                Ok(plans) => plans,
                Err(fault) => return Ok(Outcome::Later(fault.to_string())),
            };
            if plans.is_empty() {
                break;
            }
            match self.apply(&plans, None)? {
                Applied::Yes(head) => self.derivation.head = head,
                Applied::Later(why) => return Ok(Outcome::Later(why)),
                Applied::Void(reason) => return Err(FollowerError::L1(reason)),
            }
        }
        Ok(Outcome::Done)
    }

    /// Asks for the blobs of the batches that come next.
    fn want_blobs(&mut self) {
        let waiting = self
            .derivation
            .queue
            .iter()
            .flat_map(|block| &block.batches)
            .skip(self.derivation.done)
            .take(WANTED_AHEAD)
            .filter(|batch| {
                let key = (batch.at.hash, batch.id);
                !self.derivation.fetched.contains_key(&key)
            });
        let wanted: Vec<_> = waiting.cloned().map(Box::new).collect();
        for batch in wanted {
            self.want(Want::Blobs(batch));
        }
    }

    fn batch(&mut self, batch: &PostedBatch) -> Result<Outcome, FollowerError> {
        let key = (batch.at.hash, batch.id);
        self.want_blobs();
        let Some(blobs) = self.derivation.fetched.get(&key) else {
            return Ok(Outcome::Later(format!("the blobs of batch {}", batch.id)));
        };
        let posted = Posted {
            claim: &batch.batch,
            blobs,
            l1_block: batch.at.number,
        };
        let head = self.derivation.head;
        let planned = plan_batch(&self.rules, &posted, &head, &self.origins);
        let applied = match planned {
            Ok(plans) => self.apply(&plans, Some(&batch.batch))?,
            Err(fault) => match fault.verdict() {
                Verdict::Undecided => return Ok(Outcome::Later(fault.to_string())),
                Verdict::Void => Applied::Void(fault.to_string()),
                Verdict::Orphaned => {
                    tracing::info!(batch = batch.id, %fault, "a batch beside the chain");
                    self.derivation.fetched.remove(&key);
                    return Ok(Outcome::Done);
                }
            },
        };
        match applied {
            Applied::Later(why) => return Ok(Outcome::Later(why)),
            Applied::Yes(head) => {
                self.derivation.head = DerivedHead {
                    batch: batch.batch.eip712_hash_struct(),
                    ..head
                };
                self.derivation.batches = self.derivation.batches.saturating_add(1);
                note(&mut self.derivation.counted, batch);
                tracing::info!(
                    batch = batch.id,
                    first = batch.batch.firstBlock,
                    last = batch.batch.lastBlock,
                    "a batch counts"
                );
            }
            Applied::Void(reason) => {
                tracing::warn!(batch = batch.id, reason, "a batch is void");
                note(&mut self.derivation.void, batch);
            }
        }
        self.derivation.fetched.remove(&key);
        Ok(Outcome::Done)
    }

    /// Makes the chain here agree with `plans`, or finds that the claim does not hold.
    fn apply(
        &mut self,
        plans: &[BlockPlan],
        claim: Option<&forebond_types::Batch>,
    ) -> Result<Applied, FollowerError> {
        let mut hashes = Vec::with_capacity(plans.len());
        let mut at = self.derivation.head;
        let mut taken_back: Option<Vec<Arc<SealedBlock>>> = None;
        for plan in plans {
            let hash = match self.same_here(plan)? {
                Some(hash) => hash,
                None => {
                    if self.ledger.is_none() {
                        self.derivation.recalls = true;
                        return Ok(Applied::Later("the ledger, which a turn has".into()));
                    }
                    if taken_back.is_none() {
                        taken_back = Some(self.sealed_above(plan.number.saturating_sub(1)));
                        self.take_back(plan.number.saturating_sub(1))?;
                    }
                    let Some(ledger) = &mut self.ledger else {
                        return Ok(Applied::Later("the ledger".into()));
                    };
                    let transactions = plan.transactions.clone();
                    match ledger.derive_block(plan.origin, plan.origin_sequence, transactions) {
                        Ok(hash) => hash,
                        Err(DeriveError::Ledger(error)) => return Err(error.into()),
                        Err(error) => {
                            if let Some(first) = plans.first() {
                                self.restore(first, taken_back)?;
                            }
                            return Ok(Applied::Void(error.to_string()));
                        }
                    }
                }
            };
            hashes.push(hash);
            at = at.after(plan, hash);
        }
        if let Some(claim) = claim {
            let root = blocks_tree(claim.firstBlock, &hashes)
                .map(|tree| tree.root())
                .unwrap_or_default();
            if let Err(fault) = check_claim(claim, plans, &hashes, root) {
                if taken_back.is_some()
                    && let Some(first) = plans.first()
                {
                    self.restore(first, taken_back)?;
                }
                return Ok(Applied::Void(fault.to_string()));
            }
        }
        self.judge(plans, claim.map(|claim| claim.base))?;
        Ok(Applied::Yes(at))
    }

    fn sealed_above(&self, number: u64) -> Vec<Arc<SealedBlock>> {
        let newest = self.reader.board.view().latest.number();
        (number.saturating_add(1)..=newest)
            .filter_map(|number| self.reader.sealed(number).ok().flatten())
            .collect()
    }

    /// A claim does not hold: the chain goes back to the safe head, and what stood there before comes back by its promises.
    fn restore(
        &mut self,
        first: &BlockPlan,
        before: Option<Vec<Arc<SealedBlock>>>,
    ) -> Result<(), FollowerError> {
        self.take_back(first.number.saturating_sub(1))?;
        for block in before.into_iter().flatten() {
            for frag in block.frags() {
                if !self.waiting_knows(frag) {
                    self.waiting
                        .base(forebond_ledger::envelopes::base_envelope(&frag.base));
                }
                self.waiting
                    .frag(forebond_ledger::envelopes::frag_envelope(frag), None);
            }
            if let Some((seal, signature)) = &block.seal {
                self.waiting
                    .seal(forebond_ledger::envelopes::seal_envelope(seal, *signature));
            }
        }
        if let Some(ledger) = &mut self.ledger {
            ledger.follow_on();
        }
        self.advance()
    }

    fn waiting_knows(&self, frag: &forebond_ledger::promise::PublishedFrag) -> bool {
        self.ledger
            .as_ref()
            .and_then(|ledger| ledger.base())
            .is_some_and(|base| base.hash == frag.base.hash)
    }

    /// The hash of this process's own block, if it is what the plan says.
    fn same_here(&mut self, plan: &BlockPlan) -> Result<Option<B256>, FollowerError> {
        let view = self.reader.board.view();
        if plan.number > view.latest.number() {
            let unsealed = view
                .unsealed
                .iter()
                .find(|block| block.start.opening.number == plan.number);
            let same = unsealed.is_some_and(|block| {
                block.start.origin == plan.origin
                    && block.start.origin_sequence == plan.origin_sequence
                    && block
                        .frags
                        .iter()
                        .flat_map(|frag| frag.transactions.iter())
                        .map(|tx| tx.tx.raw())
                        .eq(plan.transactions.iter())
            });
            if !same {
                return Ok(None);
            }
            let newest = view.pending_number();
            let Some(ledger) = &mut self.ledger else {
                // A turn is at it: its seal is on the way.
                return Ok(None);
            };
            if newest > plan.number {
                ledger.settle_through(plan.number)?;
            } else {
                ledger.settle_all()?;
            }
            return Ok(ledger.hash_of(plan.number)?);
        }
        let Ok(Some(header)) = self.reader.header_of(plan.number) else {
            return Ok(None);
        };
        // The first transaction names the origin and the block's place in it.
        let same = header.transactions_root == transactions_root(&plan.transactions)
            && header.mix_hash == plan.origin.prev_randao
            && header.parent_beacon_block_root == Some(plan.origin.parent_beacon_root);
        Ok(same.then(|| header.hash_slow()))
    }

    /// L1 has spoken about these blocks: promises that were taken back are kept or broken.
    fn judge(&mut self, plans: &[BlockPlan], base: Option<B256>) -> Result<(), FollowerError> {
        if !self.promises.waits() {
            return Ok(());
        }
        for plan in plans {
            let Ok(Some(block)) = self.reader.sealed(plan.number) else {
                continue;
            };
            let domain = self.facts.domain;
            let broken = self.promises.judge(&block, base, |frag| {
                frag.signature
                    .recover(domain.digest(&frag.frag))
                    .unwrap_or_default()
            });
            if broken > 0 {
                tracing::warn!(block = plan.number, broken, "promises are broken");
            }
        }
        Ok(())
    }

    fn finalize(&mut self) {
        let derivation = &mut self.derivation;
        let final_l1 = derivation.finalized_l1;
        let newest = derivation
            .history
            .iter()
            .rev()
            .find(|(at, _)| at.number <= final_l1);
        let Some((at, head)) = newest.copied() else {
            return;
        };
        if head.number < derivation.finalized.number {
            return;
        }
        derivation.finalized = head;
        let origin = head.origin.0;
        let Some(block) = self.origins.block(origin) else {
            return;
        };
        derivation.checkpoint = Some(Checkpoint {
            from: L1Start {
                number: block.at.number.saturating_sub(1),
                hash: block.at.parent_hash,
            },
            l1_number: at.number,
            head: head.into(),
        });
    }

    /// What to keep for the next start; only ever about final L1 blocks.
    pub const fn checkpoint(&self) -> Option<&Checkpoint> {
        self.derivation.checkpoint.as_ref()
    }

    /// The safe head, as derivation sees it.
    pub const fn derived_head(&self) -> &DerivedHead {
        &self.derivation.head
    }

    /// Ids of batches found void, oldest first.
    pub fn void_batches(&self) -> Vec<u32> {
        self.derivation.void.iter().map(|(id, _)| *id).collect()
    }

    pub(super) fn settled(&self) -> Settled {
        let heads = self.derivation.heads();
        Settled {
            safe: heads.safe.0,
            finalized: heads.finalized.0,
        }
    }

    /// L1 blocks that wait to be dealt with.
    pub fn l1_backlog(&self) -> usize {
        self.derivation.queue.len()
    }
}

/// Remembers a batch that was judged.
fn note(judged: &mut Judged, batch: &PostedBatch) {
    let judged = Arc::make_mut(judged);
    if judged.len() >= MAX_JUDGED {
        judged.pop_front();
    }
    judged.push_back((batch.id, batch.at.hash));
}

enum Applied {
    Yes(DerivedHead),
    Later(String),
    Void(String),
}
