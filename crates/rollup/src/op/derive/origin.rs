//! Which L1 block a rollup block may stand on (R23).

use super::{BatchFault, DeriveRules, DerivedHead, Origins};
use crate::op::L1Origin;
use alloy_primitives::B256;

/// What is said of a block's origin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginClaim {
    /// Height of the rollup block.
    pub block: u64,
    /// Its timestamp, Unix seconds.
    pub timestamp_s: u64,
    /// Height of the origin.
    pub number: u64,
    /// Hash of the origin.
    pub hash: B256,
}

/// Checks the origin of the block behind `head`, and gives it back whole. It is the parent's or the next one, in L1, not
/// younger than the block, below L1 block `l1_block`, and not lagging.
///
/// **Lag** is counted at the block's own time: of the L1 blocks below `l1_block`, at most `max_origin_lag` that are not
/// younger than the rollup block may lie behind its origin. So it does not depend on how late the batch was posted, and when
/// L1 makes no blocks nobody lags.
pub fn check_origin_step(
    rules: &DeriveRules,
    head: &DerivedHead,
    claim: &OriginClaim,
    l1_block: u64,
    origins: &dyn Origins,
) -> Result<L1Origin, BatchFault> {
    let number = claim.block;
    let parent = head.origin.0;
    if claim.number != parent && claim.number.checked_sub(1) != Some(parent) {
        return Err(BatchFault::OriginStep {
            number,
            parent,
            got: claim.number,
        });
    }
    if claim.number >= l1_block {
        return Err(BatchFault::OriginNotPast {
            number,
            l1_block,
            got: claim.number,
        });
    }
    let origin = if claim.number == parent {
        head_origin(head.origin, origins)?
    } else {
        known(claim.number, origins)?
    };
    if claim.hash != origin.hash {
        return Err(BatchFault::ForeignOrigin {
            number,
            origin: origin.number,
            expected: origin.hash,
            got: claim.hash,
        });
    }
    if origin.timestamp_s > claim.timestamp_s {
        return Err(BatchFault::OriginAhead {
            number,
            timestamp_s: claim.timestamp_s,
            origin_s: origin.timestamp_s,
        });
    }
    let first_too_far = origin
        .number
        .saturating_add(rules.max_origin_lag)
        .saturating_add(1);
    if first_too_far < l1_block && known(first_too_far, origins)?.timestamp_s <= claim.timestamp_s {
        return Err(BatchFault::OriginLag {
            number,
            origin: origin.number,
            limit: rules.max_origin_lag,
        });
    }
    Ok(origin)
}

/// The origin a block takes whose parent has the origin `parent` (height and hash): the one after that, if it is not above `newest`
/// and not younger than the block; else the parent's again. A gateway passes L1's head minus `originDepth` as `newest`.
pub fn next_origin(
    parent: (u64, B256),
    timestamp_s: u64,
    newest: u64,
    origins: &dyn Origins,
) -> Result<L1Origin, BatchFault> {
    if parent.0 < newest {
        let next = known(parent.0.saturating_add(1), origins)?;
        if next.timestamp_s <= timestamp_s {
            return Ok(next);
        }
    }
    head_origin(parent, origins)
}

fn head_origin((number, hash): (u64, B256), origins: &dyn Origins) -> Result<L1Origin, BatchFault> {
    let origin = known(number, origins)?;
    if origin.hash != hash {
        return Err(BatchFault::HeadOriginReplaced {
            number,
            head: hash,
            l1: origin.hash,
        });
    }
    Ok(origin)
}

fn known(number: u64, origins: &dyn Origins) -> Result<L1Origin, BatchFault> {
    origins
        .origin(number)
        .ok_or(BatchFault::UnknownOrigin { number })
}
