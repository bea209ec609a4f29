//! Blobs by their hashes, from a beacon node that is not trusted: each is checked against its versioned hash (EIP-4844).

mod together;

use std::collections::HashMap;

use alloy_eips::eip4844::{Blob, kzg_to_versioned_hash};
use alloy_primitives::{B256, FixedBytes};

use crate::{
    L1Error,
    beacon::{BeaconClient, BlockId},
};

/// Without tables for cell proofs, which nobody who only checks needs: they take seconds to make and 96 MiB.
const NO_TABLES: u64 = 0;

/// Versioned hash of a blob: 0x01 ‖ sha256(KZG commitment)[1..]. About 60 ms of CPU: call it on a blocking thread.
///
/// # Errors
/// [`L1Error::Answer`] when a field element is not below the group's order.
pub fn versioned_hash(blob: &Blob) -> Result<B256, L1Error> {
    commitment(blob).map(|commitment| kzg_to_versioned_hash(commitment.as_slice()))
}

fn commitment(blob: &Blob) -> Result<FixedBytes<48>, L1Error> {
    let refuse = |error: String| L1Error::answer("blob", "4096 canonical field elements", &error);
    let raw = c_kzg::Blob::from_bytes(blob.as_slice()).map_err(|e| refuse(e.to_string()))?;
    c_kzg::ethereum_kzg_settings(NO_TABLES)
        .blob_to_kzg_commitment(&raw)
        .map(|commitment| commitment.to_bytes().into_inner().into())
        .map_err(|error| refuse(error.to_string()))
}

/// The blobs with these hashes from the block at `block`, in the order of `hashes`. Needs a tokio runtime with blocking threads.
///
/// # Errors
/// [`L1Error::Answer`] when one is missing or is not what its hash says; as any request.
pub async fn fetch(
    client: &BeaconClient,
    block: BlockId,
    hashes: &[B256],
) -> Result<Vec<Box<Blob>>, L1Error> {
    let fetched = fetch_unchecked(client, block, hashes).await?;
    tokio::task::spawn_blocking(move || fetched.check())
        .await
        .map_err(|error| L1Error::answer("blobs", "checked blobs", &error.to_string()))?
}

/// What a node gave for blobs with certain hashes: anything, until it is checked.
#[derive(Clone, Debug)]
pub struct Unchecked {
    what: String,
    hashes: Vec<B256>,
    blobs: Vec<Box<Blob>>,
    /// Those whose hashes are wanted, in the block's order; empty when the node did not tell.
    commitments: Vec<FixedBytes<48>>,
}

/// As [`fetch`], without the check, which needs CPU and no network.
///
/// # Errors
/// As any request; [`L1Error::Answer`] when something is no blob.
pub async fn fetch_unchecked(
    client: &BeaconClient,
    block: BlockId,
    hashes: &[B256],
) -> Result<Unchecked, L1Error> {
    let what = format!("blobs/{block}");
    let raw = client.blobs(block, hashes).await?;
    let blobs = raw
        .iter()
        .map(|bytes| {
            Blob::try_from(bytes.as_ref()).map(Box::new).map_err(|_| {
                let got = format!("{} bytes", bytes.len());
                L1Error::answer(&what, "blobs of 131072 bytes", &got)
            })
        })
        .collect::<Result<Vec<_>, _>>()?;
    // One blob is checked as fast without.
    let mut commitments = Vec::new();
    if hashes.len() > 1 {
        match client.blob_commitments(block).await {
            Ok(all) => commitments = all,
            Err(error) => tracing::debug!(%error, "blobs are checked one by one"),
        }
        commitments.retain(|known| hashes.contains(&kzg_to_versioned_hash(known.as_slice())));
    }
    Ok(Unchecked {
        what,
        hashes: hashes.to_vec(),
        blobs,
        commitments,
    })
}

impl Unchecked {
    /// The blobs in the order of the hashes, each checked. About 60 ms of CPU for all of them together; if they are not what the
    /// node's block says, for each.
    ///
    /// # Errors
    /// [`L1Error::Answer`] when one is missing or is not what its hash says.
    pub fn check(self) -> Result<Vec<Box<Blob>>, L1Error> {
        let Self {
            what,
            hashes,
            blobs,
            commitments,
        } = self;
        let found = match together::check(&blobs, &commitments) {
            true => commitments
                .iter()
                .map(|known| kzg_to_versioned_hash(known.as_slice()))
                .zip(blobs)
                .collect(),
            false => one_by_one(blobs)?,
        };
        hashes
            .iter()
            .map(|hash| {
                found.get(hash).cloned().ok_or_else(|| {
                    let expected = format!("a blob with the hash {hash}");
                    L1Error::answer(&what, expected, "none that has it")
                })
            })
            .collect()
    }
}

fn one_by_one(blobs: Vec<Box<Blob>>) -> Result<HashMap<B256, Box<Blob>>, L1Error> {
    blobs
        .into_iter()
        .map(|blob| versioned_hash(&blob).map(|hash| (hash, blob)))
        .collect()
}

#[cfg(test)]
mod tests;
