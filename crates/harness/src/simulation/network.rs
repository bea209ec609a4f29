//! Who hears whom, when, and how often.

use super::{chance::Chance, faults::Plan};
use std::collections::BTreeMap;

/// The network between processes.
#[derive(Debug)]
pub(crate) struct Network {
    pub(crate) lost_percent: u64,
    twice_percent: u64,
    delay_ms: u64,
    /// From one to another: nothing arrives before (virtual milliseconds).
    parted_until_ms: BTreeMap<(usize, usize), u64>,
}

impl Network {
    pub(crate) const fn new(plan: &Plan) -> Self {
        Self {
            lost_percent: plan.lost_percent,
            twice_percent: plan.twice_percent,
            delay_ms: plan.delay_ms,
            parted_until_ms: BTreeMap::new(),
        }
    }

    /// Two processes do not reach each other until then.
    pub(crate) fn part(&mut self, a: usize, b: usize, until_ms: u64) {
        for pair in [(a, b), (b, a)] {
            self.parted_until_ms.insert(pair, until_ms);
        }
    }

    pub(crate) fn reaches(&self, from: usize, to: usize, now_ms: u64) -> bool {
        self.parted_until_ms
            .get(&(from, to))
            .is_none_or(|until_ms| *until_ms <= now_ms)
    }

    pub(crate) fn delay_ms(&self, chance: &mut Chance) -> u64 {
        chance.between(1, self.delay_ms)
    }

    /// After how long the copies of a message arrive.
    pub(crate) fn copies(
        &self,
        from: usize,
        to: usize,
        now_ms: u64,
        chance: &mut Chance,
    ) -> Vec<u64> {
        if !self.reaches(from, to, now_ms) || chance.percent(self.lost_percent) {
            return Vec::new();
        }
        let mut copies = vec![self.delay_ms(chance)];
        if chance.percent(self.twice_percent) {
            copies.push(self.delay_ms(chance));
        }
        copies
    }
}
