//! The incidents of `pitfalls.md`, "Handover, heads, settlement", by name. Two gateways take turns of four slots: turn `n` begins
//! `8 n - 1` seconds after the start and is gateway 0's when `n` is even. Block `m` closes `4 + m` seconds after the start.

use super::{
    faults::{Fault, Plan},
    pen::Point,
};

/// An incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// Gateways whose view of L1 is old start again with the same old head.
    EqualStaleHeads,
    /// The last messages of a turn do not reach the successor.
    LostEndMarker,
    /// A gateway posts more than it showed its successor.
    LateRelease,
    /// A successor hears nothing of a whole turn.
    DeafSuccessor,
    /// The same, and the slot in which its predecessor would have posted is missed.
    PassedOver,
    /// The last L1 block of a window is replaced.
    ReorgAtBorder,
    /// A gateway dies in the middle of a block, for good.
    DeadMidBlock,
    /// A gateway dies with a frag in the log and no signature.
    CrashBeforeSignature,
    /// A gateway loses all its data in its own turn.
    LostDisk,
    /// A gateway and its batcher start again in their own window.
    Reboot,
    /// L1 goes back further than the origin depth while a gateway sequences.
    ReorgUnderTurn,
    /// All gateways die, for good.
    NobodyAlive,
}

impl Scenario {
    /// The run in which it happens.
    pub fn plan(self) -> Plan {
        let calm = Plan {
            windows: vec![(0, 4), (1, 4)],
            ..Plan::calm(2, 24)
        };
        let dead = |node| Fault::Crash {
            node,
            down_ms: None,
        };
        // The gateways are 0 and 1, the observer is 2.
        match self {
            Self::EqualStaleHeads => calm
                .with(
                    14_500,
                    Fault::Blind {
                        node: 0,
                        for_ms: 20_000,
                    },
                )
                .with(
                    14_500,
                    Fault::Blind {
                        node: 1,
                        for_ms: 20_000,
                    },
                )
                .with(
                    15_000,
                    Fault::Crash {
                        node: 0,
                        down_ms: Some(1_000),
                    },
                )
                .with(
                    15_000,
                    Fault::Crash {
                        node: 1,
                        down_ms: Some(1_000),
                    },
                ),
            Self::LostEndMarker => calm.with(
                22_990,
                Fault::Parted {
                    a: 0,
                    b: 1,
                    for_ms: 100,
                },
            ),
            Self::LateRelease => calm
                .with(
                    20_000,
                    Fault::Parted {
                        a: 0,
                        b: 1,
                        for_ms: 4_500,
                    },
                )
                .with(
                    20_000,
                    Fault::Parted {
                        a: 0,
                        b: 2,
                        for_ms: 4_500,
                    },
                ),
            Self::DeafSuccessor => calm.with(
                15_000,
                Fault::Deaf {
                    node: 1,
                    for_ms: 9_000,
                },
            ),
            // It hears and is heard again right after it has opened.
            Self::PassedOver => calm
                .with(
                    15_000,
                    Fault::Deaf {
                        node: 1,
                        for_ms: 8_405,
                    },
                )
                .with(23_500, Fault::Missed { slots: 1 }),
            Self::ReorgAtBorder => calm.with(26_500, Fault::Reorg { depth: 1 }),
            Self::DeadMidBlock => calm.with(19_550, dead(0)),
            Self::CrashBeforeSignature => calm.with(
                18_500,
                Fault::CrashAt {
                    node: 0,
                    point: Point::BeforeSignature,
                },
            ),
            Self::LostDisk => calm.with(
                18_500,
                Fault::LostDisk {
                    node: 0,
                    down_ms: 700,
                },
            ),
            Self::Reboot => calm.with(
                21_000,
                Fault::Crash {
                    node: 0,
                    down_ms: Some(700),
                },
            ),
            Self::ReorgUnderTurn => Plan {
                windows: vec![(0, 4)],
                ..Plan::calm(1, 24)
            }
            .with(20_836, Fault::Reorg { depth: 3 }),
            Self::NobodyAlive => calm.with(18_000, dead(0)).with(18_000, dead(1)),
        }
    }
}
