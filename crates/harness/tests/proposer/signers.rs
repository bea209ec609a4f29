use std::time::Duration;

use alloy_primitives::Address;
use eyre::{Result, ensure};
use forebond_dev_signer::{Fault, FaultPlan};
use forebond_proposer::{
    doctor::{Verdict, examine},
    role::Running,
};

use crate::scene::{Habits, OURS, Scene, until};

/// How long a signer misbehaves.
const WHILE: Duration = Duration::from_secs(8);
/// Questions in that time: pauses double up to two seconds, and each question has two tries.
const FEW: u64 = 24;

async fn becomes(proposer: &Running, state: i64) -> Result<()> {
    let figures = &proposer.context.figures;
    until("the signer's state", || async {
        Ok((figures.signer_state.get() == state).then_some(()))
    })
    .await
}

/// Pitfall: a signer that is down, or lies, gets a storm of questions, and is locked out for everybody behind one address.
#[tokio::test(flavor = "multi_thread")]
async fn a_signer_that_stalls_lies_or_refuses_our_token_is_left_in_peace_and_used_when_it_is_well()
-> Result<()> {
    let scene = Scene::open().await?;
    let habits = Habits::default();
    scene.signer.misbehave(FaultPlan::always(Fault::Stall));
    let proposer = scene.start(&habits).await?;
    becomes(&proposer, 2).await?;
    let report = examine(&scene.config(&habits)?).await;
    ensure!(report.verdict() == Verdict::Fail, "{report}");
    ensure!(report.to_string().contains("no answer within"), "{report}");
    let asked = scene.signer.asked();
    tokio::time::sleep(WHILE).await;
    let asked = scene.signer.asked() - asked;
    ensure!(asked <= FEW, "a stalling signer was asked {asked} times");
    // Nothing that needs no signer waits for it.
    scene.lent().await?;

    scene
        .signer
        .misbehave(FaultPlan::always(Fault::WrongSignature));
    becomes(&proposer, 4).await?;
    let asked = scene.signer.asked();
    tokio::time::sleep(WHILE).await;
    let asked = scene.signer.asked() - asked;
    ensure!(asked <= FEW, "a lying signer was asked {asked} times");
    for validator in OURS {
        ensure!(scene.newest(validator).await? == (Address::ZERO, 0));
    }
    ensure!(scene.relay.told().is_empty());

    scene.signer.misbehave(FaultPlan::default());
    scene.registered().await?;
    becomes(&proposer, 1).await?;

    // After one refused token nothing is asked at all, before the signer locks us out.
    let refusal = Fault::Status(401, "unauthorized".to_owned());
    scene.signer.misbehave(FaultPlan::always(refusal));
    becomes(&proposer, 3).await?;
    let asked = scene.signer.asked();
    tokio::time::sleep(WHILE).await;
    ensure!(scene.signer.asked() == asked, "asked after a refused token");
    let unready = proposer.context.readiness.report();
    ensure!(format!("{unready:?}").contains("token"), "{unready:?}");
    proposer.abort().await;

    scene.signer.misbehave(FaultPlan::default());
    let proposer = scene.start(&habits).await?;
    becomes(&proposer, 1).await?;
    proposer.abort().await;
    Ok(())
}
