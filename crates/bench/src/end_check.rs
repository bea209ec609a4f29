//! After the load: is every promise in a sealed block, at its place?

use crate::{load::Load, rpc::Rpc, tally::Place};
use alloy_primitives::{B256, U64};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;

/// Blocks asked for at once.
const BLOCKS_PER_ROUND: usize = 64;
/// Pause between two questions for a block that is not sealed yet.
const POLL: Duration = Duration::from_millis(100);
/// A block that is not sealed by then is not going to be.
const PATIENCE: Duration = Duration::from_secs(30);

/// Receipts looked at where replies did not say whether a transaction succeeded. Some servers
/// work through a whole block for each one.
const RECEIPT_SAMPLE: usize = 100;

/// What the chain says of the promises; the last four must be 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndCheck {
    /// Whether the check came to its end.
    pub completed: bool,
    /// Promises looked up, those of the warm-up included.
    pub checked: u64,
    /// Blocks they are in.
    pub blocks: u64,
    /// Blocks that were never sealed.
    pub unsealed: u64,
    /// Promised transactions that are not in their block.
    pub missing: u64,
    /// Those that are, at another index.
    pub misplaced: u64,
    /// Transactions that failed when executed, among up to 100 evenly chosen ones, in modes whose
    /// replies do not say; otherwise 0.
    pub failed: u64,
}

impl EndCheck {
    /// Whether every promise was kept.
    pub const fn all_kept(&self) -> bool {
        self.completed
            && self.missing == 0
            && self.misplaced == 0
            && self.unsealed == 0
            && self.failed == 0
    }

    /// Compares the promises of one block with its transactions, in order.
    fn compare(&mut self, promises: &[(u64, B256)], block: &[B256]) {
        for (index, hash) in promises {
            let there = usize::try_from(*index)
                .ok()
                .and_then(|index| block.get(index));
            if there != Some(hash) {
                let elsewhere = block.contains(hash);
                self.misplaced += u64::from(elsewhere);
                self.missing += u64::from(!elsewhere);
            }
        }
    }
}

#[derive(Deserialize)]
struct Sealed {
    hash: B256,
    transactions: Vec<B256>,
}

/// Looks every place up. `receipts` also asks whether the transactions succeeded, for modes whose
/// replies do not say.
pub(crate) async fn check(
    rpc: &mut Rpc,
    load: &Load,
    places: &[Place],
    receipts: bool,
    mut progress: impl FnMut(u64),
) -> eyre::Result<EndCheck> {
    let mut promises: BTreeMap<u64, Vec<(u64, B256)>> = BTreeMap::new();
    for place in places {
        if let Some(planned) = load.get(place.id) {
            promises
                .entry(place.block)
                .or_default()
                .push((place.index, planned.hash));
        }
    }
    let mut result = EndCheck {
        checked: places.len() as u64,
        blocks: promises.len() as u64,
        ..EndCheck::default()
    };
    let numbers: Vec<u64> = promises.keys().copied().collect();
    let mut done = 0;
    for round in numbers.chunks(BLOCKS_PER_ROUND) {
        for (number, block) in sealed(rpc, round).await? {
            let here = promises.get(&number).map(Vec::as_slice).unwrap_or_default();
            match block {
                Some(block) => result.compare(here, &block.transactions),
                None => {
                    result.unsealed += 1;
                    result.missing += here.len() as u64;
                }
            }
        }
        done += round.len() as u64;
        progress(done);
    }
    if receipts {
        result.failed = failed(rpc, load, places).await?;
    }
    result.completed = true;
    Ok(result)
}

/// The blocks, once they have a hash; `None` for one that does not get it in time.
async fn sealed(rpc: &mut Rpc, numbers: &[u64]) -> eyre::Result<Vec<(u64, Option<Sealed>)>> {
    let deadline = Instant::now() + PATIENCE;
    let mut blocks: Vec<(u64, Option<Sealed>)> = numbers.iter().map(|n| (*n, None)).collect();
    loop {
        let open: Vec<_> = blocks
            .iter_mut()
            .filter(|(_, block)| block.is_none())
            .collect();
        let params = open
            .iter()
            .map(|(n, _)| json!([format!("{n:#x}"), false]))
            .collect();
        let answers = rpc.ask_all("eth_getBlockByNumber", params, |_| {}).await?;
        for ((_, block), answer) in open.into_iter().zip(answers) {
            let answer = answer.unwrap_or(Value::Null);
            // An open block is null, or has no hash: neither is an error before the deadline.
            *block = serde_json::from_value(answer)
                .ok()
                .filter(|b: &Sealed| !b.hash.is_zero());
        }
        if blocks.iter().all(|(_, block)| block.is_some()) || Instant::now() > deadline {
            return Ok(blocks);
        }
        tokio::time::sleep(POLL).await;
    }
}

/// How many of a sample of the transactions failed.
async fn failed(rpc: &mut Rpc, load: &Load, places: &[Place]) -> eyre::Result<u64> {
    #[derive(Deserialize)]
    struct Receipt {
        status: U64,
    }
    let step = places.len().div_ceil(RECEIPT_SAMPLE).max(1);
    let sample = places
        .iter()
        .step_by(step)
        .filter_map(|place| load.get(place.id));
    let params = sample.map(|planned| json!([planned.hash])).collect();
    let mut count = 0;
    for answer in rpc
        .ask_all("eth_getTransactionReceipt", params, |_| {})
        .await?
    {
        let receipt =
            answer.map_err(|refusal| eyre::eyre!("eth_getTransactionReceipt: {refusal}"))?;
        let receipt: Receipt = serde_json::from_value(receipt)?;
        count += u64::from(receipt.status.is_zero());
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_only_at_its_own_place() {
        let hash = B256::with_last_byte;
        let block = [hash(1), hash(2), hash(3)];
        let mut result = EndCheck {
            completed: true,
            ..EndCheck::default()
        };
        result.compare(&[(0, hash(1)), (2, hash(3))], &block);
        assert!(result.all_kept());
        result.compare(&[(1, hash(1)), (0, hash(9)), (7, hash(2))], &block);
        assert_eq!((result.misplaced, result.missing), (2, 1));
        assert!(!result.all_kept());
        assert!(
            !EndCheck::default().all_kept(),
            "a check that was not made proves nothing"
        );
    }
}
