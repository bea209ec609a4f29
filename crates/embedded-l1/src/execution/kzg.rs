//! Blob transactions as they travel (EIP-4844 and EIP-7594 wrappers), and the check of their KZG proofs.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use alloy_consensus::{EthereumTxEnvelope, TxEip4844Variant, TxEip4844WithSidecar, TxEnvelope};
use alloy_eips::{eip2718::Decodable2718, eip7594::BlobTransactionSidecarVariant};
use alloy_primitives::B256;

use super::block::BlobSidecar;

/// A signed transaction as it is sent: type 3 with its sidecar in either form.
type Sent = EthereumTxEnvelope<TxEip4844WithSidecar<BlobTransactionSidecarVariant>>;

/// Width of the precomputed tables. None: what is needed here is checking, and tables cost half a second and memory.
const PRECOMPUTE: u64 = 0;

static LOADED: AtomicBool = AtomicBool::new(false);

/// Loads the trusted setup of the KZG ceremony, once per process; takes tens to hundreds of milliseconds the first time. Call
/// it on a thread of its own at start, so that no slot waits for it.
pub fn load_trusted_setup() -> &'static c_kzg::KzgSettings {
    let settings = c_kzg::ethereum_kzg_settings(PRECOMPUTE);
    LOADED.store(true, Ordering::Release);
    settings
}

/// Whether the trusted setup is in memory.
pub fn trusted_setup_loaded() -> bool {
    LOADED.load(Ordering::Acquire)
}

/// Splits a sent transaction into what stands in a block and its blobs.
///
/// # Errors
/// A text for the sender: not decodable, bytes left over, or a blob transaction without its blobs.
pub(super) fn decode_sent(
    mut raw: &[u8],
) -> Result<(TxEnvelope, Option<BlobTransactionSidecarVariant>), String> {
    let sent = Sent::decode_2718(&mut raw).map_err(|error| error.to_string())?;
    if !raw.is_empty() {
        return Err(format!("{} bytes follow the transaction", raw.len()));
    }
    Ok(match sent {
        Sent::Legacy(tx) => (TxEnvelope::Legacy(tx), None),
        Sent::Eip2930(tx) => (TxEnvelope::Eip2930(tx), None),
        Sent::Eip1559(tx) => (TxEnvelope::Eip1559(tx), None),
        Sent::Eip7702(tx) => (TxEnvelope::Eip7702(tx), None),
        Sent::Eip4844(tx) => {
            let (with_blobs, signature, hash) = tx.into_parts();
            let (inner, sidecar) = with_blobs.into_parts();
            let bare = alloy_consensus::Signed::new_unchecked(
                TxEip4844Variant::TxEip4844(inner),
                signature,
                hash,
            );
            (TxEnvelope::Eip4844(bare), Some(sidecar))
        }
    })
}

/// Checks commitments against the hashes in the transaction and proofs against the blobs.
///
/// # Errors
/// A text for the sender.
pub(super) fn verify(
    sidecar: BlobTransactionSidecarVariant,
    versioned_hashes: &[B256],
) -> Result<Vec<Arc<BlobSidecar>>, String> {
    sidecar
        .validate(versioned_hashes, load_trusted_setup())
        .map_err(|error| error.to_string())?;
    let commitments = sidecar.commitments().to_vec();
    Ok(sidecar
        .into_blobs()
        .into_iter()
        .zip(commitments)
        .map(|(blob, commitment)| {
            Arc::new(BlobSidecar {
                blob: Box::new(blob),
                commitment,
            })
        })
        .collect())
}
