//! Blobs by their hashes, from a beacon node that is not trusted: each is checked against its versioned hash (EIP-4844).

use std::collections::HashMap;

use alloy_eips::eip4844::{Blob, env_settings::EnvKzgSettings, kzg_to_versioned_hash};
use alloy_primitives::B256;

use crate::{
    L1Error,
    beacon::{BeaconClient, BlockId},
};

/// Versioned hash of a blob: 0x01 ‖ sha256(KZG commitment)[1..]. About 60 ms of CPU: call it on a blocking thread.
///
/// # Errors
/// [`L1Error::Answer`] when a field element is not below the group's order.
pub fn versioned_hash(blob: &Blob) -> Result<B256, L1Error> {
    let refuse = |error: String| L1Error::answer("blob", "4096 canonical field elements", &error);
    let raw = c_kzg::Blob::from_bytes(blob.as_slice()).map_err(|e| refuse(e.to_string()))?;
    let commitment = EnvKzgSettings::Default
        .get()
        .blob_to_kzg_commitment(&raw)
        .map_err(|error| refuse(error.to_string()))?;
    Ok(kzg_to_versioned_hash(commitment.to_bytes().as_slice()))
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
    let what = format!("blobs/{block}");
    let raw = client.blobs(block, hashes).await?;
    let mut found = HashMap::with_capacity(hashes.len());
    for bytes in raw {
        let blob = Blob::try_from(bytes.as_ref()).map(Box::new).map_err(|_| {
            L1Error::answer(
                &what,
                "blobs of 131072 bytes",
                &format!("{} bytes", bytes.len()),
            )
        })?;
        let checked =
            tokio::task::spawn_blocking(move || versioned_hash(&blob).map(|hash| (hash, blob)))
                .await
                .map_err(|error| L1Error::answer(&what, "a checked blob", &error.to_string()))?;
        let (hash, blob) = checked?;
        found.insert(hash, blob);
    }
    hashes
        .iter()
        .map(|hash| {
            found.get(hash).cloned().ok_or_else(|| {
                L1Error::answer(
                    &what,
                    format!("a blob with the hash {hash}"),
                    "none that has it",
                )
            })
        })
        .collect()
}
