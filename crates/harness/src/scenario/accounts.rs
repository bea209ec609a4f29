//! Who plays.

use alloy_primitives::{Address, B256, keccak256};
use alloy_signer_local::{MnemonicBuilder, PrivateKeySigner};
use eyre::Result;
use forebond_types::Signature;

/// The usual development mnemonic: ten funded accounts on every L1.
const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Accounts by their place in the mnemonic. Validator `i` withdraws to account `i % 2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// First operator, and withdrawal address of the even validators.
    OperatorA,
    /// Second operator, and withdrawal address of the odd validators.
    OperatorB,
    /// Deploys, and pokes whatever anyone may poke.
    Deployer,
    /// Owner of the rollup's fallback gateway.
    FallbackOwner,
    /// Owner of gateway A.
    GatewayA,
    /// Owner of gateway B.
    GatewayB,
    /// Proves faults.
    Watcher,
    /// First attester.
    AttesterA,
    /// Second attester.
    AttesterB,
    /// Behind the timelock.
    Governor,
}

impl Role {
    /// Place in the mnemonic.
    pub const fn index(self) -> u32 {
        self as u32
    }

    /// The account's key.
    ///
    /// # Errors
    /// Never for the known mnemonic.
    pub fn signer(self) -> Result<PrivateKeySigner> {
        Ok(MnemonicBuilder::english()
            .phrase(MNEMONIC)
            .index(self.index())?
            .build()?)
    }

    /// The account's address.
    ///
    /// # Errors
    /// Never for the known mnemonic.
    pub fn address(self) -> Result<Address> {
        Ok(self.signer()?.address())
    }
}

/// A gateway's signing key.
#[derive(Clone, Debug)]
pub struct Committer {
    key: secp256k1::SecretKey,
    /// Its address: the committer.
    pub address: Address,
}

impl Committer {
    /// A key that everybody can make: for scenarios only.
    ///
    /// # Errors
    /// Never in practice: one hash in 2^128 is no key.
    pub fn named(name: &str) -> Result<Self> {
        Self::of_bytes(keccak256(name))
    }

    /// The key with these bytes.
    ///
    /// # Errors
    /// For zero and beyond the curve's order.
    pub fn of_bytes(bytes: B256) -> Result<Self> {
        let key = secp256k1::SecretKey::from_slice(bytes.as_slice())?;
        let address = Signature::sign(B256::ZERO, &key).recover(B256::ZERO)?;
        Ok(Self { key, address })
    }

    /// Signs a digest: 65 bytes r ‖ s ‖ v.
    pub fn sign(&self, digest: B256) -> Signature {
        Signature::sign(digest, &self.key)
    }
}
