use std::path::PathBuf;

/// Why a key cannot be had from its source. No message contains any part of a secret.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The variable does not exist.
    #[error("the environment variable {name} is not set; set it to {what}, or name another source")]
    NotSet {
        /// Name of the variable.
        name: String,
        /// What it should hold.
        what: &'static str,
    },
    /// The variable holds something else than a key.
    #[error(
        "the environment variable {name} should hold 64 hex digits, with or without 0x in front; it holds {got_characters} characters that are not that"
    )]
    NotHex {
        /// Name of the variable.
        name: String,
        /// How long its text is.
        got_characters: usize,
    },
    /// 32 bytes that are no private key.
    #[error(
        "{source_name} holds 32 bytes that are not a secp256k1 private key (zero, or not below the group order); make a new key"
    )]
    NotAKey {
        /// The source, as in the configuration.
        source_name: String,
    },
    /// A keystore without a password source.
    #[error("the keystore {path} needs its password; name its source as env:NAME or file:PATH")]
    NoPassword {
        /// The keystore.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read {path}: {reason}; correct the path or its permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// A file too large to be what it should be.
    #[error("{path} is larger than {max_bytes} bytes, so it is not {what}; correct the path")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// The limit.
        max_bytes: u64,
    },
    /// A file that is no keystore this program reads.
    #[error(
        "{path} is not a version 3 keystore: {reason}; make one with `cast wallet import` or geth"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A keystore that does not open.
    #[error("the keystore {path} does not open: {reason}; most often the password is wrong")]
    Decrypt {
        /// The file.
        path: PathBuf,
        /// What the decryption says.
        reason: String,
    },
}
