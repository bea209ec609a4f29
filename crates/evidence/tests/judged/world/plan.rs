use proptest::prelude::*;

/// What becomes of a window's blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Posted by their gateway, with whatever it covers.
    Posted,
    /// Signed twice after a fee bump, and posted the second time.
    Rebatched,
    /// Posted in two batches.
    Split,
    /// L1 missed the window's last slots; the successor posts the blocks as they were promised.
    MissedAndCovered,
    /// L1 missed the window's last slots and the blocks are lost: the successor makes others in their place.
    MissedAndLost,
    /// Not posted although L1 had blocks; the successor posts them (the fault `late`).
    LateAndCovered,
    /// Not posted although L1 had blocks, and nobody covers (the fault `late`); only for a last window.
    Silent,
}

/// A window.
#[derive(Clone, Debug)]
pub(crate) struct WindowPlan {
    pub(crate) gateway: u32,
    pub(crate) slots: u64,
    pub(crate) fate: Fate,
    /// Tips of each frag's transactions, for every block of the turn in turn.
    pub(crate) frags: Vec<Vec<u32>>,
    /// Coverage of each promise, wei.
    pub(crate) coverage_wei: u128,
}

/// A history.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) windows: Vec<WindowPlan>,
    pub(crate) ordering_rule: u8,
}

/// Something dishonest that has to be signed in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Twist {
    /// The second place of a frag's tree holds another leaf with the first one's index.
    Twins,
    /// The tips of a frag rise (rule 1).
    TipsRise,
    /// A sender stands twice in a frag (rule 1).
    SenderTwice,
}

fn window(fates: &'static [Fate]) -> impl Strategy<Value = WindowPlan> {
    let frags = prop::collection::vec(prop::collection::vec(0u32..1_000, 1..6), 1..4);
    (
        1u32..4,
        1u64..4,
        prop::sample::select(fates),
        frags,
        1u128..1_000_000,
    )
        .prop_map(|(gateway, slots, fate, frags, coverage_wei)| WindowPlan {
            gateway,
            slots,
            fate,
            frags,
            // Blocks that are lost break promises: an honest gateway covers what it cannot be sure of with nothing.
            coverage_wei: if fate == Fate::MissedAndLost {
                0
            } else {
                coverage_wei
            },
        })
}

/// Honest histories of two to five windows.
pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    const ANY: &[Fate] = &[
        Fate::Posted,
        Fate::Rebatched,
        Fate::Split,
        Fate::MissedAndCovered,
        Fate::MissedAndLost,
    ];
    const LAST: &[Fate] = &[Fate::Posted, Fate::Rebatched, Fate::Split];
    (
        prop::collection::vec(window(ANY), 1..5),
        window(LAST),
        0u8..2,
    )
        .prop_map(|(mut windows, last, ordering_rule)| {
            windows.push(last);
            Plan {
                windows,
                ordering_rule,
            }
        })
}
