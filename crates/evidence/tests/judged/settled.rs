//! Faults that L1 shows: void claims, broken promises in somebody else's blocks, late windows.

use alloy_primitives::Bytes;
use alloy_sol_types::SolError;
use forebond_contracts::bindings::UnkeptJudge;
use forebond_evidence::{
    Accusation, FaultKind, Judge, Ripe,
    case::{Hearing, hearing},
    docket::{Posted, Standing},
    faults::excuse::{self, Rests},
};
use proptest::prelude::*;

use crate::{
    COURT, convicts, exactly,
    world::{Fate, Plan, Scene, Watching, WindowPlan, plans},
};

fn window(gateway: u32, fate: Fate, coverage_wei: u128) -> WindowPlan {
    WindowPlan {
        gateway,
        slots: 2,
        fate,
        frags: vec![vec![9, 5, 3], vec![4]],
        coverage_wei,
    }
}

fn story(windows: Vec<WindowPlan>) -> Scene {
    let plan = Plan {
        windows,
        ordering_rule: 1,
    };
    Scene::tell(&plan, None).0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// falseClaim (R4.4); what stood on the void batch is orphaned and nobody's fault.
    #[test]
    fn a_void_batch_is_a_false_claim_of_its_signer_alone(plan in plans(), seed: u64, at: prop::sample::Index) {
        let (mut scene, _) = Scene::tell(&plan, None);
        let void = at.index(scene.l1.batches.len());
        for (place, batch) in scene.l1.batches.iter_mut().enumerate().skip(void) {
            batch.standing = if place == void { Standing::Void } else { Standing::Orphaned };
        }
        let found = Watching::everything(seed).watch(&scene);
        exactly(&scene, &found, &[(FaultKind::FalseClaim, scene.l1.batches[void].gateway)]);
    }

    /// unkept (R6): each covered promise of the lost blocks once, and not before the other blocks are Confirmed (R4.5).
    #[test]
    fn covered_promises_that_somebody_elses_confirmed_blocks_do_not_hold_are_unkept(
        plan in plans(),
        seed: u64,
        lost in 1u32..4,
        coverage_wei in 1u128..1_000,
    ) {
        let mut plan = plan;
        plan.windows.insert(0, window(lost, Fate::MissedAndLost, coverage_wei));
        let (mut scene, _) = Scene::tell(&plan, None);
        let covered = scene.turns[0].frags.iter().flat_map(|frag| &frag.promises)
            .filter(|(promise, _)| promise.leaf.coverage > 0)
            .count();
        let found = Watching::everything(seed).watch(&scene);
        exactly(&scene, &found, &vec![(FaultKind::Unkept, lost); covered]);

        let last = scene.l1.batches.len() - 1;
        for batch in &mut scene.l1.batches[..=last] {
            batch.standing = Standing::Posted;
        }
        for accusation in Watching::everything(seed).watch(&scene).values() {
            prop_assert_ne!(accusation.ripe, Ripe::AtOnce);
            let answer = COURT.ask(&scene.l1, accusation.judge, accusation.evidence.clone());
            let revert = answer.unwrap_err();
            prop_assert_eq!(&revert[..4], &UnkeptJudge::NotConfirmed::SELECTOR[..]);
            prop_assert_eq!(hearing(Err(&revert), accusation.id), Hearing::NotYet);
        }
    }

    /// late (R6), covered: whoever posted the blocks is paid.
    #[test]
    fn blocks_that_the_successor_had_to_post_are_late(plan in plans(), seed: u64, late in 1u32..4) {
        let mut plan = plan;
        plan.windows.insert(0, window(late, Fate::LateAndCovered, 7));
        let (scene, _) = Scene::tell(&plan, None);
        let found = Watching::everything(seed).watch(&scene);
        exactly(&scene, &found, &[(FaultKind::Late, late)]);
        let accusation = found.values().next().unwrap();
        let fault = COURT.judge(&scene.l1, accusation).unwrap();
        let same = scene.l1.batches[0].gateway == late;
        prop_assert_eq!(fault.payeeWei.is_zero(), same, "the coverer is paid, unless it is the late one");
    }

    /// late (R6), uncovered: heard when coverers had two epochs.
    #[test]
    fn blocks_that_nobody_posted_are_late_two_epochs_later(plan in plans(), seed: u64, silent in 1u32..4) {
        let mut plan = plan;
        plan.windows.push(window(silent, Fate::Silent, 7));
        let (mut scene, _) = Scene::tell(&plan, None);
        let found = Watching::everything(seed).watch(&scene);
        exactly(&scene, &found, &[(FaultKind::Late, silent)]);
        let over = scene.turns.last().unwrap().window.last_slot;
        for slot in [over, over + 1, over + 16] {
            scene.l1.slot = slot;
            prop_assert!(Watching::everything(seed).watch(&scene).is_empty(), "slot {slot}");
        }
        scene.l1.slot = over + 17;
        exactly(&scene, &Watching::everything(seed).watch(&scene), &[(FaultKind::Late, silent)]);
    }
}

/// R6: coverage beyond what stands behind the window counts as nothing, for the watcher as for the judge.
#[test]
fn promises_beyond_the_reserve_are_not_accused() {
    let mut scene = story(vec![
        window(1, Fate::MissedAndLost, 1_000),
        window(2, Fate::Posted, 7),
    ]);
    let all = Watching::everything(1).watch(&scene);
    // Two blocks would be 8 promises; the first window is one slot of blocks shorter.
    let covered: u128 = all.len() as u128 * 1_000;
    scene.l1.insured_wei = covered;
    let found = Watching::everything(1).watch(&scene);
    assert!(!found.is_empty() && found.len() < all.len());
    for accusation in all.values() {
        let heard = COURT.judge(&scene.l1, accusation);
        assert_eq!(heard.is_ok(), found.contains_key(&accusation.id));
    }
}

/// R5: the fork of the one whose seal a base rests on excuses the one who built on it, and the real `Excuses` moves the liability.
#[test]
fn a_convicted_predecessor_pays_for_the_promises_built_on_its_seal() {
    let mut scene = story(vec![
        window(1, Fate::Posted, 7),
        window(2, Fate::MissedAndLost, 7),
        window(3, Fate::Posted, 7),
    ]);
    let (before, after) = (scene.turns[0].clone(), scene.turns[1].clone());
    let seal = before.seals.last().unwrap();
    let verdict = (1, before.frags[0].frag.message.base, FaultKind::Fork as u8);
    let shift = excuse::shift(
        &scene.accused(&after),
        &scene.accused(&before),
        Rests::Sealed(seal),
        &before.base.message,
    )
    .unwrap();
    let accusation = unkept_with(&scene, 1, 1, shift);
    assert!(
        COURT.judge(&scene.l1, &accusation).is_err(),
        "no verdict yet"
    );
    scene.l1.verdicts.insert(verdict);
    let fault = COURT.judge(&scene.l1, &accusation).unwrap();
    assert_eq!((fault.gateway, fault.base), (1, verdict.1));
    assert_eq!(fault.id, accusation.id, "once, whoever pays");
    // It rests on no batch, and not on itself.
    let batch = &scene.l1.batches[0].batch.message;
    let accused = scene.accused(&after);
    let posted = Rests::Posted(1, batch);
    assert!(
        excuse::shift(
            &accused,
            &scene.accused(&before),
            posted,
            &before.base.message
        )
        .is_none()
    );
    assert!(
        excuse::shift(
            &accused,
            &accused,
            Rests::Sealed(seal),
            &before.base.message
        )
        .is_none()
    );
}

/// R5, grade posted: the predecessor's batch fell.
#[test]
fn a_predecessor_whose_batch_fell_pays_for_the_promises_built_on_it() {
    let mut scene = story(vec![
        window(1, Fate::Posted, 7),
        window(3, Fate::MissedAndLost, 0),
        window(2, Fate::MissedAndLost, 7),
        window(3, Fate::Posted, 7),
    ]);
    let (before, after) = (scene.turns[0].clone(), scene.turns[2].clone());
    scene.l1.batches[0].standing = Standing::Void;
    let base = before.frags[0].frag.message.base;
    scene
        .l1
        .verdicts
        .insert((1, base, FaultKind::FalseClaim as u8));
    let batch = scene.l1.batches[0].batch.message.clone();
    let shift = excuse::shift(
        &scene.accused(&after),
        &scene.accused(&before),
        Rests::Posted(1, &batch),
        &before.base.message,
    )
    .unwrap();
    let accusation = unkept_with(&scene, 2, 1, shift);
    let fault = COURT.judge(&scene.l1, &accusation).unwrap();
    assert_eq!((fault.gateway, fault.base), (1, base));
}

/// One unkept promise of a turn against a batch, with an excuse.
fn unkept_with(scene: &Scene, turn: usize, batch: usize, excuse: Bytes) -> Accusation {
    let (book, _) = Watching::everything(3).hear(scene);
    let accused = scene.accused(&scene.turns[turn]);
    let docket = book
        .docket(
            accused.base().window,
            accused.gateway(),
            accused.base_hash(),
        )
        .unwrap();
    let posted = Posted {
        id: u32::try_from(batch + 1).unwrap(),
        gateway: scene.l1.batches[batch].gateway,
        standing: Standing::Confirmed,
    };
    let found = docket.review(&posted, &scene.opened[batch], u128::MAX, &excuse, 1);
    let one = found.into_iter().next().unwrap();
    assert_eq!((one.kind, one.judge), (FaultKind::Unkept, Judge::Unkept));
    one
}

/// The judges hear nothing behind the horizon, and the watcher's accusations say until when.
#[test]
fn an_old_fault_is_not_heard_any_more() {
    let mut scene = story(vec![
        window(1, Fate::LateAndCovered, 7),
        window(2, Fate::Posted, 7),
    ]);
    let found = Watching::everything(5).watch(&scene);
    let accusation = found.values().next().unwrap();
    convicts(&scene.l1, accusation);
    scene.l1.slot += 3_000;
    let revert = COURT.judge(&scene.l1, accusation).unwrap_err();
    assert_eq!(hearing(Err(&revert), accusation.id), Hearing::Never);
}
