use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use alloy_primitives::B256;
use forebond_beacon::signing::commit_boost::Chain;
use forebond_commit_boost::Secret;

/// Which of the signers in use it plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavour {
    /// Commit-Boost from v0.10 on: split paths, tokens bound to route and body.
    Split,
    /// The same, and the older route beside it.
    SplitAndLegacy,
    /// Commit-Boost v0.8 to v0.9: one route, tokens bound to the module alone.
    Legacy,
    /// Web3Signer: one route, no tokens, keys named `pubkey` throughout, no `/status`.
    Web3,
}

impl Flavour {
    pub(crate) const fn has_split_paths(self) -> bool {
        matches!(self, Self::Split | Self::SplitAndLegacy)
    }

    pub(crate) const fn has_legacy_path(self) -> bool {
        !matches!(self, Self::Split)
    }

    pub(crate) const fn wants_tokens(self) -> bool {
        !matches!(self, Self::Web3)
    }
}

/// A module that may ask.
#[derive(Clone, Debug)]
pub struct Module {
    /// Key of its tokens.
    pub secret: Secret,
    /// Its 32 bytes.
    pub signing_id: B256,
}

/// All that makes a development signer.
#[derive(Clone, Debug)]
pub struct SignerConfig {
    /// Port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// The chain; never mainnet.
    pub chain: Chain,
    /// Validators whose publicly known ("interop") keys it holds, by number.
    pub validators: Vec<u64>,
    /// Where proxy keys come from: the n-th proxy of a validator for a module is the same for one seed.
    pub seed: u64,
    /// Where proxies are kept; without a directory they end with the process.
    pub proxy_dir: Option<PathBuf>,
    /// Modules by id.
    pub modules: BTreeMap<String, Module>,
    /// Key of the operator's tokens.
    pub admin_secret: Secret,
    /// What it plays.
    pub flavour: Flavour,
    /// Whether a module may sign with another module's proxy. The real signer lets it; the root names the asking module.
    pub foreign_proxies: bool,
    /// Failed tokens after which an address is locked out. Zero locks out after the first.
    pub auth_fail_limit: u32,
    /// How long the lock-out lasts after the last failure.
    pub auth_fail_timeout: Duration,
    /// What it does wrong from the beginning.
    pub faults: crate::FaultPlan,
}

impl SignerConfig {
    /// A signer of `validators` for one module, with the real one's limits.
    #[must_use]
    pub fn new(
        chain: Chain,
        validators: Vec<u64>,
        module_id: &str,
        module: Module,
        admin_secret: Secret,
    ) -> Self {
        Self {
            port: 0,
            chain,
            validators,
            seed: 0,
            proxy_dir: None,
            modules: BTreeMap::from([(module_id.to_owned(), module)]),
            admin_secret,
            flavour: Flavour::Split,
            foreign_proxies: true,
            auth_fail_limit: 3,
            auth_fail_timeout: Duration::from_secs(300),
            faults: crate::FaultPlan::default(),
        }
    }

    /// Whether it may be started.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn validate(&self) -> Result<(), ConfigError> {
        let mainnet = Chain::MAINNET;
        if self.chain.chain_id == mainnet.chain_id
            || self.chain.genesis_fork_version == mainnet.genesis_fork_version
        {
            return Err(ConfigError::Mainnet);
        }
        for (id, module) in &self.modules {
            if module.signing_id.is_zero() {
                return Err(ConfigError::ZeroSigningId { id: id.clone() });
            }
            if module.secret.is_empty() {
                return Err(ConfigError::EmptySecret { id: id.clone() });
            }
            let twin = self
                .modules
                .iter()
                .find(|(other, twin)| *other != id && twin.signing_id == module.signing_id);
            if let Some((other, _)) = twin {
                return Err(ConfigError::SharedSigningId {
                    id: id.clone(),
                    other: other.clone(),
                });
            }
        }
        Ok(())
    }
}

/// Why it does not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// Its keys are public.
    #[error(
        "the development signer holds keys that everybody knows: expected a test chain, got mainnet's chain id or genesis fork version; use a Commit-Boost signer"
    )]
    Mainnet,
    /// No id.
    #[error("module {id:?}: the signing id is zero, expected 32 bytes of its own")]
    ZeroSigningId {
        /// The module.
        id: String,
    },
    /// No secret.
    #[error("module {id:?}: the secret is empty")]
    EmptySecret {
        /// The module.
        id: String,
    },
    /// Two modules pass for each other.
    #[error("modules {id:?} and {other:?} have the same signing id; give each its own")]
    SharedSigningId {
        /// A module.
        id: String,
        /// Another one.
        other: String,
    },
}
