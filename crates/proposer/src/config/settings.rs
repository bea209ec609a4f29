use std::{net::SocketAddr, path::PathBuf};

use alloy_signer_local::PrivateKeySigner;
use forebond_commit_boost::{
    client::{ClientSettings, Patience},
    config::{ConfigError, ModuleConfig, Variables},
};

use super::{OwnConfig, OwnConfigError};

/// Variable with the key of the operator's L1 account.
const OPERATOR: &str = "FOREBOND_OPERATOR_KEY";

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Places {
    /// The rollup file.
    pub rollup: PathBuf,
    /// Execution nodes, the first one that answers serves.
    pub l1_rpc: Vec<String>,
    /// Beacon nodes; the first one serves duties and proofs.
    pub l1_beacon: Vec<String>,
    /// For the protection database and the signed slots. One process at a time.
    pub data_dir: PathBuf,
    /// Where signed slots are served, if anywhere.
    pub http: Option<SocketAddr>,
    /// Where the blob guard serves the Builder API, if anywhere.
    pub builder_api: Option<SocketAddr>,
    /// Where figures are served; CB_METRICS_PORT on 127.0.0.1 when not given.
    pub metrics: Option<SocketAddr>,
    /// Validators that have left and are to come back, by number.
    pub bring_back: Vec<u64>,
    /// Between two looks at L1, milliseconds.
    pub poll_ms: u64,
}

/// All that makes a proposer.
#[derive(Clone, Debug)]
pub struct ProposerConfig {
    /// From Commit-Boost's environment and TOML.
    pub module: ModuleConfig<OwnConfig>,
    /// The operator's account: pays for registrations and loans, and is whom validators are registered with.
    pub operator: PrivateKeySigner,
    /// From the command line.
    pub places: Places,
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ProposerConfigError {
    /// Commit-Boost's part.
    #[error(transparent)]
    Module(#[from] ConfigError),
    /// Our part.
    #[error("our [[modules]] table: {0}")]
    Own(#[from] OwnConfigError),
    /// The operator's key.
    #[error(
        "{OPERATOR}: expected the private key of the operator's L1 account, 32 bytes in hex, got {0}"
    )]
    Operator(&'static str),
}

impl ProposerConfig {
    /// Reads the process's environment and the file it names.
    ///
    /// # Errors
    /// [`ProposerConfigError`].
    pub fn load(places: Places) -> Result<Self, ProposerConfigError> {
        Self::load_with(&|name| std::env::var_os(name), places)
    }

    /// As [`Self::load`], with the environment given.
    ///
    /// # Errors
    /// [`ProposerConfigError`].
    pub fn load_with(
        variable: Variables<'_>,
        mut places: Places,
    ) -> Result<Self, ProposerConfigError> {
        let module: ModuleConfig<OwnConfig> = ModuleConfig::load_with(variable)?;
        module.own.check()?;
        let text = variable(OPERATOR).ok_or(ProposerConfigError::Operator("nothing"))?;
        let operator = text
            .to_str()
            .and_then(|text| text.trim().parse().ok())
            .ok_or(ProposerConfigError::Operator(
                "something else (not repeated here)",
            ))?;
        let port = module.metrics_port;
        places.metrics = places
            .metrics
            .or(port.map(|port| SocketAddr::from(([127, 0, 0, 1], port))));
        Ok(Self {
            module,
            operator,
            places,
        })
    }

    /// How the signer is asked.
    #[must_use]
    pub fn client_settings(&self) -> ClientSettings {
        let signer = self.module.own.signer;
        ClientSettings {
            patience: Patience {
                attempt_deadline_ms: signer.attempt_deadline_ms,
                call_deadline_ms: signer.call_deadline_ms,
                ..Patience::default()
            },
            ..ClientSettings::from(&self.module)
        }
    }
}
