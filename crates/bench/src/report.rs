//! What a run found out.

use crate::{
    config::{Mode, Workload},
    end_check::EndCheck,
    error_tally::ErrorCount,
    latency::Percentiles,
    machine::Machine,
};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// A lag of the generator above this, in milliseconds at p99, is said aloud: part of the latencies
/// is then the client's own.
const NOTABLE_LAG_MS: f64 = 1.0;

/// Answers that come this long after the last send, in seconds, were queued somewhere.
const NOTABLE_DRAIN_S: f64 = 1.5;

/// What the server process used while load was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerUsage {
    /// Cores busy on average.
    pub cores: f64,
    /// CPU time per verified transaction, microseconds.
    pub cpu_us_per_tx: f64,
    /// Resident memory before the load, MiB.
    pub resident_before_mib: f64,
    /// At its end.
    pub resident_after_mib: f64,
    /// At most, sampled four times a second.
    pub resident_max_mib: f64,
}

/// The result of one run. Latencies and counts leave the warm-up out unless they say otherwise.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Name of the run.
    pub label: String,
    /// Where.
    pub url: String,
    /// What the server calls itself.
    pub server_version: String,
    /// How transactions were sent; never `auto`.
    pub mode: Mode,
    /// What they did.
    pub workload: Workload,
    /// Transactions per second offered.
    pub offered_per_s: u32,
    /// Verified per second while load was sent.
    pub achieved_per_s: f64,
    /// Seconds from the last scheduled send to the last answer.
    pub drained_after_s: f64,
    /// Seconds measured.
    pub seconds: u32,
    /// Seconds of warm-up before.
    pub warmup_seconds: u32,
    /// Sending accounts.
    pub senders: u32,
    /// Connections.
    pub connections: u16,
    /// Sent and counted.
    pub sent: u64,
    /// Of those, verified.
    pub verified: u64,
    /// Of those, never answered.
    pub unanswered: u64,
    /// Errors of all kinds.
    pub error_count: u64,
    /// Answers that claim something false: bad signature, wrong transaction, answered twice.
    pub invalid: u64,
    /// The most frequent errors.
    pub errors: Vec<ErrorCount>,
    /// Milliseconds from scheduled send to verified (`plain`: to seen in a block).
    pub latency_ms: Percentiles,
    /// `plain` only: milliseconds until the pool had accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_ms: Option<Percentiles>,
    /// How late the generator itself was, milliseconds; contained in the latencies.
    pub send_lag_ms: Percentiles,
    /// Cores the generator used on average.
    pub client_cores: f64,
    /// The server process, if it was named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerUsage>,
    /// The promises against the chain, warm-up included.
    pub end_check: EndCheck,
    /// Where and when.
    pub machine: Machine,
    /// What a reader should know.
    pub notes: Vec<String>,
}

impl Report {
    /// Whether the server kept everything it said. Refusals and silence are no broken promises.
    pub const fn all_kept(&self) -> bool {
        self.invalid == 0 && self.end_check.all_kept()
    }

    /// Adds the remarks that follow from the numbers.
    pub(crate) fn remark(&mut self) {
        if self.send_lag_ms.p99 > NOTABLE_LAG_MS {
            self.notes.push(format!(
                "the generator itself was late: p99 {} ms, contained in the latencies",
                self.send_lag_ms.p99
            ));
        }
        // Blocks come in lumps, so there a low rate alone is no sign of a server that falls behind.
        let behind = self.achieved_per_s < 0.97 * f64::from(self.offered_per_s)
            && (self.mode != Mode::Plain || self.drained_after_s > NOTABLE_DRAIN_S);
        if self.unanswered > 0 || behind {
            self.notes
                .push("the server did not keep up with the offered rate".into());
        }
        if self.mode == Mode::Preconf && !self.all_kept() {
            self.notes
                .push("PROMISES WERE BROKEN: see the end check and the errors".into());
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let line = |f: &mut Formatter<'_>, name: &str, p: &Percentiles| {
            writeln!(
                f,
                "{name:<22} {:>9.3} {:>9.3} {:>9.3} {:>9.3} {:>9.3}",
                p.p50, p.p90, p.p99, p.p999, p.max
            )
        };
        writeln!(
            f,
            "{} at {} ({})",
            self.label, self.url, self.server_version
        )?;
        writeln!(
            f,
            "{} per second offered, {:.0} achieved; {} s after {} s of warm-up, {} senders, {} connections",
            self.offered_per_s,
            self.achieved_per_s,
            self.seconds,
            self.warmup_seconds,
            self.senders,
            self.connections
        )?;
        writeln!(
            f,
            "{} sent, {} verified, {} unanswered, {} errors, {} false answers",
            self.sent, self.verified, self.unanswered, self.error_count, self.invalid
        )?;
        writeln!(
            f,
            "{:<22} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "ms", "p50", "p90", "p99", "p99.9", "max"
        )?;
        if let Some(accepted) = &self.accepted_ms {
            line(f, "accepted by the pool", accepted)?;
            line(f, "seen in a block", &self.latency_ms)?;
        } else {
            line(f, "verified", &self.latency_ms)?;
        }
        line(f, "generator's own lag", &self.send_lag_ms)?;
        if let Some(server) = &self.server {
            writeln!(
                f,
                "server: {:.2} cores, {:.0} us per transaction, {:.0} MiB before, {:.0} after, {:.0} at most",
                server.cores,
                server.cpu_us_per_tx,
                server.resident_before_mib,
                server.resident_after_mib,
                server.resident_max_mib
            )?;
        }
        let check = &self.end_check;
        writeln!(
            f,
            "end check: {} promises in {} blocks: {} missing, {} misplaced, {} failed, {} blocks unsealed",
            check.checked,
            check.blocks,
            check.missing,
            check.misplaced,
            check.failed,
            check.unsealed
        )?;
        for error in &self.errors {
            writeln!(f, "error x {}: {}", error.count, error.text)?;
        }
        for note in &self.notes {
            writeln!(f, "note: {note}")?;
        }
        let Machine { cpu, cores, date } = &self.machine;
        write!(
            f,
            "{cores} cores of {cpu}, generator {:.2} cores, {date} UTC",
            self.client_cores
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A report of a run in which everything went well.
    pub(crate) fn report(label: &str, mode: Mode, rate: u32, p50: f64) -> Report {
        Report {
            label: label.into(),
            url: "ws://127.0.0.1:9545".into(),
            server_version: "test/1".into(),
            mode,
            workload: Workload::Transfer,
            offered_per_s: rate,
            achieved_per_s: f64::from(rate),
            drained_after_s: 0.0,
            seconds: 20,
            warmup_seconds: 2,
            senders: 1_000,
            connections: 16,
            sent: u64::from(rate) * 20,
            verified: u64::from(rate) * 20,
            unanswered: 0,
            error_count: 0,
            invalid: 0,
            errors: Vec::new(),
            latency_ms: Percentiles {
                p50,
                p90: p50 * 2.0,
                p99: p50 * 3.0,
                p999: p50 * 4.0,
                max: p50 * 5.0,
            },
            accepted_ms: None,
            send_lag_ms: Percentiles::default(),
            client_cores: 0.1,
            server: None,
            end_check: EndCheck {
                completed: true,
                ..EndCheck::default()
            },
            machine: Machine {
                cpu: "Some CPU".into(),
                cores: 2,
                date: "2026-01-02 03:04".into(),
            },
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_late_generator_and_a_slow_server_are_said_aloud() {
        let mut fine = report("a", Mode::Preconf, 100, 1.0);
        fine.remark();
        assert!(fine.notes.is_empty());
        let mut late = fine.clone();
        late.send_lag_ms.p99 = 1.5;
        late.achieved_per_s = 80.0;
        late.drained_after_s = 4.0;
        late.end_check.missing = 1;
        late.remark();
        assert_eq!(late.notes.len(), 3);
        let text = late.to_string();
        assert!(
            text.contains("generator itself was late: p99 1.5 ms") && text.contains("1 missing")
        );
    }

    #[test]
    fn a_block_that_falls_outside_the_measured_time_is_not_taken_for_a_slow_server() {
        let mut blocks = report("a", Mode::Plain, 100, 500.0);
        (blocks.achieved_per_s, blocks.drained_after_s) = (90.0, 0.9);
        let mut promises = Report {
            mode: Mode::Preconf,
            ..blocks.clone()
        };
        blocks.remark();
        promises.remark();
        assert_eq!((blocks.notes.len(), promises.notes.len()), (0, 1));
    }

    #[test]
    fn a_report_survives_json() {
        let report = report("a", Mode::Sync, 100, 1.0);
        let text = serde_json::to_string(&report).unwrap();
        let back: Report = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), text);
        assert!(text.contains(r#""mode":"sync""#));
    }
}
