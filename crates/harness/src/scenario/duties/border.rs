//! Missed slots at an epoch's border, and proofs that do not hold.

use alloy_primitives::B256;
use eyre::{Result, ensure};
use forebond_beacon::preset::{Minimal, Preset};
use forebond_contracts::bindings::{BeaconVerifiers, Lookahead};
use forebond_contracts::convert;

use crate::scenario::{
    Stage, beacon_proofs,
    validators::{Proven, head_state, prove, same_as_duties},
};

/// The first slots of an epoch have no block. The newest root is then older than its timestamp: taken for the new epoch's state,
/// every proposer would be shifted by an epoch. The header's slot decides.
pub(super) async fn a_missed_border_shifts_no_epoch(stage: &mut Stage) -> Result<()> {
    // An epoch that nobody has proven.
    let epoch = stage.epoch().await? + 3;
    let border = epoch * stage.constants.slots_per_epoch;
    stage.world.advance_to(border - 1).await?;
    let state = head_state(&stage.world).await?;
    for slot in [border, border + 1] {
        ensure!(
            stage.world.miss_a_slot().await? == slot,
            "another slot was missed"
        );
    }
    stage.world.advance(1).await?;
    let proven = Proven {
        state,
        root_timestamp_s: stage.now_s().await?,
    };
    ensure!(
        proven.state.slot == border - 1,
        "the state is of slot {}",
        proven.state.slot
    );
    let of_timestamp = (proven.root_timestamp_s - stage.constants.genesis_time_s)
        / stage.constants.seconds_per_slot;
    ensure!(
        of_timestamp == border + 2,
        "the root is kept under slot {of_timestamp}"
    );

    bad_lookaheads_are_refused(stage, &proven, epoch).await?;
    bad_presences_are_refused(stage, &proven, border - 2).await?;
    prove(stage, &proven, epoch).await?;
    same_as_duties(stage, epoch).await
}

async fn bad_lookaheads_are_refused(stage: &Stage, proven: &Proven, epoch: u64) -> Result<()> {
    let good = beacon_proofs::lookahead(proven, epoch)?;
    let bad = |change: &dyn Fn(&mut Lookahead::LookaheadProof)| {
        let mut proof = good.clone();
        change(&mut proof);
        proof
    };
    let border_s = stage.constants.genesis_time_s
        + epoch * stage.constants.slots_per_epoch * stage.constants.seconds_per_slot;
    let cases = [
        // By its timestamp the root would be of `epoch`, and know the next one.
        (epoch + 1, good.clone(), "HeaderOutsideEpoch"),
        (epoch - 2, good.clone(), "HeaderOutsideEpoch"),
        // The state's own half in place of the next epoch's.
        (
            epoch,
            beacon_proofs::lookahead(proven, epoch - 1)?,
            "StateMismatch",
        ),
        (
            epoch,
            bad(&|proof| proof.branch.truncate(1)),
            "BranchLength",
        ),
        (
            epoch,
            bad(&|proof| proof.branch.push(B256::ZERO)),
            "BranchLength",
        ),
        (epoch, bad(&|proof| proof.chunks.truncate(1)), "ChunkCount"),
        (epoch, bad(&|proof| proof.chunks.reverse()), "StateMismatch"),
        (
            epoch,
            bad(&|proof| proof.header.header.slot += 1),
            "HeaderMismatch",
        ),
        // Nobody's block stands at the border: EIP-4788 has no root of that second.
        (
            epoch,
            bad(&|proof| proof.header.rootTimestamp = border_s),
            "BeaconRootUnknown",
        ),
    ];
    for (epoch, proof, reason) in cases {
        let call = Lookahead::proveCall { epoch, proof };
        stage.refuses("Lookahead", &call, reason).await?;
    }
    Ok(())
}

async fn bad_presences_are_refused(stage: &Stage, proven: &Proven, slot: u64) -> Result<()> {
    let good: BeaconVerifiers::SlotPresenceProof =
        convert(&beacon_proofs::presence(proven, slot)?)?;
    let bad = |change: &dyn Fn(&mut BeaconVerifiers::SlotPresenceProof)| {
        let mut proof = good.clone();
        change(&mut proof);
        proof
    };
    let ring = Minimal::slots_per_historical_root();
    let cases = [
        (bad(&|proof| proof.slot -= 1), "StateMismatch"),
        (bad(&|proof| proof.slot += 2), "SlotOutsideBlockRoots"),
        // The same places of the ring, one lap before.
        (bad(&|proof| proof.slot -= ring), "SlotOutsideBlockRoots"),
        (bad(&|proof| proof.branchAt.truncate(1)), "BranchLength"),
        (
            bad(&|proof| proof.rootBefore = proof.rootAt),
            "StateMismatch",
        ),
    ];
    for (proof, reason) in cases {
        let call = BeaconVerifiers::wasMissedCall { proof };
        stage.refuses("BeaconVerifiers", &call, reason).await?;
    }
    let call = BeaconVerifiers::wasMissedCall { proof: good };
    ensure!(
        !stage.read("BeaconVerifiers", &call).await?,
        "slot {slot} had a block"
    );
    Ok(())
}
