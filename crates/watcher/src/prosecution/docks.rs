use std::{collections::BTreeMap, time::Duration};

use alloy_primitives::B256;
use forebond_evidence::{
    Accusation,
    case::{Stage, Step},
};
use forebond_runtime::Shutdown;
use tokio::sync::{mpsc, watch};

use super::{ProsecutionError, Prosecutor};
use crate::store::{Added, CaseStore, StoreError};

/// Where each case stands, by fault id. Those that ended stay until the process ends.
pub type Standings = BTreeMap<B256, Stage>;

/// Standings kept of cases that ended.
const MOST_ENDED: usize = 4_096;

/// What a run of cases needs.
#[derive(Debug)]
pub struct Docks {
    /// Cases on disk.
    pub store: CaseStore,
    /// Takes their steps.
    pub prosecutor: Prosecutor,
    /// Brings new ones; bounded, so that whoever finds too many waits.
    pub accusations: mpsc::Receiver<Accusation>,
    /// Tells where they stand.
    pub standings: watch::Sender<Standings>,
    /// Between two looks at all cases, milliseconds.
    pub poll_ms: u64,
}

/// Brings cases to their end until the process is told to stop. Each new accusation is on disk before anything is done for it; what
/// fails is told and tried again at the next look.
///
/// # Errors
/// [`StoreError`]: the disk does not keep cases any more.
pub async fn run(mut docks: Docks, shutdown: Shutdown) -> Result<(), StoreError> {
    let mut looks = tokio::time::interval(Duration::from_millis(docks.poll_ms.max(1)));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut is_open = true;
    loop {
        tokio::select! {
            () = shutdown.requested() => return Ok(()),
            brought = docks.accusations.recv(), if is_open => match brought {
                Some(accusation) => take(&docks, &accusation)?,
                None => is_open = false,
            },
            _ = looks.tick() => {
                for accusation in docks.store.all()? {
                    tokio::select! {
                        () = shutdown.requested() => return Ok(()),
                        outcome = look(&mut docks, accusation) => outcome?,
                    }
                }
            }
        }
    }
}

/// A fault that is known, or too many of them, are no reason to stop.
fn take(docks: &Docks, accusation: &Accusation) -> Result<(), StoreError> {
    match docks.store.add(accusation) {
        Ok(Added::Known) => {}
        Ok(added) => {
            tracing::info!(id = %accusation.id, kind = ?accusation.kind, ?added, "a case is opened");
        }
        Err(error @ (StoreError::Full { .. } | StoreError::TooLarge { .. })) => {
            tracing::warn!(id = %accusation.id, %error, "a case is not taken");
        }
        Err(error) => return Err(error),
    }
    Ok(())
}

async fn look(docks: &mut Docks, accusation: Accusation) -> Result<(), StoreError> {
    let id = accusation.id;
    let kind = accusation.kind;
    let outcome = async {
        let case = docks.prosecutor.court().case(accusation).await?;
        docks.prosecutor.advance(&case).await
    };
    match outcome.await {
        Ok((stage, step)) => {
            if step == Step::End {
                tracing::info!(%id, ?kind, ?stage, "a case has ended");
                docks.store.remove(id)?;
            }
            docks.standings.send_modify(|standings| {
                if standings.len() < MOST_ENDED || standings.contains_key(&id) {
                    standings.insert(id, stage);
                }
            });
        }
        Err(error @ ProsecutionError::Unfunded { .. }) => {
            tracing::error!(%id, ?kind, %error, "a case waits for money");
        }
        Err(error) => tracing::warn!(%id, ?kind, %error, "a case waits"),
    }
    Ok(())
}
