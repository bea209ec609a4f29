//! Who may write: windows, and the gateways that own them.

mod gateways;
mod keeper;
mod survey;

pub(crate) use keeper::WindowKeeper;

use std::collections::BTreeMap;

use forebond_l1::execution::BlockRef;
use forebond_protocol::{Schedule, Window};
pub use forebond_types::CommitterSet;

/// What L1 says about windows and gateways after one block. What is not in it is unknown: nobody signs or accepts by guess.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowBook {
    /// The L1 block for which it was read; none before the first reading.
    pub at: Option<BlockRef>,
    /// Slots of an L1 epoch.
    pub slots_per_epoch: u64,
    /// Windows known; unproven slots are missing.
    pub schedule: Schedule,
    /// Gateways by number.
    pub gateways: BTreeMap<u32, GatewayInfo>,
}

/// A gateway.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GatewayInfo {
    /// What holds in an epoch; the present and the next one, and older ones while the process runs.
    pub epochs: BTreeMap<u64, GatewayEpoch>,
    /// Where clients reach it, as it says itself.
    pub endpoint: String,
    /// What can be slashed of it for this rollup, wei.
    pub reserve_wei: u128,
}

/// A gateway in one L1 epoch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayEpoch {
    /// Who signs for it in windows that end in the epoch; none when it has no set, or the set's preimage was not found.
    pub committers: Option<CommitterSet>,
    /// Member, not suspended, admitted: may own windows that end in the epoch. A fallback gateway needs it not.
    pub eligible: bool,
}

impl WindowBook {
    /// The window around a slot and who signs in it; none when either is unknown.
    pub fn owner(&self, slot: u64) -> Option<(Window, &CommitterSet)> {
        let window = self.schedule.at(slot)?;
        Some((window, self.committers(&window)?))
    }

    /// Who signs for the window's gateway in it: the set of the epoch the window *ends* in (R15).
    pub fn committers(&self, window: &Window) -> Option<&CommitterSet> {
        let epoch = window.last_slot.checked_div(self.slots_per_epoch)?;
        self.gateways
            .get(&window.gateway)?
            .epochs
            .get(&epoch)?
            .committers
            .as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::Address;

    fn set(byte: u8) -> CommitterSet {
        CommitterSet {
            threshold: 1,
            members: vec![Address::repeat_byte(byte)],
        }
    }

    /// Pitfall: config read at the epoch border belongs to the wrong epoch.
    #[test]
    fn at_the_epoch_border_the_set_of_the_epoch_a_window_ends_in_signs() {
        let mut book = WindowBook {
            slots_per_epoch: 8,
            ..WindowBook::default()
        };
        let window = Window {
            gateway: 2,
            first_slot: 6,
            last_slot: 9,
        };
        book.schedule.insert(window);
        let epoch = |byte| GatewayEpoch {
            committers: Some(set(byte)),
            eligible: true,
        };
        let gateway = book.gateways.entry(2).or_default();
        gateway.epochs.insert(0, epoch(10));
        assert_eq!(book.committers(&window), None, "unknown, not the old set");
        let gateway = book.gateways.entry(2).or_default();
        gateway.epochs.insert(1, epoch(11));
        assert_eq!(book.owner(7), Some((window, &set(11))));
        assert_eq!(book.owner(10), None);
    }
}
