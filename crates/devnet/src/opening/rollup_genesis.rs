//! Where the rollup begins: an L1 block, and block 0 on it.

use alloy_consensus::BlockHeader;
use alloy_eips::BlockNumberOrTag;
use alloy_primitives::{Address, B256, U256};
use alloy_provider::Provider;
use eyre::{Result, WrapErr, eyre};
use forebond_harness::{scenario::deployment::ETHER, world::World};
use forebond_rollup::op::{Genesis, L1Origin, rewards_predeploys};
use forebond_settlement::{FundedAccount, L1Facts};

use super::cast::Cast;

/// The newest L1 block as a rollup's origin.
pub(super) async fn newest_origin(world: &World, l1: &L1Facts) -> Result<L1Origin> {
    let provider = world.execution().provider();
    let block = provider
        .get_block_by_number(BlockNumberOrTag::Latest)
        .await
        .wrap_err("the L1's newest block")?
        .ok_or_else(|| eyre!("the L1 has no newest block"))?;
    let header = &block.header;
    Ok(L1Origin {
        number: header.number(),
        hash: header.hash,
        timestamp_s: header.timestamp(),
        base_fee_wei: header.base_fee_per_gas().unwrap_or_default(),
        blob_base_fee_wei: l1.blob_base_fee_wei(
            header.timestamp(),
            header.excess_blob_gas().unwrap_or_default(),
        ),
        prev_randao: header.mix_hash().unwrap_or_default(),
        parent_beacon_root: header.parent_beacon_block_root().unwrap_or_default(),
    })
}

/// Ether of a batcher on the rollup.
const BATCHER_WEI: u128 = 100 * ETHER;

/// Batchers pay for checkpoints and settlements from the account that pays for their batches on L1.
pub(super) fn funded_accounts(cast: &Cast) -> Vec<FundedAccount> {
    let payers = cast.gateways.iter().map(|gateway| gateway.payer.address);
    payers
        .map(|address| FundedAccount {
            address,
            balance_wei: U256::from(BATCHER_WEI),
        })
        .collect()
}

/// Block 0, as `rollup.json` will say it: `messenger` is the address that the rewards messenger gets.
pub(super) fn genesis_of(
    genesis_s: u64,
    block_time_s: u64,
    messenger: Address,
    funded: &[FundedAccount],
) -> Genesis {
    let mut genesis = Genesis::dev(genesis_s, block_time_s);
    genesis.accounts.extend(rewards_predeploys(messenger));
    genesis
        .accounts
        .extend(funded.iter().map(FundedAccount::account));
    genesis
}

/// Hash of block 0.
pub(super) fn genesis_hash(genesis: &Genesis, origin: L1Origin) -> B256 {
    forebond_ledger::genesis_block(genesis, origin).hash
}
