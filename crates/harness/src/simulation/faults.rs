//! What goes wrong, and when: by lot, or by name for the incidents that `pitfalls.md` lists.

use super::{chance::Chance, pen::Point};

/// Something that goes wrong. Times are virtual milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A process dies now and starts again later; never, without a time.
    Crash { node: usize, down_ms: Option<u64> },
    /// A process dies the next time it comes to a point, and starts again two seconds later.
    CrashAt { node: usize, point: Point },
    /// A process dies and all but the guard's record is gone when it starts again.
    LostDisk { node: usize, down_ms: u64 },
    /// Two processes do not reach each other.
    Parted { a: usize, b: usize, for_ms: u64 },
    /// A process hears from nobody.
    Deaf { node: usize, for_ms: u64 },
    /// A process sees nothing new of L1.
    Blind { node: usize, for_ms: u64 },
    /// L1 makes no block in the next slots.
    Missed { slots: u64 },
    /// The newest L1 blocks are replaced.
    Reorg { depth: u64 },
    /// Nobody gets blobs.
    Hidden { for_ms: u64 },
}

/// A run: who takes part, how the network is, what goes wrong.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Gateways.
    pub gateways: usize,
    /// Followers that hear messages, besides one that follows L1 alone.
    pub followers: usize,
    /// Slots with faults; as many again without follow.
    pub slots: u64,
    /// H of R1.
    pub handover_slots: u64,
    /// Owner and length in slots of windows, over and over; by lot if there are none.
    pub(crate) windows: Vec<(usize, u64)>,
    /// Messages that are lost, of a hundred.
    pub lost_percent: u64,
    /// Messages that come twice, of a hundred.
    pub twice_percent: u64,
    /// A message takes up to so long, milliseconds.
    pub delay_ms: u64,
    /// Clocks are off by up to so much, milliseconds.
    pub skew_ms: u64,
    /// What goes wrong, and when (milliseconds after the start).
    pub(crate) faults: Vec<(u64, Fault)>,
}

impl Plan {
    /// Nothing goes wrong.
    pub const fn calm(gateways: usize, slots: u64) -> Self {
        Self {
            gateways,
            followers: 1,
            slots,
            handover_slots: 2,
            windows: Vec::new(),
            lost_percent: 0,
            twice_percent: 0,
            delay_ms: 20,
            skew_ms: 0,
            faults: Vec::new(),
        }
    }

    /// Everything by lot.
    pub fn random(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x5eed);
        let gateways = usize::try_from(chance.between(1, 3)).unwrap_or(2);
        let mut plan = Self {
            gateways,
            followers: 1,
            slots: chance.between(20, 36),
            handover_slots: chance.between(1, 2),
            windows: Vec::new(),
            lost_percent: chance.between(0, 2).saturating_mul(3),
            twice_percent: chance.between(0, 5),
            delay_ms: chance.between(5, 250),
            skew_ms: chance.between(0, 1).saturating_mul(chance.between(0, 120)),
            faults: Vec::new(),
        };
        let end_ms = plan.slots.saturating_mul(2_000);
        for _ in 0..chance.between(0, 7) {
            let at_ms = chance.between(4_000, end_ms);
            let fault = plan.any(&mut chance);
            plan.faults.push((at_ms, fault));
        }
        if plan.gateways > 1 && chance.percent(15) {
            let node = chance.place(plan.gateways);
            let dead = Fault::Crash {
                node,
                down_ms: None,
            };
            plan = plan.with(chance.between(4_000, end_ms), dead);
        }
        plan
    }

    /// Whether nothing goes wrong but delays, doubles and clocks.
    pub const fn is_calm(&self) -> bool {
        self.faults.is_empty() && self.lost_percent == 0
    }

    /// As this one, with a fault more, so long after the start.
    #[must_use]
    pub(crate) fn with(mut self, at_ms: u64, fault: Fault) -> Self {
        self.faults.push((at_ms, fault));
        self
    }

    fn any(&self, chance: &mut Chance) -> Fault {
        let everybody = self.gateways.saturating_add(self.followers);
        let gateway = chance.place(self.gateways);
        let node = chance.place(everybody);
        let for_ms = chance.between(300, 9_000);
        match chance.between(0, 8) {
            0 => Fault::Crash {
                node: gateway,
                down_ms: Some(for_ms),
            },
            1 => Fault::CrashAt {
                node: gateway,
                point: Point::ALL
                    .get(chance.place(Point::ALL.len()))
                    .copied()
                    .unwrap_or(Point::MidBlock),
            },
            2 => Fault::LostDisk {
                node: gateway,
                down_ms: for_ms,
            },
            3 => Fault::Parted {
                a: gateway,
                b: chance.place(everybody),
                for_ms,
            },
            4 => Fault::Deaf { node, for_ms },
            5 => Fault::Blind { node, for_ms },
            6 => Fault::Missed {
                slots: chance.between(1, 3),
            },
            7 => Fault::Reorg {
                // Three are more than the origin depth: what a turn stands on may go, and safety stays.
                depth: chance.between(1, 3),
            },
            _ => Fault::Hidden { for_ms },
        }
    }
}
