//! What a batch says its blocks are.

use super::{
    BatchFault, BlockPlan, DeriveRules, DerivedHead, OriginClaim, Origins, PostedBatch,
    check_origin_step,
};
use crate::op::{
    ChainConfig, L1Origin, attributes_deposit,
    channel::{BatchBlock, MAX_BLOCKS, decode},
};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{B256, Bytes};
use op_alloy_consensus::TxDeposit;

/// EIP-2718 types that users may send to a rollup: access list, fee market, set code.
const USER_TYPES: [u8; 3] = [1, 2, 4];
/// First byte of the shortest RLP list with a length of its own: no shorter legacy transaction exists.
const LEGACY_FROM: u8 = 0xc0;

/// The block behind `head`. `deposits` are those of `origin`, used if this is its first block. Gateways begin their blocks
/// with it, followers and derivation repeat it.
pub fn next_plan(
    config: &ChainConfig,
    head: &DerivedHead,
    origin: &L1Origin,
    deposits: &[TxDeposit],
    user: Vec<Bytes>,
) -> BlockPlan {
    let number = head.number.saturating_add(1);
    let same = head.origin == (origin.number, origin.hash);
    let origin_sequence = if same {
        head.origin_sequence.saturating_add(1)
    } else {
        0
    };
    let deposits = if same { &[] } else { deposits };
    let attributes = attributes_deposit(config, origin, origin_sequence);
    let mut transactions = Vec::with_capacity(1 + deposits.len() + user.len());
    transactions.extend(
        std::iter::once(&attributes)
            .chain(deposits)
            .map(|deposit| Bytes::from(deposit.encoded_2718())),
    );
    transactions.extend(user);
    BlockPlan {
        number,
        timestamp_s: timestamp_s(config, number),
        origin: *origin,
        origin_sequence,
        transactions,
        parent_hash: None,
    }
}

/// The blocks of a posted batch, all or nothing (R4): its place on the chain, its data, and each block's time, origin and
/// kinds of transactions. Hashes are left to [`check_claim`](super::check_claim).
pub fn plan_batch(
    rules: &DeriveRules,
    posted: &PostedBatch<'_>,
    head: &DerivedHead,
    origins: &dyn Origins,
) -> Result<Vec<BlockPlan>, BatchFault> {
    let count = check_place(posted, head)?;
    let blocks = decode(posted.blobs)?;
    if u64::try_from(blocks.len()).ok() != Some(count) {
        return Err(BatchFault::BlockCount {
            expected: count,
            got: blocks.len(),
        });
    }
    let mut at = *head;
    let mut plans = Vec::with_capacity(blocks.len());
    for block in blocks {
        let plan = plan_block(rules, posted, &at, block, origins)?;
        // The hash comes with execution; nothing here reads it.
        at = at.after(&plan, B256::ZERO);
        plans.push(plan);
    }
    if let Some(first) = plans.first()
        && first.parent_hash != Some(head.hash)
    {
        return Err(BatchFault::ParentHash {
            number: first.number,
            expected: head.hash,
            got: first.parent_hash.unwrap_or_default(),
        });
    }
    let got = (posted.claim.lastOriginNumber, posted.claim.lastOriginHash);
    if at.origin != got {
        return Err(BatchFault::LastOrigin {
            expected: at.origin,
            got,
        });
    }
    Ok(plans)
}

/// Refuses what no user can have sent: empty bytes, deposits, blob carriers and unknown types. Whoever executes decodes the rest.
pub fn check_user_transactions(number: u64, transactions: &[Bytes]) -> Result<(), BatchFault> {
    for (index, transaction) in transactions.iter().enumerate() {
        let got = transaction.first().copied();
        if !got.is_some_and(|first| first >= LEGACY_FROM || USER_TYPES.contains(&first)) {
            return Err(BatchFault::TransactionType { number, index, got });
        }
    }
    Ok(())
}

/// Block time is fixed: timestamp = genesis + height × block time (R1).
pub(super) fn timestamp_s(config: &ChainConfig, number: u64) -> u64 {
    config
        .genesis_s
        .saturating_add(number.saturating_mul(config.block_time_s))
}

/// Everything that claim and head say without the data. Gives the number of blocks.
fn check_place(posted: &PostedBatch<'_>, head: &DerivedHead) -> Result<u64, BatchFault> {
    let claim = posted.claim;
    if claim.parentBatch != head.batch {
        return Err(BatchFault::ParentBatch {
            expected: head.batch,
            got: claim.parentBatch,
        });
    }
    let expected = head.number.saturating_add(1);
    if claim.firstBlock != expected {
        return Err(BatchFault::FirstBlock {
            expected,
            got: claim.firstBlock,
        });
    }
    let (first, last) = (claim.firstBlock, claim.lastBlock);
    let count = last
        .checked_sub(first)
        .and_then(|more| more.checked_add(1))
        .filter(|count| *count <= MAX_BLOCKS as u64)
        .ok_or(BatchFault::Range { first, last })?;
    if claim.parentBlockHash != head.hash {
        return Err(BatchFault::ParentHash {
            number: first,
            expected: head.hash,
            got: claim.parentBlockHash,
        });
    }
    if posted.blobs.len() != claim.blobHashes.len() {
        return Err(BatchFault::Blobs {
            expected: claim.blobHashes.len(),
            got: posted.blobs.len(),
        });
    }
    Ok(count)
}

fn plan_block(
    rules: &DeriveRules,
    posted: &PostedBatch<'_>,
    head: &DerivedHead,
    block: BatchBlock,
    origins: &dyn Origins,
) -> Result<BlockPlan, BatchFault> {
    let number = head.number.saturating_add(1);
    let expected = timestamp_s(&rules.chain, number);
    if block.timestamp_s != expected {
        return Err(BatchFault::Timestamp {
            number,
            expected,
            got: block.timestamp_s,
        });
    }
    check_user_transactions(number, &block.transactions)?;
    let claim = OriginClaim {
        block: number,
        timestamp_s: block.timestamp_s,
        number: block.origin_number,
        hash: block.origin_hash,
    };
    let origin = check_origin_step(rules, head, &claim, posted.l1_block, origins)?;
    let deposits = if origin.number == head.origin.0 {
        Vec::new()
    } else {
        let number = origin.number;
        origins
            .deposits(number)
            .ok_or(BatchFault::UnknownDeposits { number })?
    };
    let plan = next_plan(&rules.chain, head, &origin, &deposits, block.transactions);
    Ok(BlockPlan {
        parent_hash: Some(block.parent_hash),
        ..plan
    })
}
