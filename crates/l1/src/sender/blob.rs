use alloy_eips::{
    eip4844::{Blob, BlobTransactionSidecar, env_settings::EnvKzgSettings},
    eip7594::{BlobTransactionSidecarEip7594, BlobTransactionSidecarVariant},
};
use alloy_primitives::B256;

use crate::L1Error;

/// Blobs with commitments and proofs, as a pool wants them.
pub type Sidecar = BlobTransactionSidecarVariant;

/// Which proofs travel with blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SidecarForm {
    /// One proof a blob: nodes before Fulu, and some after.
    Eip4844,
    /// Proofs of all 128 cells of a blob: Fulu (PeerDAS). 240 to 340 ms of CPU a blob.
    #[default]
    Eip7594,
}

/// Loads the trusted setup with its tables, two to three seconds of CPU, so that the first [`sidecar`] does not have to.
pub fn warm_up() {
    let _ready = EnvKzgSettings::Default.get();
}

/// Commitments and proofs for `blobs`. Takes long and, the first time, loads the trusted setup for two to three seconds: call it
/// on a blocking thread, away from anything that answers users.
///
/// # Errors
/// [`L1Error::Answer`] when a field element is not below the group's order.
pub fn sidecar(blobs: Vec<Blob>, form: SidecarForm) -> Result<Sidecar, L1Error> {
    let settings = EnvKzgSettings::Default.get();
    let made = match form {
        SidecarForm::Eip4844 => {
            BlobTransactionSidecar::try_from_blobs_with_settings(blobs, settings)
                .map(Sidecar::Eip4844)
        }
        SidecarForm::Eip7594 => {
            BlobTransactionSidecarEip7594::try_from_blobs_with_settings(blobs, settings)
                .map(Sidecar::Eip7594)
        }
    };
    made.map_err(|error| {
        L1Error::answer(
            "blob sidecar",
            "4096 canonical field elements a blob",
            &error.to_string(),
        )
    })
}

/// The hashes by which a transaction names its blobs.
pub(super) fn hashes(sidecar: &Sidecar) -> Vec<B256> {
    sidecar.versioned_hashes().collect()
}
