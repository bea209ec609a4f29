use std::collections::BTreeSet;

use alloy_primitives::Address;
use alloy_rpc_types_eth::Log;
use alloy_sol_types::SolEvent;
use forebond_contracts::bindings::{GatewayRegistry, ValidatorRegistry};
use forebond_l1::{L1Error, execution::ExecutionClient};
use forebond_types::CommitterSet;

use crate::court::{Searched, search};

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

/// The sets announced in a range of blocks, first and last, in order, and the first block that was not searched: a node that wants
/// short ranges may not be asked everything at once.
///
/// # Errors
/// [`L1Error`].
pub async fn committer_sets(
    client: &ExecutionClient,
    registry: Address,
    blocks: (u64, u64),
) -> Result<(Vec<KnownSet>, u64), L1Error> {
    let events = events::<GatewayRegistry::CommitterSetChanged>(client, registry, blocks).await?;
    let known = events.found.into_iter().map(|event| KnownSet {
        gateway: event.gateway,
        from_epoch: event.fromEpoch,
        set: CommitterSet {
            threshold: event.set.threshold,
            members: event.set.members,
        },
    });
    Ok((known.collect(), events.next))
}

/// Accounts to whom validators came in a range of blocks, first and last, and the first block that was not searched.
///
/// # Errors
/// [`L1Error`].
pub async fn operators(
    client: &ExecutionClient,
    registry: Address,
    blocks: (u64, u64),
) -> Result<(BTreeSet<Address>, u64), L1Error> {
    let events = events::<ValidatorRegistry::OperatorChanged>(client, registry, blocks).await?;
    let operators = events.found.into_iter().map(|event| event.operator);
    let known = operators.filter(|operator| !operator.is_zero());
    Ok((known.collect(), events.next))
}

/// A contract's events in a range of blocks, in order.
async fn events<E: SolEvent>(
    client: &ExecutionClient,
    contract: Address,
    blocks: (u64, u64),
) -> Result<Searched<E>, L1Error> {
    let searched = search(client, contract, &[E::SIGNATURE_HASH], blocks).await?;
    let decoded = |log: &Log| E::decode_log(&log.inner).ok().map(|log| log.data);
    Ok(Searched {
        found: searched.found.iter().filter_map(decoded).collect(),
        next: searched.next,
    })
}
