use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use alloy_primitives::B256;
use forebond_evidence::{
    Accusation,
    case::{Stage, Step},
};
use forebond_runtime::Shutdown;
use parking_lot::Mutex;
use tokio::sync::watch;

use super::{
    ProsecutionError, Prosecutor,
    order::{EndedOnes, Turns, is_paid_for},
};
use crate::{
    now_ms,
    payer::PayError,
    store::{CaseStore, StoreError},
};

/// Where each open case stands, by fault id, and the last ones that ended since the start.
pub type Standings = BTreeMap<B256, Stage>;

/// Steps that are paid for in one walk over all cases. Each takes a block, and a dearer case found meanwhile comes in the next walk.
const MOST_PAID: usize = 16;

/// Cases whose evidence has to be built anew: the prosecution asks, who builds evidence answers.
#[derive(Clone, Debug, Default)]
pub struct WantedAnew(Arc<Mutex<BTreeSet<B256>>>);

impl WantedAnew {
    /// Whether this case's evidence is wanted anew; asked for once.
    pub fn take(&self, id: B256) -> bool {
        self.0.lock().remove(&id)
    }

    /// Whether this case's evidence is wanted anew.
    pub fn has(&self, id: B256) -> bool {
        self.0.lock().contains(&id)
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.0.lock().is_empty()
    }

    /// Asks for it.
    pub(crate) fn want(&self, id: B256) {
        self.0.lock().insert(id);
    }

    fn forget(&self, id: B256) {
        self.0.lock().remove(&id);
    }
}

/// What a run of cases needs.
#[derive(Debug)]
pub struct Docks {
    /// Cases on disk: whoever finds one adds it there.
    pub store: Arc<CaseStore>,
    /// Takes their steps.
    pub prosecutor: Prosecutor,
    /// Asks for evidence anew.
    pub anew: WantedAnew,
    /// Tells where they stand.
    pub standings: watch::Sender<Standings>,
    /// Between two looks at all cases, milliseconds.
    pub poll_ms: u64,
}

/// Brings cases to their end until the process is told to stop, the dearest first, and what is committed to before that. What fails
/// is told and tried again at the next look.
///
/// # Errors
/// [`StoreError`]: the disk does not keep cases any more.
pub async fn run(docks: Docks, shutdown: Shutdown) -> Result<(), StoreError> {
    let mut looks = tokio::time::interval(Duration::from_millis(docks.poll_ms.max(1)));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut looked_at = None;
    let mut walker = Walker {
        docks,
        turns: Turns::default(),
        ended: EndedOnes::default(),
    };
    loop {
        tokio::select! {
            () = shutdown.requested() => return Ok(()),
            _ = looks.tick() => {}
        }
        let count = walker.docks.store.count()?;
        if count == 0 {
            continue;
        }
        // What L1 shows of a case changes with its blocks alone.
        let head = walker.docks.prosecutor.court().client().head().await;
        match head.map(|head| (head.hash, count)) {
            Ok(now) if looked_at == Some(now) => continue,
            Ok(now) => looked_at = Some(now),
            Err(error) => {
                tracing::warn!(%error, "cases wait for L1");
                continue;
            }
        }
        tokio::select! {
            () = shutdown.requested() => return Ok(()),
            walked = walker.walk() => walked?,
        }
    }
}

/// What a look at one case came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looked {
    /// Nothing was paid for.
    Free,
    /// A step was paid for: L1 has gone on.
    Paid,
    /// It is over.
    Ended,
    /// The account is empty.
    Penniless,
}

/// Walks over the cases, and remembers which of them are committed to.
struct Walker {
    docks: Docks,
    turns: Turns,
    ended: EndedOnes,
}

impl Walker {
    /// Looks at cases once, and after each step that was paid for at those that are committed to: L1 has gone on, and their
    /// time runs.
    async fn walk(&mut self) -> Result<(), StoreError> {
        let mut sorted = self.docks.store.all()?;
        let ended = &self.ended;
        self.docks.standings.send_if_modified(|standings| {
            ended.keep(standings, &sorted);
            false
        });
        self.turns.sort(&mut sorted);
        let order: Vec<B256> = sorted.iter().map(|one| one.id).collect();
        let mut open: BTreeMap<B256, Accusation> =
            sorted.into_iter().map(|one| (one.id, one)).collect();
        let mut paid = 0usize;
        for id in &order {
            let Some(accusation) = open.get(id) else {
                continue;
            };
            let may_commit = self.turns.may_commit(id);
            match self.look(accusation, may_commit).await? {
                Looked::Free => continue,
                Looked::Ended => {
                    open.remove(id);
                    continue;
                }
                Looked::Paid => paid = paid.saturating_add(1),
                // The others would wait for the same money.
                Looked::Penniless => return Ok(()),
            }
            if paid >= MOST_PAID || !self.reveal(&order, &mut open).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Looks at what is committed to. `false` when the account is empty.
    async fn reveal(
        &mut self,
        order: &[B256],
        open: &mut BTreeMap<B256, Accusation>,
    ) -> Result<bool, StoreError> {
        for id in order {
            let Some(accusation) = open.get(id).filter(|_| self.turns.is_committed(id)) else {
                continue;
            };
            // A node that is a block behind does not show what was just committed to: it is not paid for twice.
            match self.look(accusation, false).await? {
                Looked::Free | Looked::Paid => {}
                Looked::Ended => {
                    open.remove(id);
                }
                Looked::Penniless => return Ok(false),
            }
        }
        Ok(true)
    }

    async fn look(
        &mut self,
        accusation: &Accusation,
        may_commit: bool,
    ) -> Result<Looked, StoreError> {
        let (id, kind) = (accusation.id, accusation.kind);
        let prosecutor = &self.docks.prosecutor;
        let outcome = async {
            let case = prosecutor.court().case(accusation.clone()).await?;
            prosecutor.advance_within(&case, may_commit).await
        };
        match outcome.await {
            Ok((stage, step)) => {
                self.turns.note(id, stage, step);
                self.noted(accusation, stage, step)?;
                Ok(match step {
                    Step::End => Looked::Ended,
                    _ if is_paid_for(step) => Looked::Paid,
                    _ => Looked::Free,
                })
            }
            Err(ProsecutionError::Pay(error @ PayError::Unfunded { .. })) => {
                tracing::error!(%id, ?kind, %error, "a case waits for money");
                Ok(Looked::Penniless)
            }
            Err(error) => {
                if matches!(error, ProsecutionError::Pay(PayError::WouldFail { .. })) {
                    // What the Slasher refuses keeps no other case from being committed to.
                    self.turns.note(id, Stage::Seen, Step::Wait);
                }
                tracing::warn!(%id, ?kind, %error, "a case waits");
                Ok(Looked::Free)
            }
        }
    }

    /// Takes in where a case stands.
    fn noted(
        &mut self,
        accusation: &Accusation,
        stage: Stage,
        step: Step,
    ) -> Result<(), StoreError> {
        let (id, kind) = (accusation.id, accusation.kind);
        let Docks {
            store,
            anew,
            standings,
            ..
        } = &self.docks;
        store.note_idle(id, step == Step::WaitForBond);
        match step {
            Step::End => {
                tracing::info!(%id, ?kind, ?stage, "a case has ended");
                store.end(accusation, stage, now_ms())?;
                anew.forget(id);
            }
            Step::Rebuild => anew.want(id),
            _ => {}
        }
        let ended = &mut self.ended;
        standings.send_modify(|standings| ended.note(standings, id, stage, step == Step::End));
        Ok(())
    }
}
