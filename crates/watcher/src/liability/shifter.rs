use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use alloy_eips::BlockId;
use alloy_primitives::{B256, Bytes, U256};
use alloy_sol_types::SolCall;
use forebond_contracts::{
    bindings::{Excuses, Slasher},
    explain,
};
use forebond_evidence::{
    Accused, Brought, FaultKind,
    case::{ShiftAnswer, ShiftSight, ShiftStep, shift_answer, shift_step, shift_wait},
    fault_ids,
    faults::excuse::{self, Convicted, Liable},
};
use forebond_l1::{L1Error, execution::BlockRef};
use tokio::sync::Mutex;

use super::{Fault, following::Following, grounds::grounds};
use crate::{
    court::{Court, CourtError},
    hearing::{Desk, DeskError},
    payer::{Bill, PayError, Payer, revert_of},
    settled::Batches,
};

/// Faults asked about in one look.
const MOST_ASKED: usize = 32;
/// Faults moved in one look: each waits for its block.
const MOST_SENT: usize = 2;
/// Gas a shift keeps in hand for the restaking source that it may reach; estimates do not know of it.
const SHIFT_GAS: u64 = 2_500_000;

/// Why liability could not be looked after. What was not done is due again at the next look.
#[derive(Debug, thiserror::Error)]
pub enum LiabilityError {
    /// L1 does not tell.
    #[error(transparent)]
    Court(#[from] CourtError),
    /// L1 does not answer.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// It was not paid for.
    #[error(transparent)]
    Pay(#[from] PayError),
    /// The own cases cannot be read.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

/// A fault and whom it can be moved to.
#[derive(Clone, Debug)]
struct Due {
    id: B256,
    kind: FaultKind,
    promised: (B256, u64),
    /// The promiser's case.
    case: B256,
    liable: Liable,
}

/// Until when a fault is left alone.
#[derive(Clone, Copy, Debug, Default)]
struct Rest {
    /// L1 block from which on it is looked at again.
    until: u64,
    /// Shifts of it that failed after a simulation had passed.
    failures: u32,
}

/// Moves recorded faults to whom a verdict blames, and says whom to charge at once.
///
/// Nothing of it is on disk: what L1 shows says what is moved already.
#[derive(Debug)]
pub struct Shifter {
    court: Court,
    payer: Arc<Mutex<Payer>>,
    desk: Arc<Desk>,
    following: Following,
    /// L1's head at the last look.
    looked_at: Option<B256>,
    /// By fault and liable case.
    rests: BTreeMap<(B256, B256), Rest>,
    /// Verdicts whose excuses the open cases have.
    excused_by: Vec<B256>,
}

impl Shifter {
    /// `payer` is the watcher's account.
    pub fn new(court: Court, payer: Arc<Mutex<Payer>>, desk: Arc<Desk>) -> Self {
        Self {
            following: Following::new(court.clone()),
            court,
            payer,
            desk,
            looked_at: None,
            rests: BTreeMap::new(),
            excused_by: Vec::new(),
        }
    }

    /// Follows what the Slasher announces, and moves what is due at L1's head.
    ///
    /// # Errors
    /// [`LiabilityError`].
    pub async fn look(&mut self, batches: &Batches) -> Result<(), LiabilityError> {
        let head = self.court.client().head().await?;
        if self.looked_at == Some(head.hash) {
            return Ok(());
        }
        self.following.look(head).await?;
        self.charge_open_cases(batches)?;
        let mut sent = BTreeSet::new();
        for due in self.due(batches, head) {
            if sent.len() >= MOST_SENT {
                // The others are due at the next block.
                return Ok(());
            }
            if !sent.contains(&due.id) && self.advance(&due, head).await? {
                sent.insert(due.id);
            }
        }
        self.looked_at = Some(head.hash);
        Ok(())
    }

    /// The excuse for what was promised under a base, when a verdict stands now; else empty.
    ///
    /// # Errors
    /// [`CourtError`].
    pub async fn excuse(&self, accused: &Accused, batches: &Batches) -> Result<Bytes, CourtError> {
        let verdicts = self.convicted();
        for liable in self.liable(accused, batches, &verdicts) {
            let call = Excuses::shiftCall {
                evidence: liable.evidence.clone(),
            };
            let slasher = self.court.addresses().slasher;
            let excuses = Slasher::excusesCall {};
            let excuses = self
                .court
                .read(slasher, &excuses, BlockId::latest())
                .await?;
            match self.court.read(excuses, &call, BlockId::latest()).await {
                Ok(_) => return Ok(liable.evidence),
                Err(error) if error.is_revert() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Bytes::new())
    }

    fn convicted(&self) -> Vec<Convicted> {
        self.following
            .announced()
            .convicted(|hash| self.desk.base(hash))
    }

    fn liable(&self, accused: &Accused, batches: &Batches, verdicts: &[Convicted]) -> Vec<Liable> {
        if verdicts.is_empty() {
            return Vec::new();
        }
        let grounds = grounds(&self.desk, batches, self.following.announced(), accused);
        excuse::liable(accused, &grounds, verdicts)
    }

    /// Own cases that are not recorded yet charge the liable one at once: their evidence is built anew after a new verdict.
    fn charge_open_cases(&mut self, batches: &Batches) -> Result<(), DeskError> {
        let verdicts: Vec<B256> = self
            .following
            .announced()
            .verdicts()
            .map(|one| one.id)
            .collect();
        if verdicts == self.excused_by {
            return Ok(());
        }
        let convicted = self.convicted();
        for open in self.desk.cases().all()? {
            if open.kind != FaultKind::Unkept {
                continue;
            }
            let brought = Brought::read(open.judge, &open.evidence);
            let charged = brought.filter(|one| !one.is_excused);
            let is_excused =
                |one: Brought| !self.liable(&one.accused, batches, &convicted).is_empty();
            if charged.is_some_and(is_excused) {
                self.desk.anew().want(open.id);
            }
        }
        self.excused_by = verdicts;
        Ok(())
    }

    /// Faults that can be moved and are not at rest, within bounds.
    fn due(&mut self, batches: &Batches, head: BlockRef) -> Vec<Due> {
        if !self.following.announced().may_move() {
            return Vec::new();
        }
        let verdicts = self.convicted();
        let mut all = Vec::new();
        for fault in self.following.announced().faults() {
            let Some((accused, promised)) = self.promiser(fault) else {
                continue;
            };
            let case =
                fault_ids::case_key(accused.gateway(), accused.rollup(), accused.base_hash());
            let liable = self.liable(&accused, batches, &verdicts);
            all.extend(liable.into_iter().map(|liable| Due {
                id: fault.id,
                kind: fault.kind,
                promised,
                case,
                liable,
            }));
        }
        let known: BTreeSet<(B256, B256)> = all.iter().map(Due::key).collect();
        self.rests.retain(|key, _| known.contains(key));
        all.retain(|due| {
            let rest = self.rests.get(&due.key());
            rest.is_none_or(|rest| head.number >= rest.until)
        });
        all.truncate(MOST_ASKED);
        all
    }

    /// Who promised, and what: from the evidence that was brought, or for a late window from the base it is charged under.
    fn promiser(&self, fault: &Fault) -> Option<(Accused, (B256, u64))> {
        if let Some(brought) = fault.evidence() {
            return Some((
                brought.accused.clone(),
                brought.promised.unwrap_or_default(),
            ));
        }
        if fault.kind != FaultKind::Late {
            return None;
        }
        let base = self.desk.base(&fault.base)?;
        let set = self.desk.set_of(fault.gateway, base.window)?;
        let rollup = self.court.addresses().inbox;
        let accused = Accused::new(rollup, fault.gateway, set, base);
        Some((accused, Default::default()))
    }

    /// Looks at one fault and moves it when that is due. Whether a transaction was sent.
    async fn advance(&mut self, due: &Due, head: BlockRef) -> Result<bool, LiabilityError> {
        let at = BlockId::hash(head.hash);
        let slasher = self.court.addresses().slasher;
        let claim = Slasher::claimOfCall { faultId: due.id };
        let claim = self.court.read(slasher, &claim, at).await?;
        let mut sight = ShiftSight {
            is_with_promiser: claim.caseKey == due.case,
            is_settled: claim.isSettled,
            answer: None,
        };
        let mut step = shift_step(&sight);
        if step == ShiftStep::Ask {
            sight.answer = Some(self.ask(due, at).await?);
            step = shift_step(&sight);
        }
        match step {
            ShiftStep::Ask => Ok(false),
            ShiftStep::Again(blocks) => {
                self.rest(due, head.number.saturating_add(blocks));
                Ok(false)
            }
            ShiftStep::Send => self.send(due, head).await,
        }
    }

    async fn ask(&self, due: &Due, at: BlockId) -> Result<ShiftAnswer, LiabilityError> {
        let slasher = self.court.addresses().slasher;
        let input = due.call().abi_encode().into();
        match self.court.client().call_at(slasher, input, at).await {
            Ok(_) => Ok(shift_answer(Ok(()))),
            Err(error) => {
                let revert = revert_of(&error).ok_or(error)?;
                let answer = shift_answer(Err(&revert));
                let reason = explain(&revert);
                tracing::warn!(id = %due.id, kind = ?due.kind, liable = due.liable.gateway, ?answer, reason, "liability is not moved");
                self.desk.figures().shifted("refused");
                Ok(answer)
            }
        }
    }

    async fn send(&mut self, due: &Due, head: BlockRef) -> Result<bool, LiabilityError> {
        let bill = Bill {
            what: "shiftLiability",
            to: self.court.addresses().slasher,
            call: &due.call(),
            value_wei: U256::ZERO,
            least_gas: SHIFT_GAS,
        };
        let paid = self.payer.lock().await.pay(bill).await;
        let moved = match paid {
            Ok(moved) => moved,
            // The newest block says otherwise than the one asked about: somebody was faster, or a reorg came.
            Err(PayError::WouldFail { reason, .. }) => {
                tracing::info!(id = %due.id, reason, "liability was moved by somebody else, or cannot be any more");
                self.lost(due, head);
                return Ok(false);
            }
            Err(error) => return Err(error.into()),
        };
        if moved {
            tracing::warn!(id = %due.id, kind = ?due.kind, liable = due.liable.gateway, base = %due.liable.base, "liability is moved to whom a verdict blames");
            self.desk.figures().shifted("moved");
            // What it came to is seen in a later block.
            self.rest(due, head.number.saturating_add(1));
        } else {
            tracing::warn!(id = %due.id, kind = ?due.kind, "a shift of liability failed in its block");
            self.lost(due, head);
        }
        Ok(true)
    }

    fn rest(&mut self, due: &Due, until: u64) {
        self.rests.entry(due.key()).or_default().until = until;
    }

    fn lost(&mut self, due: &Due, head: BlockRef) {
        self.desk.figures().shifted("lost");
        let rest = self.rests.entry(due.key()).or_default();
        rest.failures = rest.failures.saturating_add(1);
        rest.until = head.number.saturating_add(shift_wait(rest.failures));
    }
}

impl Due {
    fn key(&self) -> (B256, B256) {
        let liable = &self.liable;
        (
            self.id,
            liable.base ^ B256::from(U256::from(liable.gateway)),
        )
    }

    fn call(&self) -> Slasher::shiftLiabilityCall {
        let (frag, index) = self.promised;
        Slasher::shiftLiabilityCall {
            faultId: self.id,
            frag,
            index: U256::from(index),
            evidence: self.liable.evidence.clone(),
        }
    }
}
