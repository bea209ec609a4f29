//! Signing roots of Commit-Boost's signer API, in the dialects found in the field.
//!
//! | dialect | spoken by | root of the signed object |
//! |---|---|---|
//! | [`Dialect::Bare`] | v0.8 to v0.9, Web3Signer, SSV nodes | `{object_root, domain}` |
//! | [`Dialect::Module`] | v0.10 on | `{{object_root, signing id, nonce, chain id}, domain}` |
//! | delegation | all: proof that a consensus key vouches for a proxy key | `{{delegator, proxy}, domain}` |
//!
//! The domain has type `mmoC`, the *genesis* fork version and a zero genesis validators root: it neither changes at
//! forks nor collides with anything the beacon chain signs.

use alloy_primitives::{Address, B256, U256};
use ethereum_hashing::hash32_concat;

use super::domain::{DomainType, ForkVersion, compute_domain, signing_root};
use crate::bls::{PublicKeyBytes, public_key_root};

/// The chain that signatures are bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The beacon chain's version at genesis.
    pub genesis_fork_version: ForkVersion,
    /// The execution chain's id; it enters the [`Dialect::Module`] roots only.
    pub chain_id: u64,
}

impl Chain {
    /// Ethereum mainnet.
    pub const MAINNET: Self = Self::new([0x00, 0x00, 0x00, 0x00], 1);
    /// Holesky.
    pub const HOLESKY: Self = Self::new([0x01, 0x01, 0x70, 0x00], 17_000);
    /// Sepolia.
    pub const SEPOLIA: Self = Self::new([0x90, 0x00, 0x00, 0x69], 11_155_111);
    /// Hoodi.
    pub const HOODI: Self = Self::new([0x10, 0x00, 0x09, 0x10], 560_048);

    /// A chain by its genesis fork version and its execution chain id.
    #[must_use]
    pub const fn new(genesis_fork_version: [u8; 4], chain_id: u64) -> Self {
        Self {
            genesis_fork_version: ForkVersion::new(genesis_fork_version),
            chain_id,
        }
    }

    /// The domain of every Commit-Boost signature on this chain.
    #[must_use]
    pub fn domain(&self) -> B256 {
        compute_domain(
            DomainType::COMMIT_BOOST,
            self.genesis_fork_version,
            B256::ZERO,
        )
    }
}

/// How the signer wraps an object root. Store it beside every signature: it decides which root the signature is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// No wrapper: any module that asks for the same object root gets the same signature.
    Bare,
    /// Bound to one module, one nonce and one chain.
    Module {
        /// The module's own 32 bytes, from the signer's configuration.
        signing_id: B256,
        /// Chosen by the module; the signer neither stores nor checks it. Zero when unused; `u64::MAX` is reserved.
        nonce: u64,
    },
}

/// The root that a consensus or proxy key signs when a module asks for `object_root`. BLS keys sign it with the
/// proof-of-possession ciphersuite, ECDSA proxies as a raw 32-byte hash without prefix.
#[must_use]
pub fn object_signing_root(chain: &Chain, dialect: Dialect, object_root: B256) -> B256 {
    let object = match dialect {
        Dialect::Bare => object_root,
        Dialect::Module { signing_id, nonce } => {
            let nonce: [u8; 32] = U256::from(nonce).to_le_bytes();
            let chain_id: [u8; 32] = U256::from(chain.chain_id).to_le_bytes();
            let left = hash32_concat(object_root.as_slice(), signing_id.as_slice());
            hash32_concat(&left, &hash32_concat(&nonce, &chain_id)).into()
        }
    };
    signing_root(object, chain.domain())
}

/// A key that a consensus key vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProxyKey {
    /// A BLS key.
    Bls(PublicKeyBytes),
    /// An ECDSA key, by its address.
    Ecdsa(Address),
}

/// The root that the consensus key `delegator` signs to vouch for `proxy`. It names no module, slot or expiry and there
/// is no revocation: whoever relies on it must bind those in a message of his own.
#[must_use]
pub fn delegation_signing_root(
    chain: &Chain,
    delegator: &PublicKeyBytes,
    proxy: &ProxyKey,
) -> B256 {
    let proxy = match proxy {
        ProxyKey::Bls(key) => public_key_root(key),
        ProxyKey::Ecdsa(address) => {
            let mut leaf = [0; 32];
            leaf[..20].copy_from_slice(address.as_slice());
            leaf.into()
        }
    };
    let object = hash32_concat(public_key_root(delegator).as_slice(), proxy.as_slice());
    signing_root(object.into(), chain.domain())
}
