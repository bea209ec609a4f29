//! Proxies on disk: `DIR/MODULE/{bls,ecdsa}/KEY`, each file whole or not there.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use alloy_primitives::B256;
use forebond_beacon::{
    bls::{PublicKeyBytes, SecretKey, SignatureBytes},
    signing::commit_boost::ProxyKey,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{MAX_PROXIES, Proxy, ProxySecret, bls, ecdsa};

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

/// One proxy's file, `DIR/MODULE/{bls,ecdsa}/KEY`.
#[derive(Serialize, Deserialize)]
struct ProxyFile {
    secret: B256,
    delegator: PublicKeyBytes,
    delegation: SignatureBytes,
}

fn scheme_of(key: &ProxyKey) -> (&'static str, String) {
    match key {
        ProxyKey::Bls(key) => ("bls", key.to_string()),
        ProxyKey::Ecdsa(address) => ("ecdsa", address.to_string().to_lowercase()),
    }
}

pub(super) fn write(dir: &Path, proxy: &Proxy) -> Result<(), ProxyStoreError> {
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

pub(super) fn read_all(dir: &Path) -> Result<Vec<Proxy>, ProxyStoreError> {
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
