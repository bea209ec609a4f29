//! The signing guard against a model: whatever happens, no position carries two signatures.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a wrong answer should stop the test"
)]

mod history;

use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_protocol::{Guard, GuardError, GuardRecord, Position, Signed};
use history::{base, honest, plans, struct_hash};
use proptest::prelude::*;
use std::collections::HashMap;

/// What may happen to a gateway's key.
#[derive(Clone, Debug)]
enum Event {
    /// A message is offered for signing.
    Sign(Position, B256),
    /// The process ends and comes back on what its log says.
    Restart,
    /// The data directory is replaced by the copy taken at this earlier moment.
    OldBackup(prop::sample::Index),
}

fn events() -> impl Strategy<Value = Event> {
    // Numbers come from few values, so that collisions are the rule, the ends of the range included.
    let hash = (1u8..4).prop_map(B256::repeat_byte);
    let block = prop_oneof![4 => 0u64..4, 1 => Just(u64::MAX - 1), 1 => Just(u64::MAX)];
    let sequence = prop_oneof![6 => 0u32..5, 1 => Just(u32::MAX)];
    let position = prop_oneof![
        1 => (0u64..4, 0u8..3).prop_map(|(window, attempt)| Position::Base { window, attempt }),
        4 => sequence.prop_map(|sequence| Position::Frag { sequence }),
        3 => block.prop_map(|block| Position::Seal { block }),
    ];
    prop_oneof![
        20 => (position, hash).prop_map(|(position, hash)| Event::Sign(position, hash)),
        1 => Just(Event::Restart),
        1 => any::<prop::sample::Index>().prop_map(Event::OldBackup),
    ]
}

/// A position, with the base it is under: frags and seals count anew under each.
fn key(record: &GuardRecord, position: Position) -> String {
    match position {
        Position::Base { .. } => format!("{position:?}"),
        _ => format!("{:?} {position:?}", record.base),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_position_is_ever_signed_twice(events in prop::collection::vec(events(), 1..150)) {
        let mut guard = Guard::new();
        let mut kept = GuardRecord::default();
        let mut copies = vec![guard.clone()];
        let mut signed: HashMap<String, B256> = HashMap::new();
        for event in events {
            match event {
                Event::Sign(position, hash) => {
                    if guard.authorize(position, hash).is_ok() {
                        let known = *signed.entry(key(guard.record(), position)).or_insert(hash);
                        prop_assert_eq!(known, hash, "{:?} carries two messages", position);
                        kept = *guard.record();
                        copies.push(guard.clone());
                    }
                }
                Event::Restart => guard = Guard::resume(*guard.record()),
                Event::OldBackup(when) => {
                    let copy = &copies[when.index(copies.len())];
                    // The process refuses to start on a copy that the record contradicts.
                    if copy.check_against(&kept).is_ok() {
                        guard = copy.clone();
                    }
                }
            }
        }
    }

    /// The guard never stands in an honest gateway's way, whether it signs or repeats.
    #[test]
    fn an_honest_turn_is_signed_whole_and_can_be_repeated(plan in plans()) {
        let base = base(64, plan.parent_block);
        let mut guard = Guard::new();
        let opening = Position::Base { window: base.window, attempt: base.attempt };
        guard.authorize(opening, base.eip712_hash_struct()).unwrap();
        let history = honest(&base, &plan);
        for _ in 0..2 {
            for message in &history {
                let position = match message {
                    Signed::Frag(frag) => Position::Frag { sequence: frag.sequence },
                    Signed::Seal(seal) => Position::Seal { block: seal.blockNumber },
                    Signed::Base(_) => opening,
                };
                let hash = struct_hash(message);
                prop_assert_eq!(guard.authorize(position, hash), Ok(()));
                let other = guard.authorize(position, B256::ZERO);
                let refused = matches!(other, Err(GuardError::AlreadySigned { .. }));
                prop_assert!(refused, "{:?}", other);
            }
        }
    }
}

fn opened(window: u64) -> Guard {
    let mut guard = Guard::new();
    guard
        .authorize(Position::Base { window, attempt: 0 }, B256::repeat_byte(1))
        .unwrap();
    guard
        .authorize(Position::Frag { sequence: 0 }, B256::repeat_byte(2))
        .unwrap();
    guard
}

#[test]
fn the_last_block_number_is_sealed_once() {
    let mut guard = opened(1);
    guard
        .authorize(Position::Seal { block: u64::MAX }, B256::repeat_byte(3))
        .unwrap();
    let again = guard.authorize(Position::Seal { block: u64::MAX }, B256::repeat_byte(4));
    assert!(
        matches!(again, Err(GuardError::AlreadySigned { .. })),
        "{again:?}"
    );
    let behind = guard.authorize(Position::Seal { block: 7 }, B256::repeat_byte(4));
    assert!(
        matches!(behind, Err(GuardError::Behind { .. })),
        "{behind:?}"
    );
}

#[test]
fn the_last_sequence_is_signed_once() {
    let frag = Some((u32::MAX, B256::repeat_byte(5)));
    let base = Some((1, 0, B256::repeat_byte(1)));
    let mut guard = Guard::resume(GuardRecord {
        base,
        frag,
        seal: None,
    });
    guard
        .authorize(Position::Frag { sequence: u32::MAX }, B256::repeat_byte(5))
        .unwrap();
    let again = guard.authorize(Position::Frag { sequence: u32::MAX }, B256::repeat_byte(6));
    assert!(
        matches!(again, Err(GuardError::AlreadySigned { .. })),
        "{again:?}"
    );
}

/// R5 knows attempts 0 and 1; a base with any other number would be a fork with either of them.
#[test]
fn a_third_attempt_at_a_window_is_refused() {
    let mut guard = opened(1);
    for attempt in [2, u8::MAX] {
        let third = guard.authorize(Position::Base { window: 1, attempt }, B256::repeat_byte(9));
        assert!(matches!(third, Err(GuardError::Gap { .. })), "{third:?}");
    }
    guard
        .authorize(
            Position::Base {
                window: 1,
                attempt: 1,
            },
            B256::repeat_byte(9),
        )
        .unwrap();
}

/// The log is written first, so after a crash it may hold a base the record does not know yet.
#[test]
fn a_log_that_is_ahead_by_a_second_attempt_is_no_old_backup() {
    let kept = *opened(1).record();
    let mut ahead = opened(1);
    ahead
        .authorize(
            Position::Base {
                window: 1,
                attempt: 1,
            },
            B256::repeat_byte(9),
        )
        .unwrap();
    ahead.check_against(&kept).unwrap();
    assert!(matches!(
        opened(1).check_against(ahead.record()),
        Err(GuardError::OldBackup { .. })
    ));
}

#[test]
fn a_frag_before_any_base_and_a_seal_before_any_frag_are_refused() {
    let mut guard = Guard::new();
    let early = guard.authorize(Position::Frag { sequence: 0 }, B256::ZERO);
    assert!(matches!(early, Err(GuardError::Gap { .. })), "{early:?}");
    guard
        .authorize(
            Position::Base {
                window: 1,
                attempt: 0,
            },
            B256::ZERO,
        )
        .unwrap();
    let early = guard.authorize(Position::Seal { block: 1 }, B256::ZERO);
    assert!(matches!(early, Err(GuardError::Gap { .. })), "{early:?}");
}
