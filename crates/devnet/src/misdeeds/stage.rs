//! Misdeeds ahead, under way, and done.

use eyre::Result;
use forebond_batcher::source::GatewayRpc;
use forebond_protocol::Window;
use forebond_types::CommitterSet;
use serde_json::json;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    Deed, Misdeed, PlannedMisdeed, acts,
    choice::{Choice, Chosen},
    culprit::{Around, Culprit},
    hands::Order,
    letters::Pen,
};
use crate::{
    l1::order,
    opening::GatewayCast,
    rpc::Rpc,
    watch::{Registries, lender_of, window_at},
};

/// Slots that a window which fits may take to come, from the planned slot on: twelve epochs of eight slots.
const PATIENCE_SLOTS: u64 = 96;
/// Epochs that windows are looked at in: this one and the next, which is proven early in this one.
const EPOCHS_AHEAD: u64 = 2;

/// A gateway as a culprit to be.
#[derive(Clone, Debug)]
pub(super) struct Suspect {
    pub(super) id: u32,
    pub(super) cast: GatewayCast,
    pub(super) rpc: Rpc,
    pub(super) url: String,
}

enum State {
    Ahead,
    UnderWay(Deed, JoinHandle<Result<()>>),
    Done(Deed),
    Failed,
}

/// A misdeed under way.
type Begun = (Deed, JoinHandle<Result<()>>);

/// All misdeeds of a run.
pub(crate) struct Misdeeds {
    around: Around,
    places: Registries,
    suspects: Vec<Suspect>,
    /// Never chosen: without it nobody writes.
    fallback: u32,
    all: Vec<(PlannedMisdeed, State)>,
    orders: mpsc::Receiver<Order>,
}

impl Misdeeds {
    pub(super) fn new(
        around: Around,
        places: Registries,
        suspects: Vec<Suspect>,
        planned: &[PlannedMisdeed],
        orders: mpsc::Receiver<Order>,
    ) -> Self {
        let fallback = suspects.first().map_or(0, |suspect| suspect.id);
        Self {
            around,
            places,
            suspects,
            fallback,
            all: planned.iter().map(|one| (*one, State::Ahead)).collect(),
            orders,
        }
    }

    /// Orders for whoever owns the processes.
    pub(crate) fn orders(&mut self) -> Vec<Order> {
        std::iter::from_fn(|| self.orders.try_recv().ok()).collect()
    }

    /// Those that were done, or are under way.
    pub(crate) fn deeds(&self) -> Vec<Deed> {
        self.all
            .iter()
            .filter_map(|(_, state)| match state {
                State::UnderWay(deed, _) | State::Done(deed) => Some(deed.clone()),
                State::Ahead | State::Failed => None,
            })
            .collect()
    }

    /// Those that are not done, in words.
    pub(crate) fn undone(&self) -> Vec<String> {
        self.all
            .iter()
            .filter_map(|(planned, state)| match state {
                State::Ahead => Some(format!("{planned} found no window that fits")),
                State::UnderWay(..) => Some(format!("{planned} is not over")),
                State::Done(_) | State::Failed => None,
            })
            .collect()
    }

    /// Whether nothing is under way and nothing ahead.
    pub(crate) fn are_over(&self) -> bool {
        self.undone().is_empty()
    }

    /// Begins what is due in `slot` of the run (`l1_slot` of the chain) and looks after what is under way. Says what happened: done
    /// things, and what could not be done.
    pub(crate) async fn act(&mut self, slot: u64, l1_slot: u64) -> (Vec<String>, Vec<String>) {
        let (mut happened, mut failed) = (Vec::new(), Vec::new());
        for place in 0..self.all.len() {
            let Some((planned, state)) = self.all.get_mut(place) else {
                break;
            };
            let planned = *planned;
            match state {
                State::UnderWay(deed, task) if task.is_finished() => {
                    let deed = deed.clone();
                    let outcome = task.await;
                    let next = match outcome {
                        Ok(Ok(())) => {
                            happened.push(format!("{planned}: done by gateway {}", deed.gateway));
                            State::Done(deed)
                        }
                        Ok(Err(error)) => {
                            failed.push(format!("{planned} could not be done: {error:#}"));
                            State::Failed
                        }
                        Err(error) => {
                            failed.push(format!("{planned} broke off: {error}"));
                            State::Failed
                        }
                    };
                    self.set(place, next);
                }
                State::Ahead if planned.slot <= slot => {
                    match self.begin(planned.misdeed, l1_slot).await {
                        Ok(Some((deed, task))) => {
                            happened.push(format!(
                                "{planned}: gateway {} in the window that ends with slot {}",
                                deed.gateway, deed.window
                            ));
                            self.set(place, State::UnderWay(deed, task));
                        }
                        Ok(None) if slot > planned.slot.saturating_add(PATIENCE_SLOTS) => {
                            failed.push(format!(
                                "{planned} found no window that fits in {PATIENCE_SLOTS} slots; try fewer --gateways, or other --validators"
                            ));
                            self.set(place, State::Failed);
                        }
                        Ok(None) => {}
                        Err(error) => {
                            tracing::debug!(%planned, error = format!("{error:#}"), "not yet")
                        }
                    }
                }
                State::Ahead | State::UnderWay(..) | State::Done(_) | State::Failed => {}
            }
        }
        (happened, failed)
    }

    fn set(&mut self, place: usize, state: State) {
        if let Some((_, present)) = self.all.get_mut(place) {
            *present = state;
        }
    }

    async fn begin(&self, misdeed: Misdeed, l1_slot: u64) -> Result<Option<Begun>> {
        // An L1 in real time goes on while gateways start: windows in which nobody promises anything yet have nothing to break.
        if self.around.held.is_empty() {
            return Ok(None);
        }
        let windows = self.windows(l1_slot).await;
        if misdeed == Misdeed::MissSlot {
            return self.miss_a_slot(&windows, l1_slot).await;
        }
        // Of a slot that was missed a validator is guilty, not the gateway that it is lent to.
        let deeds = self.deeds();
        let guilty = deeds
            .iter()
            .filter(|deed| deed.misdeed != Misdeed::MissSlot);
        let mut spared: Vec<u32> = guilty.map(|deed| deed.gateway).collect();
        spared.push(self.fallback);
        let choice = Choice {
            misdeed,
            slot: l1_slot,
            handover_slots: self.around.clock.handover_slots,
            spared: &spared,
        };
        let Some(chosen) = choice.of(&windows) else {
            return Ok(None);
        };
        let window = chosen.window;
        let found = self
            .suspects
            .iter()
            .enumerate()
            .find(|(_, suspect)| suspect.id == window.gateway);
        let Some((place, suspect)) = found else {
            return Ok(None);
        };
        let deed = Deed {
            misdeed,
            gateway: window.gateway,
            operator: suspect.cast.operator.address,
            window: window.last_slot,
        };
        let culprit = self.culprit(place, suspect, chosen)?;
        let around = self.around.clone();
        let task = tokio::spawn(async move { acts::commit(&around, &culprit, misdeed).await });
        Ok(Some((deed, task)))
    }

    /// The proposer of a lent slot proposes nothing. Slots that nobody lent are the fallback's and cost nothing.
    async fn miss_a_slot(&self, windows: &[Window], l1_slot: u64) -> Result<Option<Begun>> {
        let guilty: Vec<u32> = self.deeds().iter().map(|deed| deed.gateway).collect();
        for window in windows {
            let slot = window.last_slot;
            if slot < l1_slot.saturating_add(2) || guilty.contains(&window.gateway) {
                continue;
            }
            let lender = lender_of(&self.around.l1_rpc, self.places, slot).await?;
            let lends = self.suspects.iter().any(|suspect| {
                suspect.id == window.gateway && suspect.cast.operator.address == lender
            });
            if lends {
                let skip = json!([slot, {"action": "skip"}]);
                order(&self.around.l1_rpc, "l1_plan", skip).await?;
                let deed = Deed {
                    misdeed: Misdeed::MissSlot,
                    gateway: window.gateway,
                    operator: lender,
                    window: slot,
                };
                return Ok(Some((deed, tokio::spawn(async { Ok(()) }))));
            }
        }
        Ok(None)
    }

    fn culprit(&self, place: usize, suspect: &Suspect, chosen: Chosen) -> Result<Culprit> {
        Ok(Culprit {
            place,
            batcher: suspect.cast.name.replace("gateway", "batcher"),
            rpc: suspect.rpc.clone(),
            source: GatewayRpc::new(&suspect.url)?,
            pen: Pen {
                committer: suspect.cast.committer()?,
                domain: self.around.beginning.domain,
            },
            set: CommitterSet::single(suspect.cast.committer.address),
            window: chosen.window,
            post_until: chosen.post_until,
        })
    }

    /// Windows from now on, as far as they are proven.
    async fn windows(&self, l1_slot: u64) -> Vec<Window> {
        let ahead = EPOCHS_AHEAD.saturating_mul(self.around.clock.slots.slots_per_epoch);
        let mut windows: Vec<Window> = Vec::new();
        let mut slot = l1_slot.saturating_add(1);
        while slot <= l1_slot.saturating_add(ahead) {
            let found = window_at(
                &self.around.l1_rpc,
                self.places.lookahead,
                self.around.inbox,
                slot,
            );
            let Ok(window) = found.await else {
                break;
            };
            slot = window.last_slot.max(slot).saturating_add(1);
            // Turns before the rollup's first block have none.
            let turn = self.around.clock.blocks_of(&window);
            if turn.contains(turn.first) {
                windows.push(window);
            }
        }
        windows
    }
}
