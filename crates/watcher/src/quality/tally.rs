use super::histogram::Histogram;

/// Upper bounds of the promise latency, seconds: from a millisecond, which a machine nearby hears, to half a minute.
pub(super) const LATENCY_S: [f64; 15] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 30.0,
];
/// Upper bounds of the settlement time, seconds: from a slot to an hour.
pub(super) const SETTLEMENT_S: [f64; 12] = [
    6.0, 12.0, 24.0, 36.0, 60.0, 96.0, 144.0, 240.0, 400.0, 800.0, 1_600.0, 3_600.0,
];

/// What was counted of one gateway in some time.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) promises: u64,
    pub(super) kept: u64,
    pub(super) broken: u64,
    pub(super) seen: u64,
    pub(super) missed: u64,
    pub(super) latency: Histogram<15>,
    pub(super) settlement: Histogram<12>,
}

impl Tally {
    pub(super) fn add(&mut self, other: &Self) {
        for (own, more) in [
            (&mut self.promises, other.promises),
            (&mut self.kept, other.kept),
            (&mut self.broken, other.broken),
            (&mut self.seen, other.seen),
            (&mut self.missed, other.missed),
        ] {
            *own = own.saturating_add(more);
        }
        self.latency.add(&other.latency);
        self.settlement.add(&other.settlement);
    }
}
