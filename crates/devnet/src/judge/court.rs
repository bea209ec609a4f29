//! Where promises arrive and nodes are asked.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::Address;
use eyre::Result;
use forebond_protocol::TurnClock;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Book, Broken, Turns, TurnsReport, Verdicts, derived_block};
use crate::{
    rpc::{Rpc, hex},
    spam::Promise,
    watch::{Heads, window_at},
};

/// Blocks compared at one go.
const BLOCKS_AT_A_TIME: usize = 64;
/// Answers with broken promises that one node is asked for.
const PAGES: usize = 16;
/// Findings that are kept.
const KEPT: usize = 64;

/// Whom to ask about what.
#[derive(Clone, Debug)]
pub(crate) struct Witnesses {
    /// The L1.
    pub(crate) l1: Rpc,
    /// Who knows owners of slots.
    pub(crate) lookahead: Address,
    /// The rollup's Inbox.
    pub(crate) inbox: Address,
    /// When turns begin.
    pub(crate) clock: TurnClock,
    /// Nodes that derive, followers in front.
    pub(crate) nodes: Vec<(String, Rpc)>,
    /// How many of them are followers: they have nothing to gain, so they are believed when they answer.
    pub(crate) followers: usize,
    /// Names of the gateways.
    pub(crate) gateways: Vec<String>,
    /// Their numbers in the registry.
    pub(crate) gateway_ids: Vec<u32>,
}

/// How far down the chain a verdict reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Certainty {
    /// Derived from final L1 blocks.
    Finalized,
    /// Derived from L1.
    Safe,
}

/// Judges promises as they come.
#[derive(Debug)]
pub(crate) struct Court {
    witnesses: Witnesses,
    promises: mpsc::Receiver<Promise>,
    book: Book,
    turns: Turns,
    asked_windows: BTreeSet<(u64, usize)>,
    open_windows: BTreeSet<(u64, usize)>,
    strangers: Vec<String>,
}

impl Court {
    /// No promise yet.
    pub(crate) fn new(witnesses: Witnesses, promises: mpsc::Receiver<Promise>) -> Self {
        Self {
            book: Book::new(witnesses.gateways.clone()),
            witnesses,
            promises,
            turns: Turns::default(),
            asked_windows: BTreeSet::new(),
            open_windows: BTreeSet::new(),
            strangers: Vec::new(),
        }
    }

    /// Takes in what users have handed in.
    pub(crate) fn take(&mut self) {
        while let Ok(promise) = self.promises.try_recv() {
            self.turns.add(&promise);
            let signed = (promise.window, promise.gateway);
            if !self.asked_windows.contains(&signed) {
                self.open_windows.insert(signed);
            }
            self.book.add(promise);
        }
    }

    /// Compares what nodes know for so certain, some blocks at a time.
    ///
    /// # Errors
    /// When no node answers: to be tried again.
    pub(crate) async fn judge(
        &mut self,
        heads: &BTreeMap<String, Heads>,
        certainty: Certainty,
    ) -> Result<()> {
        self.take();
        self.ask_about_windows().await;
        let Some((node, up_to)) = self.witness(heads, certainty) else {
            return Ok(());
        };
        for _ in 0..BLOCKS_AT_A_TIME {
            let Some(block) = self.book.next_due(up_to) else {
                break;
            };
            let derived = derived_block(&node, block, self.book.of_block(block)).await?;
            self.book.judge(block, &derived);
        }
        Ok(())
    }

    /// Who is asked, and how far it knows: the follower that knows most; a gateway only when no follower answers.
    fn witness(&self, heads: &BTreeMap<String, Heads>, certainty: Certainty) -> Option<(Rpc, u64)> {
        let reach = |heads: &Heads| match certainty {
            Certainty::Finalized => heads.finalized,
            Certainty::Safe => heads.safe,
        };
        let (followers, gateways) = self
            .witnesses
            .nodes
            .split_at_checked(self.witnesses.followers)?;
        let best = |nodes: &[(String, Rpc)]| {
            let known = nodes
                .iter()
                .filter_map(|(name, rpc)| Some((rpc.clone(), reach(heads.get(name)?))));
            known.max_by_key(|(_, reach)| *reach)
        };
        best(followers).or_else(|| best(gateways))
    }

    /// Whether all blocks that are waited for are derived.
    pub(crate) fn can_settle(&self, heads: &BTreeMap<String, Heads>) -> bool {
        let safe = self.witness(heads, Certainty::Safe);
        self.book.newest() <= safe.map(|(_, safe)| safe)
    }

    /// Whether nothing waits.
    pub(crate) fn is_settled(&self) -> bool {
        self.book.newest().is_none()
    }

    async fn ask_about_windows(&mut self) {
        for (window, gateway) in std::mem::take(&mut self.open_windows) {
            let Witnesses {
                l1,
                lookahead,
                inbox,
                clock,
                ..
            } = &self.witnesses;
            match window_at(l1, *lookahead, *inbox, window).await {
                Ok(owner) => {
                    let begins = clock.blocks_of(&owner).first;
                    let begins_ms = clock.blocks.closes_at_ms(begins.saturating_sub(1));
                    self.turns.begins(window, begins_ms);
                    self.asked_windows.insert((window, gateway));
                    let signer = self.witnesses.gateway_ids.get(gateway).copied();
                    if (Some(owner.gateway) != signer || owner.last_slot != window)
                        && self.strangers.len() < KEPT
                    {
                        self.strangers.push(format!(
                            "window {window} is of gateway {} and ends at slot {}, gateway {} signed for it",
                            owner.gateway,
                            owner.last_slot,
                            signer.unwrap_or_default()
                        ));
                    }
                }
                // Asked again with the next promise that comes.
                Err(error) => {
                    tracing::debug!(window, error = format!("{error:#}"), "owner unknown");
                    self.open_windows.insert((window, gateway));
                }
            }
        }
        while self.asked_windows.len() > 4_096 {
            self.asked_windows.pop_first();
        }
    }

    /// Asks nodes which broken promises they know of, and notes the kinds of their faults.
    pub(crate) async fn compare_reports(&mut self) {
        if self.book.broken().is_empty() {
            return;
        }
        let mut reports = Vec::new();
        for (_, rpc) in &self.witnesses.nodes {
            let mut from = 0usize;
            for _ in 0..PAGES {
                let wanted = json!([format!("{from:#x}")]);
                let known: Result<Vec<Value>> = rpc.ask("forebond_getBrokenPromises", wanted).await;
                let known = known.unwrap_or_default();
                if known.is_empty() {
                    break;
                }
                from = from.saturating_add(known.len());
                reports.extend(known);
            }
        }
        for broken in self.book.broken_mut() {
            broken.reported = reported_kind(&reports, &format!("{:#x}", broken.tx_hash));
        }
    }

    /// Nodes that have another block at a height all of them have derived.
    pub(crate) async fn disagreements(&self, heads: &BTreeMap<String, Heads>) -> Vec<String> {
        let Some(common) = heads.values().map(|heads| heads.safe).min() else {
            return Vec::new();
        };
        let mut hashes: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, rpc) in &self.witnesses.nodes {
            if let (true, Ok(Some(block))) =
                (heads.contains_key(name), rpc.block(&hex(common)).await)
            {
                hashes.entry(block.hash).or_default().push(name.clone());
            }
        }
        if hashes.len() <= 1 {
            return Vec::new();
        }
        let sides = hashes
            .iter()
            .map(|(hash, names)| format!("{hash} ({})", names.join(", ")));
        let sides: Vec<_> = sides.collect();
        vec![format!("block {common} is {}", sides.join(" or "))]
    }

    /// How many promises became what.
    pub(crate) const fn verdicts(&self) -> Verdicts {
        self.book.verdicts()
    }

    /// The broken ones.
    pub(crate) fn broken(&self) -> &[Broken] {
        self.book.broken()
    }

    /// Promises by somebody who did not own the window.
    pub(crate) fn strangers(&self) -> &[String] {
        &self.strangers
    }

    /// Turns in numbers.
    pub(crate) fn turns(&self) -> TurnsReport {
        self.turns.report(&self.witnesses.gateways)
    }
}

/// The kind under which one of the reports names this transaction.
fn reported_kind(reports: &[Value], tx_hash: &str) -> Option<String> {
    reports.iter().find_map(|report| {
        let named = report.to_string().to_lowercase().contains(tx_hash);
        let kind = ["fault", "kind"]
            .iter()
            .find_map(|key| report.get(key)?.as_str());
        named.then(|| kind.unwrap_or("unnamed").to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use forebond_protocol::{BlockClock, SlotClock};

    fn heads(safe: u64, finalized: u64) -> Heads {
        Heads {
            safe,
            finalized,
            ..Heads::default()
        }
    }

    #[test]
    fn followers_are_believed_and_gateways_only_when_no_follower_answers() {
        let node = |name: &str| {
            let url = format!("http://{name}.test");
            (name.to_owned(), Rpc::new(&url).unwrap())
        };
        let (_, promises) = mpsc::channel(1);
        let witnesses = Witnesses {
            l1: Rpc::new("http://l1.test").unwrap(),
            lookahead: Address::ZERO,
            inbox: Address::ZERO,
            clock: TurnClock {
                slots: SlotClock {
                    genesis_s: 0,
                    seconds_per_slot: 12,
                    slots_per_epoch: 32,
                },
                blocks: BlockClock::new(0, 1).unwrap(),
                handover_slots: 2,
            },
            nodes: vec![node("follower-1"), node("follower-2"), node("gateway-1")],
            followers: 2,
            gateways: vec!["gateway-1".into()],
            gateway_ids: vec![1],
        };
        let court = Court::new(witnesses, promises);
        let mut known = BTreeMap::from([
            ("follower-1".to_owned(), heads(5, 2)),
            ("follower-2".to_owned(), heads(4, 3)),
            ("gateway-1".to_owned(), heads(99, 99)),
        ]);
        let asked = |known: &BTreeMap<_, _>, certainty| {
            let (rpc, reach) = court.witness(known, certainty).unwrap();
            (rpc.url().to_owned(), reach)
        };
        assert_eq!(asked(&known, Certainty::Safe).1, 5);
        assert_eq!(
            asked(&known, Certainty::Finalized).0,
            "http://follower-2.test"
        );
        known.retain(|name, _| name == "gateway-1");
        assert_eq!(asked(&known, Certainty::Safe).1, 99);
        known.clear();
        assert!(court.witness(&known, Certainty::Safe).is_none());
        assert!(court.can_settle(&known), "nothing waits");
    }

    #[test]
    fn a_report_counts_for_the_transaction_it_names() {
        let reports = [
            json!({"txHash": "0xAA01", "fault": "unkept"}),
            json!({"promise": {"transaction": "0xbb02"}, "kind": "late"}),
        ];
        assert_eq!(reported_kind(&reports, "0xaa01").as_deref(), Some("unkept"));
        assert_eq!(reported_kind(&reports, "0xbb02").as_deref(), Some("late"));
        assert_eq!(reported_kind(&reports, "0xcc03"), None);
    }
}
