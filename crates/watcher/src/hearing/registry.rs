use std::collections::BTreeSet;

use alloy_primitives::Address;
use alloy_sol_types::SolEvent;
use forebond_contracts::bindings::{GatewayRegistry, ValidatorRegistry};
use forebond_l1::{L1Error, execution::ExecutionClient};
use forebond_types::CommitterSet;

/// Requests one search may make.
const MOST_SEARCHES: u32 = 256;
/// Shortest range of blocks a search falls back to.
const SHORTEST_RANGE: u64 = 500;

/// Who signs for a gateway from an epoch on.
#[derive(Clone, Debug)]
pub struct KnownSet {
    /// Number in the registry.
    pub gateway: u32,
    /// First epoch.
    pub from_epoch: u64,
    /// The keys.
    pub set: CommitterSet,
}

/// The sets announced in a range of blocks, first and last, in order: in parts where the node wants short ranges.
///
/// # Errors
/// [`L1Error`].
pub async fn committer_sets(
    client: &ExecutionClient,
    registry: Address,
    blocks: (u64, u64),
) -> Result<Vec<KnownSet>, L1Error> {
    let events = events::<GatewayRegistry::CommitterSetChanged>(client, registry, blocks).await?;
    let known = events.into_iter().map(|event| KnownSet {
        gateway: event.gateway,
        from_epoch: event.fromEpoch,
        set: CommitterSet {
            threshold: event.set.threshold,
            members: event.set.members,
        },
    });
    Ok(known.collect())
}

/// Accounts to whom validators came in a range of blocks, first and last.
///
/// # Errors
/// [`L1Error`].
pub async fn operators(
    client: &ExecutionClient,
    registry: Address,
    blocks: (u64, u64),
) -> Result<BTreeSet<Address>, L1Error> {
    let events = events::<ValidatorRegistry::OperatorChanged>(client, registry, blocks).await?;
    let operators = events.into_iter().map(|event| event.operator);
    Ok(operators.filter(|operator| !operator.is_zero()).collect())
}

/// A contract's events in a range of blocks, in order: in parts where the node wants short ranges.
async fn events<E: SolEvent>(
    client: &ExecutionClient,
    contract: Address,
    (first, last): (u64, u64),
) -> Result<Vec<E>, L1Error> {
    let topics = [E::SIGNATURE_HASH];
    let (mut from, mut length) = (first, last.saturating_sub(first).saturating_add(1));
    let mut events = Vec::new();
    for _ in 0..MOST_SEARCHES {
        if from > last {
            break;
        }
        let to = from.saturating_add(length.saturating_sub(1)).min(last);
        match client.logs_between((from, to), contract, &topics).await {
            Ok(logs) => {
                let decoded = logs.iter().filter_map(|log| E::decode_log(&log.inner).ok());
                events.extend(decoded.map(|log| log.data));
                from = to.saturating_add(1);
            }
            Err(L1Error::Refused { .. } | L1Error::TooLong { .. } | L1Error::Status { .. })
                if length > SHORTEST_RANGE =>
            {
                length = (length / 4).max(SHORTEST_RANGE);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(events)
}
