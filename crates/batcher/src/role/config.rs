use std::{net::SocketAddr, path::PathBuf};

use alloy_signer_local::PrivateKeySigner;
use forebond_l1::sender::{FeePolicy, SidecarForm};

use crate::{plan::Policy, sign::Signatory};

/// What a batcher is started with.
#[derive(Clone, Debug)]
pub struct BatcherConfig {
    /// The rollup file.
    pub rollup: PathBuf,
    /// Execution nodes, the first one that answers serves.
    pub l1_rpc: Vec<String>,
    /// Beacon nodes.
    pub l1_beacon: Vec<String>,
    /// JSON-RPC of the gateway whose blocks are posted.
    pub gateway_url: String,
    /// For `signed.log` and `batcher.json`.
    pub data_dir: PathBuf,
    /// Signs batches: the gateway's committer.
    pub committer: Signatory,
    /// Pays on L1. An account of its own: pools hold transactions of one kind per account.
    pub payer: PrivateKeySigner,
    /// When to post; what suits L1's slots when `None`.
    pub policy: Option<Policy>,
    /// What to offer.
    pub fees: FeePolicy,
    /// Proofs to try first; the other form when the pool refuses.
    pub sidecar_form: SidecarForm,
    /// Whether it also keeps the Lookahead fed.
    pub keeps_lookahead: bool,
    /// Whether it also looks after the rollup's fees, from the payer's account on the rollup.
    pub keeps_rewards: bool,
    /// How often it looks.
    pub timing: Timing,
    /// Where expected batches are told to proposers, if anywhere.
    pub http: Option<SocketAddr>,
    /// Where figures are served, if anywhere.
    pub metrics: Option<SocketAddr>,
}

impl BatcherConfig {
    /// With what is chosen for everything that need not be given.
    pub fn new(
        (rollup, data_dir): (PathBuf, PathBuf),
        (l1_rpc, l1_beacon): (Vec<String>, Vec<String>),
        gateway_url: String,
        committer: Signatory,
        payer: PrivateKeySigner,
    ) -> Self {
        Self {
            rollup,
            l1_rpc,
            l1_beacon,
            gateway_url,
            data_dir,
            committer,
            payer,
            policy: None,
            fees: FeePolicy::default(),
            sidecar_form: SidecarForm::default(),
            keeps_lookahead: true,
            keeps_rewards: true,
            timing: Timing::default(),
            http: None,
            metrics: None,
        }
    }
}

/// How often it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Between two looks at the situation, milliseconds.
    pub poll_ms: u64,
    /// So long after a slot's beginning its block is waited for, milliseconds; a third of a slot when `None`.
    pub grace_ms: Option<u64>,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            poll_ms: 100,
            grace_ms: None,
        }
    }
}
