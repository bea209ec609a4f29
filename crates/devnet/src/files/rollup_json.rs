use eyre::Result;
use forebond_settlement::{ContractAddresses, GenesisPreset, RollupFile, RollupGenesis};

use crate::opening::{ORIGIN_DEPTH, Opened};

/// What every process needs to know of the rollup.
pub(crate) fn rollup_file(opened: &Opened) -> Result<RollupFile> {
    Ok(RollupFile {
        l1: opened.l1.clone(),
        contracts: ContractAddresses {
            inbox: opened.contract("Inbox")?,
            portal: opened.contract("Portal")?,
            lookahead: opened.contract("Lookahead")?,
            gateway_registry: opened.contract("GatewayRegistry")?,
            bond_vault: opened.contract("BondVault")?,
            parameters: opened.contract("Parameters")?,
            validator_registry: opened.contract("ValidatorRegistry")?,
            beacon_verifiers: opened.contract("BeaconVerifiers")?,
            slasher: Some(opened.contract("Slasher")?),
            attester_resolver: Some(opened.contract("AttesterResolver")?),
            rewards_messenger: Some(opened.contract("RewardsMessenger")?),
        },
        deployment: opened.contracts.clone(),
        chain: opened.genesis.config.clone(),
        origin_depth: ORIGIN_DEPTH,
        genesis: RollupGenesis {
            origin: opened.origin,
            preset: GenesisPreset::Dev,
            funded: opened.funded.clone(),
        },
    })
}
