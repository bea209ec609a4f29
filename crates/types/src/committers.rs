//! Who signs for a gateway: one key, or k of n (R15). The same questions as `CommitterSignatures.sol`, in the same order.

use crate::{Signature, SignatureError};
use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolValue;

/// Bytes of one signature.
const SIGNATURE_BYTES: usize = 65;

/// Who signs for a gateway: `threshold` distinct members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitterSet {
    /// Signatures needed, at least 1.
    pub threshold: u8,
    /// Ascending.
    pub members: Vec<Address>,
}

/// Why bytes are not a set's signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommitterError {
    /// Not one signature for each that is needed.
    #[error("{expected} bytes of signatures expected, got {got}")]
    Length {
        /// 65 × threshold.
        expected: usize,
        /// Bytes found.
        got: usize,
    },
    /// One of them has no canonical form, or no signer.
    #[error("signature {place}: {error}")]
    Signature {
        /// Which one, from 0.
        place: usize,
        /// Why.
        error: SignatureError,
    },
    /// Somebody signed who is not in the set.
    #[error("signature {place} is of {signer}, who is not a member of the set")]
    NotAMember {
        /// Which one, from 0.
        place: usize,
        /// Who signed.
        signer: Address,
    },
    /// Signers twice, or out of order: one set of signatures has one spelling.
    #[error("the signer of signature {place} does not follow the one before it in ascending order")]
    NotAscending {
        /// Which one, from 0.
        place: usize,
    },
}

impl CommitterSet {
    /// The set of one key.
    pub fn single(committer: Address) -> Self {
        Self {
            threshold: 1,
            members: vec![committer],
        }
    }

    /// Its identity on L1: `keccak256(abi.encode(threshold, members))`.
    pub fn hash(&self) -> B256 {
        let threshold = U256::from(self.threshold);
        keccak256((threshold, self.members.clone()).abi_encode_params())
    }

    /// Checks that `signatures` (one behind the other, signers ascending) are the set's on `digest`.
    ///
    /// # Errors
    /// [`CommitterError`]: whoever brought the message brings something else, or it is somebody else's.
    pub fn verify(&self, digest: B256, signatures: &[u8]) -> Result<(), CommitterError> {
        let expected = usize::from(self.threshold) * SIGNATURE_BYTES;
        if expected == 0 || signatures.len() != expected {
            return Err(CommitterError::Length {
                expected,
                got: signatures.len(),
            });
        }
        let mut last = None;
        for (place, bytes) in signatures.chunks(SIGNATURE_BYTES).enumerate() {
            let signer = Signature::from_bytes(bytes)
                .and_then(|signature| signature.recover(digest))
                .map_err(|error| CommitterError::Signature { place, error })?;
            if last.is_some_and(|last| signer <= last) {
                return Err(CommitterError::NotAscending { place });
            }
            if !self.members.contains(&signer) {
                return Err(CommitterError::NotAMember { place, signer });
            }
            last = Some(signer);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> (Address, secp256k1::SecretKey) {
        let key = secp256k1::SecretKey::from_slice(&[byte; 32]).unwrap();
        let digest = keccak256("who");
        (Signature::sign(digest, &key).recover(digest).unwrap(), key)
    }

    fn signed(digest: B256, keys: &[&secp256k1::SecretKey]) -> Vec<u8> {
        keys.iter()
            .flat_map(|key| *Signature::sign(digest, key).as_bytes())
            .collect()
    }

    #[test]
    fn two_of_three_sign_in_one_order_only() {
        let mut keys = [key(1), key(2), key(3)];
        keys.sort_by_key(|(address, _)| *address);
        let [(a, first), (b, second), (c, _)] = keys;
        let set = CommitterSet {
            threshold: 2,
            members: vec![a, b, c],
        };
        let digest = keccak256("message");
        assert_eq!(
            set.verify(digest, &signed(digest, &[&first, &second])),
            Ok(())
        );
        assert_eq!(
            set.verify(digest, &signed(digest, &[&second, &first])),
            Err(CommitterError::NotAscending { place: 1 })
        );
        assert_eq!(
            set.verify(digest, &signed(digest, &[&first, &first])),
            Err(CommitterError::NotAscending { place: 1 })
        );
        assert!(matches!(
            set.verify(digest, &signed(digest, &[&first])),
            Err(CommitterError::Length {
                expected: 130,
                got: 65
            })
        ));
    }

    #[test]
    fn a_stranger_another_message_and_a_set_that_needs_nobody_are_refused() {
        let (member, ours) = key(1);
        let (stranger, theirs) = key(2);
        let set = CommitterSet::single(member);
        let digest = keccak256("message");
        assert_eq!(
            set.verify(digest, &signed(digest, &[&theirs])),
            Err(CommitterError::NotAMember {
                place: 0,
                signer: stranger
            })
        );
        let other = set.verify(keccak256("another"), &signed(digest, &[&ours]));
        assert!(matches!(other, Err(CommitterError::NotAMember { .. })));
        let nobody = CommitterSet {
            threshold: 0,
            members: vec![member],
        };
        assert!(nobody.verify(digest, &[]).is_err());
    }
}
