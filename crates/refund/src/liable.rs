//! Whose case pays: the promiser's, unless a verdict against whoever its base rests on moved the fault (R5). The Slasher keeps a key
//! of the case only; its records name the parts.

use alloy_primitives::{Address, B256};
use alloy_sol_types::SolEvent;
use forebond_contracts::bindings::Slasher;
use forebond_evidence::fault_ids::case_key;
use forebond_l1::{L1Error, execution::ExecutionClient};

use crate::RefundError;

/// Blocks of one search for records; shorter where the node wants it.
const BLOCKS_AT_ONCE: u64 = 100_000;
/// No node wants shorter ranges.
const FEWEST_BLOCKS: u64 = 100;
/// Requests of one search at most.
const MOST_SEARCHES: usize = 2_000;

/// Gateway and base of the case that pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Liable {
    /// Number in the registry.
    pub gateway: u32,
    /// Struct hash of the base.
    pub base: B256,
}

/// A base under which something was recorded of one of `rollup`'s gateways, whose case has this key. The newest blocks are looked at
/// first.
pub(crate) async fn search(
    client: &ExecutionClient,
    (slasher, rollup): (Address, Address),
    (first, head): (u64, u64),
    wanted: B256,
) -> Result<Option<Liable>, RefundError> {
    let mut length = BLOCKS_AT_ONCE;
    let mut last = head;
    for _ in 0..MOST_SEARCHES {
        let from = last.saturating_sub(length - 1).max(first);
        let topics = [Slasher::FaultRecorded::SIGNATURE_HASH];
        match client.logs_between((from, last), slasher, &topics).await {
            Ok(logs) => {
                let found = logs.iter().rev().find_map(|log| {
                    let event = Slasher::FaultRecorded::decode_log(&log.inner).ok()?.data;
                    let liable = Liable {
                        gateway: event.gateway,
                        base: event.base,
                    };
                    let key = case_key(liable.gateway, rollup, liable.base);
                    (event.rollup == rollup && key == wanted).then_some(liable)
                });
                if found.is_some() || from == first {
                    return Ok(found);
                }
                last = from - 1;
            }
            Err(L1Error::Refused { .. } | L1Error::TooLong { .. } | L1Error::Status { .. })
                if length > FEWEST_BLOCKS =>
            {
                length = (length / 4).max(FEWEST_BLOCKS);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}
