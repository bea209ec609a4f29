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

use super::{ProsecutionError, Prosecutor};
use crate::{
    now_ms,
    payer::PayError,
    store::{CaseStore, StoreError},
};

/// Where each open case stands, by fault id, and those that ended since the start.
pub type Standings = BTreeMap<B256, Stage>;

/// Standings kept of cases that ended.
const MOST_ENDED: usize = 4_096;

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

/// Brings cases to their end until the process is told to stop, the dearest first. What fails is told and tried again at the next
/// look.
///
/// # Errors
/// [`StoreError`]: the disk does not keep cases any more.
pub async fn run(docks: Docks, shutdown: Shutdown) -> Result<(), StoreError> {
    let mut looks = tokio::time::interval(Duration::from_millis(docks.poll_ms.max(1)));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut looked_at = None;
    loop {
        tokio::select! {
            () = shutdown.requested() => return Ok(()),
            _ = looks.tick() => {}
        }
        let count = docks.store.count()?;
        if count == 0 {
            continue;
        }
        // What L1 shows of a case changes with its blocks alone.
        let head = docks.prosecutor.court().client().head().await;
        match head.map(|head| (head.hash, count)) {
            Ok(now) if looked_at == Some(now) => continue,
            Ok(now) => looked_at = Some(now),
            Err(error) => {
                tracing::warn!(%error, "cases wait for L1");
                continue;
            }
        }
        let mut open = docks.store.all()?;
        open.sort_by_key(|one| (std::cmp::Reverse(one.kind.worth()), one.window));
        for accusation in open {
            tokio::select! {
                () = shutdown.requested() => return Ok(()),
                outcome = look(&docks, accusation) => if !outcome? {
                    // The others would wait for the same money.
                    break;
                },
            }
        }
    }
}

/// Looks at one case. `false` when the account is empty.
async fn look(docks: &Docks, accusation: Accusation) -> Result<bool, StoreError> {
    let id = accusation.id;
    let kind = accusation.kind;
    let outcome = async {
        let case = docks.prosecutor.court().case(accusation.clone()).await?;
        docks.prosecutor.advance(&case).await
    };
    match outcome.await {
        Ok((stage, step)) => {
            match step {
                Step::End => {
                    tracing::info!(%id, ?kind, ?stage, "a case has ended");
                    docks.store.end(&accusation, stage, now_ms())?;
                    docks.anew.forget(id);
                }
                Step::Rebuild => docks.anew.want(id),
                _ => {}
            }
            docks.standings.send_modify(|standings| {
                if standings.len() < MOST_ENDED || standings.contains_key(&id) {
                    standings.insert(id, stage);
                }
            });
        }
        Err(ProsecutionError::Pay(error @ PayError::Unfunded { .. })) => {
            tracing::error!(%id, ?kind, %error, "a case waits for money");
            return Ok(false);
        }
        Err(error) => tracing::warn!(%id, ?kind, %error, "a case waits"),
    }
    Ok(true)
}
