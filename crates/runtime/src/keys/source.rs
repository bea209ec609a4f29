use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, path::PathBuf, str::FromStr};

const ENV_PREFIX: &str = "env:";
const FILE_PREFIX: &str = "file:";

/// Words of the shortest mnemonic.
const MNEMONIC_WORDS: usize = 12;

/// Where the committer key comes from. Written as `env:NAME`, or as the path of a keystore file
/// (`file:PATH` is the same).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// An environment variable with 32 bytes of hex.
    Env(String),
    /// An encrypted JSON keystore (Web3 Secret Storage, version 3).
    Keystore(PathBuf),
}

/// Where a keystore's password comes from. Written as `env:NAME` or `file:PATH`; the prefix is
/// required, so that a password put here by mistake is not taken for a path and printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordSource {
    /// An environment variable with the password.
    Env(String),
    /// A file with the password; one line end after it is dropped.
    File(PathBuf),
}

/// Why a text names no source. The text itself is never part of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SourceError {
    /// Nothing there.
    #[error("expected env:NAME or a file, got an empty text")]
    Empty,
    /// The secret itself instead of its source.
    #[error(
        "expected env:NAME or a keystore file, got what looks like a private key or a mnemonic; \
         put it into an environment variable or a keystore, and treat it as leaked if this text \
         was stored or shared"
    )]
    LooksLikeSecret,
    /// Not the name of a variable.
    #[error(
        "expected env: to be followed by the name of an environment variable (letters, digits and \
         underscores, no digit first)"
    )]
    EnvName,
    /// A password source without its prefix.
    #[error(
        "expected env:NAME or file:PATH, got neither; the text is not shown, since it may be the password"
    )]
    NoPrefix,
}

/// Whether `text` is 32 bytes of hex or long enough a sentence to be a mnemonic.
fn looks_like_secret(text: &str) -> bool {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let is_key = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_key || text.split_whitespace().count() >= MNEMONIC_WORDS
}

/// The name after `env:`.
fn env_name(name: &str) -> Result<String, SourceError> {
    if looks_like_secret(name) {
        return Err(SourceError::LooksLikeSecret);
    }
    let plain = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !plain || name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err(SourceError::EnvName);
    }
    Ok(name.to_owned())
}

impl FromStr for KeySource {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if let Some(name) = text.strip_prefix(ENV_PREFIX) {
            return env_name(name).map(Self::Env);
        }
        let path = text.strip_prefix(FILE_PREFIX).unwrap_or(text);
        if path.is_empty() {
            return Err(SourceError::Empty);
        }
        if looks_like_secret(path) {
            return Err(SourceError::LooksLikeSecret);
        }
        Ok(Self::Keystore(path.into()))
    }
}

impl FromStr for PasswordSource {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        if text.is_empty() {
            return Err(SourceError::Empty);
        }
        if let Some(name) = text.strip_prefix(ENV_PREFIX) {
            return env_name(name).map(Self::Env);
        }
        match text.strip_prefix(FILE_PREFIX) {
            Some("") => Err(SourceError::Empty),
            Some(path) => Ok(Self::File(path.into())),
            None => Err(SourceError::NoPrefix),
        }
    }
}

impl fmt::Display for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "{ENV_PREFIX}{name}"),
            Self::Keystore(path) => write!(f, "{}", path.display()),
        }
    }
}

impl fmt::Display for PasswordSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "{ENV_PREFIX}{name}"),
            Self::File(path) => write!(f, "{FILE_PREFIX}{}", path.display()),
        }
    }
}

/// Both are one string in a configuration.
macro_rules! as_string {
    ($source:ty) => {
        impl Serialize for $source {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $source {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(D::Error::custom)
            }
        }
    };
}

as_string!(KeySource);
as_string!(PasswordSource);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_comes_back_from_its_own_text() {
        for text in ["env:COMMITTER_KEY", "/etc/forebond/key.json", "key.json"] {
            assert_eq!(text.parse::<KeySource>().unwrap().to_string(), text);
        }
        for text in ["env:PASSWORD_1", "file:/run/secrets/password"] {
            assert_eq!(text.parse::<PasswordSource>().unwrap().to_string(), text);
        }
        assert_eq!(
            "file:a".parse::<KeySource>().unwrap(),
            KeySource::Keystore("a".into())
        );
    }

    #[test]
    fn a_secret_given_instead_of_its_source_is_refused_and_not_repeated() {
        let key = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";
        let mnemonic = "test test test test test test test test test test test junk";
        for text in [
            key.to_owned(),
            format!("0x{key}"),
            format!("env:{key}"),
            format!("env:0x{key}"),
            format!("file:{key}"),
            mnemonic.to_owned(),
            format!("env:{mnemonic}"),
        ] {
            let error = text.parse::<KeySource>().unwrap_err();
            assert_eq!(error, SourceError::LooksLikeSecret, "{text}");
            assert!(!error.to_string().contains("ac0974") && !error.to_string().contains("junk"));
        }
        let error = "hunter2".parse::<PasswordSource>().unwrap_err();
        assert_eq!(error, SourceError::NoPrefix);
        assert!(!error.to_string().contains("hunter2"));
    }

    #[test]
    fn a_name_no_environment_has_is_refused() {
        for text in ["env:", "env:1A", "env:A-B", "env:A B"] {
            assert_eq!(
                text.parse::<KeySource>(),
                Err(SourceError::EnvName),
                "{text}"
            );
        }
        assert_eq!("".parse::<KeySource>(), Err(SourceError::Empty));
        assert_eq!("file:".parse::<PasswordSource>(), Err(SourceError::Empty));
    }
}
