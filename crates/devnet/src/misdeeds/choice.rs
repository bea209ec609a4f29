//! Who does it, and in which window: pure.

use forebond_protocol::Window;

use super::Misdeed;

/// What a choice rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<'a> {
    /// What is to be done.
    pub(super) misdeed: Misdeed,
    /// The slot that runs.
    pub(super) slot: u64,
    /// H of R1.
    pub(super) handover_slots: u64,
    /// Who is left alone: the fallback, without whom the rollup stands still, and whoever is guilty already.
    pub(super) spared: &'a [u32],
}

impl Choice<'_> {
    /// Slots from now on that a window's turn has not begun in, so that everything can be arranged.
    const NOTICE_SLOTS: u64 = 1;

    /// The first window that fits: its turn begins after now, and it is long enough.
    pub(super) fn of(&self, windows: &[Window]) -> Option<Window> {
        windows.iter().find(|window| self.fits(window)).copied()
    }

    fn fits(&self, window: &Window) -> bool {
        let length = window.last_slot.saturating_sub(window.first_slot) + 1;
        let turn_begins = window.first_slot.saturating_sub(self.handover_slots);
        turn_begins > self.slot.saturating_add(Self::NOTICE_SLOTS)
            && length >= self.misdeed.least_window(self.handover_slots)
            && !self.spared.contains(&window.gateway)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn window(gateway: u32, first_slot: u64, last_slot: u64) -> Window {
        Window {
            gateway,
            first_slot,
            last_slot,
        }
    }

    fn choice(misdeed: Misdeed, slot: u64) -> Choice<'static> {
        Choice {
            misdeed,
            slot,
            handover_slots: 1,
            spared: &[1],
        }
    }

    #[test]
    fn the_first_window_whose_turn_is_ahead_and_whose_gateway_is_not_spared_is_taken() {
        let windows = [
            window(2, 8, 10),
            window(1, 11, 13),
            window(3, 14, 14),
            window(2, 15, 19),
        ];
        let chosen = |slot| choice(Misdeed::Equivocate, slot).of(&windows);
        assert_eq!(chosen(5), Some(windows[0]));
        assert_eq!(
            chosen(6),
            Some(windows[2]),
            "the first turn has nearly begun"
        );
        assert_eq!(chosen(12), Some(windows[3]));
        assert_eq!(chosen(20), None);
    }

    #[test]
    fn what_takes_back_blocks_waits_for_a_window_that_ends_long_before_the_next_turn() {
        let windows = [window(2, 8, 9), window(3, 10, 12)];
        assert_eq!(choice(Misdeed::Omit, 0).of(&windows), Some(windows[1]));
        assert_eq!(choice(Misdeed::Late, 0).of(&windows), Some(windows[0]));
    }
}
