//! A header and its logs as what they mean for the rollup. Pure.

use alloy_consensus::Header;
use alloy_primitives::B256;
use alloy_rpc_types_eth::Log;
use alloy_sol_types::{SolEvent, SolEventInterface};
use forebond_contracts::{
    bindings::{GatewayRegistry, Inbox, Lookahead},
    convert,
};
use forebond_l1::execution::BlockRef;
use forebond_rollup::op::{L1Origin, deposit_of};

use super::{L1Block, PostedBatch, StoredBase, Verdict};
use crate::{CommitterSet, ContractAddresses, Facts, L1Facts, SettlementError};

/// Most logs of our contracts in one block: 30 Mgas and more buy fewer.
const MOST_LOGS: usize = 100_000;

/// A block, and what beside events the window book wants to know of it.
#[derive(Debug)]
pub(crate) struct Reading {
    pub block: L1Block,
    /// Committer sets whose preimages the block shows.
    pub sets: Vec<CommitterSet>,
    /// Endpoints that gateways announced.
    pub endpoints: Vec<(u32, String)>,
}

/// The addresses whose logs count.
pub(crate) const fn watched(contracts: &ContractAddresses) -> [alloy_primitives::Address; 5] {
    [
        contracts.inbox,
        contracts.portal,
        contracts.lookahead,
        contracts.gateway_registry,
        contracts.bond_vault,
    ]
}

/// What rollup blocks on this L1 block repeat. The blob base fee is the block's own, not the next one's.
pub fn origin_of(l1: &L1Facts, hash: B256, header: &Header) -> L1Origin {
    let excess = header.excess_blob_gas.unwrap_or_default();
    L1Origin {
        number: header.number,
        hash,
        timestamp_s: header.timestamp,
        base_fee_wei: header.base_fee_per_gas.unwrap_or_default(),
        blob_base_fee_wei: l1.blob_base_fee_wei(header.timestamp, excess),
        prev_randao: header.mix_hash,
        parent_beacon_root: header.parent_beacon_block_root.unwrap_or_default(),
    }
}

/// Reads a block. `logs` are those of the watched contracts.
///
/// # Errors
/// [`SettlementError::Log`] for a log that is of another block, removed, out of order, or cannot be the contract's.
pub(crate) fn read(
    facts: &Facts,
    at: BlockRef,
    header: &Header,
    logs: &[Log],
) -> Result<Reading, SettlementError> {
    let mut reading = Reading {
        block: L1Block {
            at,
            slot: facts.slot_of(at.timestamp_s),
            origin: origin_of(&facts.l1, at.hash, header),
            deposits: Vec::new(),
            batches: Vec::new(),
            bases: Vec::new(),
            verdicts: Vec::new(),
            proven_epochs: Vec::new(),
            windows_changed: false,
        },
        sets: Vec::new(),
        endpoints: Vec::new(),
    };
    let mut last = None;
    for log in logs {
        let log_index = log.log_index.unwrap_or(u64::MAX);
        let refuse = |reason: String| SettlementError::Log {
            block: at.hash,
            log_index,
            reason,
        };
        let in_order = last.is_none_or(|last| last < log_index) && log_index != u64::MAX;
        if log.removed || log.block_hash != Some(at.hash) || !in_order || logs.len() > MOST_LOGS {
            return Err(refuse(format!(
                "logs of this block expected, in order and not removed, got one of {:?}, removed: {}",
                log.block_hash, log.removed
            )));
        }
        last = Some(log_index);
        take(facts, &mut reading, log, log_index).map_err(refuse)?;
    }
    Ok(reading)
}

/// Adds what one log says. The error is a sentence.
fn take(facts: &Facts, reading: &mut Reading, log: &Log, log_index: u64) -> Result<(), String> {
    let contracts = &facts.contracts;
    let address = log.address();
    if address == contracts.inbox {
        from_inbox(reading, log, log_index)
    } else if address == contracts.portal {
        from_portal(reading, log, log_index)
    } else if address == contracts.lookahead {
        reading.block.windows_changed = true;
        if log.topic0() == Some(&Lookahead::LookaheadProven::SIGNATURE_HASH) {
            let proven = decode::<Lookahead::LookaheadProven>(log)?;
            reading.block.proven_epochs.push(proven.epoch);
        }
        Ok(())
    } else if address == contracts.gateway_registry {
        reading.block.windows_changed = true;
        from_registry(reading, log)
    } else if address == contracts.bond_vault {
        reading.block.windows_changed = true;
        Ok(())
    } else {
        Err(format!(
            "a log of a watched contract expected, got one of {address}"
        ))
    }
}

fn decode<E: SolEvent>(log: &Log) -> Result<E, String> {
    E::decode_log(&log.inner)
        .map(|log| log.data)
        .map_err(|error| format!("{} does not decode: {error}", E::SIGNATURE))
}

fn from_inbox(reading: &mut Reading, log: &Log, log_index: u64) -> Result<(), String> {
    let event = Inbox::InboxEvents::decode_log(&log.inner)
        .map_err(|error| format!("no event of an Inbox: {error}"))?
        .data;
    let block = &mut reading.block;
    let mut verdict = |batch_id, void| {
        block.verdicts.push(Verdict {
            batch_id,
            void,
            log_index,
        });
    };
    match event {
        Inbox::InboxEvents::BatchPosted(event) => block.batches.push(PostedBatch {
            id: event.batchId,
            gateway: event.gateway,
            parent_id: event.parentId,
            batch: convert(&event.batch).map_err(|error| error.to_string())?,
            signature: event.signature,
            at: block.at,
            slot: block.slot,
            log_index,
            tx: log
                .transaction_hash
                .ok_or("a log in a transaction expected, got none")?,
        }),
        Inbox::InboxEvents::BaseStored(event) => block.bases.push(StoredBase {
            gateway: event.gateway,
            hash: event.baseHash,
            base: convert(&event.base).map_err(|error| error.to_string())?,
            signature: event.signature,
            log_index,
        }),
        Inbox::InboxEvents::BatchVoided(event) => verdict(event.batchId, true),
        Inbox::InboxEvents::DisputeFailed(event) => verdict(event.batchId, false),
        Inbox::InboxEvents::DisputeLapsed(event) => verdict(event.batchId, false),
        // A batch whose dispute lost its object is orphaned by the verdict on another one.
        Inbox::InboxEvents::Disputed(_)
        | Inbox::InboxEvents::DisputeMoot(_)
        | Inbox::InboxEvents::NewestMoved(_)
        | Inbox::InboxEvents::Withdrawn(_) => {}
    }
    Ok(())
}

fn from_portal(reading: &mut Reading, log: &Log, log_index: u64) -> Result<(), String> {
    let block = &mut reading.block;
    let deposit = deposit_of(
        block.at.hash,
        log_index,
        log.topics(),
        log.inner.data.data.as_ref(),
    );
    block
        .deposits
        .push(deposit.map_err(|error| error.to_string())?);
    Ok(())
}

fn from_registry(reading: &mut Reading, log: &Log) -> Result<(), String> {
    match log.topic0() {
        Some(&GatewayRegistry::CommitterSetChanged::SIGNATURE_HASH) => {
            let event = decode::<GatewayRegistry::CommitterSetChanged>(log)?;
            reading.sets.push(CommitterSet {
                threshold: event.set.threshold,
                members: event.set.members,
            });
        }
        Some(&GatewayRegistry::EndpointChanged::SIGNATURE_HASH) => {
            let event = decode::<GatewayRegistry::EndpointChanged>(log)?;
            reading.endpoints.push((event.gateway, event.endpoint));
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::facts::tests::facts;
    use alloy_primitives::{Address, Bytes, LogData, U256};
    use forebond_contracts::bindings::Portal;
    use std::sync::Arc;

    fn place(number: u64, branch: u8, fork: u64) -> BlockRef {
        let hash = |number: u64| {
            let branch = if number <= fork { 0 } else { branch };
            alloy_primitives::keccak256([&number.to_be_bytes()[..], &[branch]].concat())
        };
        BlockRef {
            number,
            hash: hash(number),
            parent_hash: hash(number.wrapping_sub(1)),
            timestamp_s: 900 + 2 * number,
        }
    }

    fn header(at: BlockRef) -> Header {
        Header {
            number: at.number,
            timestamp: at.timestamp_s,
            base_fee_per_gas: Some(7),
            ..Header::default()
        }
    }

    /// An empty block; branch b > 0 leaves branch 0 behind block `fork`.
    pub(crate) fn block(number: u64, branch: u8, fork: u64) -> Arc<L1Block> {
        let at = place(number, branch, fork);
        Arc::new(read(&facts(), at, &header(at), &[]).unwrap().block)
    }

    fn log(address: Address, log_index: u64, data: LogData) -> Log {
        Log {
            inner: alloy_primitives::Log { address, data },
            block_hash: Some(place(5, 0, 0).hash),
            transaction_hash: Some(B256::repeat_byte(0x77)),
            log_index: Some(log_index),
            ..Log::default()
        }
    }

    fn reading(logs: &[Log]) -> Result<Reading, SettlementError> {
        let at = place(5, 0, 0);
        read(&facts(), at, &header(at), logs)
    }

    fn posted(id: u32) -> Inbox::BatchPosted {
        Inbox::BatchPosted {
            batchId: id,
            gateway: 2,
            batchHash: B256::repeat_byte(1),
            parentId: id - 1,
            batch: Inbox::Batch {
                base: B256::repeat_byte(2),
                window: 9,
                parentBatch: B256::ZERO,
                firstBlock: 1,
                lastBlock: 4,
                parentBlockHash: B256::ZERO,
                lastBlockHash: B256::repeat_byte(3),
                blocksRoot: B256::repeat_byte(4),
                lastFrag: B256::repeat_byte(5),
                lastOriginNumber: 2,
                lastOriginHash: B256::repeat_byte(6),
                blobHashes: vec![B256::repeat_byte(8)],
            },
            signature: Bytes::from(vec![9; 130]),
        }
    }

    #[test]
    fn each_log_is_read_for_what_it_means_in_the_order_of_the_block() {
        let contracts = facts().contracts;
        let voided = Inbox::BatchVoided {
            batchId: 1,
            disputer: Address::ZERO,
        };
        let failed = Inbox::DisputeFailed {
            batchId: 2,
            disputer: Address::ZERO,
        };
        let deposited = Portal::TransactionDeposited {
            from: Address::repeat_byte(1),
            to: Address::repeat_byte(2),
            version: U256::ZERO,
            opaqueData: vec![0; 73].into(),
        };
        let proven = Lookahead::LookaheadProven { epoch: 6 };
        let found = reading(&[
            log(contracts.inbox, 1, posted(7).encode_log_data()),
            log(contracts.inbox, 2, voided.encode_log_data()),
            log(contracts.portal, 3, deposited.encode_log_data()),
            log(contracts.inbox, 8, failed.encode_log_data()),
            log(contracts.lookahead, 9, proven.encode_log_data()),
        ])
        .unwrap()
        .block;
        let batch = &found.batches[0];
        assert_eq!((batch.id, batch.gateway, batch.parent_id), (7, 2, 6));
        assert_eq!((batch.batch.lastBlock, batch.log_index), (4, 1));
        assert_eq!(batch.signature.len(), 130, "all signatures of a set");
        assert_eq!(batch.slot, 5);
        let verdicts: Vec<_> = found
            .verdicts
            .iter()
            .map(|v| (v.batch_id, v.void))
            .collect();
        assert_eq!(verdicts, [(1, true), (2, false)]);
        let source = forebond_rollup::op::user_deposit_source(found.at.hash, 3);
        assert_eq!(found.deposits[0].source_hash, source);
        assert_eq!(
            (found.proven_epochs, found.windows_changed),
            (vec![6], true)
        );
        assert_eq!(found.origin.base_fee_wei, 7);
    }

    #[test]
    fn a_removed_log_one_of_another_block_address_or_order_and_a_malformed_one_are_refused() {
        let contracts = facts().contracts;
        let good = log(contracts.inbox, 1, posted(1).encode_log_data());
        assert!(reading(std::slice::from_ref(&good)).is_ok());
        let mut removed = good.clone();
        removed.removed = true;
        let mut elsewhere = good.clone();
        elsewhere.block_hash = Some(B256::ZERO);
        let mut stranger = good.clone();
        stranger.inner.address = Address::repeat_byte(0xee);
        let mut cut = good.clone();
        cut.inner.data.data = cut.inner.data.data.slice(..64);
        let mut other_event = good.clone();
        other_event.inner.address = contracts.portal;
        for bad in [removed, elsewhere, stranger, cut, other_event] {
            assert!(matches!(
                reading(&[bad]),
                Err(SettlementError::Log { log_index: 1, .. })
            ));
        }
        assert!(
            reading(&[good.clone(), good]).is_err(),
            "twice the same place"
        );
    }

    #[test]
    fn a_committer_set_is_heard_with_all_its_members() {
        let set = CommitterSet {
            threshold: 2,
            members: vec![Address::repeat_byte(1), Address::repeat_byte(2)],
        };
        let changed = GatewayRegistry::CommitterSetChanged {
            gateway: 3,
            setHash: set.hash(),
            set: GatewayRegistry::CommitterSet {
                threshold: set.threshold,
                members: set.members.clone(),
            },
            fromEpoch: 9,
        };
        let registry = facts().contracts.gateway_registry;
        let found = reading(&[log(registry, 0, changed.encode_log_data())]).unwrap();
        assert_eq!(found.sets, [set]);
        assert!(found.block.windows_changed);
    }
}
