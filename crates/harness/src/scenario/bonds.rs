//! Gateways, their bonds and what operators lend them.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolStruct, eip712_domain};
use eyre::{Result, ensure};
use forebond_contracts::bindings::{BondVault, GatewayRegistry};
use forebond_types::{CommitterKey, CommitterSet};

use super::{
    Stage,
    accounts::{Committer, Role},
};

/// A registered gateway.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its number.
    pub id: u32,
    /// Its owner.
    pub owner: Role,
    /// Its key.
    pub committer: Committer,
}

impl Gateway {
    /// The set that signs for it: one key.
    pub fn set(&self) -> (u8, Vec<Address>) {
        (1, vec![self.committer.address])
    }
}

/// Registers a gateway with one key, proven to be in its holder's hand.
///
/// # Errors
/// When the registry refuses.
pub async fn register(stage: &mut Stage, owner: Role, expected_id: u32) -> Result<Gateway> {
    let committer = Committer::named(&format!("committer of {owner:?}"))?;
    let call = registration(
        stage.world.execution().chain_id().await?,
        stage.contract("GatewayRegistry")?,
        owner.address()?,
        &committer,
        format!("https://{owner:?}.example").to_lowercase(),
    );
    stage
        .send(owner, "GatewayRegistry", &call, U256::ZERO)
        .await?;
    let registered = stage
        .read(
            "GatewayRegistry",
            &GatewayRegistry::ownerOfCall {
                gateway: expected_id,
            },
        )
        .await?;
    ensure!(
        registered == owner.address()?,
        "gateway {expected_id} belongs to {registered}"
    );
    Ok(Gateway {
        id: expected_id,
        owner,
        committer,
    })
}

/// The call by which `owner` registers a gateway that one key signs for; the key proves that it is in its holder's hand.
pub fn registration(
    l1_chain_id: u64,
    registry: Address,
    owner: Address,
    committer: &Committer,
    endpoint: String,
) -> GatewayRegistry::registerCall {
    let set = GatewayRegistry::CommitterSet {
        threshold: 1,
        members: vec![committer.address],
    };
    let domain = eip712_domain! {
        name: "Forebond",
        version: "1",
        chain_id: l1_chain_id,
        verifying_contract: registry,
    };
    let key = CommitterKey {
        owner,
        committerSet: CommitterSet {
            threshold: set.threshold,
            members: set.members.clone(),
        }
        .hash(),
    };
    let possession = committer.sign(key.eip712_signing_hash(&domain));
    GatewayRegistry::registerCall {
        set,
        possessions: vec![possession.as_bytes().to_vec().into()],
        endpoint,
    }
}

/// Locks `amount_wei` for the rollup and, except for a fallback, asks to own windows.
///
/// # Errors
/// When a contract refuses.
pub async fn bond(
    stage: &mut Stage,
    gateway: &Gateway,
    amount_wei: u128,
    join: bool,
) -> Result<()> {
    let rollup = stage.contract("Inbox")?;
    let amount = U256::from(amount_wei);
    let id = gateway.id;
    stage
        .send(
            gateway.owner,
            "BondVault",
            &BondVault::depositCall { gateway: id },
            amount,
        )
        .await?;
    let call = BondVault::reserveCall {
        gateway: id,
        rollup,
        amountWei: amount,
    };
    stage
        .send(gateway.owner, "BondVault", &call, U256::ZERO)
        .await?;
    if join {
        let call = GatewayRegistry::joinCall {
            gateway: id,
            rollup,
        };
        stage
            .send(gateway.owner, "GatewayRegistry", &call, U256::ZERO)
            .await?;
    }
    Ok(())
}

/// An operator lends its slots of the rollup to a gateway, as early as the rules allow.
///
/// # Errors
/// When the registry refuses.
pub async fn delegate(stage: &mut Stage, operator: Role, gateway: &Gateway) -> Result<u64> {
    let first_epoch = stage.epoch().await? + 3;
    let call = GatewayRegistry::delegateCall {
        delegation: GatewayRegistry::Delegation {
            operator: operator.address()?,
            gateway: gateway.id,
            firstEpoch: first_epoch,
            lastEpoch: first_epoch + 1_000,
            nonce: 0,
            rollups: vec![stage.contract("Inbox")?],
            slashers: vec![stage.contract("Slasher")?],
        },
        operatorSignature: Default::default(),
    };
    stage
        .send(operator, "GatewayRegistry", &call, U256::ZERO)
        .await?;
    Ok(first_epoch)
}

/// What can be slashed of a gateway for the rollup, in wei.
///
/// # Errors
/// When the L1 does not answer.
pub async fn reserve_of(stage: &Stage, gateway: u32) -> Result<U256> {
    let call = BondVault::reserveOfCall {
        gateway,
        rollup: stage.contract("Inbox")?,
    };
    stage.read("BondVault", &call).await
}

/// A gateway leaves: its bond stays until the last horizon is over, then it is free and withdrawn.
///
/// # Errors
/// When the bond leaves early, or not at all.
pub async fn leave(stage: &mut Stage, gateway: &Gateway) -> Result<()> {
    let rollup = stage.contract("Inbox")?;
    let (id, owner) = (gateway.id, gateway.owner);
    let amount = reserve_of(stage, id).await?;
    let request = BondVault::requestReleaseCall {
        gateway: id,
        rollup,
        amountWei: amount,
    };
    let complete = BondVault::completeReleaseCall {
        gateway: id,
        rollup,
    };
    stage
        .refused(owner, "BondVault", &request, "StillMember")
        .await?;
    let quit = GatewayRegistry::quitCall {
        gateway: id,
        rollup,
    };
    stage
        .send(owner, "GatewayRegistry", &quit, U256::ZERO)
        .await?;
    stage.send(owner, "BondVault", &request, U256::ZERO).await?;
    stage
        .refused(owner, "BondVault", &complete, "TooEarly")
        .await?;
    // Two epochs, two more for a window across a border, evidence, claims.
    let longest_s = super::deployment::EVIDENCE_HORIZON_S + super::deployment::CLAIM_PERIOD_S;
    stage
        .world
        .advance(5 * stage.constants.slots_per_epoch + longest_s)
        .await?;
    stage
        .send(owner, "BondVault", &complete, U256::ZERO)
        .await?;
    let to = Address::repeat_byte(0x77);
    let withdraw = BondVault::withdrawCall {
        gateway: id,
        to,
        amountWei: amount,
    };
    stage
        .send(owner, "BondVault", &withdraw, U256::ZERO)
        .await?;
    let received = stage.world.execution().balance(to).await?;
    ensure!(
        received == amount,
        "withdrew {amount} wei, {received} arrived"
    );
    Ok(())
}
