//! Validators and their duties, by beacon proof.

use alloy_primitives::U256;
use eyre::{Result, ensure, eyre};
use forebond_beacon::{
    containers::BeaconState,
    preset::{Minimal, Preset},
};
use forebond_contracts::bindings::{Lookahead, ValidatorRegistry};
use forebond_l1::beacon::{BlockId, ProposerDuty};
use ssz::Decode;

use super::{Stage, accounts::Role, beacon_proofs};
use crate::world::{OPERATORS, World};

/// Slots without a block, one after the other, that are waited through.
const MOST_EMPTY_SLOTS: u64 = 8;

/// A state after a block, and the timestamp under which EIP-4788 keeps that block's root.
pub struct Proven<P: Preset = Minimal> {
    /// The state.
    pub state: BeaconState<P>,
    /// Unix seconds of the next block.
    pub root_timestamp_s: u64,
}

/// The state after the newest block.
///
/// # Errors
/// When the L1 does not answer, or has another preset.
pub async fn head_state<P: Preset>(world: &World) -> Result<BeaconState<P>> {
    let bytes = world.beacon()?.state_ssz(BlockId::Head).await?;
    BeaconState::<P>::from_ssz_bytes(&bytes).map_err(|error| eyre!("{error:?}"))
}

/// Takes the newest state, and makes the block after it.
///
/// # Errors
/// When the L1 does not answer, or keeps another root.
pub async fn newest_state(stage: &Stage) -> Result<Proven> {
    proven_state(&stage.world).await
}

/// As [`newest_state`], of any preset.
///
/// # Errors
/// When the L1 does not answer.
pub async fn proven_state<P: Preset>(world: &World) -> Result<Proven<P>> {
    let state = head_state(world).await?;
    // By number: in real time more slots may pass meanwhile.
    let next = state
        .latest_execution_payload_header
        .block_number
        .saturating_add(1);
    for _ in 0..MOST_EMPTY_SLOTS {
        world.advance(1).await?;
        if let Some(block) = world.execution().block(next.into()).await? {
            return Ok(Proven {
                state,
                root_timestamp_s: block.timestamp_s,
            });
        }
    }
    Err(eyre!("no block {next} after {MOST_EMPTY_SLOTS} slots"))
}

/// The account that validator `index` withdraws to.
pub const fn owner_of(index: u64) -> Role {
    if index.is_multiple_of(OPERATORS) {
        Role::OperatorA
    } else {
        Role::OperatorB
    }
}

/// Registers validators 0 to `count`, each by the account it withdraws to, which is its operator as well.
///
/// # Errors
/// When a registration is refused.
pub async fn register(stage: &mut Stage, count: u64) -> Result<()> {
    let proven = newest_state(stage).await?;
    let wanted: Vec<u64> = (0..count).collect();
    for proof in beacon_proofs::validators(&proven, &wanted)? {
        let owner = owner_of(proof.validatorIndex);
        let call = ValidatorRegistry::registerByWithdrawalAddressCall {
            proof,
            operator: owner.address()?,
        };
        stage
            .send(owner, "ValidatorRegistry", &call, U256::ZERO)
            .await?;
    }
    Ok(())
}

/// Proves the proposers of the present and the next epoch, and compares what the contract says with the beacon node's duties.
/// Returns the present epoch.
///
/// # Errors
/// When a proof is refused, or the answers differ.
pub async fn prove_two_epochs(stage: &mut Stage) -> Result<u64> {
    let proven = newest_state(stage).await?;
    let epoch = proven.state.current_epoch();
    for epoch in [epoch, epoch + 1] {
        prove(stage, &proven, epoch).await?;
        same_as_duties(stage, epoch).await?;
    }
    Ok(epoch)
}

/// Proves the proposers of one epoch.
///
/// # Errors
/// When the proof is refused.
pub async fn prove(stage: &mut Stage, proven: &Proven, epoch: u64) -> Result<()> {
    let proof = beacon_proofs::lookahead(proven, epoch)?;
    let call = Lookahead::proveCall { epoch, proof };
    stage
        .send(Role::Deployer, "Lookahead", &call, U256::ZERO)
        .await?;
    Ok(())
}

/// The beacon node's duties of an epoch, in the order of its slots.
///
/// # Errors
/// When the node does not answer.
pub async fn duties(stage: &Stage, epoch: u64) -> Result<Vec<ProposerDuty>> {
    let beacon = stage.world.beacon()?;
    let spec = beacon.spec().await?;
    let mut duties = beacon.proposer_duties(epoch, &spec).await?.data;
    duties.sort_by_key(|duty| duty.slot);
    Ok(duties)
}

/// The contract's proposers of a proven epoch are those of the beacon node.
///
/// # Errors
/// When they are not.
pub async fn same_as_duties(stage: &Stage, epoch: u64) -> Result<()> {
    for duty in duties(stage, epoch).await? {
        let call = Lookahead::proposerAtCall { slot: duty.slot };
        let proposer = stage.read("Lookahead", &call).await?;
        ensure!(
            proposer == duty.validator_index,
            "slot {}: the contract says {proposer}, the beacon node {}",
            duty.slot,
            duty.validator_index
        );
    }
    Ok(())
}
