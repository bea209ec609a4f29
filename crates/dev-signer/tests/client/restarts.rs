//! A proposer that is cut off at any moment of a request, and one that is killed.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use forebond_commit_boost::{protection::ProtectionDb, safe::SafeError};
use forebond_dev_signer::{Fault, FaultPlan};

use crate::{support::CHAIN, world::World};

#[tokio::test]
async fn a_request_dropped_at_any_moment_can_be_gone_on_with_and_not_replaced() {
    let world = World::new().await;
    world.proposer().sign(world.delegation(0, 1)).await.unwrap();
    for step in 0..24u64 {
        let slot = step + 1;
        let proposer = world.proposer();
        let _ = tokio::time::timeout(
            Duration::from_micros(150 * step),
            proposer.sign(world.delegation(slot, 1)),
        )
        .await;
        drop(proposer);
        // The directory is held until a write that had begun is over.
        let until = Instant::now() + Duration::from_secs(10);
        while ProtectionDb::open(world.dir.path(), CHAIN).is_err() {
            assert!(Instant::now() < until, "the directory is held for ever");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let proposer = world.proposer();
        let first = proposer.sign(world.delegation(slot, 1)).await.unwrap();
        assert!(matches!(
            proposer.sign(world.delegation(slot, 2)).await,
            Err(SafeError::Protection(_))
        ));
        assert_eq!(
            proposer.sign(world.delegation(slot, 1)).await.unwrap(),
            first
        );
    }
}

#[tokio::test]
async fn what_was_asked_is_on_disk_before_the_signer_answers() {
    let world = World::new().await;
    let proposer = Arc::new(world.proposer());
    proposer.sign(world.delegation(1, 1)).await.unwrap();
    world.signer.misbehave(FaultPlan::once([Fault::Stall]));
    let before = world.signer.asked();
    let waiting = tokio::spawn({
        let (proposer, request) = (Arc::clone(&proposer), world.delegation(2, 1));
        async move { proposer.sign(request).await }
    });
    while world.signer.asked() == before {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The signer has the request and has not answered: another content is refused already.
    assert!(matches!(
        proposer.sign(world.delegation(2, 2)).await,
        Err(SafeError::Protection(_))
    ));
    waiting.await.unwrap().unwrap();
}
