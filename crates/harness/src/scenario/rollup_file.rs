//! The rollup file of the scenarios' rollup.

use alloy_eips::BlockId;
use alloy_primitives::B256;
use eyre::{Result, eyre};
use forebond_rollup::op::{ChainConfig, L1Origin};
use forebond_settlement::{
    ContractAddresses, GenesisPreset, L1Facts, L1Start, RollupFile, RollupGenesis,
};

use super::Stage;

/// What every process needs to know of the scenarios' rollup.
///
/// # Errors
/// When the L1 does not answer, or the rollup is not deployed.
pub async fn rollup_file(stage: &Stage) -> Result<RollupFile> {
    let execution = stage.world.execution();
    let first = execution.block(BlockId::number(0)).await?;
    let first = first.ok_or_else(|| eyre!("no first block"))?;
    Ok(RollupFile {
        l1: L1Facts {
            chain_id: execution.chain_id().await?,
            start: L1Start {
                number: first.number,
                hash: first.hash,
            },
            blob_fee_steps: Vec::new(),
        },
        contracts: ContractAddresses::of(&stage.contracts)?,
        deployment: stage.contracts.clone(),
        chain: ChainConfig::dev(stage.constants.genesis_time_s, 1),
        origin_depth: 2,
        genesis: RollupGenesis {
            origin: L1Origin {
                number: first.number,
                hash: first.hash,
                timestamp_s: first.timestamp_s,
                base_fee_wei: 0,
                blob_base_fee_wei: 1,
                prev_randao: B256::ZERO,
                parent_beacon_root: B256::ZERO,
            },
            preset: GenesisPreset::Dev,
            funded: Vec::new(),
        },
    })
}
