use eyre::Result;
use forebond_settlement::{ContractAddresses, GenesisPreset, RollupFile, RollupGenesis};

use crate::opening::{ORIGIN_DEPTH, Opened};

/// What every process needs to know of the rollup.
pub(crate) fn rollup_file(opened: &Opened) -> Result<RollupFile> {
    Ok(RollupFile {
        l1: opened.l1.clone(),
        contracts: ContractAddresses::of(&opened.contracts)?,
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
