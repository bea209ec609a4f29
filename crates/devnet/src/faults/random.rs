use rand::{Rng, SeedableRng, rngs::StdRng};

use super::{Fault, Planned};

/// Before the first fault everything has to have found its feet, slots.
const FIRST_SLOT: u64 = 10;
/// Slots between two faults.
const PAUSE_SLOTS: std::ops::RangeInclusive<u64> = 5..=12;
/// Seconds that a process or the L1 stands still.
const STANDS_STILL_S: std::ops::RangeInclusive<u64> = 1..=4;

/// Faults without an end, the same for the same seed. One at a time, so at least one gateway is always left alone; reorgs are no
/// deeper than the rollup's origin depth, beyond which no promise can hold (R3).
#[derive(Clone, Debug)]
pub(crate) struct RandomFaults {
    rng: StdRng,
    slot: u64,
    gateways: u32,
    followers: u32,
    origin_depth: u64,
}

impl RandomFaults {
    /// Faults for so many gateways and followers.
    pub(crate) fn new(seed: u64, gateways: u32, followers: u32, origin_depth: u64) -> Self {
        Self {
            rng: StdRng::seed_from_u64(seed),
            slot: FIRST_SLOT,
            gateways,
            followers,
            origin_depth,
        }
    }

    fn name(&mut self) -> String {
        let roles = [
            ("gateway", self.gateways),
            ("batcher", self.gateways),
            ("follower", self.followers),
        ];
        let total = self.gateways + self.gateways + self.followers;
        let mut place = self.rng.random_range(0..total.max(1));
        for (role, count) in roles {
            if place < count {
                return format!("{role}-{}", place + 1);
            }
            place -= count;
        }
        "gateway-1".to_owned()
    }

    fn fault(&mut self) -> Fault {
        match self.rng.random_range(0..8u8) {
            0..=2 => Fault::Restart { name: self.name() },
            3 => Fault::Pause {
                name: self.name(),
                seconds: self.rng.random_range(STANDS_STILL_S),
            },
            4 => Fault::L1Reorg {
                depth: self.rng.random_range(1..=self.origin_depth.max(1)),
            },
            5 => Fault::L1Miss,
            6 => Fault::StallL1 {
                seconds: self.rng.random_range(STANDS_STILL_S),
            },
            _ => Fault::HideBlobs {
                slots: self.rng.random_range(1..=3),
            },
        }
    }
}

impl Iterator for RandomFaults {
    type Item = Planned;

    fn next(&mut self) -> Option<Planned> {
        let slot = self.slot;
        self.slot = slot.saturating_add(self.rng.random_range(PAUSE_SLOTS));
        Some(Planned {
            fault: self.fault(),
            slot,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{DevnetConfig, tests::usual};
    use std::collections::HashSet;

    #[test]
    fn a_seed_gives_the_same_faults_again_and_another_seed_others() {
        let faults = |seed| -> Vec<_> { RandomFaults::new(seed, 2, 1, 2).take(50).collect() };
        assert_eq!(faults(3), faults(3));
        assert_ne!(faults(3), faults(4));
    }

    #[test]
    fn drawn_faults_are_of_all_kinds_possible_and_apart_from_each_other() {
        let faults: Vec<_> = RandomFaults::new(1, 2, 1, 2).take(400).collect();
        let kinds: HashSet<_> = faults
            .iter()
            .map(|planned| std::mem::discriminant(&planned.fault))
            .collect();
        assert_eq!(kinds.len(), 6, "all but kill");
        for pair in faults.windows(2) {
            assert!(pair[1].slot >= pair[0].slot + *PAUSE_SLOTS.start());
        }
        let deepest = faults.iter().map(|planned| match planned.fault {
            Fault::L1Reorg { depth } => depth,
            _ => 0,
        });
        assert_eq!(deepest.max(), Some(2));
        DevnetConfig { faults, ..usual() }.check().unwrap();
    }
}
