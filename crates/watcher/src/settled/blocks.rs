use alloy_primitives::Bytes;
use forebond_evidence::{
    Attested,
    blocks::{BlockContents, OpenError, OpenedBatch},
};
use forebond_ledger::rpc::ChainReader;
use forebond_settlement::PostedBatch;

/// Why a batch cannot be opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BlocksError {
    /// A block is not here.
    #[error("block {0} is not here")]
    Missing(u64),
    /// The store does not answer.
    #[error("block {number}: {reason}")]
    Store { number: u64, reason: String },
    /// What is here is not what the batch claims.
    #[error(transparent)]
    Other(#[from] OpenError),
}

/// The batch with its blocks, from what this process derived. Reads the store: not for a task that must not wait.
pub(crate) fn open(reader: &ChainReader, posted: &PostedBatch) -> Result<OpenedBatch, BlocksError> {
    let batch = &posted.batch;
    let mut blocks = Vec::new();
    for number in batch.firstBlock..=batch.lastBlock {
        let block = reader.sealed(number).map_err(|error| BlocksError::Store {
            number,
            reason: format!("{error:?}"),
        })?;
        let block = block.ok_or(BlocksError::Missing(number))?;
        let header: Bytes = alloy_rlp::encode(&block.header).into();
        let (transactions, receipts) = block
            .transactions()
            .map(|one| (one.tx.raw().clone(), one.receipt_bytes.clone()))
            .unzip();
        blocks.push(BlockContents {
            header,
            transactions,
            receipts,
        });
    }
    Ok(OpenedBatch::open(
        Attested {
            message: batch.clone(),
            signature: posted.signature.clone(),
        },
        blocks,
    )?)
}
