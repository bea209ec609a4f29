//! Posting in an epoch that nobody has proven.

use alloy_primitives::{Address, Bytes};
use eyre::{Result, bail, ensure};
use forebond_contracts::bindings::{GatewayRegistry, Inbox, Lookahead, ValidatorRegistry};

use crate::scenario::{
    Stage, beacon_proofs,
    bonds::Gateway,
    posting::{self, Rollup},
    validators::{duties, newest_state, prove},
};

/// The owner posts with a proof of its slot alone. Whoever proves the epoch later gets the same answer.
pub(super) async fn a_slot_is_enough(
    stage: &mut Stage,
    rollup: &mut Rollup,
    gateways: &[&Gateway],
) -> Result<()> {
    for _ in 0..10 {
        let epoch = stage.epoch().await? + 3;
        stage.until_epoch(epoch).await?;
        let proven = newest_state(stage).await?;
        let now = stage.world.status().await?.slot;
        let mut own = None;
        let mut nobodys = None;
        for duty in duties(stage, epoch).await? {
            let gateway = gateway_of(stage, duty.validator_index, epoch).await?;
            if gateway == 0 {
                nobodys = Some(duty);
            } else if duty.slot > now && own.is_none() {
                own = Some((duty.slot, gateway));
            }
        }
        let (Some((slot, id)), Some(nobodys)) = (own, nobodys) else {
            continue;
        };
        let Some(gateway) = gateways.iter().find(|gateway| gateway.id == id) else {
            bail!("gateway {id} is not one of ours");
        };
        let inbox = stage.contract("Inbox")?;
        let by_proof = |slot: u64, proof: Vec<u8>| Lookahead::ownerByProofCall {
            rollup: inbox,
            slot,
            proof: proof.into(),
        };
        let verify = Inbox::verifyGatewayCall { gateway: id, slot };
        stage.refuses("Inbox", &verify, "LookaheadUnknown").await?;
        let strangers = by_proof(nobodys.slot, beacon_proofs::slot(&proven, nobodys.slot)?);
        stage
            .refuses("Lookahead", &strangers, "ProposerNotRegistered")
            .await?;
        // Four slots share a chunk; this one lies in another.
        let other_chunk = by_proof(slot, beacon_proofs::slot(&proven, slot ^ 4)?);
        stage
            .refuses("Lookahead", &other_chunk, "StateMismatch")
            .await?;

        stage.world.advance_to(slot - 1).await?;
        let proof = Bytes::from(beacon_proofs::slot(&proven, slot)?);
        let (receipt, _, _) =
            posting::post_proving(stage, rollup, gateway, slot, slot, proof).await?;
        ensure!(receipt.status(), "the owner's batch was refused");
        eprintln!("postBatch by a slot's proof: {} gas", receipt.gas_used);

        prove(stage, &proven, epoch).await?;
        let call = Lookahead::ownerAtCall {
            rollup: inbox,
            slot,
        };
        let owner = stage.read("Lookahead", &call).await?;
        ensure!(
            owner.gateway == id && owner.window == slot,
            "slot {slot}: {id} by its own proof, {} by the epoch's",
            owner.gateway
        );
        return Ok(());
    }
    bail!("no registered proposer late enough in ten epochs")
}

/// Gateway that a validator's slots are lent to; 0 when they are nobody's.
async fn gateway_of(stage: &Stage, validator: u64, epoch: u64) -> Result<u32> {
    let call = ValidatorRegistry::operatorAtCall {
        validatorIndex: validator,
        epoch,
    };
    let operator = stage.read("ValidatorRegistry", &call).await?;
    if operator == Address::ZERO {
        return Ok(0);
    }
    let call = GatewayRegistry::gatewayForCall {
        operator,
        rollup: stage.contract("Inbox")?,
        epoch,
    };
    stage.read("GatewayRegistry", &call).await
}
