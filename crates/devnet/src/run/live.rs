//! From `READY` to the end: once a slot, what is due happens and what happened is shown.

use std::{collections::BTreeMap, time::Duration};

use eyre::{Result, eyre};
use forebond_runtime::Shutdown;
use tokio::sync::mpsc;

use super::{
    devnet::Devnet,
    memory::{memories, resident},
};
use crate::{
    config::DevnetConfig,
    faults::{RandomFaults, Stage},
    judge::{Certainty, Court, revenue},
    l1::{L1, status},
    misdeeds::Order,
    opening::ORIGIN_DEPTH,
    report::{Costs, Findings, Report},
    spam::Spammer,
    table::{Row, Table},
    watch::{Heads, heads, opened_cases, owner_of},
};

/// Between two looks at the clock.
pub(super) const LOOK: Duration = Duration::from_millis(200);
/// Promises on their way from users to the judge.
const PROMISES_QUEUE: usize = 8_192;
/// Until users have finished what they are at.
const USERS_DEADLINE: Duration = Duration::from_secs(35);
/// The same when somebody wants the end now.
const HASTY_DEADLINE: Duration = Duration::from_secs(1);

impl Devnet {
    /// Runs until the slots are over or the end is requested, then concludes.
    pub(super) async fn live(
        &mut self,
        config: &DevnetConfig,
        l1: &mut L1,
        shutdown: &Shutdown,
    ) -> Result<Report> {
        let (hand_in, promises) = mpsc::channel(PROMISES_QUEUE);
        let mut court = Court::new(self.witnesses(config, l1)?, promises);
        let mut justice = self.justice(config, l1)?;
        let held = justice.held();
        let spammer = Spammer::start(self.spam_plan(config, held)?, hand_in)?;
        let random = config
            .random_faults
            .then(|| RandomFaults::new(self.seed, config.gateways, config.followers, ORIGIN_DEPTH));
        let mut faults = Stage::new(
            l1.rpc().clone(),
            config.slot_time_s,
            config.faults.clone(),
            random,
        );
        let mut table = Table::new();
        let mut findings = Findings {
            users_wanted: config.spam_tps > 0,
            ran_to_its_end: true,
            ..Findings::default()
        };
        let mut slot = 0;
        let mut shown_slot = None;
        let mut users_told = false;
        loop {
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = shutdown.requested() => {
                    findings.ran_to_its_end = false;
                    break;
                }
            }
            court.take();
            faults.undo(&mut self.children, false).await;
            self.obey(justice.orders());
            self.note_losses(&mut findings, &mut table);
            if let Some(why) = l1.died() {
                findings.troubles.push(why);
                break;
            }
            if config.spam_tps > 0 && spammer.stopped() && !users_told {
                users_told = true;
                table.event("users stopped: see the end of the run");
            }
            let Ok(l1_status) = status(l1.rpc()).await else {
                continue;
            };
            slot = l1_status.slot.saturating_sub(self.first_slot);
            if shown_slot == Some(slot) {
                continue;
            }
            shown_slot = Some(slot);
            let before = faults.happened().len();
            faults.act(slot, &mut self.children).await;
            for fault in faults.happened().iter().skip(before) {
                table.event(&format!("fault: {fault}"));
            }
            justice.act(slot, l1_status.slot, &mut table).await;
            let heads = heads(&self.nodes).await;
            let known_broken = court.broken().len();
            if let Err(error) = court.judge(&heads, Certainty::Finalized).await {
                tracing::debug!(error = format!("{error:#}"), "judging waits");
            }
            for broken in court.broken().iter().skip(known_broken) {
                table.event(&format!("broken: {broken}"));
            }
            let row = self.row(config, l1, slot, l1_status.slot, heads).await;
            table.show(Row {
                latency: spammer.recent(),
                promised: spammer.seen().0.promised,
                verdicts: court.verdicts(),
                faults: faults.happened().len(),
                ..row
            });
            if config.exit_after_slots.is_some_and(|last| slot >= last) && !justice.is_busy() {
                break;
            }
        }
        faults.undo(&mut self.children, true).await;
        let memory_at_end = resident(&self.children);
        let hasty = !findings.ran_to_its_end;
        let deadline = if hasty {
            HASTY_DEADLINE
        } else {
            USERS_DEADLINE
        };
        let seen = spammer.seen();
        let (users, latencies) = match spammer.stop(deadline).await {
            Ok(seen) => seen,
            Err(error) => {
                findings.troubles.push(format!("{error:#}"));
                seen
            }
        };
        let heads = self.settle(config, &mut court, hasty, shutdown).await;
        let ended = justice.settle(hasty, shutdown).await;
        self.note_losses(&mut findings, &mut table);
        court.compare_reports().await;
        findings.by_strangers = court.strangers().to_vec();
        findings.disagreements = court.disagreements(&heads).await;
        // A run that was ended early has nobody left to ask, or no time.
        let fees = if hasty {
            None
        } else {
            revenue(&self.nodes)
                .await
                .inspect_err(|error| {
                    tracing::debug!(error = format!("{error:#}"), "no node tells of fees")
                })
                .ok()
        };
        let cases = if hasty {
            None
        } else {
            opened_cases(&self.watchers)
                .await
                .inspect_err(|error| {
                    tracing::debug!(error = format!("{error:#}"), "cases are not known");
                })
                .ok()
        };
        let posted = self.posted(config);
        let mut report = Report {
            cases,
            slots: slot,
            seed: self.seed,
            latencies,
            heads,
            batches: posted.batches,
            costs: Costs::from(&posted),
            revenue: fees,
            turns: court.turns(),
            users,
            memory_kib: memories(&self.memory_at_start, &memory_at_end),
            faults: faults.happened().to_vec(),
            misdeeds: config.misdeeds.len() as u64,
            ..Report::default()
        };
        findings.troubles.extend(justice.failed().to_vec());
        report.punish(ended, &findings);
        report.conclude(court.verdicts(), court.broken(), &findings);
        Ok(report)
    }

    async fn row(
        &self,
        config: &DevnetConfig,
        l1: &L1,
        slot: u64,
        l1_slot: u64,
        heads: BTreeMap<String, Heads>,
    ) -> Row {
        let contracts = (
            self.opened.contract("Lookahead"),
            self.opened.contract("Inbox"),
        );
        let owner = match contracts {
            (Ok(lookahead), Ok(inbox)) => owner_of(l1.rpc(), lookahead, inbox, l1_slot).await.ok(),
            _ => None,
        };
        let name = |id: u32| {
            let place = self.opened.gateway_ids.iter().position(|one| *one == id)?;
            self.gateway_names.get(place).cloned()
        };
        Row {
            slot,
            l1_slot,
            epoch: self.opened.clock.epoch_of(l1_slot),
            owner: owner.map(|owner| {
                let name = name(owner.gateway).unwrap_or_else(|| format!("{}", owner.gateway));
                (name, owner.window)
            }),
            heads: heads
                .into_iter()
                .filter(|(name, _)| self.shown.contains(name))
                .collect(),
            posted: self.posted(config),
            ..Row::default()
        }
    }

    /// Does to processes what a misdeed needs.
    pub(super) fn obey(&mut self, orders: Vec<Order>) {
        for order in orders {
            let done = match &order {
                Order::Pause(name) => self.children.pause(name),
                Order::GoOn(name) => self.children.go_on(name),
                Order::Cut(place) => self.set_road(*place, false),
                Order::Mend(place) => self.set_road(*place, true),
            };
            if let Err(error) = done {
                tracing::error!(?order, error = format!("{error:#}"), "an order is not done");
            }
        }
    }

    fn set_road(&self, place: usize, is_open: bool) -> Result<()> {
        let relay = self.relays.get(place);
        let relay = relay.ok_or_else(|| eyre!("there is no road to gateway {place}"))?;
        relay.set_open(is_open);
        Ok(())
    }

    fn note_losses(&mut self, findings: &mut Findings, table: &mut Table) {
        for (name, words) in self.children.lost() {
            table.event(&format!("{name} ended by itself: {words}"));
            findings.lost_processes.push(format!("{name}: {words}"));
        }
    }
}
