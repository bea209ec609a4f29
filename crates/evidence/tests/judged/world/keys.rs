use alloy_primitives::{Address, B256, Bytes, keccak256};
use alloy_sol_types::SolStruct;
use forebond_evidence::Attested;
use forebond_types::{CommitterSet, Domain, Signature};
use secp256k1::{PublicKey, SECP256K1, SecretKey};

/// Who can sign for a gateway, or an operator.
#[derive(Clone, Debug)]
pub(crate) struct Signers {
    keys: Vec<SecretKey>,
    pub(crate) set: CommitterSet,
}

impl Signers {
    /// `threshold` of `members` keys named after `name`.
    pub(crate) fn new(name: &str, threshold: u8, members: usize) -> Self {
        let mut keys: Vec<_> = (0..members)
            .map(|place| {
                SecretKey::from_slice(keccak256(format!("{name} {place}")).as_slice()).unwrap()
            })
            .collect();
        keys.sort_by_key(address);
        let members = keys.iter().map(address).collect();
        let set = CommitterSet { threshold, members };
        Self { keys, set }
    }

    pub(crate) fn address(&self) -> Address {
        self.set.members[0]
    }

    pub(crate) fn sign_digest(&self, digest: B256) -> Bytes {
        self.keys
            .iter()
            .take(usize::from(self.set.threshold))
            .flat_map(|key| *Signature::sign(digest, key).as_bytes())
            .collect::<Vec<_>>()
            .into()
    }

    pub(crate) fn sign<T: SolStruct>(&self, domain: &Domain, message: T) -> Attested<T> {
        let signature = self.sign_digest(domain.digest(&message));
        Attested { message, signature }
    }
}

fn address(key: &SecretKey) -> Address {
    let public = PublicKey::from_secret_key(SECP256K1, key).serialize_uncompressed();
    Address::from_slice(&keccak256(&public[1..])[12..])
}
