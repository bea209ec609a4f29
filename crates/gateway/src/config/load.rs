use super::GatewayConfig;
use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

/// Larger files are no configuration.
const MAX_CONFIG_BYTES: u64 = 1 << 20;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {path}: {reason}; correct the path or its permissions")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file is too large to be a configuration.
    #[error(
        "{path} is larger than {MAX_CONFIG_BYTES} bytes, so it is no configuration; correct the path"
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The text is no configuration. The line itself is not repeated: it may hold a secret that
    /// does not belong there.
    #[error("line {line}: {message}")]
    Parse {
        /// Line of the text, from 1; 0 when the error has no place.
        line: usize,
        /// What was expected.
        message: String,
    },
    /// In which file the error is.
    #[error("{path}: {error}")]
    In {
        /// The file.
        path: PathBuf,
        /// The error.
        error: Box<Self>,
    },
    /// The values do not fit.
    #[error("the configuration does not fit together:{}", .problems.iter().map(|p| format!("\n  {p}")).collect::<String>())]
    Invalid {
        /// Every problem: key, expected, got.
        problems: Vec<String>,
    },
    /// Nobody says where the guard's record is.
    #[error(
        "no directory for the signing guard: set guard.dir, or the environment's HOME or XDG_STATE_HOME to an absolute path"
    )]
    NoGuardDir,
    /// The effective configuration cannot be written as TOML.
    #[error("the configuration cannot be shown as TOML: {0}")]
    Show(#[from] toml::ser::Error),
}

impl GatewayConfig {
    /// Reads a configuration file; keys left out have their defaults, unknown ones are refused.
    /// The values are not checked yet: flags may still change them.
    ///
    /// # Errors
    /// Reading or parsing fails. No error repeats a line of the file.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let read = |reason| ConfigError::Read {
            path: path.into(),
            reason,
        };
        let mut text = String::new();
        let file = File::open(path).map_err(read)?;
        file.take(MAX_CONFIG_BYTES + 1)
            .read_to_string(&mut text)
            .map_err(read)?;
        if text.len() as u64 > MAX_CONFIG_BYTES {
            return Err(ConfigError::TooLarge { path: path.into() });
        }
        Self::from_toml(&text).map_err(|error| ConfigError::In {
            path: path.into(),
            error: Box::new(error),
        })
    }

    /// As [`Self::load`], from text.
    ///
    /// # Errors
    /// [`ConfigError::Parse`].
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.map_or(0, |before| before.matches('\n').count() + 1);
            ConfigError::Parse {
                line,
                message: error.message().to_owned(),
            }
        })
    }

    /// The configuration as TOML, sources of secrets as they were written.
    ///
    /// # Errors
    /// [`ConfigError::Show`], for a number beyond TOML's 63 bits.
    pub fn to_toml(&self) -> Result<String, ConfigError> {
        Ok(toml::to_string(self)?)
    }
}
