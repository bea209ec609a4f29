//! Who is liable for what others built on it (R5): found for exactly those whose base rests on the convicted one, and as the real
//! `Excuses` says.

use alloy_primitives::B256;
use alloy_sol_types::SolStruct;
use forebond_evidence::{
    Brought, FaultKind,
    docket::Standing,
    faults::{
        excuse::{self, Convicted, Ground, On},
        fallen::{Earlier, Predecessor, has_fallen},
        fork::{self, Testimony},
    },
};
use forebond_protocol::Signed;
use forebond_types::{Base, Seal};
use proptest::prelude::*;

use crate::{
    COURT, convicts,
    world::{Fate, Plan, Scene, TurnStory, WindowPlan, plans},
};

/// Everything in the history that a base could rest on.
fn grounds(scene: &Scene) -> Vec<Ground> {
    let seals = scene.turns.iter().flat_map(|turn| {
        turn.seals.iter().map(|seal| Ground {
            before: scene.accused(turn),
            on: On::Seal(seal.clone()),
        })
    });
    let batches = scene.l1.batches.iter().zip(1..).map(|(posted, id)| {
        let signer = |turn: &&TurnStory| turn.base.struct_hash() == posted.batch.message.base;
        Ground {
            before: scene.accused(scene.turns.iter().find(signer).unwrap()),
            on: On::Batch(id, posted.batch.message.clone()),
        }
    });
    seals.chain(batches).collect()
}

/// The turn that a base rests on: by its seal, else by the batch that ends in its parent.
fn rests_on(scene: &Scene, turn: &TurnStory) -> Option<usize> {
    let base = &turn.base.message;
    let seals = |other: &TurnStory| other.seals.last().map(|seal| seal.struct_hash());
    if base.parentSeal != B256::ZERO {
        let mut turns = scene.turns.iter();
        return turns.position(|other| seals(other) == Some(base.parentSeal));
    }
    let mut batches = scene.l1.batches.iter();
    let batch = batches.find(|posted| {
        let batch = &posted.batch.message;
        (batch.lastBlock, batch.lastBlockHash) == (base.parentBlock, base.parentBlockHash)
    })?;
    let mut turns = scene.turns.iter();
    turns.position(|other| other.base.struct_hash() == batch.batch.message.base)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn liability_goes_to_the_convicted_one_from_exactly_those_who_rest_on_it(
        plan in plans(),
        guilty: prop::sample::Index,
        forked: bool,
        fell: bool,
    ) {
        let (mut scene, _) = Scene::tell(&plan, None);
        for posted in &mut scene.l1.batches {
            posted.standing = if fell { Standing::Void } else { Standing::Confirmed };
        }
        let guilty = guilty.index(scene.turns.len());
        let (gateway, base) = {
            let turn = &scene.turns[guilty];
            (turn.window.gateway, turn.base.message.clone())
        };
        let (hash, kind) = (
            base.eip712_hash_struct(),
            if forked { FaultKind::Fork } else { FaultKind::FalseClaim },
        );
        let grounds = grounds(&scene);
        let verdicts = [
            Convicted { gateway, base: base.clone() },
            Convicted { gateway, base },
        ];
        for turn in scene.turns.clone() {
            let accused = scene.accused(&turn);
            let found = excuse::liable(&accused, &grounds, &verdicts);
            let expected = rests_on(&scene, &turn) == Some(guilty) && turn.window.gateway != gateway;
            prop_assert_eq!(found.len(), usize::from(expected), "once, and only then");
            prop_assert!(excuse::liable(&accused, &grounds, &[]).is_empty());
            for liable in found {
                prop_assert_eq!((liable.gateway, liable.base), (gateway, hash));
                scene.l1.verdicts.clear();
                prop_assert!(COURT.excuses(&scene.l1, liable.evidence.clone()).is_err(), "no verdict");
                scene.l1.verdicts.insert((gateway, hash, kind as u8));
                // A posted parent that is Confirmed took nothing from anybody.
                let is_sealed = turn.base.message.parentSeal != B256::ZERO;
                let excused = COURT.excuses(&scene.l1, liable.evidence).is_ok();
                prop_assert_eq!(excused, is_sealed || fell);
            }
        }
    }

    /// In an honest history every base stands, so whoever is late in it is accused.
    #[test]
    fn no_base_falls_in_an_honest_history(plan in plans()) {
        let (scene, _) = Scene::tell(&plan, None);
        for turn in &scene.turns {
            prop_assert!(!fell(&scene, turn), "window {}", turn.window.last_slot);
        }
    }
}

/// Honest windows of two slots, one after the other, each with a promise and posted.
fn posted_by(gateways: &[u32]) -> Scene {
    let window = |gateway: &u32| WindowPlan {
        gateway: *gateway,
        slots: 2,
        fate: Fate::Posted,
        frags: vec![vec![3]],
        coverage_wei: 7,
    };
    let plan = Plan {
        windows: gateways.iter().map(window).collect(),
        ordering_rule: 0,
    };
    Scene::tell(&plan, None).0
}

/// A gateway posts another block than it sealed; its successor's base has fallen, and nobody else's.
#[test]
fn whoever_built_on_a_seal_that_the_inbox_contradicts_has_fallen() {
    let mut scene = posted_by(&[1, 2, 3]);
    let contradicted = &mut scene.l1.batches[0].batch.message;
    contradicted.lastBlockHash = B256::repeat_byte(0xbb);
    let fallen: Vec<bool> = scene.turns.iter().map(|turn| fell(&scene, turn)).collect();
    assert_eq!(fallen, [false, true, false]);
}

/// Of two seals that contradict each other a watcher keeps the first. The verdict's own evidence has the other one, on which an honest
/// successor built.
#[test]
fn the_verdict_itself_shows_the_seal_that_somebody_built_on() {
    let mut scene = posted_by(&[1, 2]);
    let (before, after) = (scene.turns[0].clone(), scene.turns[1].clone());
    let first = before.seals.last().unwrap().clone();
    let second = Seal {
        blockHash: B256::repeat_byte(0xbb),
        ..first.message.clone()
    };
    let second = scene.signers[&1].sign(&scene.l1.domain, second);
    let [one, other] = [&first, &second].map(|seal| Testimony {
        message: Signed::Seal(seal.message.clone()),
        signature: seal.signature.clone(),
    });
    let accusation = fork::accuse(&scene.accused(&before), &one, &other).unwrap();
    convicts(&scene.l1, &accusation);
    let brought = Brought::read(accusation.judge, &accusation.evidence).unwrap();
    assert_eq!(brought.seals, [first, second.clone()]);

    let built = scene.accused(&after).under(Base {
        parentBlockHash: second.message.blockHash,
        parentSeal: second.struct_hash(),
        ..after.base.message
    });
    let grounds: Vec<Ground> = brought
        .seals
        .iter()
        .map(|seal| Ground {
            before: brought.accused.clone(),
            on: On::Seal(seal.clone()),
        })
        .collect();
    let verdict = Convicted {
        gateway: 1,
        base: brought.accused.base().clone(),
    };
    let found = excuse::liable(&built, &grounds, &[verdict]);
    assert_eq!(found.len(), 1);
    let evidence = found[0].evidence.clone();
    assert!(COURT.excuses(&scene.l1, evidence.clone()).is_err());
    let verdict = (1, brought.accused.base_hash(), FaultKind::Fork as u8);
    scene.l1.verdicts.insert(verdict);
    assert!(COURT.excuses(&scene.l1, evidence).is_ok());
}

fn fell(scene: &Scene, turn: &TurnStory) -> bool {
    let earlier: Vec<Earlier> = scene
        .l1
        .batches
        .iter()
        .filter(|posted| {
            posted.posted_slot <= turn.window.last_slot && posted.gateway != turn.window.gateway
        })
        .map(|posted| Earlier {
            gateway: posted.gateway,
            standing: posted.standing,
            first_block: posted.batch.message.firstBlock,
            last_block: posted.batch.message.lastBlock,
            parent_hash: posted.batch.message.parentBlockHash,
            last_hash: posted.batch.message.lastBlockHash,
        })
        .collect();
    let base = &turn.base.message;
    let before = scene.turns.iter().find(|other| {
        let end = other.seals.last().map(|seal| seal.struct_hash());
        end == Some(base.parentSeal)
    });
    let before = before.map(|other| Predecessor {
        gateway: other.window.gateway,
        sealed: other
            .seals
            .iter()
            .map(|seal| (seal.message.blockNumber, seal.message.blockHash))
            .collect(),
    });
    has_fallen(base, before.as_ref(), &earlier)
}
