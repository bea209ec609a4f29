//! Who does it, and in which window: pure.

use forebond_protocol::Window;

use super::Misdeed;

/// A window to do it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// The window.
    pub(super) window: Window,
    /// The last slot that something may be posted in.
    pub(super) post_until: u64,
}

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

    /// The first window that fits: its turn begins after now, it is long enough, and nobody honest is hurt.
    pub(super) fn of(&self, windows: &[Window]) -> Option<Chosen> {
        windows.iter().enumerate().find_map(|(place, window)| {
            let next = windows.get(place.saturating_add(1));
            self.fits(window, next)
        })
    }

    fn fits(&self, window: &Window, next: Option<&Window>) -> Option<Chosen> {
        let length = window.last_slot.saturating_sub(window.first_slot) + 1;
        let turn_begins = window.first_slot.saturating_sub(self.handover_slots);
        let ahead = turn_begins > self.slot.saturating_add(Self::NOTICE_SLOTS);
        let is_own_successor = next?.gateway == window.gateway;
        let fits = ahead
            && length >= self.misdeed.least_window()
            && !self.spared.contains(&window.gateway)
            && !(is_own_successor && self.misdeed.needs_another_successor());
        let post_until = if self.misdeed.takes_back() && !is_own_successor {
            let before_next_turn = self.handover_slots.saturating_add(1);
            window.last_slot.saturating_sub(before_next_turn)
        } else {
            window.last_slot
        };
        (fits && post_until >= window.first_slot).then_some(Chosen {
            window: *window,
            post_until,
        })
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
            window(1, 20, 22),
        ];
        let chosen = |slot| {
            let chosen = choice(Misdeed::Equivocate, slot).of(&windows);
            chosen.map(|chosen| chosen.window)
        };
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
    fn what_takes_back_blocks_is_posted_before_an_honest_successors_turn() {
        let windows = [
            window(2, 8, 9),
            window(1, 10, 10),
            window(3, 11, 13),
            window(2, 14, 15),
            window(2, 16, 17),
            window(1, 18, 19),
        ];
        let at = |slot| choice(Misdeed::Omit, slot).of(&windows).unwrap();
        assert_eq!((at(0).window, at(0).post_until), (windows[2], 11));
        assert_eq!(
            (at(10).window, at(10).post_until),
            (windows[3], 15),
            "its own successor"
        );
        let withheld = choice(Misdeed::Withhold, 9).of(&windows).unwrap();
        assert_eq!(
            withheld.window, windows[4],
            "behind the window before it the gateway writes on"
        );
        let late = choice(Misdeed::Late, 0).of(&windows).unwrap();
        assert_eq!((late.window, late.post_until), (windows[0], 9));
    }
}
