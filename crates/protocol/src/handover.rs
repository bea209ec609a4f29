//! When a gateway opens its turn, and on what (R5, R17): the decision as plain code.

use crate::{BlockRange, Window};

/// What a gateway knows when it looks whether to open its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TurnOutlook {
    /// Unix milliseconds.
    pub now_ms: u64,
    /// The window whose turn the open block lies in, if L1 has told; and its blocks.
    pub window: Option<(Window, BlockRange)>,
    /// This gateway's number.
    pub me: u32,
    /// When the turn's first block opens, Unix milliseconds.
    pub opens_at_ms: u64,
    /// The newest block here, and whether its turn ended with it.
    pub tip: u64,
    /// Whether the predecessor's end-of-window seal on the tip is known.
    pub tip_ends_turn: bool,
    /// Newest block that follows from L1 alone.
    pub safe: u64,
    /// Whether L1 was followed to its present head and nothing of it waits, and the head was compared with peers if there are any.
    pub synced: bool,
    /// Since when this process has followed, Unix milliseconds.
    pub following_since_ms: u64,
    /// Newest window in which this key has opened a turn.
    pub newest_signed_window: Option<u64>,
    /// How long a predecessor that is silent is waited for, milliseconds.
    pub patience_ms: u64,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TurnDecision {
    /// The turn is not this gateway's, or not known.
    Follow,
    /// It is, and something is waited for.
    Wait(WaitReason),
    /// Open it on the newest block here.
    Open(Window, BlockRange),
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitReason {
    /// L1 is not followed to its head: two equal stale heads are no agreement.
    NotSynced,
    /// The window was signed in already, or this process came too late to know that it was not (R17).
    NextWindow,
    /// The predecessor's last messages.
    Predecessor,
}

impl TurnOutlook {
    /// Decides.
    pub const fn decide(&self) -> TurnDecision {
        let Some((window, blocks)) = self.window else {
            return TurnDecision::Follow;
        };
        if window.gateway != self.me || blocks.first > blocks.last || self.tip >= blocks.last {
            return TurnDecision::Follow;
        }
        if !self.synced {
            return TurnDecision::Wait(WaitReason::NotSynced);
        }
        if let Some(signed) = self.newest_signed_window
            && signed >= window.last_slot
        {
            return TurnDecision::Wait(WaitReason::NextWindow);
        }
        // Whoever was not there when the turn opened cannot know that its key signed nothing in it: a second machine, an old copy.
        // A rollup without a single block is the exception: its first gateway may come whenever it comes.
        let unborn = self.tip == 0 && self.newest_signed_window.is_none();
        if self.following_since_ms > self.opens_at_ms && !unborn {
            return TurnDecision::Wait(WaitReason::NextWindow);
        }
        let before = blocks.first.saturating_sub(1);
        let complete =
            unborn || self.tip >= before && (self.tip_ends_turn || self.safe >= self.tip);
        if complete || self.now_ms >= self.opens_at_ms.saturating_add(self.patience_ms) {
            TurnDecision::Open(window, blocks)
        } else {
            TurnDecision::Wait(WaitReason::Predecessor)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        gateway: 2,
        first_slot: 10,
        last_slot: 12,
    };
    const BLOCKS: BlockRange = BlockRange {
        first: 31,
        last: 36,
    };

    fn outlook() -> TurnOutlook {
        TurnOutlook {
            now_ms: 100_010,
            window: Some((WINDOW, BLOCKS)),
            me: 2,
            opens_at_ms: 100_000,
            tip: 30,
            tip_ends_turn: true,
            safe: 12,
            synced: true,
            following_since_ms: 50_000,
            newest_signed_window: Some(9),
            patience_ms: 500,
        }
    }

    const OPEN: TurnDecision = TurnDecision::Open(WINDOW, BLOCKS);

    #[test]
    fn a_turn_opens_at_once_on_the_predecessors_last_seal() {
        assert_eq!(outlook().decide(), OPEN);
        let others = TurnOutlook { me: 3, ..outlook() };
        assert_eq!(others.decide(), TurnDecision::Follow);
        let unknown = TurnOutlook {
            window: None,
            ..outlook()
        };
        assert_eq!(unknown.decide(), TurnDecision::Follow);
    }

    /// Pitfall: the end-of-window marker is lost and the next gateway waits the whole buffer. It waits its patience, no longer;
    /// and not at all when L1 has the predecessor's last block.
    #[test]
    fn end_marker_lost_costs_no_more_than_the_patience() {
        let lost = TurnOutlook {
            tip_ends_turn: false,
            ..outlook()
        };
        assert_eq!(lost.decide(), TurnDecision::Wait(WaitReason::Predecessor));
        let later = TurnOutlook {
            now_ms: 100_500,
            ..lost
        };
        assert_eq!(later.decide(), OPEN);
        let posted = TurnOutlook { safe: 30, ..lost };
        assert_eq!(posted.decide(), OPEN);
    }

    /// Pitfall: a gateway that dies leaves a shorter chain; its successor goes on with what there is.
    #[test]
    fn a_dead_predecessor_is_waited_for_and_then_left_behind() {
        let short = TurnOutlook {
            tip: 27,
            tip_ends_turn: false,
            ..outlook()
        };
        assert_eq!(short.decide(), TurnDecision::Wait(WaitReason::Predecessor));
        let later = TurnOutlook {
            now_ms: 100_500,
            ..short
        };
        assert_eq!(later.decide(), OPEN);
    }

    /// Pitfall: two equal but stale heights taken for synced.
    #[test]
    fn stale_heads_are_not_synced_and_nothing_is_signed() {
        let stale = TurnOutlook {
            synced: false,
            now_ms: 200_000,
            ..outlook()
        };
        assert_eq!(stale.decide(), TurnDecision::Wait(WaitReason::NotSynced));
    }

    /// R17: a window is opened once, and by nobody who was not there when it began.
    #[test]
    fn a_window_is_never_opened_twice_nor_by_a_latecomer() {
        let signed = TurnOutlook {
            newest_signed_window: Some(12),
            ..outlook()
        };
        assert_eq!(signed.decide(), TurnDecision::Wait(WaitReason::NextWindow));
        let late = TurnOutlook {
            following_since_ms: 100_001,
            ..outlook()
        };
        assert_eq!(late.decide(), TurnDecision::Wait(WaitReason::NextWindow));
    }
}
