//! When things begin: pure.

use forebond_embedded_l1::node::PresetName;
use forebond_protocol::SlotClock;

use crate::config::DevnetConfig;

/// Epochs of history an L1 in virtual time gets: two for deploying, two until what is registered holds, one because the block that
/// registers may be an epoch's last, one to spare.
const HISTORY_EPOCHS: u64 = 6;
/// A rollup block's origin lies so many L1 blocks behind the head.
pub(crate) const ORIGIN_DEPTH: u64 = 2;
/// Slots that the last steps of the opening take, before the chain reaches the time of day.
pub(super) const LAST_STEPS_SLOTS: u64 = 4;
/// From the creation of the rollup's contracts until gateways answer, about.
const UNTIL_READY_MS: u64 = 1_000;
/// Until one batcher more can post: it loads the trusted setup of its proofs, and they all share this machine.
const BATCHER_READY_MS: u64 = if cfg!(debug_assertions) { 3_500 } else { 1_500 };
/// Slots from the creation of the rollup's contracts until lending is in a block, at most.
const LENDING_SLOTS: u64 = 5;
/// What is registered in an epoch counts so many epochs later.
const LEAD_EPOCHS: u64 = 2;

/// When a rollup begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RollupStart {
    /// Unix seconds of block 0: the start of an L1 slot.
    pub(super) genesis_s: u64,
    /// The L1 epoch of that slot.
    pub(super) first_epoch: u64,
    /// First epoch in which lent slots count; not after the first one.
    pub(super) lent_from: u64,
}

/// Slots of an epoch.
pub(super) const fn slots_per_epoch(preset: PresetName) -> u64 {
    match preset {
        PresetName::Minimal => 8,
        PresetName::Mainnet => 32,
    }
}

/// Unix seconds of slot 0 of an L1 whose history is made up at `now_s`. Now lies so deep in an epoch that the last steps lie in it,
/// too: what they prove reaches to the end of the next epoch.
pub(crate) const fn l1_genesis_s(config: &DevnetConfig, now_s: u64) -> u64 {
    let slots = HISTORY_EPOCHS
        .saturating_mul(slots_per_epoch(config.preset))
        .saturating_add(LAST_STEPS_SLOTS);
    now_s.saturating_sub(slots.saturating_mul(config.slot_time_s))
}

/// The slot to have reached before the last steps: the epoch in which lent slots count has begun, and the chain is as near to the
/// time of day as the last steps allow.
pub(super) const fn last_steps_from(clock: &SlotClock, lent_from: u64, now_ms: u64) -> u64 {
    let begun = lent_from.saturating_mul(clock.slots_per_epoch);
    let near = clock.slot_at_ms(now_ms).saturating_sub(LAST_STEPS_SLOTS);
    if begun > near { begun } else { near }
}

/// From the creation of the rollup's contracts until everybody works, at most an epoch. Where somebody watches, batchers are waited for:
/// a window that ends before its batcher is there costs an honest gateway its bond.
pub(super) fn until_ready_ms(config: &DevnetConfig, clock: &SlotClock) -> u64 {
    if config.watchers() == 0 {
        return UNTIL_READY_MS;
    }
    let batchers = u64::from(config.gateways).saturating_mul(BATCHER_READY_MS);
    let epoch_ms = clock
        .slots_per_epoch
        .saturating_mul(clock.seconds_per_slot)
        .saturating_mul(1_000);
    UNTIL_READY_MS.saturating_add(batchers).min(epoch_ms)
}

/// A rollup whose contracts are created after `slot` at `now_ms`. It begins about when gateways answer, so that its first blocks
/// belong to a turn that is running then; in real time not before what is lent counts and is proven.
pub(super) const fn rollup_start(
    clock: &SlotClock,
    slot: u64,
    now_ms: u64,
    until_ready_ms: u64,
) -> RollupStart {
    let lent_from = clock
        .epoch_of(slot.saturating_add(LENDING_SLOTS))
        .saturating_add(LEAD_EPOCHS);
    let proven = lent_from
        .saturating_mul(clock.slots_per_epoch)
        .saturating_add(LAST_STEPS_SLOTS);
    let ready = clock.slot_at_ms(now_ms.saturating_add(until_ready_ms));
    let begins = if ready > proven { ready } else { proven };
    RollupStart {
        genesis_s: clock.start_s(begins),
        first_epoch: clock.epoch_of(begins),
        lent_from,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tests::usual;
    use forebond_protocol::{BlockClock, TurnClock, Window};
    use proptest::prelude::*;

    fn clock(config: &DevnetConfig, now_s: u64) -> SlotClock {
        SlotClock {
            genesis_s: l1_genesis_s(config, now_s),
            seconds_per_slot: config.slot_time_s,
            slots_per_epoch: slots_per_epoch(config.preset),
        }
    }

    proptest! {
        #[test]
        fn in_virtual_time_the_history_is_long_enough_and_the_rollup_begins_about_now(
            mainnet: bool,
            slot_time_s in 1u64..30,
            now_s in 1_700_000_000u64..1_900_000_000,
            opening_ms in 0u64..3_000,
            deploying_slots in 0u64..11,
        ) {
            let preset = if mainnet { PresetName::Mainnet } else { PresetName::Minimal };
            let config = DevnetConfig { preset, slot_time_s, ..usual() };
            let clock = clock(&config, now_s);
            let now_ms = now_s * 1_000 + opening_ms;
            let start = rollup_start(&clock, deploying_slots, now_ms, UNTIL_READY_MS);
            let from = last_steps_from(&clock, start.lent_from, now_ms);
            prop_assert!(from + LAST_STEPS_SLOTS <= clock.slot_at_ms(now_ms), "nothing is waited for");
            if opening_ms < slot_time_s * 3_000 {
                prop_assert_eq!(clock.epoch_of(from), clock.epoch_of(clock.slot_at_ms(now_ms)), "one epoch");
            }
            prop_assert!(clock.epoch_of(from) >= start.lent_from && start.first_epoch >= start.lent_from);
            let away_ms = (start.genesis_s * 1_000).abs_diff(now_ms);
            prop_assert!(away_ms <= UNTIL_READY_MS.max(slot_time_s * 1_000));
        }

        #[test]
        fn in_real_time_the_rollup_begins_when_its_windows_are_proven(
            slot_time_s in 1u64..30,
            slot in 0u64..100,
        ) {
            let genesis_s = 1_800_000_000;
            let slots = SlotClock { genesis_s, seconds_per_slot: slot_time_s, slots_per_epoch: 8 };
            let start = rollup_start(&slots, slot, slots.start_s(slot) * 1_000, UNTIL_READY_MS);
            let counts_from = slots.start_s(start.lent_from * 8);
            prop_assert!(start.genesis_s >= counts_from + LAST_STEPS_SLOTS * slot_time_s);
            prop_assert!(slots.epoch_of(slot + LENDING_SLOTS) + 2 <= start.lent_from, "two epochs of notice");
        }

        #[test]
        fn the_first_block_belongs_to_a_window_that_lies_in_an_epoch_with_windows(
            slot_time_s in 1u64..30,
            now_ms in 1_800_000_000_000u64..1_800_000_900_000,
            handover_slots in 1u64..3,
        ) {
            let config = DevnetConfig { slot_time_s, ..usual() };
            let slots = clock(&config, 1_800_000_000);
            let start = rollup_start(&slots, 6, now_ms, UNTIL_READY_MS);
            let turns = TurnClock { slots, blocks: BlockClock::new(start.genesis_s, 1).unwrap(), handover_slots };
            let slot = turns.posting_slot_of(1);
            prop_assert!(slots.epoch_of(slot) >= start.first_epoch);
            let window = Window { gateway: 1, first_slot: slot, last_slot: slot + 3 };
            prop_assert!(turns.blocks_of(&window).contains(1));
        }
    }
}
