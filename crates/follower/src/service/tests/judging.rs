//! What gossip lets through.

use super::{
    super::judge::TurnJudge,
    parties::{NOW_MS, WINDOW, book, committer, turns},
    world::Producer,
};
use crate::core::StandingBoard;
use alloy_primitives::Address;
use forebond_ledger::board::Settled;
use forebond_net::{Judge as _, Judgement, Unusable};
use forebond_settlement::WindowBook;
use forebond_types::Envelope;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

struct Scene {
    judge: TurnJudge,
    now_ms: Arc<AtomicU64>,
    producer: Producer,
    envelopes: Vec<Envelope>,
}

fn scene(windows: WindowBook) -> Scene {
    let mut producer = Producer::new();
    let mut turn = producer.turn(WINDOW);
    let block = producer.block(2);
    let mut envelopes = vec![turn.base_envelope()];
    envelopes.extend(turn.block(&block, &[]));
    let now_ms = Arc::new(AtomicU64::new(NOW_MS));
    let (clock, windows) = (now_ms.clone(), Arc::new(windows));
    let judge = TurnJudge::new(
        move || windows.clone(),
        turns(),
        Arc::new(StandingBoard::default()),
        producer.ledger.board().clone(),
        move || clock.load(Ordering::Relaxed),
    );
    Scene {
        judge,
        now_ms,
        producer,
        envelopes,
    }
}

impl Scene {
    fn judge(&self, place: usize) -> Judgement {
        self.judge.judge(&self.envelopes[place], committer())
    }
}

fn ignored(why: Unusable) -> Judgement {
    Judgement::Ignore(why)
}

#[test]
fn a_frag_before_its_base_is_early_and_right_behind_it_is_let_through() {
    let scene = scene(book());
    assert_eq!(scene.judge(1), ignored(Unusable::Early));
    assert_eq!(scene.judge(0), Judgement::Accept);
    // The follower has not looked at the base yet.
    assert_eq!(scene.judge(1), Judgement::Accept);
}

#[test]
fn a_stranger_is_unknown_without_blame_whatever_it_signs() {
    let scene = scene(book());
    let stranger = Address::repeat_byte(0x99);
    for envelope in &scene.envelopes {
        assert_eq!(
            scene.judge.judge(envelope, stranger),
            ignored(Unusable::UnknownSigner)
        );
    }
    // Under a base that is known it is somebody else's turn.
    assert_eq!(scene.judge(0), Judgement::Accept);
    assert!(matches!(
        scene.judge.judge(&scene.envelopes[1], stranger),
        Judgement::Ignore(Unusable::Other(_))
    ));
}

#[test]
fn a_gateway_that_signs_in_anothers_window_is_not_passed_on() {
    let mut windows = book();
    let other = windows.gateways.remove(&super::parties::GATEWAY).unwrap();
    windows.gateways.insert(2, other);
    let scene = scene(windows);
    // Window 100 belongs to gateway 1, of which L1 has not told: it may become known.
    assert_eq!(scene.judge(0), ignored(Unusable::Early));
    let mut windows = book();
    let mut gateway = windows.gateways[&super::parties::GATEWAY].clone();
    windows.gateways.insert(2, gateway.clone());
    for epoch in gateway.epochs.values_mut() {
        epoch.committers.as_mut().unwrap().members = vec![Address::repeat_byte(0x11)];
    }
    windows.gateways.insert(super::parties::GATEWAY, gateway);
    let scene = self::scene(windows);
    assert!(matches!(
        scene.judge(0),
        Judgement::Ignore(Unusable::Other(_))
    ));
}

#[test]
fn a_base_long_before_its_turn_is_early() {
    let scene = scene(book());
    // The turn opens with block 1, right after block 0 at the genesis time.
    let opens_ms = super::world::GENESIS_S * 1_000;
    scene.now_ms.store(opens_ms - 1_001, Ordering::Relaxed);
    assert_eq!(scene.judge(0), ignored(Unusable::Early));
    scene.now_ms.store(opens_ms - 1_000, Ordering::Relaxed);
    assert_eq!(scene.judge(0), Judgement::Accept);
}

#[test]
fn what_l1_has_settled_is_late() {
    let scene = scene(book());
    assert_eq!(scene.judge(0), Judgement::Accept);
    assert_eq!(scene.judge(1), Judgement::Accept);
    let settled = |safe| Settled { safe, finalized: 0 };
    scene.producer.ledger.board().settle(settled(1));
    assert_eq!(scene.judge(1), ignored(Unusable::Late));
    assert_eq!(scene.judge(0), Judgement::Accept, "the turn goes on");
    scene.producer.ledger.board().settle(settled(10_000));
    assert_eq!(scene.judge(0), ignored(Unusable::Late));
}
