//! Markers of a handover that gossip lost are asked for: the base of a turn that should have begun, the seal of a turn that should
//! have ended.

use super::{Follower, Want};
use forebond_settlement::WindowBook;

/// A turn's base may take so long to arrive before it is asked for, milliseconds.
const BASE_LATE_MS: u64 = 500;
/// The end of a turn may take so long, milliseconds: the next gateway waits for it.
const END_LATE_MS: u64 = 40;
/// Between two questions, milliseconds, while the border is near and later.
const AGAIN_MS: u64 = 150;
const AGAIN_LATER_MS: u64 = 2_000;
/// How long the border is near, milliseconds.
const NEAR_MS: u64 = 3_000;

/// When to look again.
#[derive(Debug, Default)]
pub(super) struct Markers {
    next_ms: u64,
}

impl Follower {
    /// Looks whether a marker is overdue; `now_ms` is Unix time. Cheap enough for every tick.
    pub fn look_for_markers(&mut self, book: &WindowBook, now_ms: u64) {
        if now_ms < self.markers.next_ms {
            return;
        }
        let Some(ledger) = &self.ledger else {
            return;
        };
        let turns = &self.facts.turns;
        let open = turns.blocks.open_at(now_ms);
        let Some(window) = book.schedule.of_block(turns, open) else {
            return;
        };
        let first = turns.blocks_of(&window).first;
        let began_ms = turns.blocks.closes_at_ms(first.saturating_sub(1));
        let since_ms = now_ms.saturating_sub(began_ms);
        let followed = ledger.base().map(|base| base.base.window);
        let here = followed == Some(window.last_slot);
        let mut wants = Vec::new();
        if !here && since_ms >= BASE_LATE_MS && !self.waiting.has_base(window.last_slot) {
            wants.push(Want::Base {
                window: window.last_slot,
            });
        }
        // The first frag is right behind its base: who asked for the base has missed more than that.
        let begun = ledger.turn().is_some_and(|turn| turn.next_sequence() > 0);
        if here && !begun && since_ms >= BASE_LATE_MS {
            wants.push(Want::Range {
                from_block: ledger.tip().start.opening.number.saturating_add(1),
            });
        }
        let unended = ledger.turn().filter(|turn| !turn.ended());
        if let Some(turn) = unended
            && !here
            && since_ms >= END_LATE_MS
        {
            wants.push(Want::EndSeal {
                window: turn.base().window,
            });
            wants.push(Want::Range {
                from_block: ledger.tip().start.opening.number.max(1),
            });
        }
        if wants.is_empty() {
            return;
        }
        let pause = if since_ms < NEAR_MS {
            AGAIN_MS
        } else {
            AGAIN_LATER_MS
        };
        self.markers.next_ms = now_ms.saturating_add(pause);
        for want in wants {
            self.want(want);
        }
    }
}
