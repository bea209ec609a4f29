//! The steps, in order.

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolCall;
use eyre::{Result, WrapErr, eyre};
use forebond_beacon::preset::{Mainnet, Minimal, Preset};
use forebond_contracts::Creation;
use forebond_embedded_l1::node::PresetName;
use forebond_harness::world::{Constants, World};
use forebond_protocol::SlotClock;
use forebond_rollup::op::{Genesis, L1Origin};
use forebond_runtime::now_ms;
use forebond_settlement::{FundedAccount, L1Facts, L1Start};

use super::{
    cast::Cast,
    sending::{CREATION_GAS, Order},
};
use crate::{config::DevnetConfig, l1::L1};

/// What the opening has made.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// Who plays.
    pub(crate) cast: Cast,
    /// Numbers of the gateways, in the order of the cast.
    pub(crate) gateway_ids: Vec<u32>,
    /// Contracts by name.
    pub(crate) contracts: BTreeMap<String, Address>,
    /// The L1 as rollup.json names it.
    pub(crate) l1: L1Facts,
    /// The L1's slots.
    pub(crate) clock: SlotClock,
    /// The rollup's block 0 and constants.
    pub(crate) genesis: Genesis,
    /// Accounts with ether in block 0, beside the development accounts: batchers pay for what they do on the rollup.
    pub(crate) funded: Vec<FundedAccount>,
    /// The L1 block that the rollup begins at.
    pub(crate) origin: L1Origin,
    /// Hash of block 0.
    pub(crate) genesis_hash: B256,
    /// First L1 epoch with windows.
    pub(crate) first_epoch: u64,
}

impl Opened {
    /// Address of a contract.
    pub(crate) fn contract(&self, name: &str) -> Result<Address> {
        address(&self.contracts, name)
    }
}

/// Deploys, registers, bonds, lends, proves; then the L1's clock becomes the time of day.
/// `ports` are where gateways' peers reach them, in order.
pub(crate) async fn open(
    config: &DevnetConfig,
    l1: &mut L1,
    seed: u64,
    ports: &[u16],
) -> Result<Opened> {
    let world = l1.world()?;
    let opened = match config.preset {
        PresetName::Minimal => steps::<Minimal>(config, &world, seed, ports).await?,
        PresetName::Mainnet => steps::<Mainnet>(config, &world, seed, ports).await?,
    };
    reach_the_time_of_day(&world, &opened.clock).await?;
    l1.go_live()?;
    Ok(opened)
}

async fn steps<P: Preset>(
    config: &DevnetConfig,
    world: &World,
    seed: u64,
    ports: &[u16],
) -> Result<Opened> {
    let constants = world.constants().await?;
    let clock = SlotClock {
        genesis_s: constants.genesis_time_s,
        seconds_per_slot: constants.seconds_per_slot,
        slots_per_epoch: constants.slots_per_epoch,
    };
    let cast = Cast::new(config, seed, constants.genesis_time_s, ports)?;
    let before = world.execution().head().await?;
    let chain_id = world.execution().chain_id().await?;
    let mut opening = Opening {
        world,
        chain_id,
        l1: L1Facts {
            chain_id,
            start: L1Start {
                number: before.number,
                hash: before.hash,
            },
            blob_fee_steps: Vec::new(),
        },
        constants,
        clock,
        handover_slots: config.handover_slots,
        cast,
        contracts: BTreeMap::new(),
    };
    opening.deploy_core(config).await.wrap_err("deploying")?;
    let registered = opening.registered_validators(config);
    opening
        .register::<P>(registered)
        .await
        .wrap_err("registering gateways and validators")?;
    let gateway_ids = opening.gateway_ids().await?;
    let begun = opening
        .create_rollup(config, &gateway_ids)
        .await
        .wrap_err("creating the rollup's contracts")?;
    opening
        .bond_attester()
        .await
        .wrap_err("bonding the attester")?;
    opening
        .lend(&gateway_ids, begun.start.lent_from)
        .await
        .wrap_err("bonding and lending")?;
    opening.wait_until_it_counts(config, begun.start).await?;
    opening
        .prove_windows::<P>(begun.start)
        .await
        .wrap_err("proving the first windows")?;
    Ok(Opened {
        cast: opening.cast,
        gateway_ids,
        contracts: opening.contracts,
        l1: opening.l1,
        clock,
        genesis: begun.genesis,
        funded: begun.funded,
        origin: begun.origin,
        genesis_hash: begun.hash,
        first_epoch: begun.start.first_epoch,
    })
}

/// Lets slots pass until the chain stands at the slot that runs now.
async fn reach_the_time_of_day(world: &World, clock: &SlotClock) -> Result<()> {
    let at = world.status().await?.slot;
    let behind = clock.slot_at_ms(now_ms()).saturating_sub(at);
    // The clock makes the last one.
    world.advance(behind.saturating_sub(1)).await
}

/// An opening on its way.
pub(super) struct Opening<'a> {
    pub(super) world: &'a World,
    pub(super) chain_id: u64,
    pub(super) l1: L1Facts,
    pub(super) constants: Constants,
    pub(super) clock: SlotClock,
    pub(super) handover_slots: u64,
    pub(super) cast: Cast,
    pub(super) contracts: BTreeMap<String, Address>,
}

impl Opening<'_> {
    /// The deployer creates a contract.
    pub(super) fn creation(&self, creation: Creation) -> Order {
        Order {
            what: format!("creation of {}", creation.name),
            from: self.cast.deployer.clone(),
            to: None,
            value_wei: Default::default(),
            input: creation.init_code,
            gas: CREATION_GAS,
        }
    }

    /// Address of a contract.
    pub(super) fn contract(&self, name: &str) -> Result<Address> {
        address(&self.contracts, name)
    }

    /// Asks a contract.
    pub(super) async fn read<C: SolCall>(&self, contract: Address, call: &C) -> Result<C::Return> {
        let answer = self
            .world
            .execution()
            .call(contract, call.abi_encode().into())
            .await?;
        Ok(C::abi_decode_returns(&answer)?)
    }
}

fn address(contracts: &BTreeMap<String, Address>, name: &str) -> Result<Address> {
    contracts
        .get(name)
        .copied()
        .ok_or_else(|| eyre!("{name} is not deployed"))
}
