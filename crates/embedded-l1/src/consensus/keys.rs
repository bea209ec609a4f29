use std::{collections::HashMap, fmt};

use alloy_primitives::{B256, U256, uint};
use forebond_beacon::{
    bls::{BlsError, PublicKey, SecretKey, interop_key},
    containers::{PublicKeyBytes, SignatureBytes},
};

/// Order of the BLS12-381 groups.
const GROUP_ORDER: U256 =
    uint!(0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001_U256);

struct LocalKey {
    secret: SecretKey,
    scalar: U256,
    public: PublicKey,
}

/// The keys of the validators that live in this process. They are development keys that anybody can derive.
pub struct KeyRing {
    order: Vec<PublicKeyBytes>,
    keys: HashMap<PublicKeyBytes, LocalKey>,
}

impl KeyRing {
    /// The interop keys of validators `0..count`.
    #[must_use]
    pub fn interop(count: u64) -> Self {
        let mut ring = Self {
            order: Vec::new(),
            keys: HashMap::new(),
        };
        for index in 0..count {
            ring.add(interop_key(index));
        }
        ring
    }

    /// Adds a key, e.g. of a validator that joins later, and gives its public half.
    pub fn add(&mut self, secret: SecretKey) -> PublicKeyBytes {
        let public = secret.public_key();
        let name = public.to_bytes();
        let scalar = U256::from_be_bytes(*secret.to_bytes());
        if self
            .keys
            .insert(
                name,
                LocalKey {
                    secret,
                    scalar,
                    public,
                },
            )
            .is_none()
        {
            self.order.push(name);
        }
        name
    }

    /// Public keys in the order they were added.
    #[must_use]
    pub fn public_keys(&self) -> &[PublicKeyBytes] {
        &self.order
    }

    /// Whether `key` can sign here.
    #[must_use]
    pub fn holds(&self, key: &PublicKeyBytes) -> bool {
        self.keys.contains_key(key)
    }

    /// Signs with one key; nothing if it is not held.
    #[must_use]
    pub fn sign(&self, key: &PublicKeyBytes, signing_root: B256) -> Option<SignatureBytes> {
        self.keys
            .get(key)
            .map(|key| key.secret.sign(signing_root).to_bytes())
    }

    /// The aggregate of everybody's signature over one root; keys that are not held are left out, repetitions count.
    ///
    /// BLS signatures are `secret × H(message)`, so the sum of the signatures is the signature of the summed secrets,
    /// bit for bit: one multiplication instead of one per signer. Nothing when nobody signs.
    #[must_use]
    pub fn sign_together<'a>(
        &self,
        keys: impl IntoIterator<Item = &'a PublicKeyBytes>,
        signing_root: B256,
    ) -> Option<SignatureBytes> {
        let sum = keys
            .into_iter()
            .filter_map(|key| self.keys.get(key))
            .fold(U256::ZERO, |sum, key| sum.add_mod(key.scalar, GROUP_ORDER));
        SecretKey::from_bytes(&sum.to_be_bytes())
            .ok()
            .map(|secret| secret.sign(signing_root).to_bytes())
    }

    /// A checked public key; keys of the ring were checked once.
    ///
    /// # Errors
    /// When the bytes are no valid key.
    pub fn checked(&self, key: &PublicKeyBytes) -> Result<PublicKey, BlsError> {
        self.keys.get(key).map_or_else(
            || PublicKey::from_bytes(key.as_slice()),
            |key| Ok(key.public),
        )
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyRing({} keys)", self.order.len())
    }
}

#[cfg(test)]
mod tests {
    use forebond_beacon::bls::Signature;

    use super::*;

    #[test]
    fn signing_together_equals_aggregating_single_signatures() {
        let ring = KeyRing::interop(5);
        let root = B256::repeat_byte(7);
        let keys = ring.public_keys();
        // Sync committees may hold a validator twice.
        let signers = [keys[0], keys[3], keys[3], keys[4]];
        let singles: Vec<_> = signers
            .iter()
            .map(|key| Signature::from_bytes(ring.sign(key, root).unwrap().as_slice()).unwrap())
            .collect();
        let aggregate = Signature::aggregate(&singles).unwrap().to_bytes();
        assert_eq!(ring.sign_together(&signers, root), Some(aggregate));
        assert_ne!(ring.sign_together(&signers[..3], root), Some(aggregate));
    }

    #[test]
    fn nobody_signs_nothing() {
        let ring = KeyRing::interop(1);
        let stranger = interop_key(9).public_key().to_bytes();
        assert_eq!(ring.sign_together([&stranger], B256::ZERO), None);
        assert_eq!(ring.sign(&stranger, B256::ZERO), None);
    }
}
