//! Gateways, as their registry and the bond vault know them after a block.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, U256};
use alloy_sol_types::SolEvent;
use forebond_contracts::bindings::{BondVault, GatewayRegistry};
use forebond_l1::{L1Error, execution::ExecutionClient};

use super::{CommitterSet, GatewayEpoch, GatewayInfo};
use crate::{Facts, SettlementError, contracts::ContractsAt};

/// Most preimages kept; the rest is looked up again.
const MOST_SETS: usize = 1_024;
/// Requests one search for logs may make.
const MOST_SEARCHES: u32 = 64;
/// Shortest range of blocks a search falls back to.
const SHORTEST_RANGE: u64 = 1_000;

/// What events told about gateways. Sets are found by their hash, so no reorg can make one wrong; endpoints are hints.
#[derive(Clone, Debug, Default)]
pub(crate) struct Directory {
    sets: BTreeMap<B256, CommitterSet>,
    endpoints: BTreeMap<u32, String>,
}

impl Directory {
    pub(crate) fn note_set(&mut self, set: CommitterSet) {
        while self.sets.len() >= MOST_SETS {
            self.sets.pop_first();
        }
        self.sets.insert(set.hash(), set);
    }

    pub(crate) fn note_endpoint(&mut self, gateway: u32, endpoint: String) {
        while self.endpoints.len() >= MOST_SETS {
            self.endpoints.pop_first();
        }
        self.endpoints.insert(gateway, endpoint);
    }

    /// A reorg may have taken announcements back.
    pub(crate) fn forget_endpoints(&mut self) {
        self.endpoints.clear();
    }

    /// Reads `gateway` for `epochs` into `info`.
    pub(crate) async fn read(
        &mut self,
        facts: &Facts,
        at: ContractsAt<'_>,
        newest_block: u64,
        gateway: u32,
        epochs: &BTreeSet<u64>,
        info: &mut GatewayInfo,
    ) -> Result<(), SettlementError> {
        let (rollup, registry) = (facts.contracts.inbox, facts.contracts.gateway_registry);
        for &epoch in epochs {
            let call = GatewayRegistry::committerSetAtCall { gateway, epoch };
            let hash = at.read("GatewayRegistry", registry, &call).await?;
            let committers = if hash.is_zero() {
                None
            } else {
                self.set(facts, at.client, newest_block, gateway, hash)
                    .await?
            };
            let call = GatewayRegistry::eligibleAtCall {
                gateway,
                rollup,
                epoch,
            };
            let eligible = at.read("GatewayRegistry", registry, &call).await?;
            let known = GatewayEpoch {
                committers,
                eligible,
            };
            info.epochs.insert(epoch, known);
        }
        let call = BondVault::reserveOfCall { gateway, rollup };
        let reserve = at
            .read("BondVault", facts.contracts.bond_vault, &call)
            .await?;
        // More than 2^128 wei do not exist.
        info.reserve_wei = u128::try_from(reserve).unwrap_or(u128::MAX);
        info.endpoint = self
            .endpoint(facts, at.client, newest_block, gateway)
            .await?;
        Ok(())
    }

    /// The set with this hash: as heard, or from the log that announced it.
    async fn set(
        &mut self,
        facts: &Facts,
        client: &ExecutionClient,
        newest_block: u64,
        gateway: u32,
        hash: B256,
    ) -> Result<Option<CommitterSet>, SettlementError> {
        if let Some(known) = self.sets.get(&hash) {
            return Ok(Some(known.clone()));
        }
        let topics = [
            GatewayRegistry::CommitterSetChanged::SIGNATURE_HASH,
            topic(gateway),
            hash,
        ];
        let logs = search(facts, client, newest_block, &topics).await?;
        for log in logs {
            let Ok(event) = GatewayRegistry::CommitterSetChanged::decode_log(&log.inner) else {
                continue;
            };
            let set = CommitterSet {
                threshold: event.data.set.threshold,
                members: event.data.set.members,
            };
            if set.hash() == hash {
                self.note_set(set.clone());
                return Ok(Some(set));
            }
        }
        tracing::warn!(
            gateway,
            %hash,
            from_block = facts.l1.start.number,
            "no log shows this committer set: l1.start in the rollup file must not be after the registry's deployment"
        );
        Ok(None)
    }

    async fn endpoint(
        &mut self,
        facts: &Facts,
        client: &ExecutionClient,
        newest_block: u64,
        gateway: u32,
    ) -> Result<String, SettlementError> {
        if let Some(known) = self.endpoints.get(&gateway) {
            return Ok(known.clone());
        }
        let topics = [
            GatewayRegistry::EndpointChanged::SIGNATURE_HASH,
            topic(gateway),
        ];
        let logs = search(facts, client, newest_block, &topics).await?;
        let newest = logs
            .iter()
            .max_by_key(|log| (log.block_number, log.log_index))
            .and_then(|log| GatewayRegistry::EndpointChanged::decode_log(&log.inner).ok())
            .map(|event| event.data.endpoint)
            .unwrap_or_default();
        self.note_endpoint(gateway, newest.clone());
        Ok(newest)
    }
}

fn topic(gateway: u32) -> B256 {
    U256::from(gateway).into()
}

/// Logs of the registry from the rollup's start on, in parts where the node wants short ranges.
async fn search(
    facts: &Facts,
    client: &ExecutionClient,
    newest_block: u64,
    topics: &[B256],
) -> Result<Vec<alloy_rpc_types_eth::Log>, SettlementError> {
    let registry = facts.contracts.gateway_registry;
    let mut first = facts.l1.start.number;
    let mut length = newest_block.saturating_sub(first).saturating_add(1);
    let mut logs = Vec::new();
    for _ in 0..MOST_SEARCHES {
        if first > newest_block {
            return Ok(logs);
        }
        let last = first.saturating_add(length - 1).min(newest_block);
        match client.logs_between((first, last), registry, topics).await {
            Ok(found) => {
                logs.extend(found);
                first = last.saturating_add(1);
            }
            Err(L1Error::Refused { .. } | L1Error::TooLong { .. } | L1Error::Status { .. })
                if length > SHORTEST_RANGE =>
            {
                length = (length / 4).max(SHORTEST_RANGE);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(SettlementError::Mismatch {
        what: "range of a search for the registry's logs",
        expected: format!(
            "the blocks from {} to {newest_block} in {MOST_SEARCHES} requests",
            facts.l1.start.number
        ),
        got: format!("answers for {length} blocks at a time"),
        next: "use an L1 endpoint that allows longer ranges in eth_getLogs, or a later l1.start",
    })
}
