//! Misdeeds and what comes of them, beside everything else in a run.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use alloy_primitives::{Address, U256};
use eyre::Result;
use forebond_harness::scenario::deployment::ETHER;
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use forebond_protocol::SlotClock;
use forebond_runtime::Shutdown;

use super::{devnet::Devnet, live::LOOK};
use crate::{
    config::DevnetConfig,
    l1::L1,
    misdeeds::{
        Growth, Held, Misdeeds, Order, Scene, Settled, announced, carried_out, fetch_refunds,
        measure_refunds, settled,
    },
    opening::Key,
    rpc::Rpc,
    table::{Table, say},
};

/// What each gateway has at stake.
const STAKE_ETHER: u128 = 1_000;
/// Epochs until every case has to be closed and paid: the evidence horizon, verdicts, claims, and the watcher's transactions.
const PATIENCE_EPOCHS: u64 = 14;

/// Misdeeds, and what L1 says of them.
pub(super) struct Justice {
    misdeeds: Option<Misdeeds>,
    held: Option<Held>,
    l1: ExecutionClient,
    slasher: Address,
    rollup: Address,
    from: u64,
    /// Fetches users' refunds.
    wallet: Key,
    /// What refunded users' balances said so far.
    grown: Growth,
    /// Who tells what the rollup has burned.
    nodes: Vec<Rpc>,
    clock: SlotClock,
    /// Slots were missed by a fault that was asked for: any operator may be convicted of them.
    excused: BTreeSet<Address>,
    /// Processes were made to fail: gateways may be convicted of being late.
    has_faults: bool,
    watched: bool,
    failed: Vec<String>,
}

impl Devnet {
    /// What is to be done wrong, and who looks after the money.
    pub(super) fn justice(&self, config: &DevnetConfig, l1: &L1) -> Result<Justice> {
        let has_faults = config.has_faults();
        let operators = self.opened.cast.gateways.iter();
        let excused = operators
            .map(|gateway| gateway.operator.address)
            .filter(|_| has_faults)
            .collect();
        let held = (!config.misdeeds.is_empty()).then(Held::default);
        let client = ExecutionClient::new(&ExecutionConfig::new(l1.rpc().url()))?;
        let misdeeds = held
            .as_ref()
            .map(|held| {
                Misdeeds::of(&Scene {
                    config,
                    opened: &self.opened,
                    l1: client.clone(),
                    l1_rpc: l1.rpc().clone(),
                    form: l1.world()?.sidecar_form(),
                    clock: self.witnesses(config, l1)?.clock,
                    watchers: self.watchers.clone(),
                    held: held.clone(),
                })
            })
            .transpose()?;
        Ok(Justice {
            misdeeds,
            held,
            l1: client,
            slasher: self.opened.contract("Slasher")?,
            rollup: self.opened.contract("Inbox")?,
            from: self.opened.l1.start.number,
            wallet: self.opened.cast.attester.clone(),
            grown: Growth::new(),
            nodes: self.nodes.iter().map(|(_, rpc)| rpc.clone()).collect(),
            clock: self.opened.clock,
            excused,
            has_faults,
            watched: config.watchers() > 0,
            failed: Vec::new(),
        })
    }
}

impl Justice {
    /// Where users keep what they may complain with.
    pub(super) fn held(&self) -> Option<Held> {
        self.held.clone()
    }

    /// What processes are to do.
    pub(super) fn orders(&mut self) -> Vec<Order> {
        self.misdeeds
            .as_mut()
            .map(Misdeeds::orders)
            .unwrap_or_default()
    }

    /// Begins what is due.
    pub(super) async fn act(&mut self, slot: u64, l1_slot: u64, table: &mut Table) {
        let Some(misdeeds) = &mut self.misdeeds else {
            return;
        };
        let (happened, failed) = misdeeds.act(slot, l1_slot).await;
        for event in happened.iter().chain(&failed) {
            table.event(&format!("misdeed: {event}"));
        }
        self.failed.extend(failed);
    }

    /// Something is ahead or under way: the run cannot end yet.
    pub(super) fn is_busy(&self) -> bool {
        self.misdeeds
            .as_ref()
            .is_some_and(|misdeeds| !misdeeds.are_over())
    }

    /// Misdeeds that could not be done.
    pub(super) fn failed(&self) -> &[String] {
        &self.failed
    }

    /// Waits until the money has moved, users' refunds included; in haste, says how it stands.
    pub(super) async fn settle(&mut self, hasty: bool, shutdown: &Shutdown) -> Settled {
        let slots = PATIENCE_EPOCHS.saturating_mul(self.clock.slots_per_epoch);
        let patience = Duration::from_secs(slots.saturating_mul(self.clock.seconds_per_slot));
        let begun = Instant::now();
        let mut told = false;
        loop {
            let outcome = self.look().await;
            let over = hasty || shutdown.is_requested() || begun.elapsed() > patience;
            match outcome {
                Ok(settled) if settled.open.is_empty() || over => return settled,
                Err(error) if over => {
                    return Settled {
                        wrong: vec![format!("the Slasher could not be read: {error:#}")],
                        ..Settled::default()
                    };
                }
                Ok(settled) if !told => {
                    told = true;
                    say(&format!(
                        "waiting until faults are paid for: {}",
                        settled.open.join("; ")
                    ));
                }
                Ok(_) | Err(_) => {}
            }
            tokio::time::sleep(LOOK * 5).await;
        }
    }

    async fn look(&mut self) -> Result<Settled> {
        let mut all = announced(&self.l1, self.slasher, self.rollup, self.from).await?;
        let deeds = self
            .misdeeds
            .as_ref()
            .map(Misdeeds::deeds)
            .unwrap_or_default();
        if self.watched {
            fetch_refunds(&self.l1, self.slasher, &self.wallet, &all).await?;
        }
        measure_refunds(&self.l1, &all, &mut self.grown).await;
        all.grown.clone_from(&self.grown);
        all.carried_out = carried_out(&self.nodes, &all.forfeited).await;
        let stake = U256::from(STAKE_ETHER) * U256::from(ETHER);
        let mut result = settled(&deeds, &all, &self.excused, stake);
        if self.has_faults {
            // Whoever was made to fail may have been late, and pays for it without being guilty of anything here. No misdeed goes
            // unpunished by that: the configuration has none beside faults.
            result
                .wrong
                .retain(|words| !words.contains("has done nothing"));
            result.open.clear();
        }
        if let Some(misdeeds) = &self.misdeeds {
            result.open.extend(misdeeds.undone());
        }
        Ok(result)
    }
}
