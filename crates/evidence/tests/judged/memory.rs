//! What is kept of signed messages, and what is not.

use alloy_primitives::{B256, Bytes};
use forebond_evidence::{
    Accusation, FaultKind,
    docket::{Chain, Docket, Limits, Refusal},
};
use forebond_protocol::{Signed, fork};
use forebond_types::{Frag, Seal};
use proptest::prelude::*;

use crate::{
    convicts,
    world::{Fate, Plan, Scene, Signers, Watching, WindowPlan, book},
};

fn any_message() -> impl Strategy<Value = Signed> {
    let hash = |byte: u8| B256::with_last_byte(byte);
    let frag = (1u64..7, 0u32..12, 0u8..20, 0u64..2).prop_map(
        move |(block, sequence, previous, field)| {
            Signed::Frag(Frag {
                base: B256::ZERO,
                blockNumber: block,
                sequence,
                previousFrag: hash(previous),
                timestamp: block + field * 100,
                l1OriginNumber: 0,
                l1OriginHash: B256::ZERO,
                issuedAtMs: 0,
                firstTransaction: 0,
                transactionCount: 1,
                promisesRoot: B256::ZERO,
                gasUsed: 0,
                windowCoverage: 0,
                orderingRule: 0,
                blockEnv: B256::ZERO,
            })
        },
    );
    let seal = (1u64..7, 0u32..12, any::<bool>()).prop_map(move |(block, last, end)| {
        Signed::Seal(Seal {
            base: B256::ZERO,
            blockNumber: block,
            blockHash: B256::ZERO,
            lastSequence: last,
            lastFrag: B256::ZERO,
            endOfWindow: end,
        })
    });
    prop_oneof![frag, seal]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// Asking a few neighbours finds a contradiction exactly when asking everybody would, however sparse what is known.
    #[test]
    fn a_rival_is_found_exactly_when_there_is_one(messages in prop::collection::vec(any_message(), 1..24)) {
        let mut chain = Chain::default();
        let mut taken: Vec<Signed> = vec![];
        for message in messages {
            let expected = taken.iter().any(|known| fork(known, &message).is_some());
            prop_assert_eq!(chain.rival(&message).is_some(), expected, "{:?}", message);
            if !expected {
                chain.take(message.clone(), Bytes::new());
                taken.push(message);
            }
        }
    }
}

fn scene(gateways: &[u32]) -> Scene {
    let windows = gateways
        .iter()
        .map(|gateway| WindowPlan {
            gateway: *gateway,
            slots: 2,
            fate: Fate::Posted,
            frags: vec![vec![1, 2, 3]],
            coverage_wei: 1,
        })
        .collect();
    let plan = Plan {
        windows,
        ordering_rule: 0,
    };
    Scene::tell(&plan, None).0
}

/// R28: strangers get nothing in, so ten thousand of them push nothing out.
#[test]
fn ten_thousand_strangers_leave_no_trace_and_real_evidence_stays() {
    let scene = scene(&[1]);
    let (mut book, found) = Watching::everything(1).hear(&scene);
    assert!(found.is_empty());
    let before = book.bytes();
    let stranger = Signers::new("stranger", 1, 1);
    let turn = &scene.turns[0];
    let mut frag = turn.frags[0].frag.message.clone();
    for round in 0..10_000u64 {
        frag.issuedAtMs = round;
        let signed = if round % 100 == 0 {
            stranger.sign(&scene.l1.domain, frag.clone()).signature
        } else {
            Bytes::from(vec![u8::try_from(round % 251).unwrap(); 65])
        };
        let base = &turn.base.message;
        let refused = book.hear(scene.l1.slot, base, Signed::Frag(frag.clone()), signed);
        assert!(matches!(refused, Err(Refusal::NotACommitter { .. })));
    }
    assert_eq!(book.bytes(), before);
    assert_fork(&scene, &mut book, 0);
}

/// The second frag for a position that was heard before.
fn assert_fork(scene: &Scene, book: &mut forebond_evidence::docket::Book, turn: usize) {
    let found = second_frag(scene, book, turn).unwrap();
    let accusation = found.expect("a fork");
    assert_eq!(accusation.kind, FaultKind::Fork);
    convicts(&scene.l1, &accusation);
}

fn second_frag(
    scene: &Scene,
    book: &mut forebond_evidence::docket::Book,
    turn: usize,
) -> Result<Option<Accusation>, Refusal> {
    let story = &scene.turns[turn];
    let mut frag = story.frags[0].frag.message.clone();
    frag.gasUsed += 1;
    let signed = scene.signers[&story.window.gateway].sign(&scene.l1.domain, frag);
    let message = Signed::Frag(signed.message);
    book.hear(
        scene.l1.slot,
        &story.base.message,
        message,
        signed.signature,
    )
}

/// R15: two of three have to sign, and one of them is not enough.
#[test]
fn half_a_sets_signatures_are_nobodys() {
    let scene = scene(&[3]);
    let mut book = book(&scene, Limits::default());
    let turn = &scene.turns[0];
    let frag = &turn.frags[0].frag;
    let mut hear = |signature: Vec<u8>| {
        let message = Signed::Frag(frag.message.clone());
        book.hear(scene.l1.slot, &turn.base.message, message, signature.into())
    };
    let both = frag.signature.to_vec();
    let first_twice = [&both[..65], &both[..65]].concat();
    for bad in [both[..65].to_vec(), first_twice] {
        assert!(matches!(hear(bad), Err(Refusal::NotACommitter { .. })));
    }
    assert!(hear(both).is_ok());
}

/// A promise that its frag does not hold is nobody's.
#[test]
fn an_invented_promise_under_a_real_frag_is_left_out() {
    let scene = scene(&[1]);
    let mut book = book(&scene, Limits::default());
    let turn = &scene.turns[0];
    let frag = turn
        .frags
        .iter()
        .find(|frag| frag.promises.len() > 1)
        .unwrap();
    let mut promises = frag.promises.clone();
    promises[0].0.leaf.coverage += 1;
    promises[1].0.env.gasLimit += 1;
    let base = &turn.base.message;
    let found = book.hear_promises(scene.l1.slot, base, promises).unwrap();
    assert!(found.is_empty());
    let kept = book.dockets().flat_map(Docket::promises).count();
    assert_eq!(kept, frag.promises.len() - 2);
}

/// A base's share is bounded, what came first stays, and a fork is found though nothing more is kept.
#[test]
fn a_gateway_that_says_too_much_under_a_base_is_still_held_to_its_first_words() {
    let scene = scene(&[1]);
    let limits = Limits {
        base_bytes: 1_000,
        ..Limits::default()
    };
    let mut book = book(&scene, limits);
    let turn = &scene.turns[0];
    let refused = turn.frags.iter().filter(|frag| {
        let message = Signed::Frag(frag.frag.message.clone());
        let signature = frag.frag.signature.clone();
        let heard = book.hear(scene.l1.slot, &turn.base.message, message, signature);
        matches!(heard, Err(Refusal::Full(_)))
    });
    assert!(refused.count() > 0);
    assert!(book.bytes() < 2_000, "{} bytes", book.bytes());
    assert_fork(&scene, &mut book, 0);
}

/// When all memory is used, the one who takes most gives up its own oldest base.
#[test]
fn nobody_pushes_out_what_another_gateway_signed() {
    let scene = scene(&[1, 2, 2, 2, 2, 2, 2]);
    let limits = Limits {
        total_bytes: 20_000,
        ..Limits::default()
    };
    let mut book = book(&scene, limits);
    for turn in &scene.turns {
        for (message, signature) in Scene::messages(turn) {
            let heard = book.hear(scene.l1.slot, &turn.base.message, message, signature);
            assert!(heard.unwrap().is_none());
        }
    }
    assert!(book.bytes() <= 20_000);
    let sum: usize = book.dockets().map(Docket::bytes).sum();
    assert_eq!(book.bytes(), sum);
    assert!(
        book.dockets().count() < scene.turns.len(),
        "something had to go"
    );
    assert_fork(&scene, &mut book, 0);
    assert!(
        second_frag(&scene, &mut book, 1).unwrap().is_none(),
        "the talker's oldest base went"
    );
    assert_fork(&scene, &mut book, 6);
}

/// More bases of a window than a fork needs prove nothing more.
#[test]
fn bases_of_one_window_are_bounded_and_the_fork_is_found_each_time() {
    let scene = scene(&[1]);
    let mut book = book(&scene, Limits::default());
    let signers = &scene.signers[&1];
    for round in 0..50u8 {
        let mut base = scene.turns[0].base.message.clone();
        base.parentBlockHash = B256::repeat_byte(round);
        let signed = signers.sign(&scene.l1.domain, base.clone());
        let message = Signed::Base(base.clone());
        let found = book
            .hear(scene.l1.slot, &base, message, signed.signature)
            .unwrap();
        assert_eq!(found.is_some(), round > 0);
        let mut frag = scene.turns[0].frags[0].frag.message.clone();
        frag.base = alloy_sol_types::SolStruct::eip712_hash_struct(&base);
        let signed = signers.sign(&scene.l1.domain, frag);
        let heard = book.hear(
            scene.l1.slot,
            &base,
            Signed::Frag(signed.message),
            signed.signature,
        );
        assert_eq!(heard.is_ok(), round < 3, "round {round}");
    }
    assert_eq!(book.dockets().count(), 3);
}

/// Nothing is kept of what no judge hears: too far ahead, too old, under another base.
#[test]
fn windows_that_no_judge_hears_and_other_bases_are_refused() {
    let scene = scene(&[1]);
    let mut book = book(&scene, Limits::default());
    let turn = &scene.turns[0];
    let frag = &turn.frags[0].frag;
    let mut hear = |slot, base: &forebond_types::Base| {
        let message = Signed::Frag(frag.message.clone());
        book.hear(slot, base, message, frag.signature.clone())
    };
    let base = &turn.base.message;
    assert!(matches!(hear(0, base), Err(Refusal::TooFar { .. })));
    assert!(matches!(
        hear(base.window + 2_001, base),
        Err(Refusal::TooOld { .. })
    ));
    let mut other = base.clone();
    other.attempt = 1;
    assert!(matches!(
        hear(base.window, &other),
        Err(Refusal::OtherBase { .. })
    ));
    assert!(hear(base.window, base).is_ok());
    book.forget_before_horizon(base.window + 2_000);
    assert_eq!(book.dockets().count(), 1);
    book.forget_before_horizon(base.window + 2_001);
    assert_eq!(book.dockets().count(), 0);
}
