//! Forks and broken order: what two signed messages, or one frag, show by themselves.

use alloy_primitives::B256;
use forebond_evidence::{FaultKind, Judge};
use forebond_protocol::Signed;
use forebond_types::{Base, Frag, Seal};
use proptest::prelude::*;

use crate::{
    exactly,
    world::{Plan, Scene, Twist, Watching, plans},
};

fn flip(hash: &mut B256) {
    *hash = B256::from(hash.0.map(|byte| !byte));
}

const FRAG_CHANGES: &[fn(&mut Frag)] = &[
    |f| f.blockNumber -= 1,
    |f| f.sequence += 1,
    |f| f.sequence += 1_000,
    |f| flip(&mut f.previousFrag),
    |f| f.timestamp += 1,
    |f| f.l1OriginNumber += 1,
    |f| flip(&mut f.l1OriginHash),
    |f| f.issuedAtMs += 1,
    |f| f.firstTransaction += 1,
    |f| f.transactionCount += 1,
    |f| flip(&mut f.promisesRoot),
    |f| f.gasUsed += 1,
    |f| f.windowCoverage += 1,
    |f| f.orderingRule ^= 1,
    |f| flip(&mut f.blockEnv),
];

const SEAL_CHANGES: &[fn(&mut Seal)] = &[
    |s| s.blockNumber += 1,
    |s| flip(&mut s.blockHash),
    |s| s.lastSequence += 1,
    |s| flip(&mut s.lastFrag),
    |s| s.endOfWindow = !s.endOfWindow,
];

/// A watcher that also hears this, of one of the turns.
fn with(scene: &Scene, seed: u64, turn: usize, message: Signed) -> Watching {
    let signers = &scene.signers[&scene.turns[turn].window.gateway];
    let digest = |hash| forebond_types::Domain::digest_of(scene.l1.domain.separator(), hash);
    let signature = signers.sign_digest(digest(hash(&message)));
    Watching {
        more: vec![(turn, message, signature)],
        ..Watching::everything(seed)
    }
}

fn hash(message: &Signed) -> B256 {
    use alloy_sol_types::SolStruct;
    match message {
        Signed::Base(base) => base.eip712_hash_struct(),
        Signed::Frag(frag) => frag.eip712_hash_struct(),
        Signed::Seal(seal) => seal.eip712_hash_struct(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// fork (a), (b), (c), (e) by frags.
    #[test]
    fn a_second_frag_is_a_fork_whatever_field_it_changes(
        plan in plans(),
        seed: u64,
        at: prop::sample::Index,
        which: prop::sample::Index,
        change in prop::sample::select(FRAG_CHANGES),
    ) {
        let (scene, _) = Scene::tell(&plan, None);
        let turn = at.index(scene.turns.len());
        let frags = &scene.turns[turn].frags;
        let mut frag = frags[which.index(frags.len())].frag.message.clone();
        change(&mut frag);
        let found = with(&scene, seed, turn, Signed::Frag(frag)).watch(&scene);
        exactly(&scene, &found, &[(FaultKind::Fork, scene.turns[turn].window.gateway)]);
    }

    /// fork (d), (e) by seals.
    #[test]
    fn a_second_seal_is_a_fork_whatever_field_it_changes(
        plan in plans(),
        seed: u64,
        at: prop::sample::Index,
        which: prop::sample::Index,
        change in prop::sample::select(SEAL_CHANGES),
    ) {
        let (scene, _) = Scene::tell(&plan, None);
        let turn = at.index(scene.turns.len());
        let seals = &scene.turns[turn].seals;
        let mut seal = seals[which.index(seals.len())].message.clone();
        change(&mut seal);
        let found = with(&scene, seed, turn, Signed::Seal(seal)).watch(&scene);
        exactly(&scene, &found, &[(FaultKind::Fork, scene.turns[turn].window.gateway)]);
    }

    /// Two Bases of one window, whichever hash is lower.
    #[test]
    fn two_bases_of_one_window_are_a_fork(plan in plans(), seed: u64, at: prop::sample::Index, byte: u8) {
        let (scene, _) = Scene::tell(&plan, None);
        let turn = at.index(scene.turns.len());
        let other = Base {
            parentBlockHash: B256::repeat_byte(byte),
            ..scene.turns[turn].base.message.clone()
        };
        prop_assume!(other != scene.turns[turn].base.message);
        let found = with(&scene, seed, turn, Signed::Base(other)).watch(&scene);
        exactly(&scene, &found, &[(FaultKind::Fork, scene.turns[turn].window.gateway)]);
    }

    /// fork (f).
    #[test]
    fn two_leaves_at_one_index_of_a_frag_are_a_fork(plan in plans(), seed: u64) {
        let (found, scene, gateway) = twisted(plan, seed, Twist::Twins);
        prop_assume!(gateway.is_some());
        exactly(&scene, &found, &[(FaultKind::Fork, gateway.unwrap())]);
        prop_assert!(found.values().all(|one| one.judge == Judge::TwinLeaves));
    }

    /// R19.
    #[test]
    fn a_rising_tip_and_a_sender_that_stands_twice_break_the_order(
        plan in plans(),
        seed: u64,
        twice: bool,
    ) {
        let plan = Plan { ordering_rule: 1, ..plan };
        let twist = if twice { Twist::SenderTwice } else { Twist::TipsRise };
        let (found, scene, gateway) = twisted(plan, seed, twist);
        prop_assume!(gateway.is_some());
        exactly(&scene, &found, &[(FaultKind::Order, gateway.unwrap())]);
    }

    /// Rule 0 promises no order.
    #[test]
    fn under_rule_0_any_order_is_honest(plan in plans(), seed: u64) {
        let plan = Plan { ordering_rule: 0, ..plan };
        let (found, _, _) = twisted(plan, seed, Twist::TipsRise);
        prop_assert!(found.is_empty());
    }
}

/// A history with a twist signed in, and who signed it, if a frag was long enough.
fn twisted(plan: Plan, seed: u64, twist: Twist) -> (crate::world::Accusations, Scene, Option<u32>) {
    let (scene, _) = Scene::tell(&plan, Some(twist));
    let gateway = scene
        .turns
        .iter()
        .find(|turn| turn.frags.iter().any(|frag| frag.is_twisted))
        .map(|turn| turn.window.gateway);
    (Watching::everything(seed).watch(&scene), scene, gateway)
}
