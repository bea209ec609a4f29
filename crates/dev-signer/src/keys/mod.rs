//! The keys it holds: validators' publicly known ones, and proxies derived from a seed.

mod store;

use std::{collections::BTreeMap, path::PathBuf};

use alloy_primitives::{Address, keccak256};
use forebond_beacon::{
    bls::{PublicKeyBytes, SecretKey, SignatureBytes},
    signing::commit_boost::{Chain, ProxyKey},
};
use forebond_commit_boost::client::ProxyScheme;
use zeroize::Zeroizing;

use crate::delegations::vouch;

pub use store::ProxyStoreError;
use store::{read_all, write};

/// Proxies of one signer; beyond it a development network makes them by mistake.
const MAX_PROXIES: usize = 4_096;

/// A key's secret.
pub(crate) enum ProxySecret {
    Bls(SecretKey),
    Ecdsa(secp256k1::SecretKey),
}

/// A key that a validator vouched for.
pub struct Proxy {
    /// The module that asked for it.
    pub module: String,
    /// The validator.
    pub delegator: PublicKeyBytes,
    /// The key.
    pub key: ProxyKey,
    /// The validator's word.
    pub delegation: SignatureBytes,
    pub(crate) secret: ProxySecret,
}

pub(crate) struct Keys {
    validators: BTreeMap<PublicKeyBytes, SecretKey>,
    proxies: Vec<Proxy>,
    seed: u64,
    made: u64,
    dir: Option<PathBuf>,
}

impl Keys {
    pub(crate) fn new(
        validators: impl Iterator<Item = SecretKey>,
        seed: u64,
        dir: Option<PathBuf>,
    ) -> Result<Self, ProxyStoreError> {
        let validators = validators.map(|secret| (secret.public_key().to_bytes(), secret));
        let proxies = dir
            .as_deref()
            .map(read_all)
            .transpose()?
            .unwrap_or_default();
        Ok(Self {
            validators: validators.collect(),
            // Beyond those that are kept: a restart must not make the same key a second time.
            made: proxies.len() as u64,
            proxies,
            seed,
            dir,
        })
    }

    pub(crate) fn validators(&self) -> impl Iterator<Item = &PublicKeyBytes> {
        self.validators.keys()
    }

    pub(crate) fn validator(&self, key: &PublicKeyBytes) -> Option<&SecretKey> {
        self.validators.get(key)
    }

    /// Any other validator than `key`.
    pub(crate) fn other_validator(&self, key: &PublicKeyBytes) -> Option<&SecretKey> {
        self.validators
            .iter()
            .find(|(other, _)| *other != key)
            .map(|(_, secret)| secret)
    }

    pub(crate) fn proxies(&self) -> &[Proxy] {
        &self.proxies
    }

    pub(crate) fn proxy(&self, key: &ProxyKey) -> Option<&Proxy> {
        self.proxies.iter().find(|proxy| proxy.key == *key)
    }

    /// Makes another proxy of `delegator` for `module`, on disk before anybody hears of it. `None`: no such validator.
    pub(crate) fn make(
        &mut self,
        chain: &Chain,
        module: &str,
        delegator: &PublicKeyBytes,
        scheme: ProxyScheme,
    ) -> Result<Option<&Proxy>, ProxyStoreError> {
        let Some(validator) = self.validators.get(delegator) else {
            return Ok(None);
        };
        if self.proxies.len() >= MAX_PROXIES {
            return Err(ProxyStoreError::Full);
        }
        let (secret, key) = loop {
            let material = material(self.seed, self.made, delegator);
            self.made += 1;
            if let Some(made) = derive(&material, scheme)
                && self.proxy(&made.1).is_none()
            {
                break made;
            }
        };
        let proxy = Proxy {
            module: module.to_owned(),
            delegator: *delegator,
            delegation: vouch(chain, validator, &key),
            key,
            secret,
        };
        if let Some(dir) = &self.dir {
            write(dir, &proxy)?;
        }
        self.proxies.push(proxy);
        Ok(self.proxies.last())
    }
}

fn material(seed: u64, made: u64, delegator: &PublicKeyBytes) -> Zeroizing<[u8; 32]> {
    let mut bytes = Zeroizing::new(Vec::new());
    bytes.extend_from_slice(b"Forebond development proxy");
    bytes.extend_from_slice(&seed.to_be_bytes());
    bytes.extend_from_slice(&made.to_be_bytes());
    bytes.extend_from_slice(delegator.as_slice());
    Zeroizing::new(keccak256(&*bytes).0)
}

fn derive(material: &[u8; 32], scheme: ProxyScheme) -> Option<(ProxySecret, ProxyKey)> {
    match scheme {
        ProxyScheme::Bls => {
            let secret = SecretKey::from_key_material(material).ok()?;
            Some(bls(secret))
        }
        ProxyScheme::Ecdsa => Some(ecdsa(secp256k1::SecretKey::from_slice(material).ok()?)),
    }
}

fn bls(secret: SecretKey) -> (ProxySecret, ProxyKey) {
    let key = secret.public_key().to_bytes();
    (ProxySecret::Bls(secret), ProxyKey::Bls(key))
}

fn ecdsa(secret: secp256k1::SecretKey) -> (ProxySecret, ProxyKey) {
    let public = secret
        .public_key(secp256k1::SECP256K1)
        .serialize_uncompressed();
    let address = Address::from_raw_public_key(&public[1..]);
    (ProxySecret::Ecdsa(secret), ProxyKey::Ecdsa(address))
}
