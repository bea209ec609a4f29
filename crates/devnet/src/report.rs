//! How a run went: numbers, and what is wrong with them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    judge::{Broken, Revenue, TurnsReport, Verdicts},
    misdeeds::Settled,
    spam::{Counts, Summary},
    watch::{Heads, Posted},
};

/// One object at the end of a run.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Promises that users got and checked.
    pub promises: u64,
    /// The chain derived from L1 has what was promised.
    pub kept: u64,
    /// It has something else.
    pub broken: u64,
    /// It does not reach the promised block.
    pub open: u64,
    /// Broken ones that a node has reported with the kind of the fault.
    pub reported: u64,
    /// Gateways that lost bond.
    pub slashed: u64,
    /// Validators that lost the rewards of a period.
    pub forfeited: u64,
    /// Users that were refunded.
    pub refunded: u64,
    /// Rules that were broken on purpose.
    pub misdeeds: u64,
    /// Faults that watchers opened cases for, convicted or not; none when there is no watcher, or one did not tell.
    pub cases: Option<u64>,
    /// What faults cost.
    pub(crate) money: Money,
    /// Slots the run took, until users stopped.
    pub slots: u64,
    /// What repeats the run.
    pub seed: u64,
    /// What is wrong; empty when nothing is, and then the exit code is 0.
    pub failures: Vec<String>,
    pub(crate) latencies: Summary,
    pub(crate) heads: BTreeMap<String, Heads>,
    pub(crate) batches: u64,
    pub(crate) costs: Costs,
    /// The rollup's fees and whose they are; none when no node told.
    pub(crate) revenue: Option<Revenue>,
    #[serde(flatten)]
    pub(crate) turns: TurnsReport,
    pub(crate) users: Counts,
    pub(crate) memory_kib: BTreeMap<String, Memory>,
    pub(crate) faults: Vec<String>,
    pub(crate) broken_promises: Vec<Broken>,
    #[serde(skip)]
    pub(crate) justice: Vec<String>,
}

/// What batches hold and cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Costs {
    /// Rollup blocks in them.
    blocks: u64,
    /// User transactions in them.
    transactions: u64,
    /// Blobs.
    blobs: u64,
    /// Paid for gas and blobs; in decimals, since it may not fit a JSON number.
    wei: String,
    /// The same by transaction.
    wei_per_transaction: String,
}

impl From<&Posted> for Costs {
    fn from(posted: &Posted) -> Self {
        let each = posted.cost_wei.checked_div(u128::from(posted.transactions));
        Self {
            blocks: posted.blocks,
            transactions: posted.transactions,
            blobs: posted.blobs,
            wei: posted.cost_wei.to_string(),
            wei_per_transaction: each.unwrap_or_default().to_string(),
        }
    }
}

/// What faults cost, wei in decimals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Money {
    /// From gateways' bonds.
    taken_wei: String,
    /// To users.
    refunds_wei: String,
    /// To nobody.
    burned_wei: String,
}

/// Resident memory of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Memory {
    /// When everything was ready.
    pub(crate) start: u64,
    /// When users stopped.
    pub(crate) end: u64,
}

/// What a run has shown, apart from its report.
#[derive(Clone, Debug, Default)]
pub(crate) struct Findings {
    /// Users were asked for.
    pub(crate) users_wanted: bool,
    /// The run had its time, and the chain the time to settle; false when somebody ended it earlier.
    pub(crate) ran_to_its_end: bool,
    /// Promises by somebody who did not own the window.
    pub(crate) by_strangers: Vec<String>,
    /// Processes that ended by themselves.
    pub(crate) lost_processes: Vec<String>,
    /// Nodes that disagree about a block derived from L1.
    pub(crate) disagreements: Vec<String>,
    /// What else went wrong.
    pub(crate) troubles: Vec<String>,
}

impl Report {
    /// Fills in what became of promises, and what is wrong with it.
    pub(crate) fn conclude(&mut self, verdicts: Verdicts, broken: &[Broken], findings: &Findings) {
        self.kept = verdicts.kept;
        self.broken = verdicts.broken;
        self.open = verdicts.open;
        self.promises = verdicts.kept + verdicts.broken + verdicts.open;
        self.reported = broken.iter().filter(|one| one.reported.is_some()).count() as u64;
        self.broken_promises = broken.to_vec();
        self.failures = self.failures(findings);
    }

    /// Fills in what faults cost, and what is wrong with that.
    pub(crate) fn punish(&mut self, settled: Settled, findings: &Findings) {
        self.slashed = settled.slashed;
        self.forfeited = settled.forfeited;
        self.refunded = settled.refunded;
        self.money = Money {
            taken_wei: settled.taken_wei.to_string(),
            refunds_wei: settled.refunds_wei.to_string(),
            burned_wei: settled.burned_wei.to_string(),
        };
        self.justice = settled.wrong;
        if findings.ran_to_its_end {
            self.justice.extend(settled.open);
        }
    }

    /// 0 if every promise was kept, or broken by an injected fault and reported; else 1.
    pub const fn exit_code(&self) -> u8 {
        if self.failures.is_empty() { 0 } else { 1 }
    }

    fn failures(&self, findings: &Findings) -> Vec<String> {
        let mut failures = Vec::new();
        let mut fail = |wrong: bool, words: String| {
            if wrong {
                failures.push(words);
            }
        };
        let silent = self.broken.saturating_sub(self.reported);
        fail(
            silent > 0,
            format!("{silent} broken promises were reported by nobody"),
        );
        fail(
            self.broken > 0 && self.faults.is_empty() && self.misdeeds == 0,
            format!(
                "{} promises were broken without any injected fault",
                self.broken
            ),
        );
        fail(
            findings.ran_to_its_end && self.open > 0,
            format!("{} promises are not settled on L1", self.open),
        );
        fail(
            findings.users_wanted && findings.ran_to_its_end && self.promises == 0,
            "users got no promise at all".to_owned(),
        );
        fail(
            self.users.invalid > 0,
            format!(
                "{} preconfirmations are not what they say: {}",
                self.users.invalid,
                self.users.reasons.join("; ")
            ),
        );
        let complaint = self.revenue.as_ref().and_then(Revenue::complaint);
        fail(complaint.is_some(), complaint.unwrap_or_default());
        let lists = [
            (
                "a promise by a stranger to the window",
                &findings.by_strangers,
            ),
            ("a process ended by itself", &findings.lost_processes),
            ("nodes disagree", &findings.disagreements),
            ("trouble", &findings.troubles),
            ("justice", &self.justice),
        ];
        for (what, found) in lists {
            for one in found {
                fail(true, format!("{what}: {one}"));
            }
        }
        failures
    }

    /// The same in words.
    pub fn words(&self) -> String {
        let mut words = format!(
            "{} promises in {} slots: {} kept, {} broken ({} reported), {} open\n\
             from asking to a checked promise: p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms\n\
             on L1: {} batches with {} blocks and {} transactions, {} wei per transaction\n\
             misdeeds {}, cases {}: {} gateways slashed ({} wei taken, {} burned), {} operators lost rewards, {} users refunded ({} wei)\n\
             hand-overs {}, longest gap {} ms; a turn's first promise after {} ms, at most {} ms; windows {:?}; faults {}; seed {}",
            self.promises,
            self.slots,
            self.kept,
            self.broken,
            self.reported,
            self.open,
            self.latencies.p50,
            self.latencies.p99,
            self.latencies.max,
            self.batches,
            self.costs.blocks,
            self.costs.transactions,
            self.costs.wei_per_transaction,
            self.misdeeds,
            self.cases
                .map_or_else(|| "not known".to_owned(), |cases| cases.to_string()),
            self.slashed,
            self.money.taken_wei,
            self.money.burned_wei,
            self.forfeited,
            self.refunded,
            self.money.refunds_wei,
            self.turns.handovers,
            self.turns.handover_gap_ms_max,
            self.turns.opening_ms_p50,
            self.turns.opening_ms_max,
            self.turns.windows,
            self.faults.len(),
            self.seed,
        );
        if let Some(revenue) = &self.revenue {
            words.push('\n');
            words.push_str(&revenue.overview.words());
        }
        for failure in &self.failures {
            words.push_str("\nFAILED: ");
            words.push_str(failure);
        }
        words
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(reported: bool) -> Broken {
        Broken {
            tx_hash: Default::default(),
            block: 3,
            index: 1,
            base: Default::default(),
            window: 9,
            gateway: "gateway-1".into(),
            instead: "no receipt".into(),
            reported: reported.then(|| "unkept".to_owned()),
        }
    }

    fn concluded(
        verdicts: Verdicts,
        all: &[Broken],
        faults: &[&str],
        findings: Findings,
    ) -> Report {
        let mut report = Report {
            faults: faults.iter().map(ToString::to_string).collect(),
            ..Report::default()
        };
        report.conclude(verdicts, all, &findings);
        report
    }

    fn whole_run() -> Findings {
        Findings {
            users_wanted: true,
            ran_to_its_end: true,
            ..Findings::default()
        }
    }

    const KEPT: Verdicts = Verdicts {
        kept: 5,
        broken: 0,
        open: 0,
    };
    const ONE_BROKEN: Verdicts = Verdicts {
        kept: 5,
        broken: 1,
        open: 0,
    };

    #[test]
    fn a_run_that_kept_every_promise_ends_with_0() {
        let report = concluded(KEPT, &[], &[], whole_run());
        assert_eq!((report.exit_code(), report.promises), (0, 5));
    }

    #[test]
    fn a_broken_promise_is_excused_only_by_an_injected_fault_and_a_report() {
        let exit = |reported, faults: &[&str]| {
            concluded(ONE_BROKEN, &[broken(reported)], faults, whole_run()).exit_code()
        };
        assert_eq!(exit(true, &["kill:gateway-1@3"]), 0);
        assert_eq!(exit(false, &["kill:gateway-1@3"]), 1);
        assert_eq!(exit(true, &[]), 1);
    }

    #[test]
    fn what_is_not_settled_fails_a_whole_run_and_not_one_that_was_ended_early() {
        let open = Verdicts { open: 1, ..KEPT };
        assert_eq!(concluded(open, &[], &[], whole_run()).exit_code(), 1);
        let early = Findings {
            ran_to_its_end: false,
            ..whole_run()
        };
        assert_eq!(concluded(open, &[], &[], early).exit_code(), 0);
    }

    #[test]
    fn a_run_without_any_promise_shows_nothing_and_fails() {
        let none = Verdicts::default();
        assert_eq!(concluded(none, &[], &[], whole_run()).exit_code(), 1);
        let quiet = Findings {
            users_wanted: false,
            ..whole_run()
        };
        assert_eq!(concluded(none, &[], &[], quiet).exit_code(), 0);
    }

    #[test]
    fn every_other_finding_fails_the_run_and_says_what_it_is() {
        let one = || vec!["here".to_owned()];
        for findings in [
            Findings {
                by_strangers: one(),
                ..whole_run()
            },
            Findings {
                lost_processes: one(),
                ..whole_run()
            },
            Findings {
                disagreements: one(),
                ..whole_run()
            },
            Findings {
                troubles: one(),
                ..whole_run()
            },
        ] {
            let report = concluded(KEPT, &[], &[], findings);
            assert_eq!(report.failures.len(), 1);
            assert!(report.words().contains("FAILED: ") && report.failures[0].contains("here"));
        }
    }

    #[test]
    fn the_object_has_the_names_that_scripts_rely_on() {
        let value = serde_json::to_value(Report::default()).unwrap();
        for name in [
            "promises",
            "kept",
            "broken",
            "reported",
            "slashed",
            "forfeited",
            "refunded",
            "misdeeds",
            "cases",
            "money",
            "latencies",
            "heads",
            "batches",
            "costs",
            "revenue",
            "windows",
            "handoverGapMsMax",
            "openingMsMax",
            "memoryKib",
        ] {
            assert!(value.get(name).is_some(), "{name}");
        }
    }
}
