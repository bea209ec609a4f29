//! Validators and their duties, by beacon proof.

use alloy_primitives::U256;
use eyre::{Result, ensure, eyre};
use forebond_beacon::{containers::BeaconState, preset::Minimal, proof::StateProver};
use forebond_contracts::bindings::{Lookahead, ValidatorRegistry};
use forebond_l1::beacon::BlockId;
use ssz::Decode;

use super::{Stage, accounts::Role};
use crate::world::OPERATORS;

/// A state after a block, and the timestamp under which EIP-4788 keeps that block's root.
pub struct Proven {
    /// The state.
    pub state: BeaconState<Minimal>,
    /// Unix seconds of the next block.
    pub root_timestamp_s: u64,
}

/// Takes the newest state, and makes the block after it.
///
/// # Errors
/// When the L1 does not answer, or keeps another root.
pub async fn newest_state(stage: &Stage) -> Result<Proven> {
    let bytes = stage.world.beacon()?.state_ssz(BlockId::Head).await?;
    let state =
        BeaconState::<Minimal>::from_ssz_bytes(&bytes).map_err(|error| eyre!("{error:?}"))?;
    stage.world.advance(1).await?;
    let root_timestamp_s = stage.now_s().await?;
    Ok(Proven {
        state,
        root_timestamp_s,
    })
}

/// Registers validators 0 to `count`, each by the account it withdraws to, which is its operator as well.
///
/// # Errors
/// When a registration is refused.
pub async fn register(stage: &mut Stage, count: u64) -> Result<()> {
    let proven = newest_state(stage).await?;
    let prover = StateProver::new(&proven.state)?;
    let wanted: Vec<u64> = (0..count).collect();
    for proof in prover.validators(&wanted)? {
        let owner = if proof.validator_index % OPERATORS == 0 {
            Role::OperatorA
        } else {
            Role::OperatorB
        };
        let call = ValidatorRegistry::registerByWithdrawalAddressCall {
            proof: ValidatorRegistry::ValidatorProof {
                header: ValidatorRegistry::HeaderProof {
                    rootTimestamp: proven.root_timestamp_s,
                    header: ValidatorRegistry::BeaconHeader {
                        slot: proof.header.slot,
                        proposerIndex: proof.header.proposer_index,
                        parentRoot: proof.header.parent_root,
                        stateRoot: proof.header.state_root,
                        bodyRoot: proof.header.body_root,
                    },
                },
                validatorIndex: proof.validator_index,
                pubkeyRoot: proof.pubkey_root,
                withdrawalCredentials: proof.withdrawal_credentials,
                branch: proof.branch.clone(),
            },
            operator: owner.address()?,
        };
        stage
            .send(owner, "ValidatorRegistry", &call, U256::ZERO)
            .await?;
    }
    Ok(())
}

/// Proves the proposers of the present and the next epoch, and compares what the contract says with the beacon node's duties.
///
/// # Errors
/// When a proof is refused, or the answers differ.
pub async fn prove_two_epochs(stage: &mut Stage) -> Result<u64> {
    let proven = newest_state(stage).await?;
    let prover = StateProver::new(&proven.state)?;
    let epoch = proven.state.current_epoch();
    for epoch in [epoch, epoch + 1] {
        let proof = prover.lookahead(epoch)?;
        let call = Lookahead::proveCall {
            epoch,
            proof: Lookahead::LookaheadProof {
                header: Lookahead::HeaderProof {
                    rootTimestamp: proven.root_timestamp_s,
                    header: Lookahead::BeaconHeader {
                        slot: proof.header.slot,
                        proposerIndex: proof.header.proposer_index,
                        parentRoot: proof.header.parent_root,
                        stateRoot: proof.header.state_root,
                        bodyRoot: proof.header.body_root,
                    },
                },
                chunks: proof.chunks.clone(),
                branch: proof.branch.clone(),
            },
        };
        stage
            .send(Role::Deployer, "Lookahead", &call, U256::ZERO)
            .await?;
        same_as_duties(stage, epoch).await?;
    }
    Ok(epoch)
}

async fn same_as_duties(stage: &Stage, epoch: u64) -> Result<()> {
    let beacon = stage.world.beacon()?;
    let spec = beacon.spec().await?;
    for duty in beacon.proposer_duties(epoch, &spec).await?.data {
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
