//! Makes faults happen, and undoes those that last.

use std::{
    iter::Peekable,
    time::{Duration, Instant},
};

use eyre::Result;
use serde_json::json;

use super::{Fault, Planned, RandomFaults};
use crate::{
    children::Children,
    l1::{order, status},
    rpc::Rpc,
};

/// Faults ahead, and what is still to be undone.
pub(crate) struct Stage {
    l1: Rpc,
    slot_time: Duration,
    planned: Vec<Planned>,
    random: Option<Peekable<RandomFaults>>,
    undo: Vec<(Instant, Undo)>,
    happened: Vec<String>,
}

#[derive(Clone, Debug)]
enum Undo {
    GoOn(String),
    ResumeL1,
    ShowBlobs(std::ops::Range<u64>),
}

impl Stage {
    /// Nothing has happened yet.
    pub(crate) fn new(
        l1: Rpc,
        slot_time_s: u64,
        mut planned: Vec<Planned>,
        random: Option<RandomFaults>,
    ) -> Self {
        planned.sort_by_key(|planned| planned.slot);
        planned.reverse();
        Self {
            l1,
            slot_time: Duration::from_secs(slot_time_s),
            planned,
            random: random.map(Iterator::peekable),
            undo: Vec::new(),
            happened: Vec::new(),
        }
    }

    /// What has happened so far.
    pub(crate) fn happened(&self) -> &[String] {
        &self.happened
    }

    /// Faults that are due in a slot.
    fn due(&mut self, slot: u64) -> Vec<Planned> {
        let mut due = Vec::new();
        while let Some(planned) = self.planned.pop_if(|planned| planned.slot <= slot) {
            due.push(planned);
        }
        if let Some(random) = &mut self.random {
            while let Some(planned) = random.next_if(|planned| planned.slot <= slot) {
                due.push(planned);
            }
        }
        due
    }

    /// Makes happen what is due in `slot`, counted from the start. What cannot be done is told, and the run goes on.
    pub(crate) async fn act(&mut self, slot: u64, children: &mut Children) {
        for planned in self.due(slot) {
            let words = match self.make(&planned.fault, children).await {
                Ok(()) => planned.to_string(),
                Err(error) => format!("{planned}: could not be done: {error:#}"),
            };
            tracing::warn!(fault = %words, "fault");
            self.happened.push(words);
        }
    }

    /// Undoes what has lasted long enough; everything when the run is over.
    pub(crate) async fn undo(&mut self, children: &mut Children, everything: bool) {
        let now = Instant::now();
        let (due, later) = std::mem::take(&mut self.undo)
            .into_iter()
            .partition(|(at, _)| everything || *at <= now);
        self.undo = later;
        let due: Vec<(Instant, Undo)> = due;
        for (at, undo) in due {
            if let Undo::ShowBlobs(_) = &undo {
                // Blobs of slots to come are hidden when these come: only then can they be shown.
                tokio::time::sleep_until(at.into()).await;
            }
            let undone = match &undo {
                Undo::GoOn(name) => children.go_on(name),
                Undo::ResumeL1 => order(&self.l1, "l1_resume", json!([])).await,
                Undo::ShowBlobs(slots) => {
                    for slot in slots.clone() {
                        // A slot without a block has none to show.
                        let _ = order(&self.l1, "l1_showBlobs", json!([slot])).await;
                    }
                    Ok(())
                }
            };
            if let Err(error) = undone {
                tracing::error!(
                    ?undo,
                    error = format!("{error:#}"),
                    "a fault could not be undone"
                );
            }
        }
    }

    async fn make(&mut self, fault: &Fault, children: &mut Children) -> Result<()> {
        match fault {
            Fault::Kill { name } => {
                children.kill(name).await?;
                if let Some(number) = name.strip_prefix("gateway-") {
                    children.kill(&format!("batcher-{number}")).await?;
                }
                Ok(())
            }
            Fault::Restart { name } => children.restart(name).await,
            Fault::Pause { name, seconds } => {
                children.pause(name)?;
                self.later(Duration::from_secs(*seconds), Undo::GoOn(name.clone()));
                Ok(())
            }
            Fault::L1Reorg { depth } => order(&self.l1, "l1_reorg", json!([depth])).await,
            Fault::L1Miss => order(&self.l1, "l1_skipSlot", json!([])).await,
            Fault::StallL1 { seconds } => {
                order(&self.l1, "l1_stall", json!([])).await?;
                self.later(Duration::from_secs(*seconds), Undo::ResumeL1);
                Ok(())
            }
            Fault::HideBlobs { slots } => {
                let first = status(&self.l1).await?.slot.saturating_add(1);
                let hidden = first..first.saturating_add(*slots);
                for slot in hidden.clone() {
                    order(&self.l1, "l1_plan", json!([slot, {"action": "hideBlobs"}])).await?;
                }
                let over = u32::try_from(*slots).unwrap_or(u32::MAX).saturating_add(1);
                self.later(self.slot_time.saturating_mul(over), Undo::ShowBlobs(hidden));
                Ok(())
            }
        }
    }

    fn later(&mut self, wait: Duration, undo: Undo) {
        self.undo.push((Instant::now() + wait, undo));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_due_in_the_order_of_their_slots_and_once() {
        let planned = ["l1-miss@9", "l1-reorg:1@3", "stall-l1:2@5"]
            .map(|text| text.parse().unwrap())
            .to_vec();
        let l1 = Rpc::new("http://127.0.0.1:9").unwrap();
        let random = RandomFaults::new(1, 2, 1, 2);
        let first_random = random.clone().next().unwrap().slot;
        let mut stage = Stage::new(l1, 2, planned, Some(random));
        let due = |stage: &mut Stage, slot| -> Vec<_> {
            stage.due(slot).iter().map(ToString::to_string).collect()
        };
        assert!(due(&mut stage, 2).is_empty());
        assert_eq!(due(&mut stage, 6), ["l1-reorg:1@3", "stall-l1:2@5"]);
        assert!(due(&mut stage, 6).is_empty());
        assert_eq!(due(&mut stage, first_random).len(), 2);
    }
}
