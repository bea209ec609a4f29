use alloy_primitives::{B256, Bytes};
use alloy_sol_types::SolStruct;
use forebond_contracts::bindings::IEvidenceShapes as abi;
use forebond_types::{Batch, CommitterError, CommitterSet, Domain};

use crate::shapes;

/// A message with the signatures of a committer set, one behind the other as judges read them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attested<T> {
    /// What was signed.
    pub message: T,
    /// 65 bytes for each signature that the set needs, signers ascending.
    pub signature: Bytes,
}

impl<T: SolStruct> Attested<T> {
    /// Identity of the message, whatever its signature's bytes.
    pub fn struct_hash(&self) -> B256 {
        self.message.eip712_hash_struct()
    }

    /// Checks that `set` signed it in the domain with this separator.
    ///
    /// # Errors
    /// [`CommitterError`].
    pub fn verify(&self, set: &CommitterSet, separator: B256) -> Result<(), CommitterError> {
        let digest = Domain::digest_of(separator, self.struct_hash());
        set.verify(digest, &self.signature)
    }
}

impl Attested<Batch> {
    pub(crate) fn shape(&self) -> abi::SignedBatch {
        abi::SignedBatch {
            batch: shapes::batch(&self.message),
            signature: self.signature.clone(),
        }
    }
}
