use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// A step of a proposer's life.
#[derive(Clone, Debug)]
enum Step {
    Ask {
        validator: u64,
        slot: u64,
        object: u8,
        answered: bool,
    },
    Raise {
        validator: u64,
        slot: u64,
    },
    Restart,
    /// Everything moves to another host, which may know something itself.
    Move {
        slot: u64,
        object: u8,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let validator = 0u64..2;
    prop_oneof![
        8 => (validator.clone(), 0u64..6, 0u8..3, any::<bool>())
            .prop_map(|(validator, slot, object, answered)| Step::Ask { validator, slot, object, answered }),
        1 => (validator, 0u64..6).prop_map(|(validator, slot)| Step::Raise { validator, slot }),
        2 => Just(Step::Restart),
        1 => (0u64..6, 0u8..3).prop_map(|(slot, object)| Step::Move { slot, object }),
    ]
}

/// The plainest account of the rules: what the signer was ever asked for, and the lowest slots.
#[derive(Default)]
struct Model {
    asked: HashMap<(u64, u64), u8>,
    answered: HashMap<(u64, u64), bool>,
    lowest: HashMap<u64, u64>,
}

#[derive(Debug, PartialEq)]
enum Expected {
    Ask,
    Signed,
    Conflict,
    Below,
}

impl Model {
    fn expected(&self, validator: u64, slot: u64, object: u8) -> Expected {
        match self.asked.get(&(validator, slot)) {
            Some(first) if *first != object => Expected::Conflict,
            Some(_) if self.answered[&(validator, slot)] => Expected::Signed,
            _ if slot < self.lowest.get(&validator).copied().unwrap_or(0) => Expected::Below,
            _ => Expected::Ask,
        }
    }

    fn raise(&mut self, validator: u64, slot: u64) {
        let lowest = self.lowest.entry(validator).or_default();
        *lowest = (*lowest).max(slot);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_no_position_is_asked_for_in_two_forms(steps in prop::collection::vec(step(), 1..32)) {
        let mut dir = tempfile::tempdir().unwrap();
        let mut db = open(&dir);
        let mut model = Model::default();
        // What a signer that signs everything would have been asked for, ever, on any host.
        let mut ever: HashMap<(u64, u64), u8> = HashMap::new();
        for step in steps {
            match step {
                Step::Ask { validator, slot, object, answered } => {
                    let request = request(validator, slot, object);
                    let expected = model.expected(validator, slot, object);
                    let got = match db.admit(&request, SignerDialect::Split) {
                        Ok(Admission::Ask(permit)) => {
                            let before = ever.insert((validator, slot), object);
                            prop_assert!(before.is_none_or(|before| before == object), "signed twice");
                            if answered {
                                db.keep(&permit, &answer(validator, &permit)).unwrap();
                            }
                            model.asked.insert((validator, slot), object);
                            model.answered.insert((validator, slot), answered);
                            Expected::Ask
                        }
                        Ok(Admission::Signed(stored)) => {
                            prop_assert_eq!(stored.request, request);
                            Expected::Signed
                        }
                        Err(ProtectionError::Conflict { .. }) => Expected::Conflict,
                        Err(ProtectionError::BelowLowestSlot { .. }) => Expected::Below,
                        Err(other) => panic!("{other}"),
                    };
                    prop_assert_eq!(got, expected);
                }
                Step::Raise { validator, slot } => {
                    let position = request(validator, slot, 0).position;
                    db.raise_lowest_slot(position.signing_id, position.proposer, slot).unwrap();
                    model.raise(validator, slot);
                }
                Step::Restart => {
                    drop(db);
                    db = open(&dir);
                }
                Step::Move { slot, object } => {
                    let file = serde_json::to_string(&db.export().unwrap()).unwrap();
                    let next = tempfile::tempdir().unwrap();
                    let there = open(&next);
                    // The other host asked for something of its own before, if nothing stands against it anywhere.
                    let own = model.expected(0, slot, object) == Expected::Ask && !ever.contains_key(&(0, slot));
                    if own {
                        ask(&there, &request(0, slot, object));
                        ever.insert((0, slot), object);
                        model.asked.insert((0, slot), object);
                        model.answered.insert((0, slot), false);
                    }
                    there.import_text(&file).unwrap();
                    // Unanswered positions below the lowest slot are not carried over: they stay closed by that slot.
                    let lowest = model.lowest.clone();
                    let answered = model.answered.clone();
                    model.asked.retain(|key, _| {
                        answered[key] || key.1 >= lowest.get(&key.0).copied().unwrap_or(0) || (own && *key == (0, slot))
                    });
                    drop(std::mem::replace(&mut db, there));
                    dir = next;
                }
            }
        }
    }
}
