//! Reorganisations after a proof.

use eyre::{Result, ensure};
use forebond_contracts::bindings::Lookahead;

use crate::scenario::{
    Stage,
    accounts::Role,
    beacon_proofs,
    validators::{duties, newest_state, prove, prove_two_epochs, same_as_duties},
};

/// The newest two slots are replaced, and with them the proof's own transaction, which then waits again.
pub(super) async fn a_shallow_reorg_changes_no_duty(stage: &mut Stage) -> Result<()> {
    // Not the first slots of an epoch: nothing of the epoch before is replaced.
    let epoch = stage.epoch().await? + 2;
    let slot = epoch * stage.constants.slots_per_epoch + 3;
    stage.world.advance_to(slot).await?;
    let before = duties(stage, epoch + 1).await?;
    prove_two_epochs(stage).await?;
    stage.world.reorg(2, false).await?;
    // Whatever was replaced lands again.
    stage.world.advance(2).await?;
    for epoch in [epoch, epoch + 1] {
        ensure!(
            is_proven(stage, epoch).await?,
            "the proof of epoch {epoch} did not land again"
        );
        same_as_duties(stage, epoch).await?;
    }
    let after = duties(stage, epoch + 1).await?;
    ensure!(
        proposers(&before) == proposers(&after),
        "a reorg within an epoch changed the next one's duties"
    );
    Ok(())
}

/// The last slot of the epoch before loses its block after the epoch after the next was proven. Its proposers are others now, the
/// old proof is worth nothing, and a new one agrees with the new duties.
pub(super) async fn a_reorg_of_the_border_changes_duties_that_are_proven_again(
    stage: &mut Stage,
) -> Result<()> {
    let present = stage.epoch().await? + 3;
    let (next, border) = (present + 1, present * stage.constants.slots_per_epoch);
    stage.world.advance_to(border).await?;
    let proven = newest_state(stage).await?;
    prove(stage, &proven, next).await?;
    same_as_duties(stage, next).await?;
    let before = duties(stage, next).await?;
    let old = Lookahead::proveCall {
        epoch: next,
        proof: beacon_proofs::lookahead(&proven, next)?,
    };

    let nonce = nonce_of_prover(stage).await?;
    let depth = stage.world.status().await?.slot - (border - 1) + 1;
    stage.world.reorg(depth, true).await?;
    ensure!(
        !is_proven(stage, next).await?,
        "a proof outlived the chain it was about"
    );
    stage.refuses("Lookahead", &old, "HeaderMismatch").await?;
    // What waits again lands, and fails.
    stage.world.advance(2).await?;
    ensure!(
        nonce_of_prover(stage).await? == nonce,
        "the old proof's transaction did not land again"
    );
    ensure!(
        !is_proven(stage, next).await?,
        "a proof of the replaced chain was taken"
    );
    let after = duties(stage, next).await?;
    ensure!(
        proposers(&before) != proposers(&after),
        "without the border's block other proposers are drawn"
    );
    prove_two_epochs(stage).await.map(drop)
}

fn proposers(duties: &[forebond_l1::beacon::ProposerDuty]) -> Vec<u64> {
    duties.iter().map(|duty| duty.validator_index).collect()
}

async fn nonce_of_prover(stage: &Stage) -> Result<u64> {
    let prover = Role::Deployer.address()?;
    Ok(stage.world.execution().nonce(prover).await?)
}

async fn is_proven(stage: &Stage, epoch: u64) -> Result<bool> {
    stage
        .read("Lookahead", &Lookahead::isProvenCall { epoch })
        .await
}
