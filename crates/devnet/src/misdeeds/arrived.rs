//! Whether money is where it was announced to be: users' balances on L1, operators' pots on the rollup.

use std::collections::{BTreeMap, BTreeSet};

use alloy_eips::BlockId;
use alloy_primitives::{Address, B256, U256};
use alloy_provider::Provider;
use eyre::{Result, eyre};
use forebond_contracts::bindings::RewardsManager;
use forebond_l1::execution::{ExecutionClient, ExecutionConfig};
use forebond_rewards::rollup::Manager;

use super::money::Announced;
use crate::rpc::Rpc;

/// By how much accounts grew in blocks that they were paid in, wei.
pub(crate) type Growth = BTreeMap<(Address, B256), U256>;

/// An operator and a period whose rewards it lost.
pub(crate) type Forfeiture = (Address, u64);

/// Compares balances for the refunds that `known` does not have yet. What L1 does not tell now is asked again at the next look.
pub(crate) async fn measure_refunds(l1: &ExecutionClient, all: &Announced, known: &mut Growth) {
    let places: BTreeSet<_> = all
        .recorded
        .iter()
        .flat_map(|fault| all.refunds_of(fault))
        .map(|refund| (refund.to, refund.block))
        .filter(|place| !known.contains_key(place))
        .collect();
    for (to, block) in places {
        match growth(l1, to, block, all.paid_in(to, block)).await {
            Ok(wei) => {
                known.insert((to, block), wei);
            }
            Err(error) => tracing::debug!(
                %to,
                %block,
                error = format!("{error:#}"),
                "a balance is not to be had yet"
            ),
        }
    }
}

/// By how much an account grew in a block. Gas counts as spent, not as missing, if the account sent something itself.
async fn growth(l1: &ExecutionClient, to: Address, block: B256, due_wei: U256) -> Result<U256> {
    let place = l1.block(BlockId::hash(block)).await?;
    let place = place.ok_or_else(|| eyre!("L1 has no block {block} any more"))?;
    let before = BlockId::hash(place.parent_hash);
    let before_wei = l1.balance_at(to, before).await?;
    let after_wei = l1.balance_at(to, BlockId::hash(block)).await?;
    let grown = after_wei.saturating_sub(before_wei);
    if grown >= due_wei {
        return Ok(grown);
    }
    let gas_wei = gas_of(l1, to, place.number).await?;
    Ok(after_wei.saturating_add(gas_wei).saturating_sub(before_wei))
}

async fn gas_of(l1: &ExecutionClient, sender: Address, number: u64) -> Result<U256> {
    let receipts = l1.provider().get_block_receipts(BlockId::number(number));
    let receipts = receipts.await?.unwrap_or_default();
    let own = receipts.iter().filter(|receipt| receipt.from == sender);
    Ok(own
        .map(|receipt| U256::from(receipt.gas_used) * U256::from(receipt.effective_gas_price))
        .sum())
}

/// The forfeitures that the rollup has carried out, by the first node that tells: it knows them, and holds nothing of what was lost.
pub(crate) async fn carried_out(
    nodes: &[Rpc],
    forfeited: &BTreeSet<Forfeiture>,
) -> BTreeSet<Forfeiture> {
    if forfeited.is_empty() {
        return BTreeSet::new();
    }
    for node in nodes {
        match carried_out_by(node, forfeited).await {
            Ok(found) => return found,
            Err(error) => tracing::debug!(
                node = node.url(),
                error = format!("{error:#}"),
                "a node does not tell of forfeitures"
            ),
        }
    }
    BTreeSet::new()
}

async fn carried_out_by(
    node: &Rpc,
    forfeited: &BTreeSet<Forfeiture>,
) -> Result<BTreeSet<Forfeiture>> {
    let client = ExecutionClient::new(&ExecutionConfig::new(node.url()))?;
    let safe = client.block(BlockId::safe()).await?;
    let safe = safe.ok_or_else(|| eyre!("it has derived nothing yet"))?;
    let manager = Manager::new(client);
    let mut found = BTreeSet::new();
    for (operator, period) in forfeited {
        let call = RewardsManager::potOfCall {
            operator: *operator,
            period: *period,
        };
        let pot = manager.read(&call, BlockId::number(safe.number)).await?;
        if pot.forfeited && pot.amountWei == 0 {
            found.insert((*operator, *period));
        }
    }
    Ok(found)
}
