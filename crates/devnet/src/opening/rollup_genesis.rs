//! Where the rollup begins: an L1 block, and block 0 on it.

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U256};
use eyre::{Result, eyre};
use forebond_harness::scenario::deployment::ETHER;
use forebond_l1::execution::ExecutionClient;
use forebond_rollup::op::{Genesis, L1Origin, rewards_predeploys};
use forebond_settlement::{FundedAccount, L1Facts, origin_of};

use super::cast::Cast;

/// An L1 block as a rollup's origin.
pub(crate) async fn origin_at(
    client: &ExecutionClient,
    l1: &L1Facts,
    block: BlockId,
) -> Result<L1Origin> {
    let found = client.header(block).await?;
    let (hash, header) = found.ok_or_else(|| eyre!("the L1 has no block {block:?}"))?;
    Ok(origin_of(l1, hash, &header))
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
