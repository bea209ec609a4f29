//! Turns as users see them: who signed when, and how long nobody did between two of them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::spam::Promise;

/// Windows that are remembered.
const KEPT_WINDOWS: usize = 65_536;

#[derive(Clone, Copy, Debug)]
struct Turn {
    gateway: usize,
    first_ms: u64,
    last_ms: u64,
    /// When its first block opened, once L1 was asked.
    begins_ms: Option<u64>,
}

/// Turns by window.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(BTreeMap<u64, Turn>);

/// What there is to say of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TurnsReport {
    /// Windows in which users got promises, by gateway.
    pub(crate) windows: BTreeMap<String, u64>,
    /// Milliseconds between the last frag of one gateway and the first one of the next, by issuedAtMs: half of them at most.
    pub(crate) handover_gap_ms_p50: u64,
    /// The longest.
    pub(crate) handover_gap_ms_max: u64,
    /// How many there were.
    pub(crate) handovers: u64,
    /// Milliseconds from the opening of a turn's first block to its first promise, whether the gateway before was alive or not:
    /// half of them at most.
    pub(crate) opening_ms_p50: u64,
    /// The longest.
    pub(crate) opening_ms_max: u64,
}

impl Turns {
    /// A promise belongs to its window.
    pub(crate) fn add(&mut self, promise: &Promise) {
        let issued = promise.issued_at_ms;
        let turn = self.0.entry(promise.window).or_insert(Turn {
            gateway: promise.gateway,
            first_ms: issued,
            last_ms: issued,
            begins_ms: None,
        });
        turn.first_ms = turn.first_ms.min(issued);
        turn.last_ms = turn.last_ms.max(issued);
        while self.0.len() > KEPT_WINDOWS {
            self.0.pop_first();
        }
    }

    /// The first block of a turn with promises opened then, Unix milliseconds.
    pub(crate) fn begins(&mut self, window: u64, begins_ms: u64) {
        if let Some(turn) = self.0.get_mut(&window) {
            turn.begins_ms = Some(begins_ms);
        }
    }

    /// In numbers.
    pub(crate) fn report(&self, gateways: &[String]) -> TurnsReport {
        let mut report = TurnsReport::default();
        for turn in self.0.values() {
            let name = gateways.get(turn.gateway).cloned().unwrap_or_default();
            *report.windows.entry(name).or_default() += 1;
        }
        let turns: Vec<_> = self.0.values().collect();
        let mut gaps: Vec<u64> = turns
            .windows(2)
            .filter_map(|pair| match pair {
                [before, after] if before.gateway != after.gateway => {
                    Some(after.first_ms.saturating_sub(before.last_ms))
                }
                _ => None,
            })
            .collect();
        report.handovers = gaps.len() as u64;
        (report.handover_gap_ms_p50, report.handover_gap_ms_max) = middle_and_longest(&mut gaps);
        let mut openings: Vec<u64> = turns
            .iter()
            .filter_map(|turn| Some(turn.first_ms.saturating_sub(turn.begins_ms?)))
            .collect();
        (report.opening_ms_p50, report.opening_ms_max) = middle_and_longest(&mut openings);
        report
    }
}

fn middle_and_longest(times: &mut [u64]) -> (u64, u64) {
    times.sort_unstable();
    let at = |place: usize| times.get(place).copied().unwrap_or_default();
    (at(times.len() / 2), at(times.len().saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promise(window: u64, gateway: usize, issued_at_ms: u64) -> Promise {
        Promise {
            tx_hash: Default::default(),
            block: 1,
            index: 1,
            receipt_hash: Default::default(),
            base: Default::default(),
            window,
            gateway,
            issued_at_ms,
            received_at_ms: 0,
        }
    }

    #[test]
    fn a_gap_is_the_time_between_two_gateways_and_not_between_two_windows_of_one() {
        let mut turns = Turns::default();
        for one in [
            promise(4, 0, 1_000),
            promise(4, 0, 1_900),
            promise(7, 1, 2_150),
            promise(7, 1, 2_900),
            promise(8, 1, 9_000),
            promise(9, 0, 9_050),
        ] {
            turns.add(&one);
        }
        for (window, begins_ms) in [(4, 900), (7, 2_000), (9, 9_060), (12, 0)] {
            turns.begins(window, begins_ms);
        }
        let report = turns.report(&["a".into(), "b".into()]);
        assert_eq!((report.opening_ms_p50, report.opening_ms_max), (100, 150));
        assert_eq!(report.handovers, 2);
        assert_eq!(report.handover_gap_ms_max, 250);
        assert_eq!(report.windows["a"], 2);
        assert_eq!(report.windows["b"], 2);
    }
}
