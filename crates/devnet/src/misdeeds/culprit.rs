use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use alloy_primitives::{Address, keccak256};
use eyre::{Result, bail};
use forebond_batcher::source::GatewayRpc;
use forebond_l1::execution::ExecutionClient;
use forebond_protocol::{BlockRange, TurnClock, Window};
use forebond_runtime::now_ms;
use forebond_types::{CommitterSet, Preconfirmation};
use serde_json::{Value, json};

use super::{hands::Hands, letters::Pen, scratch::Beginning};
use crate::{opening::Key, rpc::Rpc};

/// Promises that users hold, at most.
const HELD: usize = 8_192;
/// Times a complaint is brought to each watcher.
const COMPLAINTS: usize = 10;
/// Between two of them.
const PAUSE: Duration = Duration::from_millis(300);

/// Objects that users hold, the newest ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Held(Arc<Mutex<VecDeque<Preconfirmation>>>);

impl Held {
    /// A user got one.
    pub(crate) fn add(&self, object: Preconfirmation) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= HELD {
            all.pop_front();
        }
        all.push_back(object);
    }

    /// Whether nobody holds any.
    pub(super) fn is_empty(&self) -> bool {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.is_empty()
    }

    /// Those of one window, oldest first.
    pub(super) fn of_window(&self, window: &Window) -> Vec<Preconfirmation> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter()
            .filter(|object| object.base.window == window.last_slot)
            .cloned()
            .collect()
    }
}

/// The world a misdeed happens in.
#[derive(Clone, Debug)]
pub(super) struct Around {
    pub(super) l1: ExecutionClient,
    pub(super) l1_rpc: Rpc,
    pub(super) inbox: Address,
    pub(super) clock: TurnClock,
    pub(super) beginning: Beginning,
    /// Pays for what culprits post.
    pub(super) purse: Key,
    pub(super) form: forebond_l1::sender::SidecarForm,
    /// Who listens to users.
    pub(super) watchers: Vec<Rpc>,
    /// What users hold.
    pub(super) held: Held,
    pub(super) hands: Hands,
    /// For what is executed again.
    pub(super) folder: std::path::PathBuf,
}

/// A gateway that breaks a rule in a window.
#[derive(Clone, Debug)]
pub(super) struct Culprit {
    /// Its place among the gateways.
    pub(super) place: usize,
    /// Its batcher's name.
    pub(super) batcher: String,
    pub(super) rpc: Rpc,
    pub(super) source: GatewayRpc,
    pub(super) pen: Pen,
    pub(super) set: CommitterSet,
    pub(super) window: Window,
    /// The last slot to post in.
    pub(super) post_until: u64,
}

impl Culprit {
    /// Blocks of its turn.
    pub(super) fn blocks(&self, clock: &TurnClock) -> BlockRange {
        clock.blocks_of(&self.window)
    }
}

impl Around {
    /// Waits until a share of a slot has passed, in thousandths.
    pub(super) async fn until(&self, slot: u64, permille: u64) {
        let slots = self.clock.slots;
        let into_ms = slots.seconds_per_slot.saturating_mul(permille);
        until_ms(
            slots
                .start_s(slot)
                .saturating_mul(1000)
                .saturating_add(into_ms),
        )
        .await;
    }

    /// Waits until so long after a block's timestamp.
    pub(super) async fn until_block(&self, number: u64, later_ms: u64) {
        let at_s = self.clock.blocks.timestamp_s(number);
        until_ms(at_s.saturating_mul(1000).saturating_add(later_ms)).await;
    }

    /// A user complains to every watcher; one has to listen.
    ///
    /// # Errors
    /// When none does, with the last answer.
    pub(super) async fn complain(&self, complaint: &Value) -> Result<()> {
        let bytes = serde_json::to_vec(complaint)?;
        let name = format!("complaint-{}.json", keccak256(&bytes));
        // For whoever wants to look at it; a watcher gets it all the same.
        if let Err(error) = std::fs::write(self.folder.join(name), bytes) {
            tracing::warn!(%error, "a complaint is not written down");
        }
        let mut last = "there is no watcher".to_owned();
        for _ in 0..COMPLAINTS {
            let mut heard = false;
            for watcher in &self.watchers {
                let told: Result<Value> = watcher
                    .ask("forebond_submitEvidence", json!([complaint]))
                    .await;
                match told {
                    Ok(answer) => {
                        tracing::info!(%answer, "a watcher listened");
                        heard = true;
                    }
                    Err(error) => last = format!("{error:#}"),
                }
            }
            if heard {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        bail!("no watcher takes a user's evidence: {last}")
    }
}

async fn until_ms(at_ms: u64) {
    let wait_ms = at_ms.saturating_sub(now_ms());
    tokio::time::sleep(Duration::from_millis(wait_ms)).await;
}
