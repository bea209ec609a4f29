use std::sync::LazyLock;

use alloy_json_abi::JsonAbi;
use alloy_primitives::Bytes;
use serde::Deserialize;

/// What deployment needs of a contract: `contracts/artifacts/<Contract>.json`.
#[derive(Clone, Debug, Deserialize)]
pub struct Artifact {
    /// Name of the contract.
    pub contract: String,
    /// Its interface.
    pub abi: JsonAbi,
    /// Creation code without constructor arguments.
    pub bytecode: Bytes,
}

macro_rules! artifacts {
    ($($name:literal),* $(,)?) => {
        &[$(include_str!(concat!("../../../contracts/artifacts/", $name, ".json"))),*]
    };
}

const TEXTS: &[&str] = artifacts![
    "FuluLayout",
    "Timelock",
    "BeaconVerifiers",
    "ValidatorRegistry",
    "Parameters",
    "GatewayRegistry",
    "BondVault",
    "Lookahead",
    "ForkJudge",
    "TwinLeavesJudge",
    "BatchForkJudge",
    "LieJudge",
    "BrokenBaseJudge",
    "FalseClaimJudge",
    "OrderJudge",
    "DoubleDelegationJudge",
    "Excuses",
    "UnkeptJudge",
    "LateJudge",
    "MissedSlotJudge",
    "Slasher",
    "AttesterResolver",
    "Inbox",
    "Portal",
    "RewardsMessenger",
    "RewardsManager",
    "FeeVault",
];

/// All contracts that a deployment creates. A text that is no artifact would be left out, and deployment would miss it.
static ARTIFACTS: LazyLock<Vec<Artifact>> = LazyLock::new(|| {
    TEXTS
        .iter()
        .filter_map(|text| serde_json::from_str(text).ok())
        .collect()
});

/// A contract by name; `None` when no deployment needs it.
pub fn artifact(name: &str) -> Option<&'static Artifact> {
    ARTIFACTS.iter().find(|artifact| artifact.contract == name)
}

/// All of them.
pub fn artifacts() -> &'static [Artifact] {
    &ARTIFACTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_artifact_is_readable_and_has_creation_code() {
        assert_eq!(artifacts().len(), TEXTS.len());
        assert!(artifacts().iter().all(|a| a.bytecode.len() > 100));
    }
}
