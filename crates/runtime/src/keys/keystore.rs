//! Keystore files: bounds on what they may ask for, and their decryption.

use super::{KeyError, PasswordSource};
use alloy_primitives::B256;
use alloy_signer_local::PrivateKeySigner;
use serde::Deserialize;
use std::{ffi::OsString, fs::File, io::Read, path::Path};

/// Larger files are no keystores.
const MAX_KEYSTORE_BYTES: u64 = 64 << 10;
/// Larger files are no passwords.
const MAX_PASSWORD_BYTES: u64 = 4 << 10;
/// Most memory scrypt may take: 128 × n × r bytes.
const MAX_SCRYPT_BYTES: u64 = 1 << 30;
/// Most rounds of PBKDF2.
const MAX_PBKDF2_ROUNDS: u64 = 100_000_000;

/// The fields that decide how a keystore is opened. The library that opens it trusts them, and
/// would panic or take all memory on odd ones.
#[derive(Deserialize)]
struct Shape {
    version: u64,
    crypto: CryptoShape,
}

#[derive(Deserialize)]
struct CryptoShape {
    cipher: String,
    cipherparams: CipherShape,
    ciphertext: String,
    kdfparams: KdfShape,
}

#[derive(Deserialize)]
struct CipherShape {
    iv: String,
}

#[derive(Deserialize)]
struct KdfShape {
    dklen: u64,
    #[serde(default)]
    n: u64,
    #[serde(default)]
    r: u64,
    #[serde(default)]
    p: u64,
    #[serde(default)]
    c: u64,
}

impl Shape {
    /// What is wrong with it, if anything.
    fn objection(&self) -> Option<String> {
        let crypto = &self.crypto;
        let kdf = &crypto.kdfparams;
        if self.version != 3 {
            return Some(format!("expected version 3, got {}", self.version));
        }
        if crypto.cipher != "aes-128-ctr" {
            return Some(format!(
                "expected cipher aes-128-ctr, got {}",
                crypto.cipher
            ));
        }
        if crypto.cipherparams.iv.len() != 32 || crypto.ciphertext.len() != 64 {
            return Some("expected an iv of 16 bytes and a ciphertext of 32 bytes".into());
        }
        if kdf.dklen != 32 {
            return Some(format!("expected dklen 32, got {}", kdf.dklen));
        }
        let scrypt_bytes = kdf.n.saturating_mul(kdf.r).saturating_mul(128);
        if scrypt_bytes > MAX_SCRYPT_BYTES || kdf.p > 64 || kdf.c > MAX_PBKDF2_ROUNDS {
            return Some(
                "its key derivation asks for more memory or time than any usual one".into(),
            );
        }
        None
    }
}

fn read(path: &Path, what: &'static str, max_bytes: u64) -> Result<Vec<u8>, KeyError> {
    let failed = |reason| KeyError::Read {
        path: path.into(),
        reason,
    };
    let mut bytes = Vec::new();
    File::open(path)
        .map_err(failed)?
        .take(max_bytes + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > max_bytes {
        return Err(KeyError::TooLarge {
            path: path.into(),
            what,
            max_bytes,
        });
    }
    Ok(bytes)
}

/// The password from its source.
pub(super) fn password(
    source: &PasswordSource,
    variable: &dyn Fn(&str) -> Option<OsString>,
) -> Result<Vec<u8>, KeyError> {
    match source {
        PasswordSource::Env(name) => {
            let value = variable(name).ok_or_else(|| KeyError::NotSet {
                name: name.clone(),
                what: "the keystore's password",
            })?;
            Ok(value.into_encoded_bytes())
        }
        PasswordSource::File(path) => {
            let mut bytes = read(path, "a password file", MAX_PASSWORD_BYTES)?;
            // Editors end a file with a line end that is no part of the password.
            for end in [b'\n', b'\r'] {
                bytes.pop_if(|last| *last == end);
            }
            Ok(bytes)
        }
    }
}

/// Opens the keystore at `path`.
pub(super) fn decrypt(path: &Path, password: &[u8]) -> Result<B256, KeyError> {
    let bytes = read(path, "a keystore", MAX_KEYSTORE_BYTES)?;
    let format = |reason: String| KeyError::Format {
        path: path.into(),
        reason,
    };
    let shape: Shape = serde_json::from_slice(&bytes).map_err(|error| format(error.to_string()))?;
    if let Some(reason) = shape.objection() {
        return Err(format(reason));
    }
    PrivateKeySigner::decrypt_keystore(path, password)
        .map(|signer| signer.to_bytes())
        .map_err(|error| KeyError::Decrypt {
            path: path.into(),
            reason: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CommitterKey, KeySource};
    use alloy_primitives::{address, hex};

    const KEY: [u8; 32] = hex!("ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");

    /// That key under the password "correct horse", in scrypt with n = 4.
    const KEYSTORE: &str = include_str!("../../tests/keystore.json");

    fn open(keystore: &str, password: &str) -> Result<CommitterKey, KeyError> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key.json");
        std::fs::write(&path, keystore).unwrap();
        let password_path = dir.path().join("password");
        std::fs::write(&password_path, password).unwrap();
        CommitterKey::load(
            &KeySource::Keystore(path),
            Some(&PasswordSource::File(password_path)),
        )
    }

    #[test]
    fn a_keystore_opens_with_its_password_and_a_line_end_behind_it() {
        for password in ["correct horse", "correct horse\n", "correct horse\r\n"] {
            let key = open(KEYSTORE, password).unwrap();
            assert_eq!(
                key.address(),
                address!("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
            );
            assert_eq!(key.expose_secret().secret_bytes(), KEY);
        }
    }

    #[test]
    fn the_wrong_password_is_an_error_that_does_not_repeat_it() {
        let error = open(KEYSTORE, "battery staple").unwrap_err();
        assert!(matches!(error, KeyError::Decrypt { .. }));
        assert!(!format!("{error} {error:?}").contains("staple"));
    }

    #[test]
    fn a_keystore_without_a_password_source_says_how_to_name_one() {
        let source = KeySource::Keystore("key.json".into());
        let error = CommitterKey::load(&source, None).unwrap_err();
        assert!(error.to_string().contains("file:PATH"), "{error}");
    }

    #[test]
    fn odd_parameters_are_refused_before_they_can_panic_or_eat_the_memory() {
        for (from, to) in [
            ("\"dklen\":32", "\"dklen\":8"),
            ("\"n\":4", "\"n\":4294967295"),
            ("\"iv\":\"", "\"iv\":\"00"),
            ("\"version\":3", "\"version\":1"),
            ("aes-128-ctr", "aes-256-gcm"),
            ("\"ciphertext\":\"", "\"ciphertext\":\"00"),
        ] {
            let changed = KEYSTORE.replace(from, to);
            assert_ne!(changed, KEYSTORE, "{from}");
            let error = open(&changed, "correct horse").unwrap_err();
            assert!(matches!(error, KeyError::Format { .. }), "{from}: {error}");
        }
    }

    #[test]
    fn files_that_are_something_else_are_refused() {
        assert!(matches!(
            open("not json", "x"),
            Err(KeyError::Format { .. })
        ));
        let huge = " ".repeat(70_000);
        assert!(matches!(open(&huge, "x"), Err(KeyError::TooLarge { .. })));
        let missing = KeySource::Keystore("/nonexistent/key.json".into());
        let password = PasswordSource::File("/nonexistent/password".into());
        assert!(matches!(
            CommitterKey::load(&missing, Some(&password)),
            Err(KeyError::Read { .. })
        ));
    }
}
