//! The keys it holds: validators' publicly known ones, and proxies derived from a seed.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use alloy_primitives::{Address, B256, keccak256};
use forebond_beacon::{
    bls::{PublicKeyBytes, SecretKey, SignatureBytes},
    signing::commit_boost::{Chain, ProxyKey},
};
use forebond_commit_boost::client::ProxyScheme;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::delegations::vouch;

/// Proxies of one signer; beyond it a development network makes them by mistake.
const MAX_PROXIES: usize = 4_096;

/// Why proxies cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum ProxyStoreError {
    /// The file system.
    #[error("{path}: {reason}; correct the permissions of the proxy directory, or choose another")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A file that is none of ours.
    #[error("{path} is no proxy of this signer: {reason}; take it out of the proxy directory")]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Too many.
    #[error("expected at most {MAX_PROXIES} proxies, one more was asked for")]
    Full,
    /// The module's name cannot be a folder's.
    #[error("{0:?} cannot name a folder: expected letters, digits, - and _")]
    ModuleName(String),
}

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

/// One proxy's file, `DIR/MODULE/{bls,ecdsa}/KEY`.
#[derive(Serialize, Deserialize)]
struct ProxyFile {
    secret: B256,
    delegator: PublicKeyBytes,
    delegation: SignatureBytes,
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

fn scheme_of(key: &ProxyKey) -> (&'static str, String) {
    match key {
        ProxyKey::Bls(key) => ("bls", key.to_string()),
        ProxyKey::Ecdsa(address) => ("ecdsa", address.to_string().to_lowercase()),
    }
}

fn write(dir: &Path, proxy: &Proxy) -> Result<(), ProxyStoreError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if proxy.module.is_empty() || !proxy.module.chars().all(plain) {
        return Err(ProxyStoreError::ModuleName(proxy.module.clone()));
    }
    let (scheme, name) = scheme_of(&proxy.key);
    let folder = dir.join(&proxy.module).join(scheme);
    let path = folder.join(&name);
    let io = |reason| ProxyStoreError::Io {
        path: path.clone(),
        reason,
    };
    let secret = match &proxy.secret {
        ProxySecret::Bls(secret) => B256::new(*secret.to_bytes()),
        ProxySecret::Ecdsa(secret) => B256::new(secret.secret_bytes()),
    };
    let file = ProxyFile {
        secret,
        delegator: proxy.delegator,
        delegation: proxy.delegation,
    };
    let text = Zeroizing::new(serde_json::to_vec(&file).map_err(|error| io(error.into()))?);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&folder)
        .map_err(io)?;
    let aside = folder.join(format!("{name}.new"));
    let mut open = OpenOptions::new();
    let mut file = open
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&aside)
        .map_err(io)?;
    file.write_all(&text)
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&aside, &path))
        .and_then(|()| fs::File::open(&folder)?.sync_all())
        .map_err(io)
}

fn read_all(dir: &Path) -> Result<Vec<Proxy>, ProxyStoreError> {
    let mut proxies = Vec::new();
    for module in entries(dir)? {
        for scheme in ["bls", "ecdsa"] {
            for path in entries(&module.join(scheme))? {
                // What a crash left of a proxy that nobody heard of.
                if path.extension().is_some_and(|end| end == "new") {
                    continue;
                }
                proxies.push(read(&module, scheme, &path)?);
                if proxies.len() > MAX_PROXIES {
                    return Err(ProxyStoreError::Full);
                }
            }
        }
    }
    Ok(proxies)
}

fn entries(dir: &Path) -> Result<Vec<PathBuf>, ProxyStoreError> {
    let io = |reason| ProxyStoreError::Io {
        path: dir.to_owned(),
        reason,
    };
    if !fs::exists(dir).map_err(io)? {
        return Ok(Vec::new());
    }
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(io)? {
        paths.push(entry.map_err(io)?.path());
    }
    paths.sort_unstable();
    Ok(paths)
}

fn read(module: &Path, scheme: &str, path: &Path) -> Result<Proxy, ProxyStoreError> {
    let format = |reason: String| ProxyStoreError::Format {
        path: path.to_owned(),
        reason,
    };
    let text = Zeroizing::new(fs::read(path).map_err(|reason| ProxyStoreError::Io {
        path: path.to_owned(),
        reason,
    })?);
    let file: ProxyFile =
        serde_json::from_slice(&text).map_err(|error| format(error.to_string()))?;
    let bytes = Zeroizing::new(file.secret.0);
    let (secret, key) = if scheme == "bls" {
        bls(SecretKey::from_bytes(&bytes).map_err(|error| format(error.to_string()))?)
    } else {
        ecdsa(secp256k1::SecretKey::from_slice(&*bytes).map_err(|error| format(error.to_string()))?)
    };
    if path.file_name().and_then(|name| name.to_str()) != Some(scheme_of(&key).1.as_str()) {
        return Err(format("its name is not its key's".to_owned()));
    }
    let module = module
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    Ok(Proxy {
        module: module.to_owned(),
        delegator: file.delegator,
        key,
        delegation: file.delegation,
        secret,
    })
}
