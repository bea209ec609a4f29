//! Decisions over whole stretches of slots, with real clocks and made-up chains.

use std::collections::BTreeMap;

use alloy_primitives::{B256, keccak256};
use alloy_sol_types::SolStruct;
use forebond_protocol::{BlockClock, Schedule, SlotClock, TurnClock, Window};
use forebond_types::Base;
use proptest::prelude::*;

use super::*;

const ME: u32 = 2;
const OTHER: u32 = 3;
const SLOT_S: u64 = 4;

fn rules(handover_slots: u64) -> Rules {
    Rules {
        turns: TurnClock {
            slots: SlotClock {
                genesis_s: 1_000,
                seconds_per_slot: SLOT_S,
                slots_per_epoch: 8,
            },
            blocks: BlockClock::new(1_000, 1).unwrap(),
            handover_slots,
        },
        me: ME,
        sequencing_window_slots: 20,
        policy: Policy {
            max_age_ms: 8_000,
            full_blobs: 4,
            lead_ms: 200,
            proof_ms: 100,
            patience_slots: 1,
        },
    }
}

fn hash(number: u64) -> B256 {
    keccak256(number.to_be_bytes())
}

/// A chain that everybody agrees on: each turn's blocks under its window's Base, which builds on the block before the turn.
struct Chain {
    rules: Rules,
    windows: Vec<Window>,
    schedule: Schedule,
    bases: BTreeMap<u64, Base>,
    hashes: BTreeMap<u64, B256>,
}

impl Chain {
    fn new(rules: Rules, windows: &[(u32, u64, u64)]) -> Self {
        let windows: Vec<Window> = windows
            .iter()
            .map(|(gateway, first_slot, last_slot)| Window {
                gateway: *gateway,
                first_slot: *first_slot,
                last_slot: *last_slot,
            })
            .collect();
        let mut schedule = Schedule::default();
        let mut bases = BTreeMap::new();
        for window in &windows {
            schedule.insert(*window);
            let parent = rules.turns.blocks_of(window).first.saturating_sub(1);
            bases.insert(window.last_slot, base(window.last_slot, parent));
        }
        let hashes = bases
            .iter()
            .map(|(window, base)| (*window, base.eip712_hash_struct()))
            .collect();
        Self {
            rules,
            windows,
            schedule,
            bases,
            hashes,
        }
    }

    fn block(&self, number: u64) -> SealedBlock {
        let base = self
            .schedule
            .of_block(&self.rules.turns, number)
            .and_then(|window| self.hashes.get(&window.last_slot).copied());
        SealedBlock {
            number,
            hash: hash(number),
            parent_hash: hash(number - 1),
            base,
        }
    }

    /// Blocks from `next` on that are sealed at a time.
    fn sealed(&self, next: u64, now_ms: u64) -> Vec<SealedBlock> {
        (next..self.rules.turns.blocks.open_at(now_ms))
            .map(|number| self.block(number))
            .collect()
    }

    fn own_bases(&self) -> BTreeMap<u64, Base> {
        self.windows
            .iter()
            .filter(|window| window.gateway == ME)
            .filter_map(|window| {
                Some((window.last_slot, self.bases.get(&window.last_slot)?.clone()))
            })
            .collect()
    }

    fn decide(&self, next_slot: u64, now_ms: u64, next_block: u64) -> Decision {
        self.decide_over(
            next_slot,
            now_ms,
            &self.sealed(next_block, now_ms),
            u64::MAX,
        )
    }

    fn decide_over(
        &self,
        next_slot: u64,
        now_ms: u64,
        blocks: &[SealedBlock],
        fits_until: u64,
    ) -> Decision {
        let permit = self
            .schedule
            .at(next_slot)
            .and_then(|window| self.bases.get(&window.last_slot))
            .map(|base| Permit {
                window: base.window,
                parent_block: base.parentBlock,
                parent_block_hash: base.parentBlockHash,
            });
        decide(
            &self.rules,
            &Situation {
                now_ms,
                next_slot,
                schedule: &self.schedule,
                blocks,
                bases: &self.own_bases(),
                base_hashes: &self.hashes,
                permit,
                fits_until,
                blobs: blocks.len().div_ceil(8),
            },
        )
    }
}

fn base(window: u64, parent: u64) -> Base {
    Base {
        window,
        attempt: 0,
        parentBlock: parent,
        parentBlockHash: hash(parent),
        parentFrag: B256::ZERO,
        parentSeal: B256::ZERO,
    }
}

fn posted(decision: Decision) -> Order {
    match decision {
        Decision::Post(order) => order,
        Decision::Wait { .. } => panic!("expected a batch, got {decision:?}"),
    }
}

fn held(decision: Decision) -> Hold {
    match decision {
        Decision::Wait { hold, .. } => hold,
        Decision::Post(_) => panic!("expected nothing, got {decision:?}"),
    }
}

const fn ms(slot: u64, into_ms: u64) -> u64 {
    (1_000 + slot * SLOT_S) * 1_000 + into_ms
}

#[test]
fn the_window_ends_and_every_block_of_its_turn_goes() {
    // Turn of slots 5-6 at H = 1: timestamps 1016 to 1023, blocks 16 to 23.
    let chain = Chain::new(rules(1), &[(OTHER, 1, 4), (ME, 5, 6), (OTHER, 7, 9)]);
    let order = posted(chain.decide(6, ms(5, 3_500), 16));
    assert_eq!(
        (order.first, order.last, order.why),
        (16, 23, Why::TurnComplete)
    );
    assert_eq!((order.window, order.last_slot, order.permit), (6, 6, None));
}

#[test]
fn predecessors_blocks_are_covered_first_and_under_our_base() {
    let chain = Chain::new(rules(1), &[(OTHER, 1, 4), (ME, 5, 6), (OTHER, 7, 9)]);
    let order = posted(chain.decide(6, ms(5, 3_500), 9));
    assert_eq!((order.first, order.last, order.window), (9, 23, 6));
}

#[test]
fn the_first_slot_of_somebody_elses_window_is_left_to_its_cover_and_then_our_blocks_go_by_its_permit()
 {
    let chain = Chain::new(rules(1), &[(ME, 5, 6), (OTHER, 7, 9)]);
    assert_eq!(held(chain.decide(7, ms(6, 1_000), 16)), Hold::NotOurs);
    let order = posted(chain.decide(8, ms(7, 1_000), 20));
    assert_eq!((order.first, order.last, order.why), (20, 23, Why::Permit));
    assert_eq!(
        (order.window, order.last_slot, order.permit),
        (6, 9, Some(9))
    );
}

#[test]
fn a_permit_of_an_owner_that_builds_on_another_chain_permits_nothing() {
    let mut chain = Chain::new(rules(1), &[(ME, 5, 6), (OTHER, 7, 9)]);
    chain.bases.get_mut(&9).unwrap().parentBlockHash = B256::repeat_byte(9);
    assert_eq!(held(chain.decide(8, ms(7, 1_000), 20)), Hold::NotOurs);
}

#[test]
fn too_long_after_the_window_its_blocks_are_no_longer_posted_by_permit() {
    let chain = Chain::new(rules(1), &[(ME, 5, 6), (OTHER, 7, 26), (OTHER, 27, 27)]);
    assert_eq!(posted(chain.decide(26, ms(25, 1_000), 20)).permit, Some(26));
    assert_eq!(held(chain.decide(27, ms(26, 1_000), 20)), Hold::NotOurs);
}

/// Pitfall: submission in the last slot of the window.
#[test]
fn in_the_last_slot_age_is_no_reason_because_the_tail_would_miss_the_window() {
    let chain = Chain::new(rules(1), &[(ME, 2, 6)]);
    // Blocks to 20 are sealed, 23 is the last; they are eight seconds old and more.
    assert_eq!(posted(chain.decide(5, ms(4, 100), 4)).why, Why::Age);
    let Decision::Wait { until_ms, hold } = chain.decide(6, ms(5, 100), 12) else {
        panic!("the tail would miss the window");
    };
    // Two blobs: sent 400 ms before the slot begins.
    assert_eq!((hold, until_ms), (Hold::Window, ms(6, 0) - 400));
}

#[test]
fn what_is_sealed_when_the_window_ends_goes_even_if_the_turn_is_not_complete() {
    let chain = Chain::new(rules(1), &[(ME, 5, 6), (OTHER, 7, 9)]);
    let sealed: Vec<_> = (16..=22).map(|number| chain.block(number)).collect();
    let order = posted(chain.decide_over(6, ms(5, 3_750), &sealed, u64::MAX));
    assert_eq!(
        (order.first, order.last, order.why),
        (16, 22, Why::LastChance)
    );
}

#[test]
fn a_turn_handed_over_early_is_complete_at_its_last_block_and_the_successors_blocks_stay_out() {
    let chain = Chain::new(rules(1), &[(ME, 5, 6), (OTHER, 7, 9)]);
    let mut sealed: Vec<_> = (16..=22).map(|number| chain.block(number)).collect();
    for block in &mut sealed[4..] {
        block.base = chain.hashes.get(&9).copied();
    }
    let order = posted(chain.decide_over(5, ms(4, 100), &sealed, u64::MAX));
    assert_eq!((order.last, order.why), (19, Why::TurnComplete));
}

#[test]
fn more_than_fits_goes_in_parts_at_once() {
    let chain = Chain::new(rules(1), &[(ME, 2, 6)]);
    let sealed: Vec<_> = (4..=12).map(|number| chain.block(number)).collect();
    let order = posted(chain.decide_over(4, ms(3, 100), &sealed, 9));
    assert_eq!((order.first, order.last, order.why), (4, 9, Why::Full));
}

#[test]
fn nothing_is_posted_without_a_base_or_against_it_or_when_the_owner_is_unknown() {
    let mut chain = Chain::new(rules(1), &[(ME, 5, 6)]);
    assert_eq!(held(chain.decide(7, ms(6, 100), 16)), Hold::OwnerUnknown);
    chain.bases.get_mut(&6).unwrap().parentBlockHash = B256::repeat_byte(9);
    assert_eq!(
        held(chain.decide(6, ms(5, 3_900), 10)),
        Hold::BaseContradicted
    );
    assert_eq!(
        held(chain.decide(6, ms(5, 3_900), 16)),
        Hold::BaseContradicted
    );
    chain.bases.clear();
    assert_eq!(held(chain.decide(6, ms(5, 3_900), 16)), Hold::NoBase);
}

/// The void batch of a gateway that came back after everybody was away: planned before a block was due, landed after it.
#[test]
fn blocks_that_nodes_fill_in_by_themselves_are_skipped_from_the_slot_on_that_they_are_due_in() {
    let rules = rules(1);
    // Block 40 is of slot 10, posted from slot 11 on, filled in from slot 31 on, with the others of its slot.
    assert_eq!(first_block(&rules, 36, 30), 40);
    assert_eq!(first_block(&rules, 36, 31), 44);
    assert_eq!(first_block(&rules, 20, 31), 44);
    assert_eq!(first_block(&rules, 50, 31), 51);
}

#[test]
fn a_batch_is_sent_for_no_slot_in_which_its_first_block_is_due() {
    // A window that reaches beyond the slot in which its own first blocks are due.
    let chain = Chain::new(rules(1), &[(ME, 5, 60)]);
    let order = posted(chain.decide(23, ms(22, 3_000), 16));
    assert_eq!(order.last_slot, 24);
    for slot in order.first_slot..=order.last_slot {
        assert!(chain.rules.turns.last_due_in(slot, 20) < order.first);
    }
    assert_eq!(
        chain.rules.turns.last_due_in(order.last_slot + 1, 20) + 1,
        order.first + SLOT_S
    );
}

proptest! {
    /// Two gateways take turns over many windows; slots are missed at random. We look at the situation several times a slot.
    #[test]
    fn batches_stay_in_their_window_and_turn_cover_first_and_leave_nothing_behind_that_had_a_slot(
        cuts in prop::collection::btree_set(2u64..60, 4..16),
        owners in prop::collection::vec(any::<bool>(), 16),
        missed in prop::collection::btree_set(0u64..64, 0..12),
        handover in 1u64..4,
        looks_ms in prop::collection::vec(100u64..3_300, 1..4),
    ) {
        let rules = rules(handover);
        let cuts: Vec<u64> = cuts.into_iter().collect();
        let windows: Vec<_> = cuts
            .windows(2)
            .zip(&owners)
            .map(|(pair, mine)| (if *mine { ME } else { OTHER }, pair[0], pair[1] - 1))
            .collect();
        let chain = Chain::new(rules, &windows);
        // Everything before the first window was posted by somebody.
        let mut next_block = chain.rules.turns.blocks_of(&chain.windows[0]).first;
        let mut looks_ms = looks_ms;
        looks_ms.sort_unstable();
        // The moment at which a last chance is taken at the latest.
        looks_ms.push(3_400);
        for slot in cuts[0].saturating_sub(1)..*cuts.last().unwrap() {
            let next_slot = slot + 1;
            next_block = first_block(&rules, next_block - 1, next_slot);
            let mut in_flight = None;
            for look in &looks_ms {
                if in_flight.is_some() { break; }
                if let Decision::Post(order) = chain.decide(next_slot, ms(slot, *look), next_block) {
                    prop_assert_eq!(order.first, next_block, "cover first, no gap");
                    prop_assert!(order.first <= order.last);
                    prop_assert!(order.first_slot == next_slot && next_slot <= order.last_slot);
                    let present = chain.schedule.at(next_slot).unwrap();
                    let window = chain.schedule.window(order.window).unwrap();
                    prop_assert_eq!(window.gateway, ME);
                    prop_assert!(order.last <= rules.turns.blocks_of(&window).last, "beyond the turn");
                    let counts_until = rules.turns.posting_slot_of(order.first) + rules.sequencing_window_slots - 1;
                    prop_assert_eq!(order.last_slot, present.last_slot.min(counts_until));
                    match order.permit {
                        None => prop_assert_eq!(present, window),
                        Some(permit) => {
                            prop_assert!(present.gateway == OTHER && permit == present.last_slot);
                            prop_assert!(window.last_slot < next_slot);
                            prop_assert!(order.last <= chain.bases[&permit].parentBlock);
                        }
                    }
                    in_flight = Some(order);
                }
            }
            let Some(present) = chain.schedule.at(next_slot) else { continue };
            if missed.contains(&next_slot) {
                continue;
            }
            if let Some(order) = in_flight {
                next_block = order.last + 1;
            } else if present.gateway == OTHER && present.last_slot == next_slot {
                // The other one does as we do, whatever we left.
                next_block = next_block.max(rules.turns.blocks_of(&present).last + 1);
            }
            // Our window is over and its last slot had a block: everything of the turn is there.
            if present.gateway == ME && present.last_slot == next_slot {
                let end = rules.turns.blocks_of(&present).last;
                prop_assert!(next_block > end, "blocks {next_block} to {end} were left behind");
            }
        }
    }
}
