//! The working state's two-generation cache over a base that lags: nothing that was written may be
//! lost, whatever the capacity and however late the base follows.
#![allow(missing_docs, clippy::unwrap_used)]

mod world;

use alloy_primitives::{Address, Bytes, U256, keccak256};
use forebond_exec::{Account, Changes, WorkingState};
use proptest::prelude::*;
use revm::database_interface::Database;
use std::sync::Arc;
use world::MapState;

#[derive(Clone, Debug)]
enum Step {
    /// Changes nonce and code of an account, or brings it.
    Set {
        who: u8,
        nonce: u64,
        code: Option<u8>,
    },
    /// Changes a slot of an account that exists.
    Store {
        who: u8,
        slot: u8,
        value: u8,
    },
    /// An account disappears: only one without storage can.
    Remove {
        who: u8,
    },
    ReadAccount(u8),
    ReadSlot(u8, u8),
    ReadCode(u8),
    /// The block ends.
    Seal,
    /// The base becomes the state after a sealed block, `behind` blocks ago at most.
    Rebase {
        behind: usize,
    },
}

const WHO: u8 = 12;
const SLOTS: u8 = 4;

fn step() -> impl Strategy<Value = Step> {
    let code = proptest::option::weighted(0.3, 1..6u8);
    prop_oneof![
        4 => (0..WHO, 1..9u64, code).prop_map(|(who, nonce, code)| Step::Set { who, nonce, code }),
        5 => (0..WHO, 0..SLOTS, 0..4u8).prop_map(|(who, slot, value)| Step::Store { who, slot, value }),
        1 => (0..WHO).prop_map(|who| Step::Remove { who }),
        4 => (0..WHO).prop_map(Step::ReadAccount),
        4 => (0..WHO, 0..SLOTS).prop_map(|(who, slot)| Step::ReadSlot(who, slot)),
        2 => (1..6u8).prop_map(Step::ReadCode),
        3 => Just(Step::Seal),
        3 => (0..4usize).prop_map(|behind| Step::Rebase { behind }),
    ]
}

fn address(who: u8) -> Address {
    Address::repeat_byte(who + 1)
}

fn code(n: u8) -> Bytes {
    vec![0x5b; n.into()].into()
}

/// The cache and the model side by side.
struct Pair {
    state: WorkingState,
    model: MapState,
    /// The model after each sealed block, the genesis first.
    sealed: Vec<MapState>,
    base: usize,
}

impl Pair {
    fn new(capacity: usize) -> Self {
        let mut model = MapState::default();
        for who in 0..WHO / 2 {
            let slots = [
                (U256::ZERO, U256::from(who)),
                (U256::from(1), U256::from(7)),
            ];
            model.insert(address(who), 1, U256::from(who), Bytes::new(), slots);
        }
        Self {
            state: WorkingState::new(Arc::new(model.clone()), 0, capacity),
            sealed: vec![model.clone()],
            model,
            base: 0,
        }
    }

    /// Both sides take the changes in, as the open block does.
    fn commit(&mut self, changes: &Changes) {
        self.state.commit(self.sealed.len() as u64, changes);
        self.model
            .add_codes(changes.codes.iter().map(|(hash, code)| (hash, code)));
        self.model.apply_writes(&changes.write_set());
    }

    fn set(&mut self, who: u8, after: Option<Account>, new_code: Option<Bytes>) {
        let before = self.model.get(address(who));
        if before != after {
            self.commit(&Changes {
                accounts: vec![(address(who), (before, after))],
                codes: new_code
                    .map(|code| (keccak256(&code), code))
                    .into_iter()
                    .collect(),
                ..Changes::default()
            });
        }
    }

    fn apply(&mut self, step: &Step) {
        match *step {
            Step::Set {
                who,
                nonce,
                code: picked,
            } => {
                let before = self.model.get(address(who)).unwrap_or_default();
                let new_code = picked.map(code);
                let code_hash = new_code.as_ref().map_or(before.code_hash, keccak256);
                self.set(
                    who,
                    Some(Account {
                        nonce,
                        code_hash,
                        ..before
                    }),
                    new_code,
                );
            }
            Step::Store { who, slot, value } => {
                let key = (address(who), U256::from(slot));
                let (before, after) = (self.model.slot(key.0, key.1), U256::from(value));
                if self.model.get(key.0).is_some() && before != after {
                    self.commit(&Changes {
                        slots: vec![(key, (before, after))],
                        ..Changes::default()
                    });
                }
            }
            Step::Remove { who } => {
                let empty = (0..SLOTS)
                    .all(|slot| self.model.slot(address(who), U256::from(slot)).is_zero());
                if empty {
                    self.set(who, None, None);
                }
            }
            Step::ReadAccount(who) => {
                let address = address(who);
                assert_eq!(
                    self.state.account(address).unwrap(),
                    self.model.get(address)
                );
            }
            Step::ReadSlot(who, slot) => self.check_slot(who, slot),
            Step::ReadCode(n) => self.check_code(n),
            Step::Seal => self.sealed.push(self.model.clone()),
            Step::Rebase { behind } => {
                let newest = self.sealed.len() - 1;
                // A base never goes back.
                self.base = self.base.max(newest.saturating_sub(behind));
                let base = Arc::new(self.sealed[self.base].clone());
                self.state.rebase(base, self.base as u64);
            }
        }
    }

    fn check_slot(&mut self, who: u8, slot: u8) {
        let (address, slot) = (address(who), U256::from(slot));
        assert_eq!(
            self.state.slot(address, slot).unwrap(),
            self.model.slot(address, slot)
        );
    }

    fn check_code(&mut self, n: u8) {
        let hash = keccak256(code(n));
        if let Some(code) = self.model.codes.get(&hash) {
            assert_eq!(
                self.state.code_by_hash(hash).unwrap().original_bytes(),
                *code
            );
        }
    }

    fn check_all(&mut self) {
        for who in 0..WHO {
            self.apply(&Step::ReadAccount(who));
            (0..SLOTS).for_each(|slot| self.check_slot(who, slot));
        }
        (1..6).for_each(|n| self.check_code(n));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_written_is_lost_however_small_the_cache_and_late_the_base(
        capacity in 2..24usize,
        steps in proptest::collection::vec(step(), 1..160),
    ) {
        let mut pair = Pair::new(capacity);
        for step in &steps {
            pair.apply(step);
        }
        pair.check_all();
        pair.apply(&Step::Rebase { behind: 0 });
        pair.check_all();
    }
}

#[test]
fn block_hashes_reach_back_256_blocks_whether_the_base_knows_them_or_not() {
    let mut base = MapState::default();
    let hash = |number: u64| keccak256(number.to_be_bytes());
    base.hashes
        .extend((0..300).map(|number| (number, hash(number))));
    let mut state = WorkingState::new(Arc::new(base), 299, 10);
    for number in 300..700 {
        state.sealed(number, hash(number));
        for back in [0, 1, 100, 255] {
            assert_eq!(
                state.block_hash(number - back).unwrap(),
                hash(number - back)
            );
        }
    }
}

#[test]
fn code_the_base_lacks_survives_when_analysed_code_is_dropped() {
    // More contracts than stay analysed, all created in block 1 over a base that ends with block 0.
    let codes: Vec<Bytes> = (0..9_000u64)
        .map(|n| n.to_be_bytes().to_vec().into())
        .collect();
    let base = Arc::new(MapState::default());
    let mut state = WorkingState::new(base.clone(), 0, 2);
    let creator = Account {
        nonce: 1,
        ..Account::default()
    };
    let changes = Changes {
        accounts: vec![(address(0), (None, Some(creator)))],
        codes: codes.iter().map(|c| (keccak256(c), c.clone())).collect(),
        ..Changes::default()
    };
    state.commit(1, &changes);
    state.rebase(base, 0);
    for code in &codes {
        let found = state.code_by_hash(keccak256(code)).unwrap();
        assert_eq!(found.original_bytes(), *code);
    }
}
