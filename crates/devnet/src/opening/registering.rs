//! What all rollups share is deployed; gateways, validators, bonds and loans are registered.

use std::collections::BTreeMap;

use alloy_primitives::U256;
use eyre::{Result, eyre};
use forebond_beacon::preset::Preset;
use forebond_contracts::{
    Plan,
    bindings::{BondVault, GatewayRegistry, ValidatorRegistry},
};
use forebond_harness::scenario::{
    beacon_proofs, bonds,
    deployment::{self, CoreTerms, ETHER},
    validators::proven_state,
};

use super::{
    sending::{CALL_GAS, Order, land},
    steps::Opening,
};
use crate::{config::DevnetConfig, misdeeds::Misdeed};

/// What a gateway's owner has to bond, with something for gas.
const OWNER_WEI: u128 = 1_010 * ETHER;
/// What a gateway commits to the rollup: the most that a safety fault costs.
const RESERVE_WEI: u128 = 1_000 * ETHER;
/// What a batcher has for gas and blobs.
const PAYER_WEI: u128 = 100 * ETHER;
/// What a watcher has for gas and disputes, an attester for its bond, a purse for batches.
const WALLET_WEI: u128 = 10 * ETHER;
/// Slots after a window in which faults are judged.
const EVIDENCE_SLOTS: u64 = 256;
/// The same when rules are to be broken: cases close within the run.
const SHORT_EVIDENCE_SLOTS: u64 = 32;
/// Slots for claims after a fault.
const CLAIM_SLOTS: u64 = 16;

impl Opening<'_> {
    /// The contracts that all rollups share, and ether for everybody.
    pub(super) async fn deploy_core(&mut self, config: &DevnetConfig) -> Result<()> {
        let deployer = self.cast.deployer.clone();
        let nonce = self.world.execution().nonce(deployer.address).await?;
        let evidence_slots = if config.misdeeds.is_empty() {
            EVIDENCE_SLOTS
        } else {
            SHORT_EVIDENCE_SLOTS
        };
        // One miss is free as a rule, since a neighbour can cause it (R25); one that is wanted is to be seen.
        let free_misses_per_period = u16::from(!config.has_misdeed(Misdeed::MissSlot));
        let terms = CoreTerms {
            free_misses_per_period,
            evidence_horizon_s: evidence_slots.saturating_mul(self.clock.seconds_per_slot),
            claim_period_s: CLAIM_SLOTS.saturating_mul(self.clock.seconds_per_slot),
        };
        let parameters = deployment::core_parameters(&self.constants, &terms)?;
        let creations =
            Plan::core()?.creations(deployer.address, nonce, &parameters, &mut self.contracts)?;
        let mut orders: Vec<Order> = creations
            .into_iter()
            .map(|creation| self.creation(creation))
            .collect();
        for gateway in &self.cast.gateways {
            orders.push(Order::pay(&deployer, gateway.owner.address, OWNER_WEI));
            orders.push(Order::pay(&deployer, gateway.payer.address, PAYER_WEI));
        }
        let wallets = [&self.cast.attester, &self.cast.purse];
        for wallet in wallets.into_iter().chain(&self.cast.watchers) {
            orders.push(Order::pay(&deployer, wallet.address, WALLET_WEI));
        }
        land(self.world, self.chain_id, orders).await.map(drop)
    }

    /// The first half of the validators; the fallback has the slots of the others.
    pub(super) const fn registered_validators(&self, config: &DevnetConfig) -> u64 {
        config.validators / 2
    }

    /// Gateways with their keys and endpoints, validators with their operators.
    pub(super) async fn register<P: Preset>(&self, validators: u64) -> Result<()> {
        let proven = proven_state::<P>(self.world).await?;
        let registry = self.contract("GatewayRegistry")?;
        let mut orders = Vec::new();
        for gateway in &self.cast.gateways {
            let call = bonds::registration(
                self.chain_id,
                registry,
                gateway.owner.address,
                &gateway.committer()?,
                gateway.endpoint.clone(),
            );
            orders.push(Order::call(&gateway.owner, registry, &call, CALL_GAS));
        }
        let wanted: Vec<u64> = (0..validators).collect();
        let registry = self.contract("ValidatorRegistry")?;
        for proof in beacon_proofs::validators(&proven, &wanted)? {
            let operator = self
                .cast
                .operator_of(proof.validatorIndex)
                .ok_or_else(|| eyre!("validator {} has no operator", proof.validatorIndex))?;
            let call = ValidatorRegistry::registerByWithdrawalAddressCall {
                proof,
                operator: operator.address,
            };
            orders.push(Order::call(operator, registry, &call, CALL_GAS));
        }
        land(self.world, self.chain_id, orders).await.map(drop)
    }

    /// Numbers the registry has given, in the order of the cast.
    pub(super) async fn gateway_ids(&self) -> Result<Vec<u32>> {
        let registry = self.contract("GatewayRegistry")?;
        let count = u32::try_from(self.cast.gateways.len())?;
        let mut by_owner = BTreeMap::new();
        for gateway in 1..=count {
            let call = GatewayRegistry::ownerOfCall { gateway };
            let owner = self.read(registry, &call).await?;
            by_owner.insert(owner, gateway);
        }
        self.cast
            .gateways
            .iter()
            .map(|gateway| {
                let id = by_owner.get(&gateway.owner.address).copied();
                id.ok_or_else(|| eyre!("{} is not registered", gateway.name))
            })
            .collect()
    }

    /// Bonds for the rollup, and the operators' slots for it from an epoch on.
    pub(super) async fn lend(&self, ids: &[u32], first_epoch: u64) -> Result<()> {
        let (registry, vault) = (
            self.contract("GatewayRegistry")?,
            self.contract("BondVault")?,
        );
        let rollup = self.contract("Inbox")?;
        let slasher = self.contract("Slasher")?;
        let mut orders = Vec::new();
        for (gateway, id) in self.cast.gateways.iter().zip(ids.iter().copied()) {
            let owner = &gateway.owner;
            let deposit = BondVault::depositCall { gateway: id };
            let reserve = BondVault::reserveCall {
                gateway: id,
                rollup,
                amountWei: U256::from(RESERVE_WEI),
            };
            let join = GatewayRegistry::joinCall {
                gateway: id,
                rollup,
            };
            let delegate = GatewayRegistry::delegateCall {
                delegation: GatewayRegistry::Delegation {
                    operator: gateway.operator.address,
                    gateway: id,
                    firstEpoch: first_epoch,
                    lastEpoch: first_epoch.saturating_add(1 << 30),
                    nonce: 0,
                    rollups: vec![rollup],
                    slashers: vec![slasher],
                },
                operatorSignature: Default::default(),
            };
            orders.push(Order::call(owner, vault, &deposit, CALL_GAS).with_wei(RESERVE_WEI));
            orders.push(Order::call(owner, vault, &reserve, CALL_GAS));
            orders.push(Order::call(owner, registry, &join, CALL_GAS));
            orders.push(Order::call(
                &gateway.operator,
                registry,
                &delegate,
                CALL_GAS,
            ));
        }
        land(self.world, self.chain_id, orders).await.map(drop)
    }
}
