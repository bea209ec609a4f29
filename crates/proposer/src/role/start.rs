use std::time::Duration;

use forebond_commit_boost::client::SignerError;
use forebond_commit_boost::protection::ProtectionError;
use forebond_commit_boost::safe::SafeError;
use forebond_l1::{
    L1Error,
    beacon::{BeaconClient, BeaconConfig},
    execution::ExecutionClient,
};
use forebond_settlement::{Facts, SettlementError};

use crate::{
    config::{Disagreement, L1Says, ProposerConfig, disagreements},
    served::LogError,
};

/// Why a proposer does not start. Nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The nodes are on another chain than the configuration.
    #[error("this proposer does not start: {}", list(.0))]
    OtherChain(Vec<Disagreement>),
    /// No node is named.
    #[error("no {0} endpoint is given: --{0}")]
    NoEndpoint(&'static str),
    /// A node.
    #[error(transparent)]
    L1(#[from] L1Error),
    /// The rollup.
    #[error(transparent)]
    Rollup(#[from] SettlementError),
    /// The protection database; another proposer may have it.
    #[error(transparent)]
    Protection(#[from] ProtectionError),
    /// Signer and database.
    #[error(transparent)]
    Safe(#[from] SafeError),
    /// The signer's client.
    #[error(transparent)]
    Signer(#[from] SignerError),
    /// The signed slots.
    #[error(transparent)]
    Log(#[from] LogError),
    /// A node or the signer stalls.
    #[error(
        "this proposer has not started within {} s: the execution node, the beacon node or the disk of --data-dir does not answer; `forebond doctor` with the same settings says which",
        .0.as_secs()
    )]
    Stalled(Duration),
    /// A port, or an HTTP client.
    #[error("{what}: {reason}")]
    SetUp {
        /// What.
        what: &'static str,
        /// The system's words.
        reason: String,
    },
}

fn list(found: &[Disagreement]) -> String {
    let words: Vec<_> = found.iter().map(ToString::to_string).collect();
    words.join("; ")
}

/// The beacon node, once everything is about one chain.
///
/// # Errors
/// [`StartError::OtherChain`] with every disagreement; [`StartError::L1`].
pub async fn refuse_other_chains(
    config: &ProposerConfig,
    execution: &ExecutionClient,
    facts: &Facts,
) -> Result<(BeaconClient, forebond_l1::beacon::Spec), StartError> {
    let endpoint = config.places.l1_beacon.first();
    let endpoint = endpoint.ok_or(StartError::NoEndpoint("l1-beacon"))?;
    let beacon = BeaconClient::new(&BeaconConfig::new(endpoint))?;
    let says = L1Says {
        genesis: beacon.genesis().await?,
        spec: beacon.spec().await?,
        execution_chain_id: execution.chain_id().await?,
        rollup_chain_id: facts.l1.chain_id,
        clock: facts.turns.slots,
    };
    let module = &config.module;
    let found = disagreements(&module.chain, module.signing_id, &says);
    if found.is_empty() {
        Ok((beacon, says.spec))
    } else {
        Err(StartError::OtherChain(found))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_stalls_says_what_to_do_next() {
        let words = StartError::Stalled(Duration::from_secs(60)).to_string();
        assert!(
            words.contains("60 s") && words.contains("forebond doctor"),
            "{words}"
        );
    }
}
