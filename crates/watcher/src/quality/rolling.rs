use std::collections::VecDeque;

use super::tally::Tally;

/// Length of a step, milliseconds.
const STEP_MS: u64 = 300_000;
/// Steps kept: a day.
const STEPS: usize = 288;

/// Tallies since the start, and of each five minutes of the last day.
#[derive(Clone, Debug, Default)]
pub(super) struct Rolling {
    total: Tally,
    /// Ascending by step.
    steps: VecDeque<(u64, Tally)>,
}

impl Rolling {
    /// Notes something at `at_ms`. Clocks may go back: what comes late counts for the newest step.
    pub(super) fn note(&mut self, at_ms: u64, note: impl Fn(&mut Tally)) {
        note(&mut self.total);
        let step = at_ms / STEP_MS;
        if self.steps.back().is_none_or(|(newest, _)| *newest < step) {
            self.steps.push_back((step, Tally::default()));
        }
        while self.steps.len() > STEPS {
            self.steps.pop_front();
        }
        if let Some((_, newest)) = self.steps.back_mut() {
            note(newest);
        }
    }

    pub(super) const fn total(&self) -> &Tally {
        &self.total
    }

    /// The last `length_ms` before `now_ms`, to five minutes; at most a day.
    pub(super) fn last(&self, now_ms: u64, length_ms: u64) -> Tally {
        let first = now_ms.saturating_sub(length_ms) / STEP_MS;
        let mut sum = Tally::default();
        for (step, tally) in self.steps.iter().rev() {
            if *step <= first && length_ms < now_ms {
                break;
            }
            sum.add(tally);
        }
        sum
    }

    /// Steps kept.
    #[cfg(test)]
    pub(super) fn steps(&self) -> usize {
        self.steps.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    #[test]
    fn what_is_older_than_the_period_no_longer_counts_and_the_total_keeps_it() {
        let mut rolling = Rolling::default();
        let start = 1_000 * HOUR_MS;
        for minute in 0..180 {
            rolling.note(start + minute * 60_000, |tally| tally.kept += 1);
        }
        let now = start + 180 * 60_000 - 1;
        assert_eq!(rolling.last(now, HOUR_MS).kept, 60);
        assert_eq!(rolling.last(now, 24 * HOUR_MS).kept, 180);
        assert_eq!(rolling.last(now + 48 * HOUR_MS, HOUR_MS).kept, 0);
        assert_eq!(rolling.total().kept, 180);
    }

    #[test]
    fn a_day_of_steps_is_all_that_is_kept_and_a_clock_that_goes_back_adds_none() {
        let mut rolling = Rolling::default();
        for step in 0..2_000 {
            rolling.note(step * STEP_MS, |tally| tally.kept += 1);
            rolling.note(0, |tally| tally.broken += 1);
        }
        assert_eq!(rolling.steps(), STEPS);
        assert_eq!(rolling.total().broken, 2_000);
        let newest = 1_999 * STEP_MS;
        assert_eq!(rolling.last(newest, STEP_MS).broken, 1);
    }
}
