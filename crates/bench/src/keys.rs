//! Accounts of a run: who pays, who sends, who receives.

use crate::config::Funding;
use alloy_primitives::{Address, B256, Signature, keccak256};
use alloy_signer_local::MnemonicBuilder;
use eyre::WrapErr;
use secp256k1::{Message, SECP256K1, SecretKey};

/// A key and its address.
#[derive(Clone)]
pub(crate) struct Account {
    key: SecretKey,
    /// The key's address.
    pub(crate) address: Address,
}

impl Account {
    fn new(key: SecretKey) -> Self {
        let public = key.public_key(SECP256K1).serialize_uncompressed();
        let hash = keccak256(&public[1..]);
        Self {
            key,
            address: Address::from_slice(&hash[12..]),
        }
    }

    fn from_hash(hash: B256) -> eyre::Result<Self> {
        let key = SecretKey::from_slice(hash.as_slice()).wrap_err("not a secp256k1 key")?;
        Ok(Self::new(key))
    }

    /// Signs a digest; deterministic, so that a seed repeats a run byte by byte.
    pub(crate) fn sign(&self, digest: B256) -> Signature {
        let message = Message::from_digest(digest.0);
        let (id, bytes) = SECP256K1
            .sign_ecdsa_recoverable(&message, &self.key)
            .serialize_compact();
        Signature::from_bytes_and_parity(&bytes, i32::from(id) == 1)
    }

    /// Signs as the protocol does, for the floor measurements.
    pub(crate) fn sign_canonical(&self, digest: B256) -> forebond_types::Signature {
        forebond_types::Signature::sign(digest, &self.key)
    }
}

/// The account that pays for a run.
pub(crate) fn funder(funding: &Funding) -> eyre::Result<Account> {
    match funding {
        Funding::Mnemonic(phrase) => {
            let signer = MnemonicBuilder::try_from_phrase_nth(phrase.as_str(), 0)
                .map_err(|_| eyre::eyre!("the funding mnemonic is not a BIP-39 phrase"))?;
            Account::from_hash(signer.to_bytes())
        }
        Funding::PrivateKey(hex) => {
            // The text is not repeated in the error: it may be most of a real key.
            let bytes = hex.parse::<B256>();
            let bytes =
                bytes.map_err(|_| eyre::eyre!("the funding key: expected 32 bytes of hex"))?;
            Account::from_hash(bytes)
        }
    }
}

/// Sender number `index` of the runs with this seed.
pub(crate) fn sender(seed: u64, index: u32) -> eyre::Result<Account> {
    Account::from_hash(derive("sender", seed, u64::from(index)))
}

/// Recipient number `index` of the runs with this seed; nobody holds its key.
pub(crate) fn recipient(seed: u64, index: u64) -> Address {
    Address::from_slice(&derive("recipient", seed, index)[12..])
}

fn derive(role: &str, seed: u64, index: u64) -> B256 {
    let mut input = Vec::with_capacity(40);
    input.extend_from_slice(b"forebond bench ");
    input.extend_from_slice(role.as_bytes());
    input.extend_from_slice(&seed.to_be_bytes());
    input.extend_from_slice(&index.to_be_bytes());
    keccak256(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEV_MNEMONIC;
    use alloy_primitives::address;

    #[test]
    fn the_development_mnemonic_gives_the_account_everybody_knows() {
        let account = funder(&Funding::Mnemonic(DEV_MNEMONIC.into())).unwrap();
        assert_eq!(
            account.address,
            address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
        );
        let key = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        assert_eq!(
            funder(&Funding::PrivateKey(key.into())).unwrap().address,
            account.address
        );
    }

    #[test]
    fn a_bad_funding_key_is_refused_without_being_repeated() {
        let Err(error) = funder(&Funding::PrivateKey("0xac0974bec39a17".into())) else {
            panic!("accepted")
        };
        assert!(!format!("{error:?}").contains("ac0974"));
    }

    #[test]
    fn senders_repeat_with_the_seed_and_differ_otherwise() {
        assert_eq!(sender(1, 2).unwrap().address, sender(1, 2).unwrap().address);
        assert_ne!(sender(1, 2).unwrap().address, sender(1, 3).unwrap().address);
        assert_ne!(sender(1, 2).unwrap().address, sender(2, 2).unwrap().address);
        assert_ne!(recipient(1, 2), sender(1, 2).unwrap().address);
    }
}
