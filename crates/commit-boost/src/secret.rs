use std::{
    fmt,
    fs::File,
    io::Read,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use zeroize::{Zeroize, Zeroizing};

/// Larger files hold no secret of this kind.
const MAX_FILE_BYTES: u64 = 4 << 10;
/// Permission bits of everybody but the owner.
const OTHERS: u32 = 0o077;

/// A shared secret: wiped from memory when dropped, never printed. Its UTF-8 bytes are the key of the tokens; they are not
/// decoded as hex.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Why a file gives no secret. Says nothing of what is in it.
#[derive(Debug, thiserror::Error)]
pub enum SecretFileError {
    /// It cannot be read.
    #[error(
        "cannot read {path}: {reason}; correct the path or its owner (Commit-Boost's images run as user 10001)"
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// Others than its owner may use it.
    #[error(
        "{path} has mode {mode:04o}, expected 0600 or stricter: others can read the secret; run `chmod 600` on it and make a new secret"
    )]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// It is something else.
    #[error("{path} holds no secret: expected one line of text of 1 to {MAX_FILE_BYTES} bytes")]
    Content {
        /// The file.
        path: PathBuf,
    },
}

impl Secret {
    /// A secret from its text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The first line of a file that nobody but its owner can read or write.
    ///
    /// # Errors
    /// [`SecretFileError`].
    pub fn from_file(path: &Path) -> Result<Self, SecretFileError> {
        let failed = |reason| SecretFileError::Read {
            path: path.to_owned(),
            reason,
        };
        let content = || SecretFileError::Content {
            path: path.to_owned(),
        };
        let file = File::open(path).map_err(failed)?;
        // Of the open file, so that nobody can put another in its place between the look and the reading.
        let mode = file.metadata().map_err(failed)?.mode() & 0o7777;
        if mode & OTHERS != 0 {
            return Err(SecretFileError::Open {
                path: path.to_owned(),
                mode,
            });
        }
        let mut bytes = Zeroizing::new(Vec::new());
        file.take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(failed)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(content());
        }
        let text = std::str::from_utf8(&bytes).map_err(|_| content())?;
        let line = text.trim_end_matches(['\n', '\r']);
        if line.is_empty() || line.contains('\n') {
            return Err(content());
        }
        Ok(Self::new(line.to_owned()))
    }

    /// Its bytes, for the one who makes or checks a token.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

/// A string that is wiped although the system gave it to us in the open.
pub(crate) fn wiped(mut text: std::ffi::OsString) -> Option<Secret> {
    let secret = text.to_str().map(|text| Secret::new(text.to_owned()));
    let mut bytes = std::mem::take(&mut text).into_encoded_bytes();
    bytes.zeroize();
    secret
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn file(text: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("secret");
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        (dir, path)
    }

    #[test]
    fn a_secret_is_never_printed() {
        let secret = Secret::new("hunter2".into());
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
        assert_eq!(secret.expose(), b"hunter2");
    }

    #[test]
    fn a_secret_file_that_others_can_read_is_refused_and_says_what_to_do() {
        for mode in [0o644, 0o640, 0o604, 0o620, 0o601] {
            let (_dir, path) = file("hunter2\n", mode);
            let error = Secret::from_file(&path).unwrap_err();
            assert!(
                matches!(error, SecretFileError::Open { .. }),
                "{mode:o}: {error}"
            );
            let text = error.to_string();
            assert!(
                text.contains("chmod 600") && !text.contains("hunter2"),
                "{text}"
            );
        }
        for mode in [0o600, 0o400] {
            let (_dir, path) = file("hunter2\r\n", mode);
            assert_eq!(Secret::from_file(&path).unwrap().expose(), b"hunter2");
        }
    }

    #[test]
    fn a_file_that_holds_something_else_is_refused() {
        for text in ["", "\n", "two\nlines\n", &"x".repeat(5_000)] {
            let (_dir, path) = file(text, 0o600);
            assert!(matches!(
                Secret::from_file(&path),
                Err(SecretFileError::Content { .. })
            ));
        }
        let missing = Secret::from_file(Path::new("/nonexistent/secret"));
        assert!(matches!(missing, Err(SecretFileError::Read { .. })));
    }
}
