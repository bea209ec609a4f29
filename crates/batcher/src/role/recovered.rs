use alloy_primitives::{B256, U256};
use alloy_sol_types::SolEvent;
use forebond_contracts::bindings::Inbox;
use forebond_l1::execution::BlockRef;

use super::RoundError;
use crate::{
    inbox::InboxReader,
    plan::Ancestor,
    post::fees_of,
    report::{BatchLine, BatchState},
    source::BlockSource,
};

/// L1 blocks looked through for a batch that landed while nobody watched.
const LOOKED_THROUGH: u64 = 512;
/// Pages of blocks asked for to count what is in it.
const PAGES: usize = 64;
const PAGE: u64 = 64;

/// The Inbox's newest batch, when it is of gateway `me`: it landed while its batcher was not there to see it.
pub(super) async fn newest_of_ours<S: BlockSource>(
    reader: &InboxReader,
    source: &S,
    me: u32,
    head: &BlockRef,
    newest: &Ancestor,
) -> Result<Option<BatchLine>, RoundError> {
    let call = Inbox::recordCall { batchId: newest.id };
    let record = reader.read(&call, head.hash.into()).await?;
    if record.gateway != me {
        return Ok(None);
    }
    let topics = [
        Inbox::BatchPosted::SIGNATURE_HASH,
        B256::from(U256::from(newest.id)),
    ];
    let blocks = (head.number.saturating_sub(LOOKED_THROUGH), head.number);
    let client = reader.client();
    let logs = client.logs_between(blocks, reader.inbox(), &topics).await?;
    let Some(log) = logs.last() else {
        return Ok(None);
    };
    let Ok(posted) = Inbox::BatchPosted::decode_log(&log.inner) else {
        return Ok(None);
    };
    let Some(receipt) = client
        .receipt(log.transaction_hash.unwrap_or_default())
        .await?
    else {
        return Ok(None);
    };
    let batch = &posted.batch;
    let mut line = BatchLine {
        id: newest.id,
        hash: newest.hash,
        first_block: batch.firstBlock,
        last_block: batch.lastBlock,
        window: batch.window,
        slot: record.postedSlot,
        l1_block: receipt.block_number.unwrap_or_default(),
        transaction_hash: receipt.transaction_hash,
        blobs: batch.blobHashes.len(),
        bytes: 0,
        transactions: 0,
        gas_used: 0,
        cost_wei: fees_of(&receipt),
        cost_wei_per_transaction: None,
        status: BatchState::Posted,
        note: "Recovered".to_owned(),
    };
    count(source, &mut line).await?;
    Ok(Some(line))
}

/// What is in the batch, as far as the gateway still has its blocks.
async fn count<S: BlockSource>(source: &S, line: &mut BatchLine) -> Result<(), RoundError> {
    let mut next = line.first_block;
    for _ in 0..PAGES {
        let wanted = line.last_block.saturating_sub(next).saturating_add(1);
        if next > line.last_block {
            break;
        }
        let page = source.blocks(next, wanted.min(PAGE)).await?;
        let Some(last) = page.last() else {
            break;
        };
        next = last.number.saturating_add(1);
        for block in &page {
            line.transactions += block.transactions.len() as u64;
            line.bytes += block
                .transactions
                .iter()
                .map(|raw| raw.len() as u64)
                .sum::<u64>();
            line.gas_used = line.gas_used.saturating_add(block.gas_used);
        }
    }
    line.cost_wei_per_transaction = line.cost_wei.checked_div(line.transactions.into());
    Ok(())
}
