use super::{ConfigError, text};
use forebond_runtime::{CommitterKey, KeyError, KeySource, PasswordSource};
use serde::{Deserialize, Serialize};
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

/// `[keys]`: where secrets come from. The sources stand here, the secrets never do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct KeysSection {
    /// The key that signs promises: `env:NAME` or a keystore file; empty = none, which only a
    /// development gateway may have.
    #[serde(with = "text::optional")]
    pub committer: Option<KeySource>,
    /// The keystore's password: `env:NAME` or `file:PATH`; empty = none.
    #[serde(with = "text::optional")]
    pub password: Option<PasswordSource>,
}

impl KeysSection {
    /// Loads the committer key, if a source is named. Blocks while a keystore is opened.
    ///
    /// # Errors
    /// As [`CommitterKey::load`].
    pub fn load(&self) -> Result<Option<CommitterKey>, KeyError> {
        self.committer
            .as_ref()
            .map(|source| CommitterKey::load(source, self.password.as_ref()))
            .transpose()
    }
}

/// `[guard]`: the signing guard's own record of what was signed. It stands outside the data
/// directory, so that a restored old copy of that directory cannot take it back in time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GuardSection {
    /// The directory; empty = `$XDG_STATE_HOME/forebond/guard`, or
    /// `~/.local/state/forebond/guard`.
    pub dir: PathBuf,
}

impl GuardSection {
    /// The directory, with the default taken from this process's environment.
    ///
    /// # Errors
    /// [`ConfigError::NoGuardDir`] when neither the configuration nor the environment names one.
    pub fn resolve(&self) -> Result<PathBuf, ConfigError> {
        self.resolve_with(&|name| std::env::var_os(name))
    }

    pub(super) fn resolve_with(
        &self,
        variable: &dyn Fn(&str) -> Option<OsString>,
    ) -> Result<PathBuf, ConfigError> {
        if !self.dir.as_os_str().is_empty() {
            return Ok(self.dir.clone());
        }
        // The XDG specification has relative paths ignored.
        let absolute = |name| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
        };
        absolute("XDG_STATE_HOME")
            .or_else(|| absolute("HOME").map(|home| home.join(".local/state")))
            .map(|state| state.join(Path::new("forebond/guard")))
            .ok_or(ConfigError::NoGuardDir)
    }
}
