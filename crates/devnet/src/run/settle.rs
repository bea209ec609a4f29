//! After users have stopped: everything promised has to get to L1.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use forebond_runtime::Shutdown;

use super::{devnet::Devnet, live::LOOK};
use crate::{
    config::DevnetConfig,
    judge::{Certainty, Court},
    table::say,
    watch::{Heads, heads},
};

/// Epochs until everything promised has to be on L1: a dead gateway's blocks wait for another one's window.
const SETTLING_EPOCHS: u64 = 4;

impl Devnet {
    /// Waits until everything promised is on L1 and compared; in haste, compares what is there.
    pub(super) async fn settle(
        &self,
        config: &DevnetConfig,
        court: &mut Court,
        hasty: bool,
        shutdown: &Shutdown,
    ) -> BTreeMap<String, Heads> {
        let slots = SETTLING_EPOCHS.saturating_mul(self.opened.clock.slots_per_epoch);
        let patience = Duration::from_secs(slots.saturating_mul(config.slot_time_s));
        let begun = Instant::now();
        let mut told = false;
        loop {
            let heads = heads(&self.nodes).await;
            let all = court.can_settle(&heads);
            let late = hasty || begun.elapsed() > patience || shutdown.is_requested();
            if all || late {
                // Some blocks at a time; an error means that a node does not answer at the moment.
                let judged = court.judge(&heads, Certainty::Safe).await;
                if court.is_settled() || late || judged.is_err() && begun.elapsed() > patience {
                    self.judge_the_rest(court, &heads).await;
                    return heads;
                }
            } else if !told {
                told = true;
                say("waiting until everything promised is on L1");
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn judge_the_rest(&self, court: &mut Court, heads: &BTreeMap<String, Heads>) {
        loop {
            let before = court.verdicts();
            if court.judge(heads, Certainty::Safe).await.is_err() || court.verdicts() == before {
                return;
            }
        }
    }
}
