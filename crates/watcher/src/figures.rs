//! Figures for `/metrics`.

use forebond_evidence::FaultKind;
use prometheus::{IntCounter, IntCounterVec, IntGauge, Opts, Registry};

/// What a watcher counts.
#[derive(Clone, Debug)]
pub struct Figures {
    /// Messages and frags' promises that were new.
    pub heard: IntCounter,
    /// Messages that the book did not take.
    pub refused: IntCounter,
    /// Messages that were lost because the watcher was too slow; they are looked for in the store.
    pub missed: IntCounter,
    /// Submissions, by what became of them.
    pub submissions: IntCounterVec,
    /// Signed delegations that were brought, by what became of them.
    pub delegations: IntCounterVec,
    /// Batches compared with what was promised.
    pub reviewed: IntCounter,
    /// Disputes opened.
    pub disputes: IntCounter,
    /// Votes on disputed batches.
    pub votes: IntCounter,
    opened: IntCounterVec,
    shifts: IntCounterVec,
    book_bytes: IntGauge,
    journal_bytes: IntGauge,
}

impl Figures {
    /// Registers them.
    ///
    /// # Errors
    /// When another part of the process has registered one of these names.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let options =
            |name: &str, help: &str| Opts::new(format!("forebond_watcher_{name}"), help.to_owned());
        let counter = |name: &str, help: &str| -> Result<IntCounter, prometheus::Error> {
            let counter = IntCounter::with_opts(options(name, help))?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let by =
            |name: &str, help: &str, label: &str| -> Result<IntCounterVec, prometheus::Error> {
                let counters = IntCounterVec::new(options(name, help), &[label])?;
                registry.register(Box::new(counters.clone()))?;
                Ok(counters)
            };
        let gauge = |name: &str, help: &str| -> Result<IntGauge, prometheus::Error> {
            let gauge = IntGauge::with_opts(options(name, help))?;
            registry.register(Box::new(gauge.clone()))?;
            Ok(gauge)
        };
        Ok(Self {
            heard: counter(
                "heard_total",
                "Signed messages and frags' promises that were new",
            )?,
            refused: counter(
                "refused_total",
                "Messages that are no gateway's, too old, too early or too many",
            )?,
            missed: counter("missed_total", "Messages lost because the queue was full")?,
            submissions: by(
                "submissions_total",
                "Submitted evidence, by outcome",
                "outcome",
            )?,
            delegations: by(
                "delegations_total",
                "Signed delegations that were brought, by outcome: new, known, refused",
                "outcome",
            )?,
            reviewed: counter(
                "reviewed_batches_total",
                "Batches compared with what was promised",
            )?,
            disputes: counter("disputes_total", "Disputes opened")?,
            votes: counter("votes_total", "Votes on disputed batches")?,
            opened: by("cases_opened_total", "Cases opened, by fault", "fault")?,
            shifts: by(
                "shifts_total",
                "Liability for others' faults moved to whom a verdict blames, by outcome: moved, lost, refused",
                "outcome",
            )?,
            book_bytes: gauge("book_bytes", "Memory of signed messages")?,
            journal_bytes: gauge("journal_bytes", "What was heard, on disk")?,
        })
    }

    pub(crate) fn opened(&self, kind: FaultKind) {
        self.opened
            .with_label_values(&[format!("{kind:?}").as_str()])
            .inc();
    }

    pub(crate) fn shifted(&self, outcome: &str) {
        self.shifts.with_label_values(&[outcome]).inc();
    }

    pub(crate) fn sizes(&self, book: usize, journal: u64) {
        self.book_bytes.set(i64::try_from(book).unwrap_or(i64::MAX));
        self.journal_bytes
            .set(i64::try_from(journal).unwrap_or(i64::MAX));
    }
}
