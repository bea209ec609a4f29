//! The blobs of posted batches, from beacon nodes that need not be trusted or complete.

use std::time::Duration;

use alloy_eips::eip4844::Blob;
use alloy_primitives::B256;
use forebond_l1::{
    L1Error,
    beacon::{BeaconClient, BlockId},
    blobs,
};
use forebond_runtime::run_in_background;
use tokio::sync::oneshot;

use crate::PostedBatch;

/// Rounds over all endpoints, and the wait between two, milliseconds.
const ROUNDS: u32 = 3;
const WAIT_MS: u64 = 500;
/// Blobs of one batch that are asked for: a transaction carries fewer.
const MOST_BLOBS: usize = 64;

/// Blobs that could not be had *now*. Never a reason to hold a batch void: whoever has them later derives the same chain.
#[derive(Debug, thiserror::Error)]
#[error("blobs of L1 slot {slot} cannot be had now ({}): wait, or name a beacon endpoint that keeps them", .tried.join("; "))]
pub struct BlobsError {
    /// The slot they were posted in.
    pub slot: u64,
    /// Whether every endpoint answered that it does not have them, so that asking the same ones again soon is of little use.
    pub gone: bool,
    /// What each endpoint said last.
    pub tried: Vec<String>,
}

/// Beacon nodes that serve blobs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct BlobSource {
    clients: Vec<BeaconClient>,
}

impl BlobSource {
    /// A source over these nodes, asked in this order.
    pub const fn new(clients: Vec<BeaconClient>) -> Self {
        Self { clients }
    }

    /// The blobs of a batch, in its order, each checked against its hash.
    ///
    /// # Errors
    /// [`BlobsError`]: retry later.
    pub async fn of_batch(&self, batch: &PostedBatch) -> Result<Vec<Box<Blob>>, BlobsError> {
        self.fetch(batch.slot, &batch.batch.blobHashes).await
    }

    /// The blobs with these hashes from the block in `slot`, in the order of `hashes`. At most three rounds over all endpoints.
    ///
    /// # Errors
    /// [`BlobsError`]: retry later.
    pub async fn fetch(&self, slot: u64, hashes: &[B256]) -> Result<Vec<Box<Blob>>, BlobsError> {
        let mut failure = BlobsError {
            slot,
            gone: false,
            tried: vec!["no beacon endpoint is configured".to_owned()],
        };
        if hashes.len() > MOST_BLOBS {
            failure.tried = vec![format!(
                "at most {MOST_BLOBS} blobs expected, got {}",
                hashes.len()
            )];
            return Err(failure);
        }
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(Duration::from_millis(WAIT_MS)).await;
            }
            let mut tried = Vec::new();
            let mut gone = true;
            for (place, client) in self.clients.iter().enumerate() {
                match fetch(client, BlockId::Slot(slot), hashes).await {
                    Ok(found) => return Ok(found),
                    Err(error) => {
                        gone &= says_gone(&error);
                        tried.push(format!("endpoint {place}: {error}"));
                    }
                }
            }
            if tried.is_empty() {
                return Err(failure);
            }
            failure = BlobsError { slot, gone, tried };
        }
        Err(failure)
    }
}

/// The check runs at the lowest priority: nobody waits for L1 as for a promise, and it takes a core for as long as a block needs.
async fn fetch(
    client: &BeaconClient,
    block: BlockId,
    hashes: &[B256],
) -> Result<Vec<Box<Blob>>, L1Error> {
    let unchecked = blobs::fetch_unchecked(client, block, hashes).await?;
    let (done, checked) = oneshot::channel();
    std::thread::Builder::new()
        .name("blob-check".into())
        .spawn(move || {
            run_in_background();
            let _ = done.send(unchecked.check());
        })
        .map_err(|error| not_checked(&error))?;
    checked.await.map_err(|error| not_checked(&error))?
}

fn not_checked(reason: &dyn std::fmt::Display) -> L1Error {
    L1Error::Answer {
        what: "blobs".to_owned(),
        expected: "a thread that checks them".to_owned(),
        got: reason.to_string(),
    }
}

/// Whether the node answered, and the blobs were not in the answer.
const fn says_gone(error: &L1Error) -> bool {
    matches!(
        error,
        L1Error::Answer { .. }
            | L1Error::Status {
                status: 404 | 410,
                ..
            }
    )
}
