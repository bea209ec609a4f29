//! Blocks that follow from L1 alone (R8): nobody posted them in time, so every node makes them by itself.

use super::plan::timestamp_s;
use super::{BatchFault, BlockPlan, DeriveRules, DerivedHead, Origins, next_origin, next_plan};
use alloy_primitives::B256;

/// Most blocks that one call plans.
pub const MAX_EMPTY_PLANS: usize = 256;

/// The blocks behind `head` up to `last_due`, at most [`MAX_EMPTY_PLANS`]: execute them and ask again. They hold deposits
/// only, and take the next origin as soon as their time allows, so that deposits keep coming in when all gateways are gone.
///
/// `last_due` is the highest block whose sequencing window is over in the L1 block that is being looked at: the last block of
/// the turn of a window that ends `sequencingWindowSlots` before its slot (`TurnClock::blocks_of`), 0 when there is no such slot. Blocks
/// that are due come **before** the batches of the same L1 block: the Inbox lets a batch begin behind them from then on.
pub fn empty_plans_due(
    rules: &DeriveRules,
    head: &DerivedHead,
    last_due: u64,
    origins: &dyn Origins,
) -> Result<Vec<BlockPlan>, BatchFault> {
    let mut at = *head;
    let mut plans = Vec::new();
    while at.number < last_due && plans.len() < MAX_EMPTY_PLANS {
        let block_s = timestamp_s(&rules.chain, at.number.saturating_add(1));
        let origin = next_origin(at.origin, block_s, u64::MAX, origins)?;
        let deposits = if origin.number == at.origin.0 {
            Vec::new()
        } else {
            let number = origin.number;
            origins
                .deposits(number)
                .ok_or(BatchFault::UnknownDeposits { number })?
        };
        let plan = next_plan(&rules.chain, &at, &origin, &deposits, Vec::new());
        at = at.after(&plan, B256::ZERO);
        plans.push(plan);
    }
    Ok(plans)
}
