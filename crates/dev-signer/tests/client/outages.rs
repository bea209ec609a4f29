//! A signer that fails, stalls or is gone: bounded, typed, and asked again only where that is harmless.

use std::time::{Duration, Instant};

use forebond_commit_boost::client::{Advice, ProposerSigner, ProxyScheme, SignerError};
use forebond_commit_boost::safe::SafeError;
use forebond_dev_signer::{Fault, FaultPlan};

use crate::world::World;

fn failed(status: u16) -> Fault {
    Fault::Status(status, "Dirk communication error".to_owned())
}

#[tokio::test]
async fn failures_that_may_pass_are_asked_again_and_the_signature_is_one() {
    let world = World::new().await;
    let proposer = world.proposer();
    proposer.signer().dialect().await.unwrap();
    for (slot, fault) in [
        (1, failed(500)),
        (2, failed(502)),
        (3, failed(503)),
        (4, Fault::Stall),
        (5, Fault::Drop),
    ] {
        world
            .signer
            .misbehave(FaultPlan::once([fault.clone(), fault]));
        proposer.sign(world.delegation(slot, 1)).await.unwrap();
    }
    assert_eq!(world.signer.signed(), 5);
}

#[tokio::test]
async fn a_signer_that_keeps_failing_is_asked_a_bounded_number_of_times() {
    let world = World::new().await;
    let proposer = world.proposer();
    proposer.signer().dialect().await.unwrap();
    for (slot, fault) in [(1, failed(502)), (2, Fault::Stall), (3, Fault::Drop)] {
        world.signer.misbehave(FaultPlan::always(fault.clone()));
        let before = world.signer.asked();
        let started = Instant::now();
        let error = match proposer.sign(world.delegation(slot, 1)).await.unwrap_err() {
            SafeError::Signer(error) => error,
            other => panic!("{other}"),
        };
        match (&fault, &error) {
            (
                Fault::Status(..),
                SignerError::Failed {
                    status: 502,
                    message,
                    ..
                },
            ) => {
                assert_eq!(message, "Dirk communication error");
            }
            (
                Fault::Stall,
                SignerError::Timeout {
                    after_ms: 2_000, ..
                },
            )
            | (Fault::Drop, SignerError::Unreachable { .. }) => {}
            other => panic!("{other:?}"),
        }
        assert_eq!(error.advice(), Advice::Later);
        assert_eq!(world.signer.asked() - before, 3);
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}

#[tokio::test]
async fn requests_that_will_never_be_taken_are_asked_once() {
    let world = World::new().await;
    let proposer = world.proposer();
    proposer.signer().dialect().await.unwrap();
    for (slot, status) in [(1, 400), (2, 415), (3, 422), (4, 418)] {
        world
            .signer
            .misbehave(FaultPlan::always(Fault::Status(status, "no".to_owned())));
        let before = world.signer.asked();
        let refused = proposer.sign(world.delegation(slot, 1)).await;
        let is_typed = matches!(&refused, Err(SafeError::Signer(SignerError::Refused { status: got, .. })) if *got == status);
        assert!(is_typed, "{refused:?}");
        assert_eq!(world.signer.asked() - before, 1);
    }
    world.signer.misbehave(FaultPlan::always(Fault::Status(
        404,
        "unknown consensus signer: 0xab".to_owned(),
    )));
    let refused = proposer.sign(world.delegation(5, 1)).await;
    assert!(
        matches!(
            refused,
            Err(SafeError::Signer(SignerError::UnknownKey { .. }))
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_proxy_key_is_asked_for_once_even_when_the_answer_is_lost() {
    let world = World::new().await;
    let client = world.client();
    client.dialect().await.unwrap();
    for fault in [failed(502), Fault::Stall, Fault::Drop] {
        world.signer.misbehave(FaultPlan::always(fault.clone()));
        let before = world.signer.asked();
        client
            .new_proxy(world.validator(0), ProxyScheme::Bls)
            .await
            .unwrap_err();
        assert_eq!(world.signer.asked() - before, 1, "{fault:?}");
    }
}

#[tokio::test]
async fn a_signer_that_is_gone_is_unreachable_and_one_that_takes_its_time_is_waited_for() {
    let world = World::new().await;
    let proposer = world.proposer();
    world
        .signer
        .misbehave(FaultPlan::always(Fault::Delay(Duration::from_millis(100))));
    proposer.sign(world.delegation(1, 1)).await.unwrap();
    let request = world.delegation(2, 1);
    let World { signer, dir: _dir } = world;
    signer.stop().await;
    let gone = proposer.sign(request).await;
    assert!(
        matches!(
            gone,
            Err(SafeError::Signer(
                SignerError::Unreachable { .. } | SignerError::Timeout { .. }
            ))
        ),
        "{gone:?}"
    );
}
